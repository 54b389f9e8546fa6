"""Numbers of the lower rooms: forms of the program, bounds, cuts, the relaxation, ties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from placement.solve.settings.checks import Amount, Count, CountOrNone, Counts, Factor, Group, Share, Shares


@dataclass(frozen=True, kw_only=True, repr=False)
class ProgramSettings(Group):
    """How a program is made smaller and its rows are coded."""

    table: ClassVar[str] = "program"

    merge_entries: Count = 2_000_000
    """Cover entries that wait, or twice those merged, before the classes of blocks are merged."""

    piece_entries: Count = 32_000_000
    """Cover entries with 64-bit indices that are given 32-bit ones at a time: what that takes in memory."""

    forest_entries: Count = 1000
    """Cover entries below which no similar rows are looked for: every row hangs from the empty one."""

    forest_window: Count = 8
    """Rows on either side, in an order by min-hash, among which the most similar one is looked for."""

    forest_orders: CountOrNone = 2
    """Orders by min-hash in which similar rows are looked for; two make a row of 7 to 70 sites 1 to 15 nodes."""


@dataclass(frozen=True, kw_only=True, repr=False)
class BoundSettings(Group):
    """First-order steps on the relaxation, with cuts and without."""

    table: ClassVar[str] = "bounds"
    ordered: ClassVar[tuple[tuple[str, str], ...]] = (("cut_shortest_epoch", "cut_longest_epoch"),)

    large_entries: CountOrNone = 300_000
    """Cover entries from which a program is large: looking at a point is as dear as several steps, nodes are too dear
    to be worth branching on, and writing the program down to break ties takes longer than that is worth."""

    check_every: Count = 10
    """Steps between two looks at the duality gap."""

    large_check_every: Count = 25
    """The same in large programs, and the steps of an epoch within which the best point is always taken anew."""

    longest_epoch: Count = 200
    """Steps after which averaging begins anew, whatever the gap."""

    restart_share: Share = 0.5
    """Share of the gap at the last restart to which the gap must fall for the next one."""

    step_ratio_limit: Factor = 100.0
    """The ratio of primal to dual step stays between this and its inverse, with cuts and without."""

    ratio_smoothing: Share = 0.5
    """How far a restart takes the step ratio to what the distances moved suggest, in logarithms."""

    least_step: Amount = 1e-3
    """Inverse step of a column that covers nothing, as a share of the mean weight of a site; with cuts and without."""

    dearest_floor: Amount = 8.0
    """The price of a floor at most, in units of covered weight."""

    cut_check_every: Count = 25
    """Steps between two looks at the bound where there are cuts."""

    cut_shortest_epoch: Count = 100
    """Steps before which averaging does not begin anew where there are cuts."""

    cut_longest_epoch: Count = 300
    """Steps after which it does, whatever the bound."""


@dataclass(frozen=True, kw_only=True, repr=False)
class CutSettings(Group):
    """Separation: which odd sets and knapsack cuts are looked for, how long, and which are kept."""

    table: ClassVar[str] = "cuts"

    per_round: Count = 150
    """Odd sets that a round of separation returns at most, unless it is asked for more."""

    per_row: Count = 4
    """Odd sets of one round through one row: more of them say the same."""

    least_violation: Amount = 0.01
    """How far a point must be beyond an odd set, in units of a covered row."""

    closed: Amount = 1e-7
    """Sites that are less open than this count as closed, and those this near to 1 as open."""

    least_cover: Share = 0.5
    """Rows that the point covers by no more than this are left alone."""

    most_reach: Amount = 1.4
    """Rows whose sites are open by this much in all, or more, are left alone."""

    starts: Count = 2500
    """Rows that odd sets are looked for around in one round."""

    start_share: Share = 0.2
    """The same as a share of all rows, where that is more."""

    triple_work: Count = 500_000_000
    """Entries looked at in one round for sets of three rows: a second or two."""

    growing_work: Count = 50_000_000
    """Entries looked at in one round for larger sets."""

    near_rows: Count = 120
    """Rows near a start row that are looked at, on average at most."""

    pair_cost: Count = 5
    """Entries that looking at a pair is taken for: most sums end early."""

    largest_set: Count = 9
    """Rows of an odd set at most; larger sets close no more."""

    candidates: Count = 4000
    """Rows near a growing set that are weighed at most."""

    noise: Amount = 0.25
    """Random part of what decides on the first row of a pair that joins a set, in units of a covered row."""

    little_noise: Amount = 0.001
    """The same for the second row of the pair."""

    weed_every: Count = 4
    """Rounds of separation after which cuts that do not bind are dropped, by simplex and by first-order steps alike."""

    weed_price: Share = 1e-3
    """First-order steps drop the odd sets that are priced below this share of the mean weight of a row."""

    whole: Amount = 1e-6
    """Values this near to 0 or 1 are whole."""

    knapsack_depth: Amount = 1e-3
    """How far a point must be beyond a knapsack cut, by Euclidean distance."""

    knapsack_per_row: Count = 4
    """Knapsack cuts of one round from one side row."""

    knapsack_divisors: Count = 80
    """Divisors tried at most for one set of complemented columns, spread evenly over all coefficients."""

    knapsack_flips: CountOrNone = 20
    """Columns, those in doubt first, that are complemented one by one to deepen the best cut."""

    floor_shares: Shares = (0.999, 0.9, 0.8, 0.65, 0.5, 0.35, 0.2)
    """Sites that a point opens by so much or more make the sets over which floors are cut."""

    knapsack_halvings: Counts = (2, 4, 8)
    """What the divisor of the best cut is divided by to deepen it."""


@dataclass(frozen=True, kw_only=True, repr=False)
class LpSettings(Group):
    """The relaxation in HiGHS."""

    table: ClassVar[str] = "lp"

    probe_cost: CountOrNone = 150
    """What starting a probe costs, in simplex steps: the basis is factorised anew."""

    slack: Amount = 0.05
    """Cuts that are this far from binding are dropped when cuts are weeded, in units of a covered row."""

    least_s: Amount = 0.1
    """Seconds that a linear program gets at least, however near the deadline is."""


@dataclass(frozen=True, kw_only=True, repr=False)
class TieSettings(Group):
    """The best among plans of equal value; programs of `bounds.large_entries` and more are left as they are."""

    table: ClassVar[str] = "ties"

    longest_block: Count = 16
    """Columns settled by one question at most, where the lowest ones are sought."""

    most_lengths: Count = 1_000_000
    """Pairs that may move from which lengths are not asked for."""

    most_pairs: Count = 100_000
    """Pairs that could be part of a shorter plan from which the shortest is not sought."""
