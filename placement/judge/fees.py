"""Consumables and fees of a plan, counted again: page by page, from the study and the usage table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from placement.pipeline.prepare import Prepared

LINES = ("consumables", "fees", "net_running")
"""Lines of the budget of a study that counts them, after all others."""
_HALF = Fraction(1, 2)


def fee_lines(prepared: Prepared) -> tuple[str, ...]:
    """Return the lines that the study asks for."""
    fees = prepared.study.fees
    counts = fees.tier or fees.consumables_page or fees.consumables_visit
    return LINES if counts else ()


def fee_faults(record: Mapping[str, Any], prepared: Prepared, running: tuple[int, int]) -> Iterator[str]:
    """Yield every amount of these lines that differs by a fen; `running` are the plan's and today's, recounted."""
    if not fee_lines(prepared):
        return
    said = {line["name"]: line for line in record["budget"]}
    for key, when, stations in (("amount", "after", running[0]), ("today", "before", running[1])):
        use = Fraction(Decimal(str(record["coverage"][when]["total"]["use_covered"])))
        used, paid = _a_year(prepared, math.floor(use * 1000 + _HALF))
        for name, right in zip(LINES, (used, -paid, stations + used - paid), strict=True):
            if round(said[name][key] * 100) != right:
                yield f"budget: {key} of {name} is {right / 100:.2f} yuan, the plan says {said[name][key]}"
    for name in LINES:
        if said[name]["cap"] is not None:
            yield f"budget: {name} has no cap in the study"


def _a_year(prepared: Prepared, thousandths: int) -> tuple[int, int]:
    """Return fen of consumables and of fees of a year of so many thousandths of a visit a month."""
    fees, pages = prepared.study.fees, _pages(prepared)
    fewer = pages.numerator // pages.denominator
    more_often = pages - fewer
    of_visit = Fraction(fees.consumables_visit) + fees.consumables_page * pages
    paid = sum(_price(prepared, page) for page in range(1, fewer + 1)) + more_often * _price(prepared, fewer + 1)
    visits = Fraction(12 * thousandths, 1000)
    return math.floor(visits * of_visit + _HALF), math.floor(visits * paid + _HALF)


def _pages(prepared: Prepared) -> Fraction:
    fees, usage = prepared.study.fees, prepared.tables.usage
    if fees.pages_per_visit is not None:
        return Fraction(fees.pages_per_visit)
    if usage is None or not (fees.tier or fees.consumables_page):
        return Fraction(0)
    return Fraction(sum(map(int, usage["pages"])), sum(map(int, usage["transactions"])))


def _price(prepared: Prepared, page: int) -> int:
    """Return the fen that the visitor pays for the page of this number of a visit."""
    beyond = page - prepared.study.fees.free_pages
    for tier in prepared.study.fees.tier:
        if beyond <= 0:
            return 0
        if tier.pages is None or beyond <= tier.pages:
            return int(tier.price)
        beyond -= tier.pages
    return 0
