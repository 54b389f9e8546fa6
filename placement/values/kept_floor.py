"""How sure a floor of a plan is: in how many draws of the demand it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from placement.values.immutable import immutable

SURE = 0.9
"""A floor that is kept in a smaller share of the draws is said to be unsure."""


@immutable
@dataclass(frozen=True, kw_only=True)
class KeptFloor:
    """One floor of a plan.

    Parameters
    ----------
    of, name
        Whether it is of a (parent) district, of an age group or of a period of the day, and its name.
    floor, reached
        Shares (0..1) of its weight that are asked, and that the plan reaches by the estimate.
    kept
        Share (0..1) of the draws in which it reaches what is asked.
    draws
        How many were taken.
    """

    of: Literal["district", "age_group", "period"]
    name: str
    floor: float
    reached: float
    kept: float
    draws: int

    @property
    def sure(self) -> bool:
        """Whether it is kept in nearly all draws."""
        return self.kept >= SURE

    def __str__(self) -> str:
        said = f"floor of {self.name}, {self.floor:.1%}: {self.reached:.1%} reached"
        return f"{said}, kept in {self.kept:.0%} of {self.draws} draws of the demand"
