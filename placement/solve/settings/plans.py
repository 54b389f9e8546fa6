"""Numbers of the searches for plans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from placement.solve.settings.checks import Amount, Count, CountOrNone, Counts, Factor, Group, Share, Shares, Within


@dataclass(frozen=True, kw_only=True, repr=False)
class PlanSettings(Group):
    """Rounding, exchanges, annealing, populations, iterated search, and the search that goes on beside a tree."""

    table: ClassVar[str] = "plans"
    ordered: ClassVar[tuple[tuple[str, str], ...]] = (
        ("start_cold", "start_hot"),
        ("child_cold", "child_hot"),
        ("least_share", "most_share"),
        ("runs", "population"),
    )

    rounded_from: Share = 0.3
    """Columns that a point of the relaxation chooses by more than this are rounded up, the largest first."""

    passes: Count = 20
    """Passes of swaps, or of exchanges, from one point at most."""

    search_share: Share = 0.25
    """Share of the time left that exchanges from one point may take at most."""

    boosts: Count = 6
    """How often exchanges begin anew where a plan misses floors, the classes in these weighing more each time."""

    boost: Factor = 1.5
    """How much more they weigh each time."""

    looks: Count = 5_000_000
    """Columns looked at by swaps between two looks at the clock: some hundredths of a second."""

    epochs: CountOrNone = 6
    """Populations bred at the root where nothing else is done there, and beside a tree."""

    first_effort: Count = 150_000_000
    """Simplex steps times rows of the tree after which the first epoch beside it is taken up: some twenty seconds."""

    effort_growth: Count = 3
    """How many times as much effort each further epoch waits for."""

    runs: Count = 8
    """Annealing runs of a round, however many threads there are."""

    population: Count = 24
    """Plans of a population."""

    alike: Share = 0.9
    """Share of the columns that makes two plans alike, so that the better one takes the place of the other."""

    start_moves: Count = 5000
    """Annealing moves, for every column of the plan, of a run that starts from the greedy plan."""

    child_moves: Count = 1600
    """The same of a run that starts from two crossed plans."""

    start_hot: Share = 0.02
    """Temperature at which a run from the greedy plan begins, as a share of what a column is worth on average."""

    start_cold: Amount = 0.004
    """The same at its end."""

    child_hot: Share = 0.01
    """Temperature at which a run from two crossed plans begins: not so hot as to forget."""

    child_cold: Amount = 0.002
    """The same at its end."""

    cooling_every: Count = 1000
    """Moves between two temperatures."""

    far_share: Share = 0.02
    """Share of the moves that open any column rather than one near the one that is closed."""

    least_share: Share = 0.25
    """Share of its columns that one plan gives at least where two are crossed."""

    most_share: Share = 0.75
    """The same at most; in between it is drawn evenly."""

    patience: Count = 35
    """Rounds in a row that may find no better plan before a population is done."""

    first_patience: Count = 12
    """The same in the first epoch, for which others wait."""

    merge_s: Amount = 4.0
    """Seconds that HiGHS gets for the best plan over the columns of the best plans of a population."""

    merged_columns: Count = 450
    """Columns of these plans taken together at most."""

    in_use: Share = 0.01
    """Columns that a point of a node chooses by less than this are not in use in the exact search near it."""

    doubtful: Counts = (80, 160, 320, 640, 1280)
    """Columns left open in exact searches where side rows make plans rare: in turn, at nodes until there is a plan, at
    the root of a program too large for simplex steps as long as there is time."""

    annealing_rows: Count = 20_000
    """Rows above which annealing would run out of time, and plans are improved by iterated search."""

    cycle_heats: Shares = (0.03, 0.1)
    """Heats at which cycles of iterated search begin, as shares of what a column is worth; the next one follows where a
    cycle finds nothing."""

    slices: Count = 10
    """Slices of a cycle of iterated search, after each of which the clock is looked at."""

    slice_iterations: Count = 200
    """Iterations of a slice."""

    most_closed: Annotated[int, Within(2, 1000)] = 6
    """Open columns near each other that one iteration closes at most; it closes two at least."""

    refill_noise: Share = 0.4
    """Random part of the gain per cost that decides on the first column opened in their place."""

    most_toggles: Annotated[int, Within(1000, 10**9)] = 4000
    """Columns opened and closed in one iteration at most, so that it can be undone."""

    most_repaired: CountOrNone = 60
    """Columns touched by an iteration whose surroundings are repaired by swaps, at most."""

    near_tries: Count = 30
    """Draws of an open column among the neighbours of a site, and then among theirs, before there is taken to be none.
    """
