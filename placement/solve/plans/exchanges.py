r"""Local search on what plans are really worth: coverage and visits, side rows, floors of both.

A plan is a choice in each *group* of columns of which one at most may be chosen (keep or give, open or move in). A move
changes the choice in one group or in two at once, which takes in exchanges of sites, of who moves where, and of what is
moved for what is bought. What a station more or less at each site would do is known at any time: where a station comes
or goes, it is counted anew at the sites that share demand with it. Shortfalls of floors are priced; without any, moves
keep all floors.

Source: Teitz & Bart (1968), Heuristic methods for estimating the generalized vertex median of a weighted graph,
Operations Research 16, 955-961.
"""

# ruff: noqa: PLR0917 - parts of numba kernels take all by position

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from placement.kernels import Bools, OutFloats, OutLongs, inner, kernel
from placement.solve.deadline import Deadline
from placement.solve.plans.ground import Ground
from placement.values.arrays import BoolArray

_LEAST_GAIN = 1e-9
"""A move gains at least this share of the value, so that rounding cannot turn in circles."""


class State(NamedTuple):
    """A plan and what follows from it.

    `sums` are coverage with column values, visits, rows out of their limits, and idle stations; `own` what each station
    that stands sees, which is kept where idle stations are limited.
    """

    choice: OutLongs
    used: OutLongs
    stands: OutLongs
    covering: OutLongs
    pulled: OutFloats
    reached: OutFloats
    sums: OutFloats
    gain: OutFloats
    seen: OutFloats
    floor_gain: OutFloats
    own: OutFloats
    change: OutFloats


@inner
def _seen(mass: Any, pull: Any) -> Any:
    return mass * pull / (pull + 1.0)


@inner
def _differs(mass: Any, here: Any, pull: Any, standing: Any) -> Any:
    """Return what a row of pull `here` would see more with a site that pulls it, or less without it if it stands."""
    other = max(0.0, here - pull) if standing else here + pull
    return mass * pull / ((here + 1.0) * (other + 1.0))


@inner
def _recover(ground: Any, state: Any, row: Any, old: Any, new: Any) -> None:
    """Change how many stations cover a class, and what a station more or less would do at the sites that cover it."""
    n_floors = ground.minimum.size - 1
    state.covering[row] = new
    most, first = ground.layers.size // 2, ground.once[row]
    if old > most and new > most:
        return
    for at in range(ground.coverer_indptr[row], ground.coverer_indptr[row + 1]):
        site = ground.coverer[at]
        alone = 1 if state.stands[site] > 0 else 0
        before, after = old - alone, new - alone
        gain = (ground.layers[first + after] if 0 <= after < most else 0.0) - (
            ground.layers[first + before] if 0 <= before < most else 0.0
        )
        state.gain[site] += gain * ground.weight[row]
        sign = (1.0 if after == 0 else 0.0) - (1.0 if before == 0 else 0.0)
        if sign != 0.0:
            for place in range(ground.floor_indptr[row], ground.floor_indptr[row + 1]):
                state.floor_gain[site * n_floors + ground.floor_number[place]] += sign * ground.floor_weight[place]


@inner
def _place(ground: Any, state: Any, site: Any, sign: Any) -> None:
    """Let a station come to a site (sign 1) or go (-1)."""
    before = state.stands[site]
    if (before > 0) == (before + sign > 0):
        state.stands[site] += sign
        return
    for at in range(ground.cover_indptr[site], ground.cover_indptr[site + 1]):
        row = ground.cover_row[at]
        old = state.covering[row]
        _recover(ground, state, row, old, old + sign)
        others = old + min(0, sign)
        if others < ground.layers.size // 2:
            state.sums[0] += sign * ground.weight[row] * ground.layers[ground.once[row] + others]
        if others == 0:
            for place in range(ground.floor_indptr[row], ground.floor_indptr[row + 1]):
                state.reached[ground.floor_number[place]] += sign * ground.floor_weight[place]
    for at in range(ground.pull_indptr[site], ground.pull_indptr[site + 1]):
        row = ground.pull_row[at]
        mass, old = ground.mass[row], state.pulled[row]
        new = max(0.0, old + sign * ground.pull[at])
        state.pulled[row] = new
        state.sums[1] += _seen(mass, new) - _seen(mass, old)
        for entry in range(ground.puller_indptr[row], ground.puller_indptr[row + 1]):
            other, pull = ground.puller[entry], ground.pulls[entry]
            standing = state.stands[other] > 0
            state.seen[other] += _differs(mass, new, pull, standing) - _differs(mass, old, pull, standing)
    state.sums[1] += sign * ground.door[site]
    state.stands[site] += sign
    _look_at(ground, state, site)
    if ground.idle[1] >= 0:
        _count_idle(ground, state, site, sign)


@inner
def _count_idle(ground: Any, state: Any, site: Any, sign: Any) -> None:
    """Count what stations see, and how many are idle, after a station has come to a site (sign 1) or gone (-1)."""
    own = ground.door[site]
    for at in range(ground.pull_indptr[site], ground.pull_indptr[site + 1]):
        row = ground.pull_row[at]
        mass, now = ground.mass[row], state.pulled[row]
        before = max(0.0, now - sign * ground.pull[at])
        own += mass * ground.pull[at] / (now + 1.0)
        taken = mass / (now + 1.0) - mass / (before + 1.0)
        for entry in range(ground.puller_indptr[row], ground.puller_indptr[row + 1]):
            state.own[ground.puller[entry]] += ground.pulls[entry] * taken
    state.own[site] = own
    state.sums[3] = 0.0
    for other in range(ground.door.size):
        if state.stands[other] > 0 and state.own[other] < ground.idle[0]:
            state.sums[3] += 1.0


@inner
def _idle_with(ground: Any, state: Any, site: Any, sign: Any) -> Any:
    """Return how many stations are idle once one has come to a site (sign 1) or gone (-1)."""
    if ground.idle[1] < 0 or site < 0:
        return state.sums[3]
    own, came = ground.door[site], 0.0
    for other in range(ground.door.size):
        state.change[other] = 0.0
    for at in range(ground.pull_indptr[site], ground.pull_indptr[site + 1]):
        row = ground.pull_row[at]
        mass, now = ground.mass[row], state.pulled[row]
        then = max(0.0, now + sign * ground.pull[at])
        own += mass * ground.pull[at] / (then + 1.0)
        taken = mass / (then + 1.0) - mass / (now + 1.0)
        for entry in range(ground.puller_indptr[row], ground.puller_indptr[row + 1]):
            state.change[ground.puller[entry]] += ground.pulls[entry] * taken
    for other in range(ground.door.size):
        if other == site:
            came += 1.0 if sign > 0 and own < ground.idle[0] else 0.0
        elif state.stands[other] > 0 and state.own[other] + state.change[other] < ground.idle[0]:
            came += 1.0
    return came


@inner
def _use(ground: Any, state: Any, column: Any, sign: Any) -> None:
    """Count a column in the side rows, and rows out of their limits."""
    for at in range(ground.row_indptr[column], ground.row_indptr[column + 1]):
        row = ground.row_number[at]
        old = state.used[row]
        new = old + sign * ground.row_coefficient[at]
        state.used[row] = new
        was = old > ground.high[row] or old < ground.low[row]
        now = new > ground.high[row] or new < ground.low[row]
        state.sums[2] += (1.0 if now else 0.0) - (1.0 if was else 0.0)


@inner
def _choose(ground: Any, state: Any, group: Any, column: Any) -> None:
    """Change the choice of a group to a column, or to none (-1)."""
    n_floors = ground.minimum.size - 1
    for step in range(2):
        one = state.choice[group] if step == 0 else column
        sign = -1 if step == 0 else 1
        if one >= 0:
            _use(ground, state, one, sign)
            state.sums[0] += sign * ground.values[one]
            for floor in range(n_floors):
                state.reached[floor] += sign * ground.column_floor[one * n_floors + floor]
            if ground.site[one] >= 0:
                _place(ground, state, ground.site[one], sign)
    state.choice[group] = column


@inner
def _worth(ground: Any, state: Any, price: Any, covered: Any, visits: Any, site: Any, sign: Any, columns: Any) -> Any:
    """Return the value of a state with a station more (sign 1) or less (-1) at a site, shortfalls priced."""
    value = covered + ground.worth[0] * visits
    n_floors = ground.minimum.size - 1
    for floor in range(n_floors):
        reached = state.reached[floor]
        if site >= 0:
            reached += sign * state.floor_gain[site * n_floors + floor]
        if columns[0] >= 0:
            reached -= ground.column_floor[columns[0] * n_floors + floor]
        if columns[1] >= 0:
            reached += ground.column_floor[columns[1] * n_floors + floor]
        if reached < ground.minimum[floor] - 0.5:
            value -= price * (ground.minimum[floor] - reached)
    if visits < ground.minimum[n_floors]:
        value -= price * (ground.minimum[n_floors] - visits)
    return value


@inner
def _look_at(ground: Any, state: Any, site: Any) -> None:
    """Count what a station more at a site, or one less where one stands, would do."""
    n_floors = ground.minimum.size - 1
    standing = state.stands[site] > 0
    gain, seen = 0.0, ground.door[site]
    for floor in range(n_floors):
        state.floor_gain[site * n_floors + floor] = 0.0
    for at in range(ground.cover_indptr[site], ground.cover_indptr[site + 1]):
        row = ground.cover_row[at]
        others = state.covering[row] - (1 if standing else 0)
        if others < ground.layers.size // 2:
            gain += ground.weight[row] * ground.layers[ground.once[row] + others]
        if others == 0:
            for place in range(ground.floor_indptr[row], ground.floor_indptr[row + 1]):
                state.floor_gain[site * n_floors + ground.floor_number[place]] += ground.floor_weight[place]
    for at in range(ground.pull_indptr[site], ground.pull_indptr[site + 1]):
        row = ground.pull_row[at]
        seen += _differs(ground.mass[row], state.pulled[row], ground.pull[at], standing)
    state.gain[site], state.seen[site] = gain, seen


@inner
def _changed(ground: Any, state: Any, old: Any, new: Any) -> Any:
    """Return (site, sign) of the station that comes (1) or goes (-1) with a choice, (-1, 0) for none; sign 2: both."""
    leaves = ground.site[old] if old >= 0 else -1
    comes = ground.site[new] if new >= 0 else -1
    if leaves >= 0 and comes >= 0 and leaves != comes:
        return -1, 2
    if comes >= 0 and leaves < 0 and state.stands[comes] == 0:
        return comes, 1
    if leaves >= 0 and comes < 0 and state.stands[leaves] == 1:
        return leaves, -1
    return -1, 0


@inner
def _best_second(ground: Any, state: Any, first: Any, price: Any) -> Any:
    """Return (value, group, column) of the best change of one more group that leaves all rows within their limits."""
    pair = np.full(2, -1, np.int64)
    best, at_group, at_column = -np.inf, -1, -1
    most = ground.idle[1] if ground.idle[1] >= 0 else np.inf
    if state.sums[2] == 0 and state.sums[3] <= most:
        best = _worth(ground, state, price, state.sums[0], state.sums[1], -1, 0, pair)
    for group in range(ground.must.size):
        if group == first:
            continue
        old = state.choice[group]
        for turn in range(ground.group_indptr[group] - 1, ground.group_indptr[group + 1]):
            new = -1 if turn < ground.group_indptr[group] else ground.group_column[turn]
            if new == old or (new < 0 and ground.must[group]) or (new >= 0 and not ground.gives[new]):
                continue
            site, sign = _changed(ground, state, old, new)
            if sign == 2:
                continue
            covered, visits = state.sums[0], state.sums[1]
            if site >= 0:
                covered += sign * state.gain[site]
                visits += sign * state.seen[site]
            covered += (ground.values[new] if new >= 0 else 0.0) - (ground.values[old] if old >= 0 else 0.0)
            pair[0], pair[1] = old, new
            value = _worth(ground, state, price, covered, visits, site, sign, pair)
            if value > best and _fits(ground, state, old, new) and _idle_with(ground, state, site, sign) <= most:
                best, at_group, at_column = value, group, new
    return best, at_group, at_column


@inner
def _fits(ground: Any, state: Any, old: Any, new: Any) -> Any:
    """Return whether all rows are within their limits once `new` is chosen in place of `old`."""
    if old >= 0:
        _use(ground, state, old, -1)
    if new >= 0:
        _use(ground, state, new, 1)
    within = state.sums[2] == 0
    if new >= 0:
        _use(ground, state, new, -1)
    if old >= 0:
        _use(ground, state, old, 1)
    return within


@kernel
def _begin(ground: Ground, state: State, chosen: Bools) -> None:
    """Fill the state of a plan."""
    for site in range(ground.door.size):
        _look_at(ground, state, site)
    for row in range(ground.high.size):
        if ground.high[row] < 0 or ground.low[row] > 0:
            state.sums[2] += 1.0
    for group in range(ground.must.size):
        for at in range(ground.group_indptr[group], ground.group_indptr[group + 1]):
            if chosen[ground.group_column[at]]:
                _choose(ground, state, group, ground.group_column[at])


@kernel
def _improve_at(ground: Ground, state: State, group: int, price: float) -> bool:
    """Make the best move whose first change is in a group (-1: none), if it gains; return whether it did."""
    pair = np.full(2, -1, np.int64)
    now = _worth(ground, state, price, state.sums[0], state.sums[1], -1, 0, pair)
    within = state.sums[2] == 0 and (ground.idle[1] < 0 or state.sums[3] <= ground.idle[1])
    now = now if within else -np.inf
    least = now + _LEAST_GAIN * (abs(state.sums[0]) + abs(ground.worth[0] * state.sums[1]) + 1.0)
    if group < 0:
        for site in range(ground.door.size):
            _look_at(ground, state, site)  # anew, so that errors of rounding do not add up
        value, other, column = _best_second(ground, state, -1, price)
        if other >= 0 and value > least:
            _choose(ground, state, other, column)
            return True
        return False
    old = state.choice[group]
    best, at_first, at_group, at_column = least, -2, -1, -1
    for turn in range(ground.group_indptr[group] - 1, ground.group_indptr[group + 1]):
        new = -1 if turn < ground.group_indptr[group] else ground.group_column[turn]
        if new == old or (new < 0 and ground.must[group]) or (new >= 0 and not ground.gives[new]):
            continue
        if old < 0 and new >= 0 and ground.site[new] >= 0:
            continue
        _choose(ground, state, group, new)
        value, other, column = _best_second(ground, state, group, price)
        if value > best:
            best, at_first, at_group, at_column = value, new, other, column
        _choose(ground, state, group, old)
    if at_first == -2:
        return False
    _choose(ground, state, group, at_first)
    if at_group >= 0:
        _choose(ground, state, at_group, at_column)
    return True


def improved(ground: Ground, chosen: BoolArray, until: Deadline, passes: int, *, price: float) -> BoolArray:
    """Return a plan that no move improves, from `chosen`, or what was reached by the deadline.

    Parameters
    ----------
    ground
        What is searched over.
    chosen
        (columns,) the plan to begin with; side rows may be broken, moves that mend them come first.
    until
        When to stop.
    passes
        Moves through all groups, at most.
    price
        What a thousandth that a floor is missed by costs.
    """
    n_groups, n_sites, n_floors = ground.must.size, ground.door.size, ground.minimum.size - 1
    state = State(
        np.full(n_groups, -1, dtype=np.int64),
        np.zeros(ground.high.size, dtype=np.int64),
        np.zeros(n_sites, dtype=np.int64),
        np.zeros(ground.weight.size, dtype=np.int64),
        np.zeros(ground.mass.size),
        np.zeros(max(1, n_floors)),
        np.zeros(4),
        np.zeros(n_sites),
        np.zeros(n_sites),
        np.zeros(max(1, n_sites * n_floors)),
        np.zeros(n_sites),
        np.zeros(n_sites),
    )
    _begin(ground, state, chosen)
    for _ in range(passes):
        moved = _improve_at(ground, state, -1, price)
        for group in range(n_groups):
            if until.passed():
                break
            moved = _improve_at(ground, state, group, price) or moved
        if not moved or until.passed():
            break
    found = np.zeros(chosen.size, dtype=np.bool_)
    found[state.choice[state.choice >= 0]] = True
    return found
