r"""What visits cost in consumables and bring in fees, from covered expected use.

With :math:`\bar p` pages a visit, f the free ones and prices :math:`t_1, t_2, \dots` of the pages after these, a visit
of p whole pages brings :math:`F(p) = \sum_{i \le p - f} t_i`. Visits print the two whole numbers next to the average,
so that a visit brings :math:`(1 - r) F(\lfloor \bar p \rfloor) + r F(\lfloor \bar p \rfloor + 1)` with r what
:math:`\bar p` is beyond the lower. Where visits differ more, fees differ from that: by more where later pages cost more
than the free ones. A year is twelve months of covered expected use, in whole thousandths of a visit, each line rounded
to the fen, halves up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from placement.values.immutable import immutable

CONSUMABLES, FEES, IN_ALL = "consumables", "fees", "net_running"
USE_LINES = (CONSUMABLES, FEES, IN_ALL)
"""Lines of a year that follow use: what is used up, what is paid by visitors (below 0), and both with running costs."""
MUCH = Fraction(3, 10)
"""Where consumables are a larger share of running costs, the least cost of stations says little of what is spent."""
_MONTHS, _THOUSANDTHS, _DECIMALS = 12, 1000, 6


@immutable
@dataclass(frozen=True, kw_only=True)
class UseCost:
    """What a visit costs and brings, fen.

    Parameters
    ----------
    consumables, fee
        Of an average visit, exact.
    """

    consumables: Fraction
    fee: Fraction

    @classmethod
    def of(
        cls, pages: Fraction, free: int, tiers: Sequence[tuple[int | None, int]], page_fen: int, visit_fen: int
    ) -> UseCost:
        """Return it for so many pages a visit.

        Parameters
        ----------
        pages
            A visit on average.
        free
            Pages that cost the visitor nothing.
        tiers
            (pages, None in the last; fen a page) in turn.
        page_fen, visit_fen
            Consumables.

        Examples
        --------
        >>> cost = UseCost.of(Fraction("3.5"), 2, [(1, 50), (None, 20)], 5, 10)  # 3 pages bring 50, 4 bring 70
        >>> cost.consumables, cost.fee
        (Fraction(55, 2), Fraction(60, 1))
        """
        whole = math.floor(pages)
        rest = pages - whole
        fee = (1 - rest) * _fee(whole - free, tiers) + rest * _fee(whole + 1 - free, tiers)
        return cls(consumables=visit_fen + pages * page_fen, fee=Fraction(fee))

    def amounts(self, use: float) -> tuple[int, int]:
        """Return (consumables, fees) of a year, fen, of so much covered expected use a month.

        Use counts with the decimals that files have, so that whoever reads one counts the same.
        """
        visits = _half_up(Fraction(str(round(use, _DECIMALS))) * _THOUSANDTHS) * _MONTHS
        return _half_up(visits * self.consumables / _THOUSANDTHS), _half_up(visits * self.fee / _THOUSANDTHS)


def _fee(paid: int, tiers: Sequence[tuple[int | None, int]]) -> int:
    """Return the fen that so many pages after the free ones cost."""
    total = 0
    for pages, price in tiers:
        these = max(0, paid) if pages is None else min(pages, max(0, paid))
        total, paid = total + these * price, paid - these
    return total


def _half_up(amount: Fraction) -> int:
    return math.floor(amount + Fraction(1, 2))
