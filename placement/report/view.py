"""What ``report.html`` shows, as plain text and numbers ready for the template; no markup and no figure of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from placement.maps.stations import sign_of
from placement.report.data import ReportData
from placement.report.goods import headline, objective_label, percent, sought, worth
from placement.report.plan_json import ACTION_ORDER
from placement.report.tables import action_table, yuan
from placement.report.terms import standard, within
from placement.report.text import word
from placement.values import BudgetLine, Coverages, Covered, Plan
from placement.values.limits import SUMS

Text = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One key figure: a share before and after, and the amounts behind it."""

    label: str
    before: float
    after: float
    amounts: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a coverage table; shares lie in 0..1."""

    name: str
    amount: str
    before: float
    after: float
    need: str = ""
    use: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One budget line as text, with the share of the cap that is used (None = no cap)."""

    name: str
    today: str
    amount: str
    cap: str
    left: str
    used: float | None
    is_sum: bool


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One limit that is no money, as text."""

    name: str
    asked: str
    found: str


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What is known about the quality of the plan."""

    good: bool
    headline: str
    meaning: str
    sought: str
    warning: str
    by: str
    facts: tuple[tuple[str, str], ...]


def points(before: float, after: float) -> str:
    """Return the change between two shares in percentage points, of the shares as they are shown.

    Examples
    --------
    >>> points(0.41, 0.612), points(0.5, 0.41)
    ('+20.2', '−9.0')
    """
    change = round(100 * after, 1) - round(100 * before, 1)
    return f"{change:+.1f}".replace("-", "−").replace("+0.0", "0.0").replace("−0.0", "0.0")


def small_gap(gap: float) -> str:
    """Return a gap as per cent with as many decimals as it takes to see it.

    Examples
    --------
    >>> small_gap(0.0), small_gap(0.0125), small_gap(0.0000321)
    ('0%', '1.25%', '0.00321%')
    """
    return "0%" if gap == 0 else f"{float(f'{100 * gap:.3g}'):.10f}".rstrip("0").rstrip(".") + "%"


def figures(data: ReportData, text: Text) -> list[Figure]:
    """Return the key figures: residents by period, each smaller age group by period, demand, need, expected use."""
    before, after = data.plan.before, data.plan.after
    far = within(data.steps[-1], text) if data.steps else ""
    keys = [key.split("/") for key in after.people]
    periods = list(dict.fromkeys(period for _, period in keys))
    always = ".always" if periods == ["all"] else ""
    found = []
    for period in periods:
        pair = (_residents(before, period), _residents(after, period))
        label = text[f"figure.people{always}"].format(period=word(text, period), far=far)
        found.append(_people_figure(label, *pair, text))
    for group in data.demand.age_groups[1:]:
        for period in periods:
            if f"{group}/{period}" in after.people:
                pair = (before.people[f"{group}/{period}"], after.people[f"{group}/{period}"])
                names = {"group": _capital(word(text, group)), "period": word(text, period), "far": far}
                label = text[f"figure.group{always}"].format(**names)
                found.append(_people_figure(label, *pair, text))
    total = (before.total, after.total)
    for name, prefix in (("weight", ""), ("need", "need_"), ("use", "use_")):
        amounts = [(getattr(part, f"{prefix}covered"), getattr(part, f"{prefix}all")) for part in total]
        visits = text["figure.visits"].format(before=f"{amounts[0][0]:,.0f}", after=f"{amounts[1][0]:,.0f}")
        found.append(
            Figure(label=text[f"figure.{name}"], before=_share(*amounts[0]), after=_share(*amounts[1]), amounts=visits)
        )
    return found


def sentences(data: ReportData, text: Text) -> list[str]:
    """Return the summary in plain words."""
    plan, sites = data.plan, data.sites
    counts = plan.actions["action"].value_counts()
    acts = [text[f"says.{action}"].format(count=counts[action]) for action in ACTION_ORDER if action in counts]
    said = [
        headline(plan, standard(data, text), text),
        text["says.stations"].format(
            before=int(sites.table["existing"].sum()),
            after=len(plan.open),
            actions=text["comma"].join(acts) or text["none"],
        ),
        *machines(plan, text),
    ]
    for line in (each for each in plan.budget_lines if each.name in SUMS or each.cap_fen is not None):
        key = "says.uncapped" if line.cap_fen is None else "says.capped"
        cap = "" if line.cap_fen is None else money(line.cap_fen)
        said.append(text[key].format(line=_line_name(text, line), amount=money(line.amount_fen), cap=cap))
    return [*said, *worth(plan, text)]


def machines(plan: Plan, text: Text) -> list[str]:
    """Return what becomes of machines that are counted one by one, and which of them goes where."""
    change = plan.machines
    if change is None:
        return []
    counts = {"moved": change.moved, "bought": change.bought, "removed": change.removed}
    done = [text[f"machines.{name}"].format(count=count) for name, count in counts.items() if count]
    words = {"before": change.before, "after": change.after, "done": text["comma"].join(done) or text["none"]}
    moves = [
        f"{move.from_site_id} → {move.to_site_id}" + (f" ({move.machines})" if move.machines > 1 else "")
        for move in change.moves
    ]
    said = [text["machines.moves"].format(moves=text["comma"].join(moves))] if moves else []
    return [text["machines.says"].format(**words), *said]


def proof(plan: Plan, text: Text) -> Proof:
    """Return what is known about the quality of the plan, in words and numbers."""
    kind = "within" if plan.status == "optimal" and plan.gap > 0 else plan.status
    trusted = kind == "optimal" and plan.proof != "certificate"
    form, means = (",.2f", f"cost.{kind}.means") if plan.least_cost else (",.3f", f"proof.{kind}.means")
    facts = [
        (objective_label(plan, text), f"{plan.objective:{form}}"),
        (text["cost.bound" if plan.least_cost else "proof.bound"], f"{plan.bound:{form}}"),
        (text["proof.gap"], small_gap(plan.gap)),
        (text["proof.asked"], small_gap(plan.asked_gap)),
        (text["proof.solver"], plan.solver),
        (text["proof.tie"], text["proof.tie.yes" if plan.tie_broken else "proof.tie.no"]),
    ]
    return Proof(
        good=plan.status == "optimal",
        headline=text["proof.optimal.solver" if trusted else f"proof.{kind}"],
        meaning=text.get(means, text[f"proof.{kind}.means"]).format(gap=small_gap(plan.gap)),
        sought=sought(plan, text),
        warning=text["proof.interrupted"] if plan.interrupted else "",
        by=text[f"proof.by.{plan.proof}"].format(solver=plan.solver),
        facts=tuple(facts),
    )


def action_groups(data: ReportData, text: Text) -> list[dict[str, Any]]:
    """Return the rows of the action table by action, in the order of the tables."""
    table = action_table(data.plan, data.sites)
    seen = None if data.plan.visits is None else data.plan.visits.stations
    groups = []
    for action in ACTION_ORDER:
        rows = table[table["action"] == action]
        if len(rows):
            label = f"{text[f'action.{action}']} ({len(rows)})"
            shown = [_action_row(row, seen, text) for row in rows.to_dict("records")]
            groups.append({"action": sign_of(action), "label": label, "rows": shown})
    return groups


def budget(plan: Plan, text: Text) -> list[Line]:
    """Return the budget lines as text."""
    lines = []
    for line in plan.told_lines:
        cap = line.cap_fen
        used = None if cap is None else (line.amount_fen / cap if cap else float(line.amount_fen > 0))
        lines.append(
            Line(
                name=_line_name(text, line),
                today=money(line.today_fen),
                amount=money(line.amount_fen),
                cap=text["unlimited"] if cap is None else money(cap),
                left="" if cap is None else money(cap - line.amount_fen),
                used=used,
                is_sum=line.name in SUMS,
            )
        )
    return lines


def limits(plan: Plan, text: Text) -> list[Limit]:
    """Return the limits that are no money as text."""
    found = []
    for each in plan.limits:
        key, _, name = each.name.replace(" ", ".", 1).partition(".")
        keys = [f"limit.{each.name}.machines"] if plan.machines is not None else []
        said = next((text[own] for own in (*keys, f"limit.{each.name}", f"limit.{key}") if own in text), each.name)
        said = said.format(name=word(text, name))
        used = text["limit.kept"] if each.found is None else f"{each.found:,.10g}"
        found.append(Limit(name=said, asked=f"{each.asked:,.10g}", found=used))
    return found


def coverage_rows(before: Mapping[str, Covered], after: Mapping[str, Covered], names: Mapping[str, str]) -> list[Row]:
    """Return one row for each group, in the order of `after`; `names` tells how a group is called."""
    return [
        Row(
            name=names[key],
            amount=f"{part.all:,.0f}",
            before=before[key].share if key in before else 0.0,
            after=part.share,
            need=percent(_share(part.need_covered, part.need_all)),
            use=percent(_share(part.use_covered, part.use_all)),
        )
        for key, part in after.items()
    ]


def step_rows(data: ReportData, text: Text) -> list[Row]:
    """Return one row for each step of the standard, from near to far: who is plainly within it."""
    before, after = (
        {str(number): step.total for number, step in enumerate(coverages.steps)}
        for coverages in (data.plan.before, data.plan.after)
    )
    return coverage_rows(before, after, {str(number): within(step, text) for number, step in enumerate(data.steps)})


def people_rows(data: ReportData, text: Text) -> list[Row]:
    """Return one row for each age group and period; with steps, for each of them within each step."""
    before, after = data.plan.before, data.plan.after
    if not data.steps:
        return _people_rows(before.people, after.people, "", text)
    rows = []
    for step, earlier, later in zip(data.steps, before.steps, after.steps, strict=True):
        where = text["comma"] + within(step, text)
        rows += _people_rows(earlier.people, later.people, where, text)
    return rows


def _people_rows(
    before: Mapping[str, tuple[float, float]], after: Mapping[str, tuple[float, float]], within: str, text: Text
) -> list[Row]:
    return [
        Row(
            name=names_of([key], text)[key] + within,
            amount=f"{everyone:,.0f}",
            before=_share(*before.get(key, (0.0, 0.0))),
            after=_share(covered, everyone),
        )
        for key, (covered, everyone) in after.items()
    ]


def names_of(keys: Iterable[str], text: Text) -> dict[str, str]:
    """Return how segments (``age group/period/service``) are called; parts that say "all" in every key are left out."""
    parts = {key: key.split("/") for key in keys}
    widths = {len(part) for part in parts.values()}
    kept = [
        place
        for place in range(max(widths, default=0))
        if len(widths) > 1 or any(part[place] != "all" for part in parts.values())
    ]
    return {
        key: " · ".join(word(text, name) for place, name in enumerate(part) if place in kept) or word(text, "all")
        for key, part in parts.items()
    }


def override_sentences(data: ReportData, text: Text) -> list[str]:
    """Return which settings the run did not take from the study file."""
    said = []
    for each in data.overrides:
        used, study = (_setting(value, text) for value in (each.used, each.study))
        said.append(text["overrides.says"].format(key=each.key, used=used, study=study))
    return said


def _setting(value: object, text: Text) -> object:
    if isinstance(value, tuple) and all(isinstance(each, str) for each in value):
        return ", ".join(value) or text["none"]
    return text["none"] if value is None else value


def simulated_names(data: ReportData, text: Text) -> str:
    """Return which inputs are simulated, as one text; empty where none is."""
    if data.simulated:
        return text["comma"].join(word(text, name) for name in data.simulated)
    return text["simulated.some"] if data.demand.simulated else ""


def money(fen: int) -> str:
    """Return fen as yuan with thousands separated.

    Examples
    --------
    >>> money(123456789), money(-5)
    ('1,234,567.89', '−0.05')
    """
    whole, part = yuan(abs(fen)).split(".")
    return f"{'−' if fen < 0 else ''}{int(whole):,}.{part}"


def _action_row(row: Mapping[Any, Any], visits: pd.DataFrame | None, text: Text) -> dict[str, str]:
    arrow = f"{row['machines_before']} → {row['machines_after']}"
    return {
        "mark": str(row["mark"]),
        "site_id": str(row["site_id"]),
        "name": _name(row["name"]),
        "host": word(text, _name(row["host"])),
        "district": _name(row["district"]),
        "from_site_id": str(row["from_site_id"]),
        "from_name": _name(row["from_name"]),
        "machines": arrow,
        "visits": _visits(visits, str(row["site_id"])),
        "cost": money(int(row["cost_fen"])),
        "phase": str(row.get("phase", "")),
    }


def _visits(visits: pd.DataFrame | None, site_id: str) -> str:
    if visits is None or site_id not in visits.index:
        return ""
    both = visits.loc[site_id, ["before", "after"]]
    return " → ".join("0" if pd.isna(value) else f"{value:,.0f}" for value in both)


def _name(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)  # noqa: PLR0124 -- NaN


def _people_figure(label: str, before: Sequence[float], after: Sequence[float], text: Text) -> Figure:
    amounts = text["figure.persons"].format(before=f"{before[0]:,.0f}", after=f"{after[0]:,.0f}")
    return Figure(label=label, before=_share(*before), after=_share(*after), amounts=amounts)


def _residents(coverages: Coverages, period: str) -> tuple[float, float]:
    groups = [pair for key, pair in coverages.people.items() if key.split("/")[1] == period]
    return sum(pair[0] for pair in groups), sum(pair[1] for pair in groups)


def _share(covered: float, everyone: float) -> float:
    return covered / everyone if everyone else 0.0


def _line_name(text: Text, line: BudgetLine) -> str:
    return text.get(f"line.{line.name}", line.name)


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
