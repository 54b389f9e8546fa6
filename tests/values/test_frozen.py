"""No edit of what a public value hands out reaches the value; each shows itself in a few lines."""

from __future__ import annotations

import dataclasses
import html
import pickle
import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import sparse

from placement.analysis import Trade
from placement.analysis.alternatives import alternatives
from placement.analysis.difference import difference
from placement.analysis.explain import explain
from placement.analysis.frontier import frontier
from placement.analysis.stability import stability
from placement.analysis.what_if import what_if
from placement.batch import BatchRow
from placement.case import Case
from placement.countable import count_pairs
from placement.coverage import CoverRows
from placement.demand import (
    SERVICES,
    RasterPeople,
    areal_weights,
    clean_counts,
    fit_usage,
    interpolate_footfall,
    period_pieces,
    tabulate_questionnaires,
)
from placement.demand.performance import PerformanceRules, judge_stations
from placement.demand.use.priors import UsePriors
from placement.economics import CAPITAL
from placement.errors import Fault, InfeasibleError
from placement.frames import Stages, Travel
from placement.models import Decision, formulated, maximal_coverage
from placement.pipeline.assumptions import Assumption
from placement.pipeline.policy import study_standard
from placement.pipeline.recommend import recommend
from placement.pipeline.sensitivity import Moved, Sensitivity
from placement.pipeline.shift import Shift
from placement.pipeline.visits import Use
from placement.plan import optimise
from placement.progress import Step
from placement.report.write import write
from placement.solve import maximise_coverage
from placement.solve.settings import EngineSettings
from placement.standard import Standard, rules_of
from placement.streets import snap_to_streets
from placement.study import GuidesSection, Override, PhaseSection, StepSection, read_study
from placement.tables import InputState
from placement.travel import walking_covers, walking_run
from placement.values import (
    Capture,
    Change,
    CoverageProgram,
    Covered,
    Evaluation,
    Frontier,
    Guides,
    KeptFloor,
    Phase,
    Plan,
    Policy,
    Publicity,
    Segment,
    Sites,
    SolveOptions,
    StepCovered,
    TradePoint,
    VisitsChange,
    WeightedBlocks,
)
from placement.values import Step as CoverStep
from placement.values.immutable import FrozenDict, immutable
from placement.values.publicity import Level
from placement.values.visits import STATION_COLUMNS
from tests.conftest import SpoiledStudy
from tests.demand.cities import simulated_city
from tests.demand.networks import Town
from tests.demand.networks import network as simulated_network
from tests.pipeline.test_virtual_counters import ON, counted
from tests.values.looking import attributes, below, content, edit, is_value, public_values, reached, thawed

T = TypeVar("T")

MOST_LINES, MOST_SIGNS = 15, 2500


def made_by_a_run(folder: Any) -> list[Any]:
    """Return what one study becomes on its way, with virtual counters, and the data of its report."""
    study = SpoiledStudy(folder)
    counted(study, ["8000", "5000", "2500", "4000", "1500", "6000"])
    study.setting("footfall_bandwidth_m = 200", ON)
    outcome = recommend(read_study(study.folder))
    return [outcome, write(outcome.case, outcome.plan, folder / "out"), *made_with(outcome.case)]


def made_with(case: Any) -> list[Any]:
    """Return what else the stages of a study can be asked for."""
    ready = case.prepared
    demand, sites, streets = ready.demand, ready.sites, ready.streets
    model = maximal_coverage(case)
    rules = rules_of(demand, sites, study_standard(ready.study))
    run = walking_run(streets, demand.points, sites.table, cutoff_s=300.0, speed_m_s=1.3)
    stream = run.stream()
    ones = np.ones(len(demand.ids), dtype=np.int64)
    nothing = Policy(
        district_floors={str(demand.points["parent"].iloc[0]): Fraction(1)}, age_floors={"general": Fraction(99, 100)}
    )
    with pytest.raises(InfeasibleError) as caught:
        optimise(case, nothing, SolveOptions(time_limit_s=20))
    found = caught.value.found
    assert found is not None
    rows = CoverRows(times=stream, rules=rules)
    asked = what_if(case.but(policy=Policy(max_stations=0)), add=[case.sites.ids[~case.standing][0]])
    plan = optimise(case, options=SolveOptions(time_limit_s=20))
    years = case.but(policy=Policy(phases=(Phase(name="pilot", max_opens=1, max_closes=0, max_moves=0),)))
    return [
        formulated(years), optimise(years, options=SolveOptions(time_limit_s=20)), PhaseSection(name="pilot"),
        asked, *asked.broken, explain(case, plan), alternatives(case, plan, count=1, differ=1),
        frontier(case, None, "coverage", "stations", points=2), stability(case, plan, draws=2),
        difference(case, plan.open, []),
        model, rules, run, stream, rows, nothing, found, streets.describe(), next(demand.draws(1)),
        Case(**{each.name: getattr(case, each.name) for each in dataclasses.fields(Case)}),
        Stages(
            demand=demand, sites=sites, times=ready.times, standard=case.standard, coverage=case.coverage,
            costs=case.costs, notes=("none",),
        ),
        Change(constraint="capital", asked=100, of=None, unit="fen", at_least=50, certificate=found.certificate),
        maximise_coverage(model.program, time_limit_s=20),
        count_pairs(demand, sites, ready.times, rules),
        dataclasses.replace(case.coverage, covers=rows),
        case.coverage.by_ids(),
        walking_covers(streets, demand.points, sites.table, ones, thresholds_s=[300], speeds_m_s=[1.3]),
        snap_to_streets(streets, shapely.get_coordinates(demand.points.geometry)),
        CoverageProgram.from_covers(rows_of(case.coverage), None, np.ones(len(sites)), 2),
    ]  # fmt: skip


def rows_of(coverage: Any) -> Any:
    """Return the rows of a coverage as blocks."""
    weights = np.ones(coverage.covers.shape[0], dtype=np.int64)
    order = dataclasses.replace(coverage.by_ids(), points=np.arange(coverage.n_points))
    held = coverage.weighted(weights, order)
    return WeightedBlocks(covers=[held["covers"]], weights=weights)


def sensitive() -> list[Any]:
    """Return how far assumptions move a plan, and the parts of the answer."""
    assumed = Assumption(key="demand.need_share", value="0.5", unit="0 to 1", moves="plan", ends=(0.0,))
    moved = Moved(
        key=assumed.key, value="0.5", moved_to="0", kept=0.4, best=0.5, opened=("C1",), closed=("S1",), proven=True
    )
    floor = KeptFloor(of="age_group", name="elderly", floor=0.4, reached=0.41, kept=0.6, draws=20)
    return [
        assumed, moved, floor, Sensitivity(coverage=0.5, assumptions=(assumed,), moved=(moved,), floors=(floor,)),
    ]  # fmt: skip


def trades() -> list[Any]:
    """Return the trade between reach and visits, with its plans, of which there are none, and without."""
    points = (TradePoint(mark="today", open=("S",), covered=1.0, all=2.0, visits=3.0, idle=0, idle_new=0),)
    return [Trade(points=points, notes=("none",), plans=()), Frontier(points=points)]


def network() -> list[Any]:
    """Return what a log says of its stations."""
    log, expected, _ = simulated_network(Town(months=12, stations=12), seed=3)
    table = pd.DataFrame({"site_id": ["S1"], "month": ["2024-01"], "found": ["normal"]})
    evaluation = Evaluation(stations=table, months=table, proposals={"S1": "leave it alone"}, season={"2024-01": 1.0})
    return [log, judge_stations(log, expected), PerformanceRules(), evaluation]


def made_by_hand() -> list[Any]:
    """Return values of no study."""
    corners = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 200, 200)], index=["a"], crs="EPSG:32650")
    places = gpd.GeoDataFrame(
        {"people_per_day": [100.0, 300.0, 200.0, 250.0], "people": [1, 2, 3, 4]},
        index=list("wxyz"), geometry=gpd.points_from_xy([0, 100, 0, 100], [0, 0, 100, 100]), crs="EPSG:32650",
    )  # fmt: skip
    hours = pd.date_range("2025-03-03", periods=48, freq="h")
    transactions, times, need, stations, _ = simulated_city(3, stations=15, points=40)
    usage = fit_usage(transactions, times, need, stations)
    nobody = Covered(covered=0.0, all=0.0, need_covered=0.0, need_all=0.0, use_covered=0.0, use_all=0.0)
    return [
        Capture(site_ids=["S"], mass=np.ones(1), pull=sparse.csr_array([[2.0]]), door=np.ones(1)),
        Use(note="too few stations", basis={"S": "own record"}), usage, usage.evidence, usage.level, UsePriors(),
        VisitsChange(stations=pd.DataFrame({name: [1.0] for name in STATION_COLUMNS}, index=["S1"])),
        Travel(table=pd.DataFrame({"demand_id": ["a"], "site_id": ["S"], "metres": [1.0]})), CAPITAL, EngineSettings(),
        Decision(does="keep"), InputState("0" * 64, ((1, 2, 3),)), SERVICES[0],
        Fault(table="a", problem="b"), Override(key="demand.uptake", study=[1], used={"a": [1.5]}),
        Standard(steps=(CoverStep(threshold_s=60.0),)), StepSection(threshold_min=1, share=Fraction(1)),
        StepCovered(threshold_s=60.0, threshold_m=None, share=1.0, total=nobody, people={"general/all": (0.0, 0.0)}),
        *trades(), *network(), period_pieces({"all": (0, 1440)}, {"all": 1.0}, [(480, 1080)]), *sensitive(),
        Step(stage="solving", number=1, of=3, elapsed_s=0.5), Shift(system="gcj02", before_m=500.0, after_m=3.0),
        BatchRow(study="a", folder="b", status="optimal"),
        GuidesSection(age_group="elderly", uptake=0.9), Guides(age_group="elderly", uptake=0.9),
        Publicity(levels=(Level(area="A", spend_fen=100, awareness=0.5),)),
        RasterPeople(points=places, notes=("none",)),
        areal_weights(corners, places), interpolate_footfall(places, places.set_index(pd.Index(list("abcd")))),
        clean_counts(pd.DataFrame({"counter_id": "C1", "time": hours, "count": hours.hour})),
        tabulate_questionnaires(pd.DataFrame({"district": ["A", "A"], "heard": ["yes", "no"]})),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def values(tmp_path_factory):
    from placement.judge import verify

    folder = tmp_path_factory.mktemp("frozen")
    made = made_by_a_run(folder)
    roots = [*made, verify(folder / "out"), *made_by_hand()]
    seen: dict[int, Any] = {}
    return [each for root in roots for each in below(root, seen)]


def made_again(kind: Callable[..., T], given: dict[str, Any]) -> T:
    return kind(**given)


def one_of_each(values):
    """Return the first two values of each class."""
    found: dict[type, list[Any]] = {}
    for each in values:
        found.setdefault(type(each), []).append(each)
    return [each for some in found.values() for each in some[:2]]


def test_every_public_value_is_looked_at(values):
    lacking = {name for each, name in public_values().items() if not any(type(v) is each for v in values)}
    assert not lacking, "make one in made_with or made_by_hand"


def test_no_edit_reaches_a_value(values):
    changed = {f"{type(each).__name__}.{name}" for each in one_of_each(values) for name in reached(each)}
    assert not changed, "mark the class with @immutable"


def test_no_later_edit_of_what_a_value_was_made_from_reaches_it(values):
    changed = []
    for value in one_of_each(values):
        if not dataclasses.is_dataclass(value):
            continue
        given = {f.name: thawed(vars(value)[f.name]) for f in dataclasses.fields(value) if f.init}
        again = made_again(type(value), given)
        before = content(again)
        for each in given.values():
            if not is_value(each):
                edit(each)
        changed += [type(value).__name__] * (content(again) != before)
    assert not changed


def test_values_are_frozen_in_other_processes_too(values):
    for value in one_of_each(values):
        if type(value) in public_values():
            there = pickle.loads(pickle.dumps(value))
            assert content(there) == content(value)
            assert reached(there) == []


def test_values_show_themselves_in_a_few_lines(values):
    for value in values:
        text = repr(value)
        assert len(text.splitlines()) <= MOST_LINES, text
        assert len(text) <= MOST_SIGNS, text
        if hasattr(value, "_repr_html_"):
            page = value._repr_html_()
            assert page.count("<tr>") + 1 <= MOST_LINES, page
            headline = html.escape(text.splitlines()[0], quote=True)
            assert headline in page or page.count("<tr>") > 0
            assert "_shown" not in dir(value) or page.count("<tr>") + 1 == len(text.splitlines())
        else:
            assert isinstance(value, Fault | BatchRow) or "\n" not in text


def test_a_class_that_forgets_is_found():
    @dataclasses.dataclass(frozen=True)
    class Forgetful:
        table: pd.DataFrame
        amounts: dict[str, list[int]]
        weights: np.ndarray
        covers: sparse.csr_array
        name: str = "x"

    def parts():
        return {
            "table": pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
            "amounts": {"a": [1]},
            "weights": np.arange(3),
            "covers": sparse.csr_array(np.eye(2)),
        }

    assert reached(Forgetful(**parts())) == ["table", "amounts", "weights", "covers"]
    assert reached(immutable(Forgetful)(**parts())) == []


def test_frames_of_every_kind_of_column_are_handed_out_whole():
    @immutable
    @dataclasses.dataclass(frozen=True)
    class Held:
        table: gpd.GeoDataFrame
        row: pd.Series
        ids: pd.Index

    row = pd.Series(pd.array([1, None], dtype="Int64"), index=["a", "b"])
    columns = {
        "text": ["x", "y"], "number": [1, 2], "share": [0.5, np.nan], "flag": [True, False],
        "fen": row.array, "names": [("a",), ()], "kind": pd.Categorical(["u", "v"]),
        "month": pd.period_range("2025-01", periods=2, freq="M"), "day": pd.date_range("2025-01-01", periods=2),
    }  # fmt: skip
    table = gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy([0, 1], [0, 1]), crs="EPSG:32650", index=row.index)
    held = Held(table, row, row.index)
    assert reached(held) == []
    edit(table)
    edit(row)
    assert held.table["number"].tolist() == [1, 2]
    assert held.row["a"] == 1
    # What was handed out is the caller's own to work with.
    mine = held.table
    mine.loc["a", "number"] = 99
    mine["more"] = 1
    assert mine["number"].tolist() == [99, 2]
    assert "more" not in held.table.columns


def test_the_examples_of_the_finding(values):
    """What stuck before: a machine count, an action, a floor, a time."""
    outcome = values[0]
    sites, plan, times = outcome.case.sites, outcome.plan, outcome.case.times
    before = int(sites.table["machines"].iloc[0])
    with warnings.catch_warnings():  # pandas says that this reaches nobody
        warnings.simplefilter("ignore")
        sites.table.loc[sites.ids[0], "machines"] = 99
        plan.actions.loc[0, "action"] = "x"
    assert int(sites.table["machines"].iloc[0]) == before
    assert plan.actions["action"].isin(["keep", "move", "close", "open"]).all()
    with pytest.raises(TypeError, match="cannot be changed"):
        outcome.case.policy.age_floors["a"] = 1
    with pytest.raises(ValueError, match="read-only"):
        times.matrix.data[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        outcome.case.demand.need[0, 0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.status = "optimal"


def test_values_survive_replacing_copying_and_comparing(values):
    policy = Policy(capital_fen=5, age_floors={"general": Fraction(1, 2)})
    assert dataclasses.replace(policy, max_moves=1).age_floors == {"general": 0.5}
    assert pickle.loads(pickle.dumps(policy)) == policy
    assert isinstance(policy.age_floors, FrozenDict)
    sites = next(each for each in values if isinstance(each, Sites))
    again = dataclasses.replace(sites)
    pd.testing.assert_frame_equal(again.table, sites.table)
    plan = next(each for each in values if isinstance(each, Plan))
    assert dataclasses.replace(plan, study="other").budget_lines == plan.budget_lines
    segment = Segment(age_group="a", period="b", service="all", speed_m_s=1.0)
    assert segment == dataclasses.replace(segment)
    assert hash(segment) == hash(dataclasses.replace(segment))


def test_attributes_are_those_a_reader_sees():
    policy = Policy()
    assert "capital_fen" in attributes(policy)
    assert not any(name.startswith("_") for name in attributes(policy))
