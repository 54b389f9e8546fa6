"""A case of one's own frames: four points on a street, whose best plan is worked out on paper, and every wrong frame.

The street runs east; a metre is a second at 1 m/s. Weights a 9, b 6, c 5, d 4 at 0, 600, 1200 and 1800 m; a station S
stands at 1800 m (d's door), candidates T at 0, U at 900 m; the standard is 5 minutes, so that a way of 300 m counts.
Within reach: T of a; U of b and c (300 m each); S of d. Today: 4 of 24. Purchase 80,000 yuan, move 9,000.

* 8,999 yuan: nothing. 9,000: S moves to U (11 covered) or to T (9): U. 80,000: U is bought, S stays: 4 + 11 = 15.
* 89,000: one bought, S moved: T and U, 9 + 11 = 20, better than bought U and kept S (15). 160,000: all three, 24.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from shapely.geometry import LineString

import placement as pl
from placement.errors import AlignmentError, InputError
from placement.streets import Streets
from placement.travel import TravelTimes
from placement.values import Capture

CRS = "EPSG:32650"
COSTS = {"purchase": 80_000, "move": 9_000}
POINTS_M = {"a": 0, "b": 600, "c": 1200, "d": 1800}
SITES_M = {"S": 1800, "T": 0, "U": 900}


def along(metres: Mapping[str, float], **columns: object) -> gpd.GeoDataFrame:
    places = gpd.points_from_xy([500_000.0 + x for x in metres.values()], [3_400_000.0] * len(metres))
    return gpd.GeoDataFrame(columns, index=list(metres), geometry=places, crs=CRS)


def points(**columns: object) -> gpd.GeoDataFrame:
    return along(POINTS_M, **{"weight": [9, 6, 5, 4], **columns})


def sites(**columns: object) -> gpd.GeoDataFrame:
    return along(SITES_M, **{"existing": [True, False, False], **columns})


def matrix(scale: float = 1.0) -> pd.DataFrame:
    ways = [[abs(x - y) * scale for y in SITES_M.values()] for x in POINTS_M.values()]
    return pd.DataFrame(ways, index=list(POINTS_M), columns=list(SITES_M))


def table(unit: str = "minutes", scale: float = 1 / 60) -> pd.DataFrame:
    found = matrix(scale).rename_axis("demand_id").reset_index()
    return found.melt("demand_id", var_name="site_id", value_name=unit)


def case(**changes: object) -> pl.Case:
    given = {"points": points(), "sites": sites(), "travel": table(), "standard": 5, "costs": COSTS}
    return pl.Case.from_frames(**given | changes)


def street() -> Streets:
    line = LineString([(499_900, 3_400_000), (501_900, 3_400_000)])
    return Streets.from_lines(gpd.GeoDataFrame(geometry=[line], crs=CRS))


def faults(**changes: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        case(**changes)
    return [str(fault) for fault in caught.value.faults]


WAYS = {
    "a long table": case,
    "seconds": lambda: case(travel=table("seconds", 1.0)),
    "a column a site": lambda: case(travel=matrix(1 / 60), unit="minutes"),
    "a column a site, ids in a column": lambda: case(
        travel=matrix(1 / 60).rename_axis("demand_id").reset_index(), unit="minutes"
    ),
    "a long table that does not name its unit": lambda: case(travel=table("time"), unit="minutes"),
    "an array": lambda: case(travel=matrix(1 / 3600).to_numpy(), unit="hours"),
    "travel times": lambda: case(travel=TravelTimes.from_matrix(matrix(), unit="seconds")),
    "metres and a speed": lambda: case(travel=table("metres", 1.0), speed_m_s=1.0),
    "metres": lambda: case(travel=table("metres", 1.0), standard=pl.Standard(threshold_m=300)),
    "streets": lambda: case(travel=None, streets=street(), speed_m_s=1.0),
    "straight lines": lambda: case(travel=None, detour=1.0, speed_m_s=1.0),
    "twice the straight line": lambda: case(travel=None, detour=2.0, speed_m_s=2.0),
    "ids in columns": lambda: case(
        points=points().rename_axis("demand_id").reset_index(), sites=sites().rename_axis("site_id").reset_index()
    ),
    "another order of rows": lambda: case(points=points().iloc[::-1], sites=sites().iloc[[1, 0, 2]], travel=table()),
    "people": lambda: case(points=points().rename(columns={"weight": "people"})),
    "a column named": lambda: case(points=points().rename(columns={"weight": "visits"}), weight="visits"),
    "costs by host": lambda: case(
        costs={"default": {"purchase": 80_000, "move": 9_000}, "bank": {"purchase": 1, "move": 1}}
    ),
    "costs of the sites": lambda: case(costs=None, sites=sites(purchase=80_000, move=9_000.00)),
    "status for existing": lambda: case(
        sites=sites(status=["existing", "candidate", "candidate"]).drop(columns="existing")
    ),
    "Demand and Sites": lambda: case(points=case().demand, sites=case().sites),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_form_of_the_same_town_has_the_same_optimum(way):
    town = WAYS[way]()
    plan = pl.optimise(town, pl.Policy.from_yuan(capital=89_000))
    assert (plan.status, plan.proof, plan.objective, plan.bound) == ("optimal", "certificate", 20.0, 20.0)
    assert plan.open == ("T", "U")
    assert pl.measure(town).total.covered == 4.0


@pytest.mark.parametrize(
    ("yuan", "covered", "stations", "spent"),
    [
        (8_999, 4.0, ("S",), 0),
        (9_000, 11.0, ("U",), 9_000),
        (79_999, 11.0, ("U",), 9_000),
        (80_000, 15.0, ("S", "U"), 80_000),
        (89_000, 20.0, ("T", "U"), 89_000),
        (160_000, 24.0, ("S", "T", "U"), 160_000),
    ],
)
def test_the_best_plan_of_each_budget_is_that_on_paper(yuan, covered, stations, spent):
    plan = pl.optimise(case(), pl.Policy.from_yuan(capital=yuan))
    assert (plan.status, plan.objective, plan.open) == ("optimal", covered, stations)
    assert plan.budget.set_index("line").loc["capital", "amount_yuan"] == spent
    assert plan.after.total.all == 24.0


def test_a_way_of_exactly_the_standard_counts_and_no_second_more():
    assert pl.measure(case(), ["U"]).total.covered == 11.0
    assert pl.measure(case(standard=299 / 60), ["U"]).total.covered == 0.0


def test_hours_status_and_districts_of_the_frames_count():
    everywhere = {"status": ["existing", "excluded", "candidate"], "host": ["bank", "school", "bank"]}
    town = case(sites=sites(**everywhere, opens=["08:00", "00:00", "00:00"], closes=["20:00", "24:00", "24:00"]))
    assert town.sites.table["opens_min"].tolist() == [480, 0, 0]
    assert town.sites.table["closes_min"].tolist() == [1200, 1440, 1440]
    assert pl.measure(town, ["S", "T", "U"]).total.covered == 20.0  # S closes at night and serves nobody all day
    assert "T" not in pl.optimise(town).open  # excluded
    town = case(points=points(district=["west", "west", "east", "east"], people=[90, 60, 50, 40]))
    today = pl.measure(town)
    assert {name: part.covered for name, part in today.district.items()} == {"east": 4.0, "west": 0.0}
    assert today.people == {"general/all": (40.0, 240.0)}
    plan = pl.optimise(town, pl.Policy.from_yuan(capital=9_000, district_floors={"west": 0.5}))
    assert plan.open == ("T",)  # 9 of the west's 15 weight; U has but 6


def test_an_empty_number_is_out_of_reach_and_a_row_that_is_not_there_is_a_fault():
    lacking = table().query("not (demand_id == 'd')")
    assert faults(travel=lacking) == [
        "travel [d]: demand_id has no row -> add its rows, or pass missing='unreachable' if it reaches nothing"
    ]
    assert pl.measure(case(travel=lacking, missing="unreachable")).total.covered == 0.0
    empty = table().assign(minutes=lambda t: t["minutes"].where(t["demand_id"] != "d"))
    assert pl.measure(case(travel=empty)).total.covered == 0.0


def test_what_is_not_used_is_a_note():
    town = case(points=points(note="x"), sites=sites(Machines=[2, 1, 1]))
    assert "points.note is not used" in town.notes
    assert town.sites.table["machines"].tolist() == [2, 1, 1]
    assert any("'Machines' is read as machines" in note for note in town.notes)


def test_numbers_as_ids_are_the_texts_they_are_written_as():
    numbered = points().set_axis(pd.Index([1, 2, 3, 4], name="demand_id"))
    ids = dict(zip("abcd", (1, 2, 3, 4), strict=True))
    town = case(points=numbered, travel=table().assign(demand_id=lambda t: t["demand_id"].map(ids)))
    assert town.demand.ids.tolist() == ["1", "2", "3", "4"]


WRONG = {
    "degrees": ({"points": points().to_crs(4326)}, "points: EPSG:4326 is in degrees, not metres"),
    "no crs": ({"points": gpd.GeoDataFrame(points().drop(columns="geometry"), geometry=points().geometry.to_numpy())},
               "points: has no CRS"),
    "two crs": ({"sites": sites().to_crs(32649)}, "sites: is in EPSG:32649, demand in EPSG:32650 -> reproject"),
    "no frame": ({"points": pd.DataFrame({"weight": [1]})}, "points: is a DataFrame -> give a GeoDataFrame"),
    "no ids": ({"points": points().reset_index(drop=True)}, "points: column demand_id is missing"),
    "ids twice": ({"points": points().set_axis(["a", "a", "c", "d"])}, "points [a]: demand_id is repeated"),
    "no weight": ({"points": points().drop(columns="weight")}, "points: column weight is missing"),
    "weight misspelt": (
        {"points": points().rename(columns={"weight": "wieght"})}, "points: column weight is missing -> did you mean"
    ),
    "another column": ({"weight": "need"}, "points: column need is missing"),
    "negative": ({"points": points(weight=[9, -6, 5, 4])}, "points [b]: weight is below 0 (-6)"),
    "text": ({"points": points(weight=["9", "6", "5", "4"])}, "points [a]: weight is a text ('9') -> make it a number"),
    "empty": ({"points": points(weight=[9, None, 5, 4])}, "points [b]: weight is blank"),
    "existing": ({"sites": sites(existing=["yes", "no", "no"])}, "[S]: existing is neither True nor False ('yes')"),
    "misspelt": ({"sites": sites(existng=True).drop(columns="existing")}, "unknown column existng -> did you mean"),
    "status": ({"sites": sites(status=["existing", "candidte", "candidate"])}, "[T]: status is unknown ('candidte')"),
    "contradiction": (
        {"sites": sites(status=["candidate", "candidate", "candidate"])}, "sites [S]: status is candidate although a"
    ),
    "fen of a site": ({"sites": sites(purchase=8_000_000_00)}, "purchase is above 5,000,000 yuan a station"),
    "fen": ({"costs": {"purchase": 800_000_000}}, "[default.purchase]: is 800000000, above 5,000,000 yuan"),
    "fen named": ({"costs": {"purchase_fen": 1}}, "costs [default.purchase_fen]: is no item of the costs of a station"),
    "third decimal": ({"costs": {"purchase": 0.001}}, "costs [default.purchase]: is 0.001, no amount in yuan"),
    "an amount as text": ({"costs": {"purchase": "80,000"}}, "costs [default.purchase]: is '80,000', no amount"),
    "a host without": (
        {"costs": {"bank": {"purchase": 1}}, "sites": sites(host=["bank", "school", "bank"])},
        "costs [school.purchase]: no amount for host school",
    ),
    "no costs": ({"costs": 80_000}, "costs: costs is 80000 -> give StationCosts, or a mapping"),
    "seconds as minutes": ({"standard": 900}, "standard is 900 minutes -> seconds? then standard = 15"),
    "no standard": ({"standard": "15"}, "standard [standard]: standard is '15', not a number"),
    "minutes as seconds": (
        {"travel": table("seconds", 1 / 60)},
        "in a straight line: these cannot be its units -> are they minutes?",
    ),
    "minutes as hours": ({"travel": table("hours", 1 / 60)}, "half of the pairs are slower than"),
    "metres as km": ({"travel": table("km", 1.0), "speed_m_s": 1.0}, "are they metres?"),
    "other points": (
        {"travel": table().replace({"demand_id": {"d": "e"}})}, "travel [e]: demand_id is only in the travel table"
    ),
    "no unit": ({"travel": matrix()}, "travel: column demand_id is missing"),
    "another shape": ({"travel": matrix().to_numpy().T, "unit": "seconds"}, "has shape (3, 4), expected (4, 3)"),
    "no travel": ({"travel": None}, "travel: is not told: how do people get to the sites?"),
    "a path": ({"travel": "times.csv"}, "travel: is 'times.csv' -> give a frame"),
    "a pair twice": ({"travel": pd.concat([table(), table().head(1)])}, "travel [a, S]: the pair is repeated"),
    "negative times": ({"travel": table().assign(minutes=-5.0)}, "travel [a, S]: minutes is -5.0"),
    "km/h": ({"travel": None, "detour": 1.3, "speed_m_s": 0}, "speed_m_s is 0"),
    "costs of other sites": (
        {"costs": case(sites=sites().iloc[::-1]).costs}, "costs [sites]: holds the same 3 sites in another order"
    ),
    "a policy of another town": (
        {"policy": pl.Policy(district_floors={"north": Fraction(1, 2)})},
        "policy [district_floors.north]: district north is not"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_frame_is_told_with_table_row_and_remedy(name):
    changes, text = WRONG[name]
    said = faults(**changes)
    assert any(text in line for line in said), said
    assert all(" -> " in line for line in said), said


def test_all_faults_of_all_frames_come_at_once():
    said = faults(
        points=points(weight=[9, "six", 5, -4]).to_crs(4326),
        sites=sites(existing="yes", rent=-1),
        travel=table().assign(minutes=lambda t: -t["minutes"]),
        standard=1000,
        costs={"purchase": -1, "mvoe": 3},
    )
    tables = [line.split(":")[0].split(" [")[0] for line in said]
    assert set(tables) == {"points", "sites", "travel", "standard", "costs"}
    for text in ("[b]: weight", "degrees", "existing", "rent", "minutes is -", "1000 minutes", "is -1", "mvoe"):
        assert any(text in line for line in said), (text, said)


def test_a_frame_without_ids_is_one_fault_and_not_one_a_row():
    assert faults(points=points().reset_index(drop=True)) == [
        "points: column demand_id is missing -> add it; the table has: weight, geometry"
    ]


def test_ids_that_differ_are_one_alignment_error():
    with pytest.raises(AlignmentError) as caught:
        case(travel=table().replace({"demand_id": {"d": "e"}, "site_id": {"U": "V"}}))
    rows = {(fault.row, fault.problem.split(" ")[0]) for fault in caught.value.faults}
    assert {row for row, _ in rows} == {"d", "e", "U", "V"}


def test_what_a_case_was_made_from_may_change_without_it():
    mine, theirs = points(), sites()
    town = case(points=mine, sites=theirs)
    mine["weight"], theirs["existing"] = 0, False
    assert pl.measure(town).total.covered == 4.0


def test_a_case_is_frozen_and_short_to_look_at():
    town = case(name="Street")
    with pytest.raises(AttributeError):
        town.name = "other"  # type: ignore[misc]  # this is what is tested
    assert repr(town) == "<Case Street: 4 demand points, 1 station, 2 candidates, 5 min, given matrix (minutes)>"
    assert town.but(name="Lane").name == "Lane"
    assert np.array_equal(town.standing, [True, False, False])


def test_six_lines_are_enough():
    points_frame, sites_frame, minutes = points(), sites(), table()
    lines = """
import placement as pl
case = pl.Case.from_frames(points_frame, sites_frame, minutes, standard=5, costs={"purchase": 80_000, "move": 9_000})
plan = pl.optimise(case, pl.Policy.from_yuan(capital=89_000))
""".strip().splitlines()
    assert len(lines) <= 6
    told: dict[str, object] = {"points_frame": points_frame, "sites_frame": sites_frame, "minutes": minutes}
    exec("\n".join(lines), told)
    plan = told["plan"]
    assert isinstance(plan, pl.Plan)
    assert (plan.status, plan.proof, plan.gap) == ("optimal", "certificate", 0.0)


def test_a_plan_made_by_hand_is_written_and_its_judge_says_what_is_not_there(tmp_path):
    town = case(name="Street", streets=street())
    plan = pl.optimise(town, pl.Policy.from_yuan(capital=89_000))
    written = pl.write(town, plan, tmp_path / "plan")
    names = {file.name for file in (tmp_path / "plan").iterdir()}
    assert names >= {"plan.json", "actions.csv", "actions.geojson", "report.html", "certificate.npz", "SHA256SUMS"}
    assert written.remarks == ()
    assert any("no study stands behind this plan" in note for note in written.data.notes)
    with pytest.raises(InputError, match="was made in Python, from frames: there is no study to recount it from"):
        pl.verify(written)
    same = pl.write(town, plan, tmp_path / "again")
    assert (tmp_path / "plan" / "plan.json").read_bytes() == (tmp_path / "again" / "plan.json").read_bytes()
    assert "the actions are the same" in str(pl.compare(written, same))


def test_a_case_without_a_standard_says_so_where_it_is_written(tmp_path):
    town = case()
    bare = pl.Case(demand=town.demand, sites=town.sites, coverage=town.coverage, costs=town.costs)
    plan = pl.optimise(bare)
    with pytest.raises(InputError, match=r"case \[standard\]: does not tell its standard"):
        pl.write(bare, plan, tmp_path / "plan")


def capture(ids: list[str]) -> Capture:
    return Capture(site_ids=ids, mass=np.array([9.0]), pull=sparse.csr_array([[1.0, 2.0, 0.5]]), door=np.zeros(3))


def test_a_setting_on_visits_needs_to_know_them():
    known = case(capture=capture(list(SITES_M)), policy=pl.Policy().but(visits_floor=1, visits_weight=0.1))
    assert known.policy.visits_weight == Fraction(1, 10)
    for setting in ({"visits_floor": 1.05}, {"visits_weight": 0}, {"min_visits_new": 300}):
        (name,) = setting
        policy = pl.Policy().but(**setting)
        for make in (lambda: case(policy=policy), lambda: pl.optimise(case(), policy)):  # noqa: B023 -- called here
            with pytest.raises(InputError, match=rf"predicted visits \({name}\), and none are known") as caught:
                make()
            assert caught.value.faults[0].remedy == f"give Case(capture=...), or the policy without {name}"


def test_a_capture_of_other_sites_is_refused():
    with pytest.raises(AlignmentError, match="only there: V"):
        case(capture=capture(["S", "T", "V"]))
    with pytest.raises(AlignmentError, match="in another order"):
        case(capture=capture(["T", "S", "U"]))
    with pytest.raises(InputError, match="give a Capture"):
        case(capture=[1.0])


@pytest.mark.parametrize("setting", [{"visits_floor": -1}, {"visits_weight": "0.2"}, {"min_visits_new": 0.5}])
def test_a_setting_on_visits_is_a_number(setting):
    with pytest.raises(InputError, match=next(iter(setting))):
        pl.Policy().but(**setting)
