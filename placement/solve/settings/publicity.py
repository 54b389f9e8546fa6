"""Numbers of plans that spend on publicity: units of spending, shares of the time, and how plans are divided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from placement.solve.settings.checks import Amount, Count, Group, Share


@dataclass(frozen=True, kw_only=True, repr=False)
class PublicitySettings(Group):
    """How spending on publicity is bounded, and plans that spend on it are looked for."""

    table: ClassVar[str] = "publicity"

    units: Count = 2**17
    """Units of all levels together; rounding up to one takes as small a part."""

    least_units: Count = 2**10
    """Units of a level, at least, where levels are many."""

    most_units: Count = 2**14
    """Units of a level, at most, where levels are few."""

    alone_share: Share = 0.3
    """Share of the time left for the best plan without publicity."""

    relaxed_share: Share = 0.4
    """Share of the time left for the relaxation of a part."""

    split_share: Share = 0.5
    """Share of the time left for the program of a split."""

    turn_share: Share = 0.4
    """Share of the time left for one turn between stations and spending."""

    most_turns: Count = 6
    """Turns between stations and spending, at most."""

    most_parts: Count = 16
    """Parts that plans are divided into by what is spent, at most."""

    narrowest: Count = 2**5
    """What all levels cost is so many times what is divided, at most."""

    gap_share: Share = 0.25
    """Share of the asked gap at which the engine may stop: the split takes the rest."""

    rough_gap: Amount = 2e-3
    """Gap at which the engine may stop first where the relaxation says that a part holds no better plan."""

    least_s: Amount = 0.05
    """Seconds that each run gets at least."""
