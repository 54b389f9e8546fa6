"""One plan among several that answer a question: what stands, what it costs, what it is worth, how good that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from placement.values.certificate import Certificate
from placement.values.immutable import held, immutable
from placement.values.shown import Shown, share
from placement.values.visits_certificate import VisitsCertificate

_FEN_A_YUAN = 100


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """A plan under the limits of a question.

    Parameters
    ----------
    open
        Ids of the sites at which a station stands, sorted.
    actions
        The cheapest way there from today's stations, as in :class:`~placement.values.Plan`.
    worth
        What it is worth by the objective of the question, visits a month.
    bound
        No plan that the question allows is worth more.
    asked_gap
        Gap at which the run was allowed to stop.
    covered, all
        Weight within reach as it counts, and in total, visits a month.
    visits
        Predicted visits a month; None where nothing is predicted.
    money_fen
        What is spent on each line of the budget, in whole fen.
    certificate
        What proves the bound of the program that was solved; None where it is a solver's word, or there is none.
    """

    open: tuple[str, ...]
    actions: pd.DataFrame
    worth: float
    bound: float
    asked_gap: float
    covered: float
    all: float
    visits: float | None
    money_fen: Mapping[str, int]
    certificate: Certificate | VisitsCertificate | None = None

    @property
    def gap(self) -> float:
        """(bound - worth) / bound."""
        return 0.0 if self.bound <= self.worth else (self.bound - self.worth) / self.bound

    @property
    def proven(self) -> bool:
        """Whether it is proven to be the best within the gap that was asked."""
        return self.gap <= self.asked_gap

    @property
    def coverage(self) -> float:
        """Share of the weight that is within reach."""
        return self.covered / self.all if self.all else 0.0

    def yuan(self, line: str) -> float:
        """Return what is spent on a line of the budget, yuan."""
        return self.money_fen[line] / _FEN_A_YUAN

    def record(self) -> dict[str, Any]:
        """Return everything but the certificate as plain values."""
        return {
            "open": list(self.open),
            "actions": [
                {str(name): value for name, value in row.items()} for row in held(self, "actions").to_dict("records")
            ],
            "worth": round(self.worth, 3),
            "bound": round(self.bound, 3),
            "gap": self.gap,
            "proven": self.proven,
            "covered": round(self.covered, 6),
            "coverage": round(self.coverage, 6),
            "visits": None if self.visits is None else round(self.visits, 3),
            "money": {line: fen / _FEN_A_YUAN for line, fen in self.money_fen.items()},
        }

    def _shown(self) -> Shown:
        rows = [
            ("coverage", share(self.covered, self.all)),
            ("worth", f"{self.worth:,.3f}, no such plan above {self.bound:,.3f} (gap {self.gap:.2%})"),
            ("capital", f"{self.yuan('capital'):,.2f} yuan"),
            ("running", f"{self.yuan('running'):,.2f} yuan a year"),
        ]
        rows += [] if self.visits is None else [("visits", f"{self.visits:,.0f} a month predicted")]
        return f"Network: {len(self.open):,} stations", rows
