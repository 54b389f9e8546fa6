"""Phases of a plan, a year each: what each may spend and do, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pandas as pd

from placement.errors import InputError
from placement.values.checks import MOST_FEN, Faults, shown
from placement.values.immutable import immutable
from placement.values.shown import Shown, share

if TYPE_CHECKING:
    from placement.values.coverages import Coverages
    from placement.values.plan import BudgetLine, LimitUse

_DONE = {"move": "moved", "close": "closed", "open": "opened"}
MOST_PHASES = 20
"""A plan has at most so many phases."""
MOST_COUNT = 10**9
"""Counts go up to this, as in a study file, so that they fit into 64-bit integers."""
_FEN = "_fen"


@immutable
@dataclass(frozen=True, kw_only=True)
class Phase:
    """One year of a plan, and its own limits beside those of the policy; None = no limit of its own.

    Parameters
    ----------
    name
        What it is called, such as ``pilot`` or ``2027``.
    carry_over
        Whether what is left of its capital may be spent in the next phase.
    purchase_fen, install_fen, move_fen, remove_fen, close_fen, capital_fen
        Caps of what is spent in the phase once, whole fen; :meth:`from_yuan` takes yuan.
    rent_fen, network_fen, maintenance_fen, staff_fen, running_fen
        Caps of what the stations that stand after the phase cost a year, whole fen.
    max_stations
        Stations that stand after the phase.
    max_moves, max_opens, max_closes, max_changes
        Stations that are moved, opened and closed in it, and all three together.

    Raises
    ------
    InputError
        Listing a name that is none and every amount or count that is no whole number.
    """

    name: str
    carry_over: bool = False
    purchase_fen: int | None = None
    install_fen: int | None = None
    move_fen: int | None = None
    remove_fen: int | None = None
    close_fen: int | None = None
    capital_fen: int | None = None
    rent_fen: int | None = None
    network_fen: int | None = None
    maintenance_fen: int | None = None
    staff_fen: int | None = None
    running_fen: int | None = None
    max_stations: int | None = None
    max_moves: int | None = None
    max_opens: int | None = None
    max_closes: int | None = None
    max_changes: int | None = None

    def __post_init__(self) -> None:
        faults = Faults("phase")
        name: Any = self.name
        if not isinstance(name, str) or not name.strip():
            faults.add(f"name is {shown(self.name)}", row="name", remedy="give a text, such as 2027")
        if not isinstance(self.carry_over, bool):
            faults.add(f"carry_over is {shown(self.carry_over)}", row="carry_over", remedy="give True or False")
        for name, most in {**dict.fromkeys(PHASE_MONEY, MOST_FEN), **dict.fromkeys(PHASE_COUNTS, MOST_COUNT)}.items():
            if getattr(self, name) is not None:
                object.__setattr__(self, name, faults.whole(name, getattr(self, name), most=most))
        faults.raise_any()

    @classmethod
    def from_yuan(cls, name: str, **limits: Any) -> Phase:
        """Return a phase whose caps are given in yuan, with at most two decimals.

        Parameters
        ----------
        name
            What it is called.
        limits
            As in the class, and caps by the names of the budget's lines: ``capital``, ``running``, ...

        Examples
        --------
        >>> Phase.from_yuan("pilot", capital=200_000, max_opens=2).capital_fen
        20000000
        """
        faults = Faults("phase")
        lines = [each.removesuffix(_FEN) for each in PHASE_MONEY]
        caps = {line: limits.pop(line) for line in lines if line in limits}
        faults.known("from_yuan", set(limits) - set(_NAMES), "the limits of a phase", [*lines, *_NAMES], "limit")
        fen: dict[str, Any] = {
            f"{line}{_FEN}": faults.fen_of_yuan(line, yuan) for line, yuan in caps.items() if yuan is not None
        }
        faults.raise_any()
        return cls(name=name, **fen, **limits)

    def cap_fen(self, line: str) -> int | None:
        """Return its cap of a budget line, fen; None where it has none."""
        cap: int | None = getattr(self, f"{line}{_FEN}", None)
        return cap

    def _shown(self) -> Shown:
        rows = [(name, str(getattr(self, name))) for name in _NAMES if getattr(self, name) not in (None, False)]
        return f"Phase {self.name}", rows


_NAMES = tuple(each.name for each in fields(Phase) if each.name != "name")
PHASE_MONEY = tuple(name for name in _NAMES if name.endswith(_FEN))
"""Names of its caps."""
PHASE_COUNTS = tuple(name for name in _NAMES if name.startswith("max_"))
"""Names of its limits on numbers."""


def phase_problems(names: Sequence[str], capital: Sequence[int | None], carries: Sequence[bool]) -> Iterator[str]:
    """Yield what is wrong with phases together: names twice, money that cannot be carried over.

    Parameters
    ----------
    names, capital, carries
        Of each phase: its name, its cap of capital in fen (None: no cap), whether what is left of it is carried over.

    Examples
    --------
    >>> list(phase_problems(["pilot", "2027"], [None, 5], [True, False]))
    ['carry_over of pilot has no effect: capital is not capped in pilot; remove it, or give capital']
    """
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield f"two phases are called {name}; give each a name of its own"
    if len(names) > MOST_PHASES:
        yield f"there are {len(names)} phases; give at most {MOST_PHASES}"
    for number, carry in enumerate(carries):
        if not carry:
            continue
        said = f"carry_over of {names[number]} has no effect"
        if number + 1 == len(names):
            yield f"{said}: no phase follows; remove it"
            continue
        open_ = [names[each] for each in (number, number + 1) if capital[each] is None]
        if open_:
            yield f"{said}: capital is not capped in {' and '.join(open_)}; remove it, or give capital"


def checked_phases(faults: Faults, given: Any) -> tuple[Phase, ...]:
    """Return the phases that are given, one or several, after a look at each and at all together."""
    phases: list[Any] = [given] if isinstance(given, Phase) else list(given or ())
    wrong = [each for each in phases if not isinstance(each, Phase)]
    for each in wrong:
        faults.add(f"phases holds {shown(each)}", row="phases", remedy="give a Phase a year")
    if not wrong:
        columns = [[getattr(each, name) for each in phases] for name in ("name", "capital_fen", "carry_over")]
        for problem in phase_problems(*columns):
            said, _, remedy = problem.partition("; ")
            faults.add(said, row="phases", remedy=remedy)
    return tuple(phases)


def factors(rate: Fraction, phases: int) -> tuple[Fraction, ...]:
    """Return what a covered visit counts in each phase: 1 in the first, and less by `rate` a year later.

    Examples
    --------
    >>> factors(Fraction("0.25"), 3)
    (Fraction(1, 1), Fraction(4, 5), Fraction(16, 25))
    """
    return tuple(1 / (1 + rate) ** number for number in range(phases))


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class PhaseValue:
    """One phase of a plan.

    Parameters
    ----------
    name
        Its name.
    factor
        What a covered visit of it counts in the objective.
    open
        Ids of the sites at which a station stands after it, sorted.
    after
        What these cover.
    budget_lines
        What is spent in it, and a year of its network; a cap of capital counts what was carried over to it.
    limits
        Its limits on numbers beside what the plan makes of them.
    visits
        Predicted visits a month of its network; None where nothing is predicted.
    """

    name: str
    factor: Fraction
    open: tuple[str, ...]
    after: Coverages
    budget_lines: tuple[BudgetLine, ...]
    limits: tuple[LimitUse, ...]
    visits: float | None = None

    def _shown(self) -> Shown:
        total = self.after.total
        return f"PhaseValue {self.name}: {len(self.open)} stations, {share(total.covered, total.all)}", ()


@immutable
@dataclass(frozen=True, kw_only=True)
class YearByYear:
    """The plan that is best in each phase for that phase alone, given what was done before.

    Parameters
    ----------
    objective
        What it is worth, as the objective of the plan counts it.
    covered
        Weight that it covers after each phase, visits a month.
    decisions
        Names of the columns of the program that it chooses.
    """

    objective: float
    covered: tuple[float, ...]
    decisions: tuple[str, ...]


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Phased:
    """What becomes of a plan phase by phase.

    Parameters
    ----------
    phases
        In their order.
    year_by_year
        The plan that does not look ahead; None where none was found that keeps all limits.
    """

    phases: tuple[PhaseValue, ...]
    year_by_year: YearByYear | None = None

    def frame(self, actions: pd.DataFrame) -> pd.DataFrame:
        """Return a row a phase: stations, actions, coverage, people within reach, visits, and yuan by line.

        Columns `phase`, `factor`, `stations`, `moved`, `closed`, `opened`, `covered`, `all`, `share`, `visits`, shares
        of people within reach by ``people age group/period``, and the budget's lines in yuan. `actions` are the plan's.
        """
        return pd.DataFrame([self._row(each, actions) for each in self.phases])

    def _row(self, phase: PhaseValue, actions: pd.DataFrame) -> dict[str, object]:
        total, done = phase.after.total, phase_counts(actions, phase.name)
        people = {f"people {name}": part / everyone if everyone else 0.0
                  for name, (part, everyone) in phase.after.people.items()}  # fmt: skip
        return {
            "phase": phase.name, "factor": float(phase.factor), "stations": len(phase.open), **done,
            "covered": total.covered, "all": total.all, "share": total.share, "visits": phase.visits, **people,
            **{line.name: line.amount_fen / 100 for line in phase.budget_lines},
        }  # fmt: skip

    def ahead(self, objective: float, bound: float) -> tuple[float, float] | None:
        """Return what looking ahead is worth: by this plan, and at most, as shares of the plan year by year.

        None where there is no such plan, or it is worth nothing.
        """
        beside = self.year_by_year
        if beside is None or not beside.objective:
            return None
        return tuple(max(0.0, each / beside.objective - 1) for each in (objective, bound))  # type: ignore[return-value]

    def _shown(self) -> Shown:
        rows = [
            (each.name, f"{len(each.open)} stations, {share(each.after.total.covered, each.after.total.all)}")
            for each in self.phases
        ]
        return f"Phased: {len(self.phases)} phases", rows


def phase_counts(actions: pd.DataFrame, phase: str) -> Mapping[str, int]:
    """Return how many stations are moved, closed and opened in a phase."""
    done = actions.loc[(actions["phase"] == phase).to_numpy(dtype=bool), "action"]
    return {word: int((done == action).sum()) for action, word in _DONE.items()}


def refuse_phases(what: str, phases: Sequence[object]) -> None:
    """Raise an InputError where a plan has phases and a question is for plans of one step alone."""
    if phases:
        remedy = "ask it of the policy without phases: policy.but(phases=())"
        raise InputError.single(what, "is asked of plans without phases", row="phases", remedy=remedy)
