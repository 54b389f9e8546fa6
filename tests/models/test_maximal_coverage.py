"""The relocation program written out for one tiny town, and the costs behind it."""

from fractions import Fraction

import numpy as np
import pytest
from scipy import sparse

from placement.case import Case
from placement.coverage import Standard, cover
from placement.economics import Policy, StationCosts, station_costs
from placement.errors import InputError
from placement.models import maximal_coverage
from placement.study import CostSection
from placement.values import Sites
from tests.there import there
from tests.towns import make_demand, make_sites, make_times


def costs_of(n: int) -> StationCosts:
    return StationCosts(purchase=np.full(n, 80), move=np.full(n, 9), close=np.arange(n) + 3, rent=np.full(n, 14))


def test_program_written_out():
    sites = make_sites(2, 1, status=["required", "existing", "required"])
    demand = make_demand(np.array([[1.5, 0.0004], [2.0, 1.0]]), ["north", "south"])
    times = make_times(np.array([[10.0, np.nan, 20.0], [np.nan, 30.0, np.nan]]), demand, sites)
    coverage = cover(demand, sites, times, Standard(threshold_s=900))
    policy = Policy(
        capital_fen=100, running_fen=40, max_stations=3, max_moves=1, district_floors={"north": Fraction(1, 3)}
    )
    model = maximal_coverage(Case(coverage=coverage, demand=demand, sites=sites, costs=costs_of(3), policy=policy))
    program = model.program
    assert model.kinds.tolist() == ["keep", "keep", "give", "give", "open", "move_in"]
    assert model.sites.tolist() == [0, 1, 0, 1, 2, 2]
    assert program.column_site.tolist() == [1, 2, -1, -1, 0, 0]  # sites are numbered by id: C0, S0, S1
    assert there(program.weights).tolist() == [1500, 2000, 0, 1000]
    covers = sparse.csr_array(program.covers).toarray()
    assert covers.astype(int).tolist() == [
        [1, 1, 0],
        [0, 0, 1],
        [1, 1, 0],
        [0, 0, 1],
    ]
    assert program.required.tolist() == [True, False, False, False, False, False]
    rows = {row.name: row for row in program.linear}
    assert list(rows) == ["site C0", "site S0", "site S1", "tokens", "capital", "running", "max_stations", "max_moves"]
    assert rows["site C0"].equality
    assert not rows["site S0"].equality
    # capital: 80 open + 9 move + 3 (1 - keep0 - give0) + 4 (1 - keep1 - give1) <= 100
    capital = np.zeros(6, dtype=int)
    capital[rows["capital"].columns] = rows["capital"].coefficients
    assert (capital.tolist(), rows["capital"].limit) == ([-3, -4, -3, -4, 80, 9], 93)
    tokens = np.zeros(6, dtype=int)
    tokens[rows["tokens"].columns] = rows["tokens"].coefficients
    assert (tokens.tolist(), rows["tokens"].equality) == ([0, 0, -1, -1, 0, 1], True)
    assert rows["running"].coefficients.tolist() == [14, 14, 14, 14]
    floor = program.floors[0]
    assert (floor.name, floor.rows.tolist(), floor.minimum) == ("floor district north", [0, 2], 500)


def test_a_town_without_stations_has_only_open_columns():
    sites = make_sites(0, 2)
    demand = make_demand(np.ones((1, 1)), ["a"])
    times = make_times(np.array([[1.0, 2.0]]), demand, sites)
    coverage = cover(demand, sites, times, Standard(threshold_s=900))
    model = maximal_coverage(
        Case(coverage=coverage, demand=demand, sites=sites, costs=costs_of(2), policy=Policy(max_stations=1))
    )
    assert model.kinds.tolist() == ["open", "open"]
    assert [row.name for row in model.program.linear] == ["max_stations"]


def test_site_overrides_host_overrides_default():
    table = make_sites(1, 2).table
    table["host"] = ["bank", "school", "bank"]
    table.loc["C1", "purchase_fen"] = 5
    sections = {"default": CostSection(purchase=100, rent=10), "bank": CostSection(rent=0)}
    costs = station_costs(Sites(table=table), sections)
    assert costs.purchase.tolist() == [10_000, 10_000, 5]
    assert costs.running.tolist() == [0, 1000, 0]
    assert costs.move.tolist() == [0, 0, 0]


def test_an_item_given_for_some_must_be_given_for_all():
    table = make_sites(1, 2).table
    table["host"] = ["bank", "school", "pharmacy"]
    with pytest.raises(InputError) as caught:
        station_costs(Sites(table=table), {"bank": CostSection(purchase=100)})
    assert [fault.row for fault in caught.value.faults] == ["costs.pharmacy.purchase", "costs.school.purchase"]


def test_need_beyond_integer_weights_is_a_fault_of_the_population():
    sites = make_sites(0, 1)
    demand = make_demand(np.array([[1e18]]), ["a"])
    times = make_times(np.array([[1.0]]), demand, sites)
    coverage = cover(demand, sites, times, Standard(threshold_s=900))
    with pytest.raises(InputError, match=r"population: need adds up to 1e\+18 visits a month"):
        maximal_coverage(Case(coverage=coverage, demand=demand, sites=sites, costs=costs_of(1)))
