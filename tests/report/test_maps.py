import re
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.spatial.distance import pdist

from placement.errors import InputError
from placement.maps import plan_map
from placement.maps.frame import Frame, path
from placement.maps.ground import demand_layer
from placement.maps.stations import APART_PX, Stations, _apart
from placement.report import ordered_actions
from placement.report.text import texts
from placement.values import Demand
from placement.values.immutable import held
from tests.report.conftest import (
    CRS,
    HOSTILE,
    X0,
    Y0,
    make_demand,
    make_districts,
    make_plan,
    make_sites,
    make_streets,
)

SVG = "{http://www.w3.org/2000/svg}"


def draw(**changes):
    values = {
        "demand": make_demand(),
        "sites": make_sites(),
        "actions": ordered_actions(make_plan()),
        "text": texts("en"),
        "streets": make_streets(),
        "districts": make_districts(),
    }
    return plan_map(**(values | changes))


def parse(svg):
    return ET.fromstring(str(svg))


def titles(svg):
    return [element.text for element in parse(svg).iter(f"{SVG}title")]


def test_every_action_has_a_sign_with_its_mark_and_name():
    marks = [title.split(" · ")[0] for title in titles(draw())]
    assert sorted(marks) == sorted(["O1", "O2", "M1", "M1", "M2", "M2", "C1", "K1", "K2", "K3"])
    assert "M1 · move · Station 7 (S07) · from Station 4 (S04)" in titles(draw())


def test_a_station_stands_where_it_stands():
    demand, sites, actions = make_demand(), make_sites(), ordered_actions(make_plan())
    frame = Frame.around(demand, sites, actions)
    place = sites.table.geometry["S06"]
    x, y = frame.pixels(np.array([[place.x, place.y]]))[0]
    assert x == pytest.approx((place.x - frame.west) * frame.scale)
    assert y == pytest.approx((frame.north - place.y) * frame.scale)
    pixels = pd.DataFrame(
        frame.pixels(shapely.get_coordinates(sites.table.geometry.array)), index=sites.ids, columns=["x", "y"]
    )
    signs = Stations.placed(frame, pixels, actions).signs.set_index("mark")
    assert tuple(signs.loc["O1", ["x", "y"]]) == pytest.approx((x, y), abs=0.1)
    assert f'y="{y:.1f}"'[:6] in str(draw())


def test_north_is_up_and_everything_lies_within():
    demand, sites, actions = make_demand(), make_sites(), ordered_actions(make_plan())
    frame = Frame.around(demand, sites, actions)
    south, north = frame.pixels(np.array([[X0, Y0], [X0, Y0 + 1000]]))
    assert north[1] < south[1]
    assert south[1] - north[1] == pytest.approx(1000 * frame.scale)
    points = frame.pixels(shapely.get_coordinates(demand.points.geometry.array))
    assert (points > 0).all()
    assert (points < (frame.width, frame.height)).all()


def test_stations_on_one_place_are_drawn_apart():
    sites = make_sites()
    table = sites.table
    table["geometry"] = shapely.points(X0 + 700, Y0 + 700)
    pixels = pd.DataFrame(500.0, index=sites.ids, columns=["x", "y"])
    frame = Frame.around(make_demand(), sites, ordered_actions(make_plan()))
    signs = Stations.placed(frame, pixels, ordered_actions(make_plan())).signs
    spots = signs[["x", "y"]].to_numpy()
    distance = np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1))
    assert distance[~np.eye(len(spots), dtype=bool)].min() > APART_PX - 1
    assert (signs["at_x"] == 500.0).all()
    assert len(titles(draw(sites=type(sites)(table=table)))) == 10


def test_dots_keep_the_demand_and_tell_who_gains():
    demand = make_demand()
    frame = Frame.around(demand, make_sites(), ordered_actions(make_plan()))
    shares = np.tile([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]], (15, 1))
    reach = pd.DataFrame(shares, columns=["before", "after"], index=demand.ids)
    groups, scale = demand_layer(frame, demand, reach)
    assert len(groups) == 4
    weight = demand.weight.sum(axis=1)
    for group, places in zip(groups, (0, 2, 3, 1), strict=True):
        radii = np.array([float(r) for r in re.findall(r'r="([\d.]+)"', group)])
        assert len(radii) == 15
        assert radii**2 / scale == pytest.approx(weight[places::4], rel=0.05)


def test_many_points_become_one_dot_a_cell_and_keep_their_weight():
    count = 3000
    generator = np.random.default_rng(0)
    small = make_demand()
    points = gpd.GeoDataFrame(
        {"district": "a", "parent": "a"},
        geometry=gpd.points_from_xy(*(np.array([[X0], [Y0]]) + generator.uniform(0, 90, (2, count))), crs=CRS),
        index=[f"D{k}" for k in range(count)],
    )
    points.geometry.array[0] = shapely.Point(X0 + 9000, Y0 + 9000)
    fill = np.full((count, 4), 0.5)
    demand = Demand(
        points=points,
        segments=small.segments,
        age_groups=small.age_groups,
        people=np.ones((count, 2)),
        need=fill,
        awareness=fill,
        uptake=fill,
        need_share=1.0,
    )
    frame = Frame.around(demand, make_sites(), ordered_actions(make_plan()))
    groups, scale = demand_layer(frame, demand, None)
    radii = np.array([float(r) for r in re.findall(r'r="([\d.]+)"', "".join(groups))])
    assert len(radii) < 50
    big = radii > 1
    assert (radii[big] ** 2 / scale).sum() == pytest.approx(2.0 * count, rel=0.02)


def test_streets_are_one_small_path():
    svg = str(draw())
    assert svg.count('stroke="#c6cbcf"') == 1
    line = shapely.linestrings([[[0.0, 0.0], [0.01, 0.0]], [[5.0, 5.0], [6.0, 5.0]]])
    assert path(line) == "M0 0M50 50l10 0"
    assert path(shapely.linestrings(np.empty((0, 2, 2)))) == ""


def test_streets_and_districts_in_degrees_are_brought_into_the_crs_of_the_study():
    degrees = draw(streets=make_streets().to_crs(4326), districts=make_districts().to_crs(4326))
    assert parse(degrees).attrib["viewBox"] == parse(draw()).attrib["viewBox"]
    assert abs(len(str(degrees)) - len(str(draw()))) < 2000


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_leave_the_picture_well_formed(name):
    svg = draw(sites=make_sites(names=[name] * 12), districts=make_districts((name, name, name)), notes=[name, name])
    kinds = {element.tag for element in parse(svg).iter()}
    assert kinds <= {f"{SVG}{tag}" for tag in (
        "svg", "defs", "marker", "clipPath", "g", "path", "rect", "circle", "line", "text", "title"
    )}  # fmt: skip


def test_nothing_but_sites_is_enough():
    demand = make_demand()
    rows = demand.points.iloc[:0]
    none = np.empty((0, 4))
    empty = Demand(
        points=rows,
        segments=demand.segments,
        age_groups=demand.age_groups,
        people=np.empty((0, 2)),
        need=none,
        awareness=none,
        uptake=none,
    )
    svg = draw(demand=empty, streets=None, districts=None, actions=ordered_actions(make_plan()).iloc[:0])
    assert parse(svg).tag == f"{SVG}svg"


def test_the_licence_notice_and_both_languages_stand_in_the_picture():
    svg = str(draw(text=texts("zh"), notes=["© OpenStreetMap contributors"]))
    assert "© OpenStreetMap contributors" in svg
    assert "迁移" in svg
    assert ">北<" in svg


@pytest.mark.parametrize("count", [2, 30, 100, 300])
@pytest.mark.parametrize("place", [(20.0, 20.0), (0.0, 0.0), (980.0, 440.0), (500.0, 230.0)])
def test_many_signs_on_one_place_stay_in_the_picture(count, place):
    frame = Frame(west=0, north=0, scale=1, width=1000, height=460)
    spots = _apart(np.full((count, 2), place), frame)
    assert np.isfinite(spots).all()
    assert ((spots > 0) & (spots < (1000, 460))).all()
    assert len(np.unique(spots, axis=0)) == count
    assert np.array_equal(spots, _apart(np.full((count, 2), place), frame))
    if count <= 100:
        assert pdist(spots).min() > APART_PX / 2


def dense_apart(anchors, frame):
    """Every sign against every other, as a reader would write it down."""
    turn = np.arange(len(anchors)) * 2.4
    spots = anchors + 0.01 * np.column_stack([np.cos(turn), np.sin(turn)])
    for _ in range(200):
        apart = spots[:, None, :] - spots[None, :, :]
        distance = np.hypot(apart[..., 0], apart[..., 1])
        np.fill_diagonal(distance, np.inf)
        overlap = np.maximum(APART_PX - distance, 0.0)
        if overlap.max(initial=0.0) < 0.5:
            break
        moved = spots + 0.5 * (apart * (overlap / distance)[..., None]).sum(axis=1)
        spots = np.clip(moved, 13, (frame.width - 13, frame.height - 13))
    return spots


@pytest.mark.parametrize("count", [0, 1, 2, 61, 300])
def test_the_tree_of_signs_moves_them_as_all_pairs_would(count):
    frame = Frame(west=0, north=0, scale=1, width=1000, height=700)
    anchors = np.random.default_rng(count).uniform(0, 700, (count, 2))
    assert _apart(anchors, frame) == pytest.approx(dense_apart(anchors, frame), abs=1e-9)


def test_signs_that_cannot_fit_stay_where_they_stand():
    frame = Frame(west=0, north=0, scale=1, width=1000, height=460)
    anchors = np.random.default_rng(0).uniform(0, 460, (15_000, 2))
    assert np.array_equal(_apart(anchors, frame), anchors)


@pytest.mark.parametrize("bad", [shapely.Point(), shapely.Point(np.nan, 1), shapely.Point(np.inf, 1), None])
@pytest.mark.parametrize("table", ["sites", "demand"])
def test_what_has_no_place_is_named_and_reaches_no_native_code(bad, table, monkeypatch):
    sites, demand = make_sites(), make_demand()
    # Values refuse such a place; the map must not rely on that.
    (held(sites, "table") if table == "sites" else held(demand, "points")).geometry.array[3] = bad
    for name in ("buffer", "union_all", "clip_by_rect", "maximum_inscribed_circle"):
        monkeypatch.setattr(shapely, name, lambda *_, **__: pytest.fail("reached"))
    with pytest.raises(InputError, match=rf"{table} \[\w+\]: has no place on the map"):
        draw(sites=sites, demand=demand)


def test_lines_out_of_the_world_are_left_out():
    streets = make_streets()
    where = streets.geometry.array
    where[0] = shapely.LineString([(np.inf, np.inf), (X0, Y0)])
    where[1] = None
    districts = make_districts()
    districts.geometry.array[0] = shapely.Polygon([(np.inf, 0), (1, 1), (2, 0)])
    svg = str(draw(streets=streets, districts=districts))
    assert "inf" not in re.sub("[a-z]*info[a-z]*", "", svg)
    assert "nan" not in svg
    parse(svg)
