"""`[fees]`: what visits cost in consumables, and what people pay for what they print."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from placement.study.fields import Called, ExactRatio, Fen
from placement.study.section import Section

if TYPE_CHECKING:
    from placement.study import Study

_Pages = Annotated[int, Field(ge=0, le=10_000, strict=True), Called(unit="pages")]
_APage, _AVisit = Called(unit="yuan a page"), Called(unit="yuan a visit")


class FeeTierSection(Section):
    """`[[fees.tier]]`: the price of a page, of so many pages of a visit, after the free ones and the tiers before."""

    pages: Annotated[_Pages, Field(ge=1)] | None = None
    """How many pages cost so much; in the last tier, all that follow."""
    price: Annotated[Fen, _APage]
    """Of each of them, paid by the visitor."""


class FeesSection(Section):
    """`[fees]`: consumables and fees of covered expected use, a year; they are reported and no plan goes by them.

    They stand beside the running costs of the stations, in lines of their own, for today's stations and for the plan's.
    """

    free_pages: _Pages = 0
    """Of each visit, for which nobody pays."""
    tier: tuple[FeeTierSection, ...] = ()
    """Prices of the pages after these."""
    consumables_page: Annotated[Fen, _APage] = 0
    """Paper and toner."""
    consumables_visit: Annotated[Fen, _AVisit] = 0
    """What else a visit uses up."""
    pages_per_visit: Annotated[ExactRatio, Called(unit="pages a visit")] | None = None
    """Pages a visit prints on average; without it those of `inputs.usage`: pages by transactions. Visits are taken to
    print the whole numbers of pages next to it."""

    @model_validator(mode="after")
    def _tiers(self) -> FeesSection:
        if any(tier.pages is None for tier in self.tier[:-1]) or (self.tier and self.tier[-1].pages is not None):
            raise ValueError("tier: give pages in every tier but the last, whose price all further pages have")
        if self.free_pages and not self.tier:
            raise ValueError("free_pages has no effect without a tier: remove it, or give a price")
        return self

    @property
    def is_asked(self) -> bool:
        """Whether anything is to be counted."""
        return bool(self.tier or self.consumables_page or self.consumables_visit)


def fee_faults(study: Study) -> Iterator[str]:
    """Yield what is wrong with the fees of a study beside what else it asks."""
    fees = study.fees
    prints = bool(fees.tier or fees.consumables_page)
    if prints and fees.pages_per_visit is None and study.inputs.usage is None:
        yield "fees counts pages: give fees.pages_per_visit, or inputs.usage"
    if fees.pages_per_visit is not None and not prints:
        yield "fees.pages_per_visit has no effect without a price of a page: remove it"
