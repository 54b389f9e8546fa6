"""What the judge found."""

from __future__ import annotations

from dataclasses import dataclass

from placement.values.immutable import immutable
from placement.values.shown import Shown


@immutable
@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the judge found.

    Parameters
    ----------
    differences
        Everything in which the folder differs from its recount; empty = confirmed.
    proven
        The plan is confirmed and its gap is within the asked one, by a bound that was checked here.
    proof
        ``certificate``: the bound is proven in integers; ``solver``: it is the named solver's word, checked here only
        where the judge was asked to obtain it anew; ``none``: there is none.
    checked
        What was checked and how, and what is a remark that nobody can check, for the reader.
    statement
        What is confirmed, where that is no plan, or one that is proven only within a gap.
    unchecked
        What should have been checked and could not be: a bound that is a solver's word, a file that another version
        wrote. A plan with any is not vouched for as a whole.
    """

    differences: tuple[str, ...]
    proven: bool
    proof: str
    checked: tuple[str, ...]
    unchecked: tuple[str, ...] = ()
    statement: str = ""

    @property
    def confirmed(self) -> bool:
        """Whether everything that was counted came out equal."""
        return not self.differences

    @property
    def whole(self) -> bool:
        """Whether the plan is confirmed and proven, and nothing was left unchecked."""
        return self.confirmed and self.proven and not self.unchecked

    def _shown(self) -> Shown:
        found = "confirmed" if self.confirmed else f"{len(self.differences):,} differences"
        said = "proven" if self.proven else "not proven"
        rows = [("differs", each) for each in self.differences]
        rows += [("unchecked", each) for each in self.unchecked]
        rows += [("confirmed", self.statement)] if self.statement else []
        rows += [("checked", each) for each in self.checked]
        return f"Verdict: {found}, {said} ({self.proof})", rows
