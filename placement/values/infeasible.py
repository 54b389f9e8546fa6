"""Why a program has no plan: constraints that clash, the proof of it, and how far each must give way."""

from __future__ import annotations

from dataclasses import dataclass

from placement.values.certificate import Certificate
from placement.values.immutable import immutable
from placement.values.rows import FIXED
from placement.values.shown import Shown, headline_of, listed_briefly
from placement.values.visits_certificate import VISITS_FLOOR, VisitsCertificate

_THOUSANDTHS = 1000

WEIGHT_UNIT = "thousandths of a visit a month"
"""Unit of floors."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Change:
    """How far one constraint must give way, everything else as it is.

    Amounts are in `unit`. A limit rises by them, a floor falls.

    Parameters
    ----------
    constraint
        Its name.
    unit
        Unit of its amounts: that of its row's kind, or :data:`WEIGHT_UNIT`.
    asked
        The limit as the planner gave it, or the weight that the floor asks for.
    of
        Weight of all rows of the floor; None for a limit.
    at_least
        No plan exists where it gives way by less.
    certificate
        Proves that: of the program in which it gives way by ``at_least - 1``.
    enough
        A plan exists where it gives way by so much; None where none was found in time.
    decisions
        Names of the columns that this plan chooses, such as ``keep S1``.
    """

    constraint: str
    unit: str
    asked: int
    of: int | None
    at_least: int
    certificate: Certificate
    enough: int | None = None
    decisions: tuple[str, ...] = ()

    def _shown(self) -> Shown:
        return f"Change: {_in_words(self)}", [("proof", headline_of(self.certificate))]


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Infeasibility:
    """Why no plan exists.

    Parameters
    ----------
    constraints
        Names of constraints that cannot hold together; never empty.
    certificate
        Proves that, of the program that has only these.
    changes
        Constraints whose giving way would be enough by itself, or is not known not to be.
    visits
        Proves the rows that limits on visits are in the program; it has no parts. None without such limits.
    """

    constraints: tuple[str, ...]
    certificate: Certificate
    changes: tuple[Change, ...] = ()
    visits: VisitsCertificate | None = None

    @property
    def explanation(self) -> str:
        """By how much each constraint would have to give way, in words."""
        if self.changes:
            return ", or ".join(map(_in_words, self.changes))
        return "they cannot hold together"

    def _shown(self) -> Shown:
        rows = [("cannot hold", listed_briefly(self.constraints)), ("proof", headline_of(self.certificate))]
        rows += [("would do", _in_words(change)) for change in self.changes]
        return "Infeasibility: no plan keeps all limits", rows


def _in_words(change: Change) -> str:
    name, least, enough = change.constraint, change.at_least, change.enough
    exact = enough in {least, None}
    if change.of is not None:
        most, reached = ((change.asked - by) / max(change.of, 1) for by in (least, enough or least))
        found = "" if exact else f", {reached:.2%} by a plan"
        asked = change.asked / max(change.of, 1)
        return f"{name} asks {asked:.2%} of the weight, at most {most:.2%} is possible{found}"
    if change.unit == VISITS_FLOOR.unit:
        most, reached = ((change.asked - by) / _THOUSANDTHS for by in (least, enough or least))
        found = "" if exact else f", {reached:,.0f} by a plan"
        return f"{name} asks {change.asked / _THOUSANDTHS:,.0f} visits a month, at most {most:,.0f} are possible{found}"
    if change.unit == FIXED.unit:
        return f"{name} must be let go at {'' if exact else 'at least '}{least} site{'s' * (least != 1)}"
    money = change.unit.startswith("fen")
    word, unit = ("short", change.unit.replace("fen", " yuan")) if money else ("too low", "")
    by, more = (_amount(each, money=money) for each in (least, enough or least))
    found = "" if exact else f", {more} more would do"
    return f"{name} is {word} by {'' if enough == least else 'at least '}{by}{unit}{found}"


def _amount(units: int, *, money: bool) -> str:
    return f"{units / 100:,.2f}".removesuffix(".00") if money else f"{units}"
