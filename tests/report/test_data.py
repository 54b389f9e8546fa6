import json

import pandas as pd
import pytest

from placement.errors import AlignmentError, InputError
from placement.report import plan_from_dict, render_files
from tests.report.conftest import make_data, make_demand, make_plan, make_sites


def test_the_files_agree_with_each_other():
    files = render_files(make_data())
    record = json.loads(files["plan.json"])
    rows = files["actions.csv"].decode("utf-8-sig").splitlines()[1:]
    points = [
        feature
        for feature in json.loads(files["actions.geojson"])["features"]
        if feature["geometry"]["type"] == "Point"
    ]
    sites = [action["site_id"] for action in record["actions"]]
    assert [row.split(",")[2] for row in rows] == sites
    assert [point["properties"]["site_id"] for point in points] == sites
    assert plan_from_dict(record).open == make_plan().open


def test_files_have_the_same_bytes_each_time():
    assert render_files(make_data()) == render_files(make_data())


def test_sites_of_the_plan_must_be_known():
    fewer = type(make_sites())(table=make_sites().table.drop(index=["S04", "S11"]))
    with pytest.raises(AlignmentError) as raised:
        make_data(sites=fewer)
    assert [fault.row for fault in raised.value.faults] == ["S04", "S11"]


def test_reach_is_brought_into_the_order_of_the_demand_points():
    ids = make_demand().ids
    reach = pd.DataFrame({"before": range(len(ids)), "after": 1.0}, index=ids)[::-1]
    assert make_data(reach=reach).reach["before"].tolist() == list(range(len(ids)))
    with pytest.raises(AlignmentError, match="reach"):
        make_data(reach=reach.iloc[1:])


def test_exactly_one_threshold_and_a_known_language_are_needed():
    with pytest.raises(AlignmentError, match="threshold"):
        make_data(threshold_s=None)
    with pytest.raises(AlignmentError, match="threshold"):
        make_data(threshold_m=5000.0)
    with pytest.raises(InputError, match="language"):
        make_data(language="fr")
