"""The budget and the limits of a plan, as ``plan.json`` has them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from placement.report.parts import MOST, Amount, Id, Part, PlanFormatError, Quantity, rounded
from placement.values import BudgetLine, LimitUse

_FEN_A_YUAN = 100


class BudgetPart(Part):
    """One line of the budget, in yuan with at most two decimals."""

    name: str = Field(
        description="purchase, install, move, remove, close are spent once and add up to capital; rent, network, "
        "maintenance, staff, guides, publicity are spent a year and add up to running; total is capital and the "
        "running costs of the "
        "years that the budget looks ahead, as they are worth today."
    )
    today: Amount = Field(description="What today's stations spend, where nothing is changed.")
    amount: Amount
    cap: Amount | None = Field(description="null = unlimited.")


class LimitPart(Part):
    """One limit that is no money."""

    name: Id = Field(description="As the study names it; exclusive, a blank and the text of the sites.")
    asked: Quantity
    found: Quantity | None = Field(description="null where the plan has nothing to measure, or it is not measured.")


def budget_to_list(lines: tuple[BudgetLine, ...]) -> list[dict[str, Any]]:
    """Return the budget lines as ``plan.json`` has them."""
    return [
        {"name": each.name, "today": yuan(each.today_fen), "amount": yuan(each.amount_fen), "cap": yuan(each.cap_fen)}
        for each in lines
    ]


def budget_from_parts(parts: list[BudgetPart], table: str) -> tuple[BudgetLine, ...]:
    """Return the budget lines that ``plan.json`` has.

    Raises
    ------
    PlanFormatError
        If an amount has more than two decimals; `table` is the file that it stands in.
    """
    return tuple(
        BudgetLine(
            name=part.name,
            amount_fen=fen(table, f"budget.{part.name}.amount", part.amount),
            cap_fen=None if part.cap is None else fen(table, f"budget.{part.name}.cap", part.cap),
            today_fen=fen(table, f"budget.{part.name}.today", part.today),
        )
        for part in parts
    )


def limits_to_list(limits: tuple[LimitUse, ...]) -> list[dict[str, Any]]:
    """Return the limits as ``plan.json`` has them."""
    return [
        {
            "name": each.name,
            "asked": rounded(min(each.asked, MOST)),
            "found": None if each.found is None else rounded(each.found),
        }
        for each in limits
    ]


def limits_from_parts(parts: list[LimitPart]) -> tuple[LimitUse, ...]:
    """Return the limits that ``plan.json`` has."""
    return tuple(LimitUse(name=part.name, asked=part.asked, found=part.found) for part in parts)


def yuan(amount_fen: int | None) -> float | None:
    """Return whole fen as yuan."""
    return None if amount_fen is None else amount_fen / _FEN_A_YUAN


def fen(table: str, where: str, amount: float) -> int:
    """Return yuan as whole fen.

    Raises
    ------
    PlanFormatError
        If it has more than two decimals.
    """
    whole = round(amount * _FEN_A_YUAN)
    if whole / _FEN_A_YUAN != amount:
        raise PlanFormatError.single(table, f"{amount} yuan has more than two decimals", row=where)
    return whole
