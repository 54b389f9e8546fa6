"""A second opinion: on a bound that is only a solver's word, and on which of equal plans a plan is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.judge.certificate_optima import agreed
from placement.judge.counting import SCALE, Counting
from placement.judge.program import chosen_columns, program_columns, spent_once
from placement.judge.resolve import FEW_ENTRIES, FEW_S, LIMIT_S, MOST_ENTRIES, Resolver
from placement.judge.rules import Claims
from placement.values import Certificate


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What came of one question.

    Parameters
    ----------
    holds
        Whether the claim was confirmed here.
    differences, checked, unchecked
        See :class:`~placement.judge.verdict.Verdict`.
    """

    holds: bool
    differences: tuple[str, ...] = ()
    checked: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()


class Second:
    """Solver runs of the judge's own about one plan.

    Parameters
    ----------
    record, claims, counting
        The plan and the study.
    asked
        Whether the judge was asked to solve; else only small programs are, to compare equal plans.
    accepted
        The plan's certificate once it is found to prove the plan's bound.
    """

    def __init__(
        self,
        record: Mapping[str, Any],
        claims: Claims,
        counting: Counting,
        *,
        asked: bool,
        accepted: Certificate | None = None,
    ) -> None:
        self.record, self.claims, self.counting = record, claims, counting
        self.asked, self.accepted = asked, accepted

    @cached_property
    def bound(self) -> Opinion:
        """Whether the bound holds, obtained anew."""
        sign, unit = self.counting.sign, self.counting.unit
        claimed = sign * round(self.record["bound"] * unit)
        word = f"bound not checked: {self.record['bound']} is the word of {self.record['solve']['solver']}"
        if not self.asked:
            return Opinion(holds=False, unchecked=(f"{word}; verify --resolve obtains it anew",))
        plain = self.counting.program.is_plain
        if not plain or self.counting.resolver.entries > MOST_ENTRIES:
            why = "too large" if plain else "of a kind (rows in layers) not"
            return Opinion(holds=False, unchecked=(f"{word}; the program is {why} to be solved here",))
        found = self.counting.resolver.most(LIMIT_S)
        if found.best is not None and found.best > claimed:
            better = f"bound: a plan worth {sign * found.best / unit:.3f} exists, {self.record['bound']} is no bound"
            return Opinion(holds=False, differences=(better,))
        if found.bound is None or found.bound > claimed:
            above = "none" if found.bound is None else f"{sign * found.bound / unit:.3f}"
            return Opinion(holds=False, unchecked=(f"{word}; the judge's own run reached {above} in {LIMIT_S:g} s",))
        how = "the bound anew, by HiGHS on the judge's own program (floating point, no certificate)"
        return Opinion(holds=True, checked=(how,))

    @cached_property
    def ties(self) -> Opinion:
        """Whether no plan that covers as much takes fewer actions, or as many for less money."""
        if not self.record["solve"]["tie_broken"]:
            return Opinion(holds=False)
        resolver = self._among_optima()
        if resolver.entries > (MOST_ENTRIES if self.asked else FEW_ENTRIES):
            skipped = "not compared with plans that cover as much, by actions and money: verify --resolve does it"
            return Opinion(holds=False, checked=(skipped,))
        chosen = chosen_columns(self.counting.prepared, self.claims)
        worth = round(self.record["objective"] * SCALE)
        within: tuple[tuple[NDArray[np.int64], int], ...] = ()
        for name, amounts in self._amounts():
            mine = int(amounts[chosen].sum())
            limit_s = LIMIT_S if self.asked else FEW_S
            found = resolver.least(amounts, limit_s, worth=worth, within=within)
            if found.best is not None and -found.best < mine:
                less = f"solve.tie_broken: a plan that covers as much takes less in {name}"
                return Opinion(holds=False, differences=(less,))
            if found.bound is None or -found.bound < mine:
                open_end = f"not compared to the end: whether a plan that covers as much takes less in {name}"
                return Opinion(holds=False, checked=(open_end,))
            within = (*within, (amounts, mine))
        return Opinion(
            holds=True, checked=("no plan that covers as much has fewer actions, or as many for less money",)
        )

    def _among_optima(self) -> Resolver:
        """Return the program with the columns decided in which all optima agree, where a certificate says so."""
        resolver, accepted = self.counting.resolver, self.accepted
        if accepted is None or accepted.objective != accepted.bound:
            return resolver
        return resolver.narrowed(agreed(resolver.program, resolver.classes, accepted))

    def _amounts(self) -> Iterable[tuple[str, NDArray[np.int64]]]:
        prepared = self.counting.prepared
        columns = program_columns(prepared)
        actions = [-1 if kind in {"keep", "give"} else 1 for kind, _ in columns]
        money = spent_once(prepared, columns)
        return (("actions", np.array(actions, dtype=np.int64)), ("money", np.array(money, dtype=np.int64)))
