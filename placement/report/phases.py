"""How a plan of several years is shown: a row a phase, money by phase, and what looking ahead is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from placement.report.text import word
from placement.values import BudgetLine, Phased, Plan
from placement.values.limits import SUMS
from placement.values.phases import phase_counts

Text = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class PhaseRow:
    """One phase as text; shares lie in 0..1."""

    name: str
    factor: str
    stations: str
    moved: str
    closed: str
    opened: str
    earlier: float
    share: float
    beside: float | None
    people: tuple[str, ...]
    visits: str


def phases_say(plan: Plan, text: Text) -> list[str]:
    """Return the sentences on the phases of a plan; none where it has none."""
    phased = plan.phased
    if phased is None:
        return []
    each = text["comma"].join(
        text["phases.one"].format(name=one.name, share=_percent(one.after.total.share)) for one in phased.phases
    )
    said, ahead = [text["phases.says"].format(each=each)], phased.ahead(plan.objective, plan.bound)
    if phased.year_by_year is None:
        return [*said, text["phases.none"]]
    if ahead == (0.0, 0.0):
        said.append(text["phases.same"])
    elif ahead is not None:
        found, most = (f"{100 * share:.2f}%" for share in ahead)
        said.append(text["phases.ahead"].format(found=found, most=most))
    return said


def phases_objective(plan: Plan, text: Text) -> str:
    """Return what the value of a plan in phases counts; empty where it has none."""
    if plan.phased is None:
        return ""
    phases = plan.phased.phases
    rate = 0.0 if len(phases) == 1 else float(1 / phases[1].factor - 1)
    key = "phases.objective" if rate else "phases.objective.even"
    return text[key].format(count=len(phases), rate=_percent(rate))


def phases_shown(plan: Plan, text: Text) -> dict[str, Any] | None:
    """Return rows and money of the phases as text, by the template's names; None where there are none."""
    phased = plan.phased
    if phased is None:
        return None
    people = list(phased.phases[0].after.people)
    lines = [line.name for line in phased.phases[0].budget_lines if _is_told(plan, line.name)]
    return {
        "says": phases_say(plan, text),
        "rows": _rows(plan, people),
        "beside": text["phases.beside"] if phased.year_by_year is not None else "",
        "people": [" · ".join(word(text, part) for part in key.split("/") if part != "all") for key in people],
        "names": [each.name for each in phased.phases],
        "money": [(text.get(f"line.{line}", line), line in SUMS, _amounts(phased, line)) for line in lines],
    }


def _rows(plan: Plan, people: list[str]) -> list[PhaseRow]:
    phased, earlier, rows = plan.phased, plan.before.total.share, []
    assert phased is not None  # noqa: S101 -- for mypy: asked before
    beside = phased.year_by_year
    for number, each in enumerate(phased.phases):
        total, done = each.after.total, phase_counts(plan.actions, each.name)
        pairs = [each.after.people[key] for key in people]
        rows.append(
            PhaseRow(
                name=each.name,
                factor=f"{float(each.factor):.3f}",
                stations=f"{len(each.open):,}",
                **{key: f"{count:,}" for key, count in done.items()},
                earlier=earlier,
                share=total.share,
                beside=None if beside is None or not total.all else beside.covered[number] / total.all,
                people=tuple(_percent(covered / everyone if everyone else 0.0) for covered, everyone in pairs),
                visits="" if each.visits is None else f"{each.visits:,.0f}",
            )
        )
        earlier = total.share
    return rows


def _is_told(plan: Plan, name: str) -> bool:
    lines = [] if plan.phased is None else [_line(each.budget_lines, name) for each in plan.phased.phases]
    return name in SUMS or any(line.amount_fen or line.cap_fen is not None for line in lines)


def _amounts(phased: Phased, name: str) -> list[str]:
    return [_money(_line(each.budget_lines, name)) for each in phased.phases]


def _line(lines: tuple[BudgetLine, ...], name: str) -> BudgetLine:
    return next(line for line in lines if line.name == name)


def _money(line: BudgetLine) -> str:
    cap = "" if line.cap_fen is None else f" / {line.cap_fen / 100:,.2f}"
    return f"{line.amount_fen / 100:,.2f}{cap}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
