"""What a linear row is, whatever it is called: whether a planner can let it go, and in which unit.

To the solver and to certificates every linear row is the same: whole coefficients and a limit, whatever its kind. A
kind is read where a program has no plan: only what a planner asked for is named there, with its unit. A new kind is
a new value, made beside the rows that are of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["fen", "fen a year", "stations or moves", "thousandths of a visit a month", "fixed actions"]
"""In what the limit of a row is counted."""


@dataclass(frozen=True, kw_only=True)
class RowKind:
    """One kind of linear row.

    Parameters
    ----------
    name
        What it is called in messages about the kind.
    unit
        Unit of the limit.
    structural
        True for a row that says what decisions mean: no planner can let it go.
    rule
        True for a row that is one of many, all of one name, of a rule that holds as a whole or not at all.
    demands
        True for a structural equality that asks for a station at a required site. Where required sites are let go it
        is ``<=``.
    """

    name: str
    unit: Unit = "stations or moves"
    structural: bool = False
    demands: bool = False
    rule: bool = False


LIMIT = RowKind(name="limit")
"""A limit of no kind in particular."""
COUNT = RowKind(name="count")
"""Stations or actions that are counted, all alike."""
MONEY = RowKind(name="money", unit="fen")
"""A budget line that is spent once."""
YEARLY_MONEY = RowKind(name="money a year", unit="fen a year")
"""A budget line of each year."""
SITE = RowKind(name="site", structural=True)
"""At most one decision at a site."""
REQUIRED_SITE = RowKind(name="required site", structural=True, demands=True)
"""Exactly one decision at a site where a station must stand."""
TOKENS = RowKind(name="tokens", structural=True)
"""As many stations give their machines away as sites receive some."""
MACHINES = RowKind(name="machines", structural=True)
"""A machine stands only beside the one before it; no more move than are gained, and than are lost."""
EXCLUSIVE = RowKind(name="exclusive sites")
"""At most one station at the sites of one text."""
FIXED = RowKind(name="fixed actions", unit="fixed actions")
"""Every action that a site fixes happens."""
SPACING = RowKind(name="spacing", rule=True)
"""At most one station among sites too near to one another, but for those that stand today."""
REACH_NEW = RowKind(name="reach of new stations", rule=True)
"""No station comes to a site that too little weight can reach."""
LEVELS = RowKind(name="levels of publicity", structural=True)
"""A level that is bought as a whole is bought after the one before."""
GUIDE = RowKind(name="guide", structural=True)
"""A guide is where a station stands."""
