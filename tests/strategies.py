"""Tiny towns and small programs drawn part by part, so that what fails shrinks to the smallest that fails.

Sites and points are lists of records that do not depend on one another: taking one away leaves the others as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from scipy import sparse

from placement.coverage import Standard, Step, cover
from placement.economics import Policy, StationCosts
from placement.values import CoverageProgram, Floor, LinearRow, Sites
from placement.values.limits import BUDGET_LINES
from placement.values.sites import COST_KEYS
from tests.towns import Town, make_demand, make_sites, make_times

MOST_STATIONS, MOST_CANDIDATES, MOST_POINTS = 3, 4, 8
ALL_DAY, BY_DAY = (0, 1440), (480, 1200)
ITEMS = COST_KEYS
LINES_ONCE, LINES_A_YEAR = BUDGET_LINES[:5], BUDGET_LINES[6:10]
THRESHOLD_S, SPEEDS_M_S = 900, (1.3, 0.9)
STANDARDS = (
    Standard(threshold_s=THRESHOLD_S),
    Standard(steps=(Step(threshold_s=500), Step(threshold_s=THRESHOLD_S, share=Fraction(1, 2)))),
    Standard(
        steps=(
            Step(threshold_s=300),
            Step(threshold_s=600.5, share=Fraction("0.6667")),
            Step(threshold_s=THRESHOLD_S, share=Fraction("0.0701")),
        )
    ),
)

Draw = Callable[[st.SearchStrategy[Any]], Any]

SITE = st.fixed_dictionaries(
    {
        "status": st.sampled_from([None] * 10 + ["required", "excluded"]),
        "hours": st.sampled_from([ALL_DAY, BY_DAY]),
        "host": st.sampled_from(["school", "bank"]),
        "chain": st.sampled_from(["", "", "red", "blue"]),
        "exclusive": st.sampled_from([""] * 6 + ["hall"]),
        "fixed": st.sampled_from([""] * 20 + ["stay", "go"]),
        "xy": st.tuples(st.integers(0, 2000), st.integers(0, 2000)),
        **{item: st.integers(0, 99) for item in ITEMS},
    }
)
POINT = st.fixed_dictionaries(
    {
        "district": st.sampled_from(["north", "south"]),
        "need": st.tuples(st.integers(0, 49), st.integers(0, 49)),
        "metres": st.tuples(*[st.integers(0, 1500) | st.just(np.nan)] * (MOST_STATIONS + MOST_CANDIDATES)),
    }
)
SELDOM = st.sampled_from([False, False, False, True])
RARELY = st.sampled_from([False] * 11 + [True])
SHARE = st.integers(1, 59).map(lambda percent: Fraction(percent, 100))


def _several(one: st.SearchStrategy[Any], least: int, most: int) -> st.SearchStrategy[list[Any]]:
    """Draw lists of any length alike; hypothesis's own are mostly short."""
    return st.integers(least, most).flatmap(lambda size: st.lists(one, min_size=size, max_size=size))


@st.composite
def towns(draw: Draw) -> Town:
    """Draw up to 3 stations, 4 candidates and 8 points, in which somebody can be reached.

    The standard has steps now and then. Some sites are required, excluded, exclusive, fixed, closed at night or hosted
    by a bank; money, counts, floors, hosts, chains and spacing limit now and then.
    """
    stations = draw(_several(SITE, 0, MOST_STATIONS))
    candidates = draw(_several(SITE, 1, MOST_CANDIDATES))
    points = draw(_several(POINT, 1, MOST_POINTS))
    drawn = stations + candidates
    metres = np.array([point["metres"][: len(drawn)] for point in points], dtype=float)
    need = np.array([point["need"] for point in points]) * draw(st.sampled_from([1.0, 0.5, 0.001]))
    may_serve = [site["hours"] == ALL_DAY and site["status"] != "excluded" for site in drawn]
    assume(_somebody_is_reached(metres, need, may_serve))
    sites = _sites(drawn, len(stations))
    demand = make_demand(need, [point["district"] for point in points])
    times = make_times(metres, demand, sites)
    return Town(
        demand=demand,
        sites=sites,
        times=times,
        coverage=cover(demand, sites, times, draw(st.sampled_from(STANDARDS))),
        costs=StationCosts(**{item: _amounts(draw, [site[item] for site in drawn]) for item in ITEMS}),
        policy=_policy(draw, drawn, {point["district"] for point in points}),
    )


def _somebody_is_reached(metres: np.ndarray, need: np.ndarray, may_serve: list[bool]) -> bool:
    near = [(metres[:, may_serve] <= THRESHOLD_S * speed).any(axis=1) for speed in SPEEDS_M_S]
    return bool((np.column_stack(near) & (need > 0)).any())


def _sites(drawn: list[dict[str, Any]], stations: int) -> Sites:
    usual = ["existing"] * stations + ["candidate"] * (len(drawn) - stations)
    sites = make_sites(
        stations,
        len(drawn) - stations,
        xy=np.array([site["xy"] for site in drawn], dtype=float),
        status=[site["status"] or other for site, other in zip(drawn, usual, strict=True)],
        hours=[site["hours"] for site in drawn],
    )
    told = {name: [site[name] for site in drawn] for name in ("host", "chain", "exclusive")}
    return Sites(table=sites.table.assign(**told, action_fixed=_fixed(drawn, stations)))


def _fixed(drawn: list[dict[str, Any]], stations: int) -> list[str]:
    """Return the fixed action of each site, none where it would contradict the status."""
    stays = ["keep"] * stations + ["open"] * (len(drawn) - stations)
    goes = ["close"] * stations + [""] * (len(drawn) - stations)
    return [
        {
            "stay": "" if site["status"] == "excluded" else stay,
            "go": "" if site["status"] == "required" else go,
            "": "",
        }[site["fixed"]]
        for site, stay, go in zip(drawn, stays, goes, strict=True)
    ]


def _amounts(draw: Draw, amounts: list[int]) -> np.ndarray:
    unit: int = draw(st.sampled_from([1, 100]))
    return np.array(amounts, dtype=np.int64) * unit


def _policy(draw: Draw, drawn: list[dict[str, Any]], districts: set[str]) -> Policy:
    n_sites = len(drawn)

    def maybe(strategy: st.SearchStrategy[Any]) -> Any:
        return draw(strategy) if draw(st.sampled_from([False, True, True])) else None

    def money(most: int) -> st.SearchStrategy[int]:
        return st.tuples(st.integers(0, most), st.sampled_from([1, 30])).map(lambda pair: pair[0] * pair[1])

    def kinds(column: str) -> dict[str, int]:
        return {name: draw(st.integers(1, 3)) for name in {site[column] for site in drawn} - {""} if draw(SELDOM)}

    floors = {name: draw(st.sampled_from([False, True, True])) and draw(SHARE) for name in ("north", "elderly")}
    caps = {f"{line}_fen": draw(money(400)) for line in (*LINES_ONCE, *LINES_A_YEAR) if draw(RARELY)}
    if draw(SELDOM):
        caps |= {"horizon_years": draw(st.integers(1, 5)), "total_fen": draw(money(8000))}
        caps["discount_rate"] = draw(st.sampled_from([Fraction(0), Fraction(1, 20), Fraction(1, 3)]))
    return Policy(
        **caps,
        capital_fen=maybe(money(1000)),
        running_fen=maybe(money(1600)),
        max_stations=maybe(st.integers(0, n_sites)),
        max_moves=maybe(st.integers(0, 2)),
        max_opens=maybe(st.integers(0, 2)),
        max_closes=maybe(st.integers(0, 2)),
        max_changes=maybe(st.integers(0, 4)),
        max_by_host=kinds("host"),
        max_by_chain=kinds("chain"),
        spacing_m=draw(st.integers(1, 900).map(Fraction)) if draw(SELDOM) else None,
        min_reach_new=draw(st.integers(0, 30)) if draw(SELDOM) else None,
        district_floors={"north": floors["north"]} if floors["north"] and "north" in districts else {},
        age_floors={"elderly": floors["elderly"]} if floors["elderly"] else {},
    )


@st.composite
def programs(draw: Draw, *, max_sites: int = 6, max_rows: int = 8, max_columns: int = 7) -> CoverageProgram:
    """Draw several columns a site, sites without columns and columns without site, rows of both kinds, floors."""
    n_sites = draw(st.integers(1, max_sites))
    pattern = st.tuples(st.integers(0, 8), st.lists(st.integers(0, n_sites - 1), max_size=n_sites))
    rows = draw(_several(pattern, 1, max_rows))
    covers = np.zeros((len(rows), n_sites), dtype=np.int8)
    for number, (_, covered_by) in enumerate(rows):
        covers[number, covered_by] = 1
    column = st.tuples(st.integers(-1, n_sites - 1), st.integers(-4, 2), st.sampled_from([0] * 6 + [1, 2]))
    columns = draw(_several(column, 1, max_columns))
    limited = draw(st.integers(1, 3))
    floors = st.tuples(st.sets(st.integers(0, len(rows) - 1)), st.integers(0, 8))
    return CoverageProgram(
        covers=sparse.csr_array(covers),
        weights=np.array([weight for weight, _ in rows], dtype=np.int64),
        n_sites=n_sites,
        column_site=np.array([site for site, _, _ in columns], dtype=np.int64),
        column_values=np.array([value for _, value, _ in columns], dtype=np.int64),
        linear=tuple(draw(_linear(number, len(columns))) for number in range(limited)),
        floors=tuple(
            Floor(name=f"floor {number}", rows=np.array(sorted(chosen), dtype=np.int64), minimum=minimum)
            for number, (chosen, minimum) in enumerate(draw(_several(floors, 0, 2)))
        ),
        required=np.array([fixed == 1 for _, _, fixed in columns]),
        excluded=np.array([fixed == 2 for _, _, fixed in columns]),
    )


@st.composite
def _linear(draw: Draw, number: int, n_columns: int) -> LinearRow:
    """Draw a row in which a column may come twice; the first has no negative coefficients and is no equality."""
    term = st.tuples(st.integers(0, n_columns - 1), st.integers(-2 if number else 0, 5))
    terms = draw(st.lists(term, min_size=1, max_size=n_columns + 1))
    return LinearRow(
        name=f"row {number}",
        columns=np.array([column for column, _ in terms], dtype=np.int64),
        coefficients=np.array([coefficient for _, coefficient in terms], dtype=np.int64),
        limit=draw(st.integers(0, 7)),
        equality=bool(number) and draw(st.booleans()),
    )


class Drawn:
    """Draws what a generator of numpy is asked for one by one, so that what was done to something shrinks with it."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def integers(self, low: int, high: int) -> int:
        """Return a whole number of low..high - 1."""
        return int(self._draw(st.integers(low, high - 1)))

    def choice(self, options: Sequence[Any]) -> Any:
        """Return one of the options."""
        return self._draw(st.sampled_from(options))

    def random(self) -> float:
        """Return a number of [0, 1)."""
        return float(self._draw(st.integers(0, 99))) / 100
