"""The judge's count of ties against trying every set of moves between the same sites."""

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.judge.facts import LINES
from placement.judge.rules import Claims
from placement.judge.ties import tie_faults
from placement.values import Sites
from tests.effort import cases
from tests.towns import make_sites


def study(leaving, arriving, xy, amounts, *, max_moves=None, capital=None):
    """Return what the judge reads of a study: sites with their own amounts, and two limits."""
    table = make_sites(leaving, arriving, xy=xy).table
    for item in ("purchase", "move", "close"):
        table[f"{item}_fen"] = np.array(amounts[item], dtype=int)
        table[f"{item}_fen"] = table[f"{item}_fen"].astype("Int64")
    caps: dict[str, int | None] = dict.fromkeys(LINES) | {"capital": capital}
    policy, budget = SimpleNamespace(max_moves=max_moves), SimpleNamespace(**caps)
    return SimpleNamespace(
        sites=Sites(table=table), streets=None, study=SimpleNamespace(costs={}, policy=policy, budget=budget)
    )


def every_way(prepared, leaving, arriving):
    """Yield (actions, money, length in mm, claims) of every allowed way to leave and to arrive."""
    table = prepared.sites.table
    xy = table.get_coordinates().to_numpy()
    ids = list(table.index)
    gone, new = range(leaving), range(leaving, leaving + arriving)
    most = min(leaving, arriving) if prepared.study.policy.max_moves is None else prepared.study.policy.max_moves
    for count in range(min(leaving, arriving, most) + 1):
        for giving in itertools.combinations(gone, count):
            for taking in itertools.permutations(new, count):
                money = sum(int(table["close_fen"].iloc[i]) for i in gone if i not in giving)
                money += sum(int(table["purchase_fen"].iloc[j]) for j in new if j not in taking)
                money += sum(int(table["move_fen"].iloc[j]) for j in taking)
                if prepared.study.budget.capital is not None and money > prepared.study.budget.capital:
                    continue
                length = sum(round(1000 * math.dist(xy[i], xy[j])) for i, j in zip(giving, taking, strict=True))
                claims = Claims(
                    keep=(),
                    close=tuple(ids[i] for i in gone if i not in giving),
                    open=tuple(ids[j] for j in new if j not in taking),
                    move=tuple((ids[i], ids[j]) for i, j in zip(giving, taking, strict=True)),
                )
                yield leaving + arriving - count, money, length, claims


SITE = st.fixed_dictionaries(
    {
        "xy": st.tuples(st.integers(0, 3), st.integers(0, 3)),
        **{item: st.integers(0, 2) for item in ("purchase", "move", "close")},
    }
)
SITES = st.integers(0, 3).flatmap(lambda size: st.lists(SITE, min_size=size, max_size=size))


@settings(max_examples=cases(150), deadline=None, derandomize=True)
@given(gone=SITES, new=SITES, max_moves=st.none() | st.integers(0, 2), capital_yuan=st.none() | st.integers(0, 8))
def test_the_judge_equals_trying_every_way(gone, new, max_moves, capital_yuan):
    leaving, arriving, sites = len(gone), len(new), gone + new
    prepared = study(
        leaving,
        arriving,
        np.array([site["xy"] for site in sites]).reshape(-1, 2) * 100.0,
        {item: [100 * site[item] for site in sites] for item in ("purchase", "move", "close")},
        max_moves=max_moves,
        capital=None if capital_yuan is None else 100 * capital_yuan,
    )
    ways = list(every_way(prepared, leaving, arriving))
    if not ways:
        return
    first = min(way[:3] for way in ways)
    for actions, money, length, claims in ways:
        faults = list(tie_faults(claims, prepared))
        assert (faults == []) == ((actions, money, length) == first), (actions, money, length, first, faults)


@pytest.mark.parametrize(
    ("move", "close", "opened", "says"),
    [
        ([("S1", "C0")], ["S0"], [], None),
        ([("S0", "C0")], ["S1"], [], "moves add up to 1.000 km, the same sites and money are possible with 0.100 km"),
        ([], ["S0", "S1"], ["C0"], "the same sites are possible with 2 actions, the plan has 3"),
    ],
)
def test_what_the_judge_says(move, close, opened, says):
    # S0 at 0 m and S1 at 900 m leave, C0 at 1000 m gets a station.
    xy = np.array([[0.0, 0.0], [900.0, 0.0], [1000.0, 0.0]])
    prepared = study(2, 1, xy, {item: [0, 0, 0] for item in ("purchase", "move", "close")})
    claims = Claims(keep=(), close=tuple(close), open=tuple(opened), move=tuple(move))
    assert list(tie_faults(claims, prepared)) == ([] if says is None else [f"tie_broken: {says}"])


def test_the_judge_says_what_the_same_sites_cost_less():
    # Buying C1 costs 5 yuan more than buying C0, a move costs 1 yuan to either: the dearer one is to be moved to.
    xy = np.array([[0.0, 0.0], [100.0, 0.0], [200.0, 0.0]])
    prepared = study(1, 2, xy, {"purchase": [0, 1000, 1500], "move": [0, 100, 100], "close": [0, 0, 0]})
    claims = Claims(keep=(), close=(), open=("C1",), move=(("S0", "C0"),))
    assert list(tie_faults(claims, prepared)) == [
        "tie_broken: the same sites are possible for 11.00 yuan in as many actions, the plan spends 16.00"
    ]
