"""Every error this library raises on purpose.

All derive from :class:`PlacementError`. Bad input is an :class:`InputError` that lists *every* fault found, each
with its table, row id, problem and remedy, so that a planner mends a file once and not ten times.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from placement.printing import printable

_SHOWN = 10


def listed(names: Iterable[object], shown: int = _SHOWN) -> str:
    """Return names joined by commas, the first `shown` of them."""
    words = [str(name) for name in names]
    rest = f", ... ({len(words)} in all)" if len(words) > shown else ""
    return ", ".join(words[:shown]) + rest


class PlacementError(Exception):
    """Base of all errors of this library."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing wrong with the input.

    Parameters
    ----------
    table
        Name of the table or file, e.g. ``"stations"`` or ``"study.toml"``.
    row
        Id of the row, or key of the setting; empty where the whole table is meant.
    problem
        What is wrong, with the offending value.
    remedy
        What to do about it.
    """

    table: str
    row: str = ""
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.table} [{self.row}]" if self.row else self.table
        return printable(f"{where}: {self.problem}" + (f" -> {self.remedy}" if self.remedy else ""))


class InputError(PlacementError, ValueError):
    """The input cannot be used; `faults` lists everything that is wrong with it.

    Examples
    --------
    >>> raise InputError([Fault(table="stations", row="S1", problem="machines is -1", remedy="use 1 or more")])
    Traceback (most recent call last):
    ...
    placement.errors.InputError: 1 fault in the input
      1. stations [S1]: machines is -1 -> use 1 or more
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        lines = [f"{count} fault{'s' if count != 1 else ''} in the input"]
        lines += [f"  {number}. {fault}" for number, fault in enumerate(self.faults, start=1)]
        super().__init__("\n".join(lines))

    @classmethod
    def single(cls, table: str, problem: str, *, row: str = "", remedy: str = "") -> InputError:
        """Return an error with one fault."""
        return cls([Fault(table=table, row=row, problem=problem, remedy=remedy)])


class CrsError(InputError):
    """A coordinate reference system is missing, geographic where metres are needed, or does not fit the data."""


class AlignmentError(InputError):
    """Ids of two tables do not match."""

    @classmethod
    def between(
        cls,
        table: str,
        found: Iterable[object],
        other: str,
        known: Iterable[object],
        what: str,
        *,
        row: Callable[[str], str] = str,
    ) -> AlignmentError | None:
        """Return the error of names that `table` has and `other` lacks, or None where there is none.

        Parameters
        ----------
        table, found
            The table that is wrong and the names in it.
        other, known
            The table that knows and its names.
        what
            What is named, e.g. ``"district"``.
        row
            Makes the row of a fault of a name; the name itself by default.

        Examples
        --------
        >>> error = AlignmentError.between("survey", ["Jiangan", "B"], "population", ["Jiang'an", "B", "C"], "district")
        >>> print(error.faults[0].problem)
        district Jiangan is not in population (only in survey: Jiangan; only in population: C, Jiang'an)
        >>> print(error.faults[0].remedy)
        did you mean Jiang'an?
        """
        here, there = sorted({str(name) for name in found}), sorted({str(name) for name in known})
        wrong = sorted(set(here) - set(there))
        if not wrong:
            return None
        spare = sorted(set(there) - set(here))
        lists = f" (only in {table}: {listed(wrong)}; only in {other}: {listed(spare) or 'none'})"
        faults = []
        for name in wrong[:_SHOWN]:
            # Of near names, one that the table lacks is meant sooner than one that it has as well.
            near = difflib.get_close_matches(name, spare, n=1, cutoff=0.8)
            near = near or difflib.get_close_matches(name, there, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"use the names of {other}"
            problem = f"{what} {name} is not in {other}{lists}"
            faults.append(Fault(table=table, row=row(name), problem=problem, remedy=remedy))
        return cls(faults)


class MissingExtraError(PlacementError, ImportError):
    """An optional dependency is needed; the message names the extra that brings it."""

    def __init__(self, library: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs {library}: pip install 'station-placement[{extra}]'")


class InfeasibleError(PlacementError):
    """No plan satisfies the constraints, and that is proven.

    Parameters
    ----------
    constraints
        Names of constraints that cannot hold together, so that at least one must give way; never empty.
    explanation
        By how much, in words: what is proven to be too little and what is known to be enough.
    found
        The :class:`~placement.values.Infeasibility` with the certificate and the amounts; None where an error is made
        without one.

    Attributes
    ----------
    case
        The :class:`~placement.case.Case` that was asked for a plan, with the limits and options asked: all that the
        proof is written with. None where no case was asked.
    """

    case: Any = None

    def __init__(self, constraints: Iterable[str], explanation: str, found: Any = None) -> None:
        self.constraints = tuple(constraints)
        self.explanation = explanation
        self.found = found
        super().__init__(f"no plan satisfies {', '.join(self.constraints)}: {explanation}")


class NoSolutionError(PlacementError):
    """The time limit ended before any plan was found; the program is not known to be infeasible."""


class NotProvenError(PlacementError):
    """A plan exists but its optimality could not be proven within the asked gap."""


class RefutedError(PlacementError):
    """The judge recounted a plan and found other numbers; `differences` lists each."""

    def __init__(self, differences: Iterable[str]) -> None:
        self.differences = tuple(differences)
        super().__init__("\n".join(["the plan is refuted:", *(f"  {printable(line)}" for line in self.differences)]))


class CertificateError(PlacementError):
    """A certificate does not prove what it claims."""


class ShiftedWarning(UserWarning):
    """A table looks as if its coordinates were in another system than the study says."""
