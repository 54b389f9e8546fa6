"""Plain-text and JSON summaries for the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from placement.judge import Verdict
from placement.pipeline.assumptions import Assumption, assumptions
from placement.pipeline.prepare import Prepared
from placement.pipeline.visits import study_use
from placement.report import ReportData, SurveyTables, ordered_actions, survey_tables
from placement.report.goods import headline, sought, warnings_of, worth
from placement.report.plan_fairness import fairness_rows
from placement.report.plan_sure import assumptions_to_list
from placement.report.terms import standard
from placement.report.text import texts
from placement.report.trade import trade_says
from placement.values import Plan

_STATUS = {
    "optimal": "proven: no plan does better",
    "within": "proven within the asked gap",
    "feasible": "NOT proven: the best plan found, see the gap",
}
_INTERRUPTED = "INTERRUPTED: the run was stopped by hand; this is the best plan found until then"


def check_record(prepared: Prepared) -> dict[str, Any]:
    """Return what a study holds, as plain values."""
    sites, demand, times = prepared.sites.table, prepared.demand, prepared.times
    snaps = times.snaps
    awareness, use = survey_tables(prepared), study_use(prepared)
    far = snaps.loc[snaps["far"].to_numpy(dtype=bool)] if len(snaps) else snaps
    return {
        "study": prepared.study.study.name,
        "demand_points": len(demand.ids),
        "people": float(demand.people.sum()),
        "need_visits_a_month": round(float(demand.need.sum()), 3),
        "expected_use_visits_a_month": round(float(demand.expected_use.sum()), 3),
        "awareness": None if awareness is None else awareness.city(),
        "segments": [segment.name for segment in demand.segments],
        "stations": int(sites["existing"].sum()),
        "candidates": int((~sites["existing"]).sum()),
        "travel": times.mode,
        "reachable_pairs": times.n_pairs,
        "far_from_streets": [str(row) for row in far["id"]] if len(far) else [],
        "simulated": list(prepared.study.simulated_inputs),
        "ignored_columns": list(prepared.tables.ignored),
        "predicted_visits": None if use is None or use.usage is None else use.usage.evidence.record(),
        "assumptions": assumptions_to_list(assumptions(prepared, use)),
        "notes": [*prepared.notes, *(() if use is None else use.notes)],
        **run_record(prepared, run_remarks(prepared)),
    }


def check_lines(record: Mapping[str, Any]) -> list[str]:
    """Return the summary of :func:`check_record` as lines of text."""
    lines = [f"{record['study']}: the inputs are in order"]
    simulated = record["simulated"]
    lines += [f"  SIMULATED inputs: {', '.join(simulated)}"] if simulated else []
    lines += [
        f"  {record['demand_points']:,} demand points, {record['people']:,.0f} people",
        f"  need {record['need_visits_a_month']:,.0f}, use {record['expected_use_visits_a_month']:,.0f} visits a month",
        *_awareness_lines(record["awareness"], SurveyTables.simulated(simulated)),
        f"  {record['stations']} stations today, {record['candidates']} candidate sites",
        f"  travel: {record['travel']}, {record['reachable_pairs']:,} reachable pairs",
        *(f"  assumed, not measured: {Assumption(**each)}" for each in record["assumptions"]),
    ]
    return [*lines, *(f"  {note}" for note in (*record["notes"], *record["remarks"]))]


def _awareness_lines(known: Mapping[str, float] | None, simulated: Sequence[str]) -> list[str]:
    if known is None:
        return []
    says = (
        f"{known['mean']:.1%} of residents know the service (90 % interval {known['low']:.1%} to {known['high']:.1%})"
    )
    uses = f", {known['used']:.1%} use it" if "used" in known else ""
    survey = f"SIMULATED {', '.join(simulated)}: " if simulated else ""
    return [f"  {survey}{says}{uses}, {known['never_heard']:.1%} never heard of it"]


def run_remarks(prepared: Prepared) -> tuple[str, ...]:
    """Return what is to be said of a run and not of its plan: the files of a plan do not depend on it."""
    kept_in = getattr(prepared.times, "kept_in", "")
    return (f"travel times from the cache: {kept_in}",) if kept_in else ()


def run_record(prepared: Prepared, remarks: Sequence[str] = ()) -> dict[str, Any]:
    """Return what is to be said of a run and not of its plan, as plain values."""
    return {"times_from_cache": bool(getattr(prepared.times, "kept_in", "")), "remarks": list(remarks)}


def plan_lines(data: ReportData, folder: Path | None) -> list[str]:
    """Return the plan as lines of text: proof, coverage before and after, money, actions; None: it is not written."""
    plan = data.plan
    status = "within" if plan.status == "optimal" and plan.gap > 0 else plan.status
    lines = [f"{plan.study}: {_STATUS.get(status, status)} (gap {plan.gap:.4%}, bound by {_bound_by(plan)})"]
    lines += (
        ["INTERRUPTED: the run was stopped by hand; this is the best plan found until then"] if plan.interrupted else []
    )
    lines += [f"SIMULATED inputs: {', '.join(data.simulated)}"] if data.simulated else []
    lines += [f"made with {each!s}" for each in data.overrides]
    lines += ["", *_headline(data)]
    lines += [
        "",
        f"travel: {data.travel_mode}",
        "",
        *_coverage_table(plan),
        "",
        *_fairness_table(plan, texts("en")),
        *_floor_table(plan),
        *_phase_table(plan),
        *_budget_table(plan),
        "",
        *_action_table(data),
        *(["", *(f"assumed, not measured: {each}" for each in data.assumptions)] if data.assumptions else []),
    ]
    if folder is None:
        return lines
    return [*lines, "", f"written to {folder}: open report.html, check with: placement verify {folder}"]


def _headline(data: ReportData) -> list[str]:
    """Return reach and visits, a warning where they go opposite ways, idle stations, and what a gain costs."""
    text = texts("en", steps=bool(data.steps))
    found = [] if data.frontier is None else [trade_says(data.frontier, text)]
    made_of = [each for each in (sought(data.plan, text),) if each]
    warned = [f"{text['warning'].upper()}: {each}" for each in warnings_of(data.plan, text)]
    return [headline(data.plan, standard(data, text), text), *warned, *worth(data.plan, text), *made_of, *found]


def _bound_by(plan: Plan) -> str:
    return {"certificate": "a certificate", "solver": plan.solver}.get(plan.proof, "nothing but the total")


def _coverage_table(plan: Plan) -> list[str]:
    total = {"demand": (plan.before.total.covered, plan.after.total.covered, plan.after.total.all)}
    total["need"] = (plan.before.total.need_covered, plan.after.total.need_covered, plan.after.total.need_all)
    total["expected use"] = (plan.before.total.use_covered, plan.after.total.use_covered, plan.after.total.use_all)
    parts = {"": (plan.before.people, plan.after.people)}
    plainly = {}
    for earlier, later in zip(plan.before.steps, plan.after.steps, strict=True):
        within = f" in {later.within}"
        plainly[f"demand{within}"] = (earlier.total.covered, later.total.covered, later.total.all)
        parts[within] = (earlier.people, later.people)
    if plainly:
        del parts[""]
    people = {
        f"people {name}{within}": (before[name][0], covered, everyone)
        for within, (before, after) in parts.items()
        for name, (covered, everyone) in after.items()
    }
    lines = []
    for title, rows in (
        ("counted by steps" if plainly else "within reach", total if plainly else total | people),
        ("within each step, in full", plainly | people if plainly else {}),
    ):
        lines += _before_and_after(title, rows) if rows else []
    return lines


def _before_and_after(title: str, rows: Mapping[str, tuple[float, float, float]]) -> list[str]:
    wide = max(26, *(len(name) + 1 for name in rows))
    lines = [f"{title:<{wide}}{'before':>12}{'':>9}{'after':>12}{'':>9}{'of':>14}"]
    for name, (before, after, everyone) in rows.items():
        shares = [f"{value / everyone:.1%}" if everyone else "-" for value in (before, after)]
        lines.append(f"{name:<{wide}}{before:>12,.0f}{shares[0]:>9}{after:>12,.0f}{shares[1]:>9}{everyone:>14,.0f}")
    return lines


def _fairness_table(plan: Plan, text: Mapping[str, str]) -> list[str]:
    rows = fairness_rows(plan, text)
    lines = [f"{name:<34}{before:>24}{after:>24}" for name, before, after in rows]
    return [f"{text['fair'].lower():<34}{'today':>24}{'plan':>24}", *lines, ""] if rows else []


def _floor_table(plan: Plan) -> list[str]:
    if not plan.floors:
        return []
    lines = [f"{'floor of':<26}{'asked':>12}{'reached':>12}{'holds in':>12}  of {plan.floors[0].draws} draws"]
    lines += [f"{each.name:<26}{each.floor:>12.1%}{each.reached:>12.1%}{each.kept:>12.0%}" for each in plan.floors]
    return [*lines, ""]


def _phase_table(plan: Plan) -> list[str]:
    if plan.phased is None:
        return []
    head = f"{'opened':>8}{'moved':>8}{'closed':>8}{'stations':>10}{'within reach':>14}{'capital':>18}{'running':>18}"
    lines = [f"{'phase':<26}{head}"]
    for row in plan.phases.to_dict("records"):
        counts = f"{row['opened']:>8}{row['moved']:>8}{row['closed']:>8}{row['stations']:>10}{row['share']:>14.1%}"
        lines.append(f"{row['phase']:<26}{counts}{row['capital']:>18,.2f}{row['running']:>18,.2f}")
    return [*lines, ""]


def _budget_table(plan: Plan) -> list[str]:
    lines = [f"{'budget (yuan)':<26}{'today':>18}{'plan':>18}{'cap':>18}"]
    for line in plan.told_lines:
        cap = "no cap" if line.cap_fen is None else f"{line.cap_fen / 100:,.2f}"
        lines.append(f"{line.name:<26}{line.today_fen / 100:>18,.2f}{line.amount_fen / 100:>18,.2f}{cap:>18}")
    for limit in plan.limits:
        found = "kept" if limit.found is None else f"{limit.found:,.10g}"
        lines.append(f"{limit.name:<26}{'':>18}{found:>18}{limit.asked:>18,.10g}")
    return lines


def _action_table(data: ReportData) -> list[str]:
    names = data.sites.table["name"]
    actions = ordered_actions(data.plan)
    counts = actions["action"].value_counts()
    lines = [", ".join(f"{count} {action}" for action, count in counts.items()) or "no station stands or is opened"]
    if data.plan.machines is not None:
        lines.append(data.plan.machines.in_words)
        lines += [
            f"  {each.machines} from {each.from_site_id} to {each.to_site_id}" for each in data.plan.machines.moves
        ]
    phase = "" if data.plan.phased is None else f"{'phase':<12}"
    lines.append(f"{'action':<8}{phase}{'site':<12}{'from':<12}{'machines':>9}{'cost (yuan)':>16}  name")
    for row in actions.itertuples():
        machines = f"{row.machines_before}->{row.machines_after}"
        name = names[row.site_id]
        money = f"{row.cost_fen / 100:,.2f}"
        does = f"{row.action:<8}" + (f"{row.phase:<12}" if phase else "")
        lines.append(f"{does}{row.site_id:<12}{row.from_site_id or '':<12}{machines:>9}{money:>16}  {name}")
    return lines


def verdict_record(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as plain values."""
    return {
        "confirmed": verdict.confirmed,
        "proven": verdict.proven,
        "proof": verdict.proof,
        "statement": verdict.statement,
        "differences": list(verdict.differences),
        "checked": list(verdict.checked),
        "unchecked": list(verdict.unchecked),
    }


def verdict_lines(verdict: Verdict) -> list[str]:
    """Return a verdict as lines of text."""
    if not verdict.confirmed:
        return [f"refuted: {line}" for line in verdict.differences]
    said = verdict.statement or "everything recounted equal" + ("" if verdict.proven else "; NOT proven optimal")
    lines = [f"confirmed: {said}"]
    lines += [f"  NOT CHECKED: {line}" for line in verdict.unchecked]
    return lines + [f"  {line}" for line in verdict.checked]
