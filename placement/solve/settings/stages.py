"""Numbers of the stages: the root, the root of large programs, the tree, its nodes by simplex, strong branching."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from placement.solve.settings.checks import Amount, Count, CountOrNone, Counts, Factor, Group, Share


@dataclass(frozen=True, kw_only=True, repr=False)
class RootSettings(Group):
    """What is done at the root, how long, and what the tree begins with."""

    table: ClassVar[str] = "root"

    many_columns: CountOrNone = 250
    """Undecided columns above which a program gets plans and cuts before branching."""

    solver_share: Share = 0.4
    """Share of the time left that HiGHS gets where no plan was found at the root."""

    least_proof_s: Amount = 5.0
    """Seconds that the own tree gets at least for a program that HiGHS has solved."""

    bound_share: Share = 0.5
    """Share of the time left after which the root's first bound makes room for plans."""

    refix_iterations: CountOrNone = 50
    """First-order steps at the root once a better plan may fix more of it."""

    quick_entries: Count = 2_000_000_000
    """Cover entries that the first bound of a large program may touch, all its steps together."""

    core_share: Share = 0.1
    """Columns whose reduced value is this far below 0, as a share of the gap, are no longer looked at for plans."""

    plan_share: Share = 0.3
    """Share of the time left that plans, and cuts beside them, get at the root."""

    large_plan_share: Share = 0.95
    """The same in a large program, whose nodes are too dear to be worth branching on."""

    plan_threads: Count = 2
    """Threads of the first search for plans."""

    simplex_rows: CountOrNone = 12_000
    """Rows of a restricted program up to which the simplex method comes to an end in good time."""

    simplex_entries: CountOrNone = 280_000
    """Cover entries of it up to which that is so."""

    core_columns: Count = 400
    """Columns that the relaxation begins with at least, those of the highest reduced values."""

    patience: CountOrNone = 20_000
    """Nodes that first-order steps may visit before simplex steps take over where these fit too."""

    short_patience: CountOrNone = 150
    """The same where side rows make plans rare."""

    cut_rounds: Count = 200
    """Cut rounds at the first node of the tree at most."""

    first_cut_rounds: Count = 24
    """Cut rounds beside the search for plans: enough for what is easy, few where a better plan fixes much of it."""

    node_cut_rounds: Count = 8
    """Cut rounds at any other node at most."""


@dataclass(frozen=True, kw_only=True, repr=False)
class LargeSettings(Group):
    """The root of a program too large for branching: bound and plan are improved in turns of so many seconds."""

    table: ClassVar[str] = "large"

    decisive: Share = 0.01
    """A bound need not be tighter than this share of its distance to the plan: it is polished, not branched."""

    slice_entries: Count = 8_000_000_000
    """Cover entries that a slice of first-order steps may touch: some seconds."""

    slice_iterations: Count = 50
    """Steps of a slice at least."""

    stalled: Share = 0.02
    """A slice that closes less than this share of the gap is the last before cuts."""

    round_entries: Count = 800_000_000
    """Nodes and rows that a round of first-order steps with cuts may touch."""

    round_iterations: Count = 1500
    """Steps of such a round at most."""

    pulse: Count = 50
    """Steps with cuts between two looks at the clock; a round is a multiple of it."""

    support: Share = 2e-3
    """Sites that the point opens by no more than this count as closed in separation."""

    most_sets: Count = 20_000
    """Odd sets added in one round at most."""

    first_share: Share = 0.1
    """Share of the time left that the first stage takes."""

    stage_share: Share = 0.3
    """Share of the time left that a later stage takes."""

    least_stage_s: Amount = 4.0
    """Seconds that a stage takes at least."""

    narrowed: Share = 0.8
    """Where less than this share of the undecided columns is left, cuts go on within these."""


@dataclass(frozen=True, kw_only=True, repr=False)
class TreeSettings(Group):
    """Branch and bound, and its nodes by first-order steps."""

    table: ClassVar[str] = "tree"

    at_once: Count = 2
    """Nodes visited at a time, however many threads there are, so that the tree does not depend on these."""

    root_iterations: Count = 3000
    """First-order steps at the root, and at the first node of a stage, at most."""

    node_iterations: Count = 400
    """The same at any other node."""

    always_search: CountOrNone = 20
    """Nodes of a stage at each of which a plan is looked for."""

    search_every: Count = 10
    """Later a plan is looked for at every so many-th node."""

    rounds: Count = 12
    """Rounds of bounding and fixing at a node at most."""

    fix_share: Share = 0.5
    """Share of the undecided columns that a bound must decide for steps to end early, on to a smaller program."""

    tolerance: Amount = 2e-5
    """Duality gap, as a share of the bound, at which first-order steps have converged."""

    decisive: Share = 0.25
    """A bound need not be tighter than this share of its distance to what is allowed: the node is branched anyway."""

    pulse_entries: Count = 5_000_000
    """Entries of the program that first-order steps touch before the first look at the clock."""

    pulse_s: Amount = 0.03
    """Seconds between two further looks at the clock, by what the steps before them took."""

    group_fraction: Share = 0.02
    """How far the number of a group must be from whole for the node to be branched by it."""

    column_fraction: Share = 1e-3
    """How far the most fractional column must be from whole for fractions to decide between columns."""

    rehearse_after_s: Amount = 0.1
    """Seconds before sealing the proof is first tried, to know how long it takes: shorter runs are not worth it."""

    rehearse_share: Amount = 0.005
    """Share of the time that such tries may take."""

    rehearse_growth: Factor = 1.25
    """How many times as large the proof must be as at the last try; in between the time is foreseen in proportion."""

    rehearse_doubt: Factor = 20.0
    """How many times as long as there is time evidence must be foreseen to take for it to be given up untried."""

    rehearse_entries: Count = 1_000_000
    """Entries of the evidence that are sealed to see where it is in doubt."""


@dataclass(frozen=True, kw_only=True, repr=False)
class SimplexSettings(Group):
    """Nodes by simplex steps on a relaxation that cuts tighten."""

    table: ClassVar[str] = "simplex"

    priced_in: Count = 300
    """Columns of positive reduced value that join the relaxation at a time."""

    stall_rounds: Count = 6
    """Cut rounds that are looked back on to see whether cutting goes on."""

    stall_share: Share = 0.1
    """Share of the gap that these rounds must have closed for it to go on."""

    search_every: Count = 5
    """A plan is looked for in every so many-th cut round of a node."""

    efforts: Counts = (1, 4)
    """How many times as many start rows separation tries, one after the other, until it finds a cut."""

    knapsack_rounds: CountOrNone = 12
    """Rounds of knapsack cuts at a node at most."""

    knapsack_gain: Share = 0.05
    """Share of the gap that a round of knapsack cuts must close for another to follow."""

    refine_s: Amount = 2.0
    """Seconds that HiGHS gets for the best plan near the point of a node."""

    first_plan_s: Amount = 10.0
    """The same while no plan is known."""

    refine_after: CountOrNone = 3
    """Nodes before the first such search in programs whose columns can be exchanged freely; none in others."""


@dataclass(frozen=True, kw_only=True, repr=False)
class StrongSettings(Group):
    """Strong branching: which questions are tried, how hard, and when records stand in for trying."""

    table: ClassVar[str] = "strong"

    fraction: Amount = 1e-4
    """How far a column, or the number of a group, must be from whole to be asked about."""

    iterations: Count = 60
    """Dual simplex steps with which an answer is tried."""

    reliable: Count = 4
    """Times that both answers of a question were tried before its record is trusted."""

    lookahead: Count = 10
    """Questions in a row that are no better than the best one before the search for a better one ends."""

    probe_share: Share = 0.2
    """Share of the steps that solutions took that probes may take."""

    allowance: CountOrNone = 1500
    """Steps that they may take beyond it at every node."""

    least_gain: Amount = 1e-4
    """Least gain an answer counts with, as a share of the distance to closing the node: products must not vanish."""

    unknown_gain: Amount = 0.1
    """Gain per unit of fraction of an answer that was never tried, as a share of the weight at stake."""

    most_gain: Factor = 2.0
    """Gain that a record takes in at most, in distances to closing the node."""
