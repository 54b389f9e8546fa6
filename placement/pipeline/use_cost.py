"""What visits of a study cost in consumables and bring in fees."""

from __future__ import annotations

from fractions import Fraction

from placement.errors import InputError
from placement.study import Study
from placement.tables import Tables
from placement.values.use_cost import UseCost


def study_use_cost(study: Study, tables: Tables) -> UseCost | None:
    """Return it; None where the study says nothing of it.

    Raises
    ------
    InputError
        If pages count, and the usage table knows of none.
    """
    fees = study.fees
    if not fees.is_asked:
        return None
    pages = fees.pages_per_visit
    if pages is None and (fees.tier or fees.consumables_page):
        pages = _pages(study, tables)
    tiers = [(tier.pages, tier.price) for tier in fees.tier]
    return UseCost.of(pages or Fraction(0), fees.free_pages, tiers, fees.consumables_page, fees.consumables_visit)


def _pages(study: Study, tables: Tables) -> Fraction:
    """Return the pages a visit of all months and stations of the usage table."""
    usage = tables.usage
    pages, visits = (0, 0) if usage is None else (int(usage[name].sum()) for name in ("pages", "transactions"))
    if not pages or not visits:
        remedy = "give the column pages, or fees.pages_per_visit"
        problem = "counts pages, and the usage table knows of none"
        raise InputError.single(study.file.name, problem, row="fees", remedy=remedy)
    return Fraction(pages, visits)
