r"""What is sought of coverage c and visits V: :math:`\max w\,c(S) + r\,V(S)` where :math:`V(S) \ge F`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from placement.values.arrays import IntArray, frozen_array
from placement.values.immutable import immutable
from placement.values.shown import Shown


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Aim:
    """What visits count for.

    Parameters
    ----------
    weight
        r: what a visit counts beside a visit's worth of coverage; 0: nothing.
    floor
        F: thousandths of a visit a month that stations must see together; None: no floor.
    least
        Thousandths of a visit a month that every new station must see; None: no rule.
    most_idle
        How many stations may see less than `idle_below`; None: no limit.
    idle_below
        Thousandths of a visit a month.
    new
        Columns by which a station comes to a site where none stands today.
    """

    weight: Fraction = Fraction(0)
    floor: int | None = None
    least: int | None = None
    most_idle: int | None = None
    idle_below: int = 0
    new: IntArray = ()  # type: ignore[assignment]

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", Fraction(self.weight))
        object.__setattr__(self, "new", frozen_array(self.new, "int64"))

    @property
    def limited(self) -> bool:
        """Whether visits are asked for, beside what they count."""
        return any(each is not None for each in (self.floor, self.least, self.most_idle))

    def worth(self, covered: int, visits: int) -> int:
        """Return the value of a plan, in thousandths, rounded down."""
        return covered + (self.weight.numerator * visits) // self.weight.denominator

    def _shown(self) -> Shown:
        parts = [f"weight {float(self.weight):g}"]
        parts += [] if self.floor is None else [f"at least {self.floor / 1000:,.0f} a month"]
        parts += [] if self.least is None else [f"{self.least / 1000:,.0f} at each new station"]
        if self.most_idle is not None:
            parts.append(f"{self.most_idle} below {self.idle_below / 1000:,.0f}")
        return f"Aim: visits, {', '.join(parts)}", ()
