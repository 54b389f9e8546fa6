"""Plain-text and JSON summaries for the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from placement.pipeline.prepare import Prepared
from placement.report import ReportData, SurveyTables, ordered_actions, survey_tables
from placement.values import Plan
from placement.verify import Verdict

_STATUS = {
    "optimal": "proven: no plan covers more",
    "within": "proven within the asked gap",
    "feasible": "NOT proven: the best plan found, see the gap",
}
_INTERRUPTED = "INTERRUPTED: the run was stopped by hand; this is the best plan found until then"


def check_record(prepared: Prepared) -> dict[str, Any]:
    """Return what a study holds, as plain values."""
    sites, demand, times = prepared.sites.table, prepared.demand, prepared.times
    snaps = times.snaps
    awareness = survey_tables(prepared)
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
        "notes": list(prepared.notes),
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
    lines += [
        f"travel: {data.travel_mode}",
        "",
        *_coverage_table(plan),
        "",
        *_budget_table(plan),
        "",
        *_action_table(data),
    ]
    if folder is None:
        return lines
    return [*lines, "", f"written to {folder}: open report.html, check with: placement verify {folder}"]


def _bound_by(plan: Plan) -> str:
    return {"certificate": "a certificate", "solver": plan.solver}.get(plan.proof, "nothing but the total")


def _coverage_table(plan: Plan) -> list[str]:
    total = {"weight (objective)": (plan.before.total.covered, plan.after.total.covered, plan.after.total.all)}
    total["need"] = (plan.before.total.need_covered, plan.after.total.need_covered, plan.after.total.need_all)
    total["expected use"] = (plan.before.total.use_covered, plan.after.total.use_covered, plan.after.total.use_all)
    people = {
        f"people {name}": (plan.before.people[name][0], covered, everyone)
        for name, (covered, everyone) in plan.after.people.items()
    }
    lines = [f"{'within reach':<26}{'before':>12}{'':>9}{'after':>12}{'':>9}{'of':>14}"]
    for name, (before, after, everyone) in (total | people).items():
        shares = [f"{value / everyone:.1%}" if everyone else "-" for value in (before, after)]
        lines.append(f"{name:<26}{before:>12,.0f}{shares[0]:>9}{after:>12,.0f}{shares[1]:>9}{everyone:>14,.0f}")
    return lines


def _budget_table(plan: Plan) -> list[str]:
    lines = [f"{'budget (yuan)':<26}{'spent':>18}{'cap':>18}"]
    for line in plan.budget_lines:
        cap = "no cap" if line.cap_fen is None else f"{line.cap_fen / 100:,.2f}"
        lines.append(f"{line.name:<26}{line.amount_fen / 100:>18,.2f}{cap:>18}")
    return lines


def _action_table(data: ReportData) -> list[str]:
    names = data.sites.table["name"]
    actions = ordered_actions(data.plan)
    counts = actions["action"].value_counts()
    lines = [", ".join(f"{count} {action}" for action, count in counts.items()) or "no station stands or is opened"]
    lines.append(f"{'action':<8}{'site':<12}{'from':<12}{'machines':>9}{'cost (yuan)':>16}  name")
    for row in actions.itertuples():
        machines = f"{row.machines_before}->{row.machines_after}"
        name = names[row.site_id]
        money = f"{row.cost_fen / 100:,.2f}"
        lines.append(f"{row.action:<8}{row.site_id:<12}{row.from_site_id or '':<12}{machines:>9}{money:>16}  {name}")
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


def compare_record(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return what differs between two ``plan.json`` records; numbers are second minus first."""
    actions = [{a["site_id"]: a for a in record["actions"]} for record in (first, second)]
    changed = {
        site: [None if site not in side else side[site]["action"] for side in actions]
        for site in sorted(set(actions[0]) | set(actions[1]))
    }
    totals = [record["coverage"]["after"]["total"] for record in (first, second)]
    money = [{line["name"]: line["amount"] for line in record["budget"]} for record in (first, second)]
    used = [{each["key"]: each["used"] for each in record["overrides"]} for record in (first, second)]
    then, now = first["inputs"], second["inputs"]
    return {
        "same_inputs": then == now,
        "different_inputs": sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name)),
        "overrides": {key: [side.get(key) for side in used] for key in sorted(used[0].keys() | used[1].keys())},
        "objective": [record["objective"] for record in (first, second)],
        "status": [record["status"] for record in (first, second)],
        "stations": [len(record["open"]) for record in (first, second)],
        "coverage": {key: round(totals[1][key] - totals[0][key], 6) for key in totals[0]},
        "budget": {
            name: round(money[1].get(name, 0.0) - money[0].get(name, 0.0), 2)
            for name in dict.fromkeys((*money[0], *money[1]))
        },
        "only_first": sorted(set(first["open"]) - set(second["open"])),
        "only_second": sorted(set(second["open"]) - set(first["open"])),
        "actions": {site: pair for site, pair in changed.items() if pair[0] != pair[1]},
    }


def compare_lines(record: Mapping[str, Any], first: str, second: str) -> list[str]:
    """Return the comparison as lines of text."""
    lines = [f"A = {first}", f"B = {second}"]
    if not record["same_inputs"]:
        lines.append(f"the two plans were made from different inputs: {', '.join(record['different_inputs'])}")
    for key, sides in record["overrides"].items():
        says = ["as the study says" if value is None else f"{key} = {value}" for value in sides]
        lines.append(f"made with other settings: A {says[0]}, B {says[1]} ({key})")
    (weight_a, weight_b), (status_a, status_b) = record["objective"], record["status"]
    lines += [
        f"covered weight: A {weight_a:,.3f} ({status_a}), B {weight_b:,.3f} ({status_b})",
        f"covered weight: B - A {weight_b - weight_a:+,.3f}",
        f"stations: A {record['stations'][0]}, B {record['stations'][1]}",
    ]
    lines += [f"{name}: B - A {amount:+,.2f} yuan" for name, amount in record["budget"].items()]
    lines += [f"{site}: A {pair[0] or 'nothing'}, B {pair[1] or 'nothing'}" for site, pair in record["actions"].items()]
    return lines if record["actions"] else [*lines, "the actions are the same"]
