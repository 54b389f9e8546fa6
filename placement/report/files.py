"""Which files a result folder holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from placement.report.data import ReportData
from placement.report.html import report_page
from placement.report.plan_json import PLAN_FILE, plan_bytes, plan_from_dict, plan_to_dict
from placement.report.tables import actions_csv, actions_geojson, awareness_csv, visits_csv
from placement.values import Coverages

CERTIFICATE_FILE = "certificate.npz"
REPORT_FILE = "report.html"


def plan_record(data: ReportData) -> dict[str, Any]:
    """Return the content of ``plan.json``."""
    return plan_to_dict(
        data.plan,
        study_path=data.study_path,
        inputs=data.inputs,
        versions=data.versions,
        seed=data.seed,
        travel=data.travel_mode,
        simulated=data.simulated,
        notices=data.notices,
        notes=data.notes,
        assumptions=data.assumptions,
        overrides=data.overrides,
        frontier=data.frontier,
    )


def render_files(data: ReportData) -> dict[str, bytes]:
    """Return the content of every file that shows a plan, by file name.

    The bytes depend on `data` alone: no clock, no locale, no environment. Every file is made from the plan as
    ``plan.json`` holds it, so that whoever has that file and the inputs can make the others again.
    """
    return render_tables(data) | {REPORT_FILE: render_report(data)[0]}


def render_tables(data: ReportData) -> dict[str, bytes]:
    """Return the content of every file but the report, by file name: nothing is drawn for them."""
    data, record = _as_filed(data)
    files = {
        PLAN_FILE: plan_bytes(record),
        "actions.csv": actions_csv(data.plan, data.sites),
        "actions.geojson": actions_geojson(data.plan, data.sites, notices=data.notices, simulated=data.simulated),
    }
    if data.plan.visits is not None:
        files["visits.csv"] = visits_csv(data.plan.visits, data.sites)
    if data.awareness is not None:
        files["awareness.csv"] = awareness_csv(data.awareness.rows, simulated=data.simulated)
    return files


def render_report(data: ReportData) -> tuple[bytes, tuple[str, ...]]:
    """Return the content of the report, and in sentences what it lacks because it could not be drawn."""
    page, why = report_page(_as_filed(data)[0])
    return page, ((f"the map could not be drawn: {why}",) if why else ())


def _as_filed(data: ReportData) -> tuple[ReportData, dict[str, Any]]:
    """Return the data with the plan as ``plan.json`` holds it, and that file's content.

    The plan's groups stand in the order of the demand: a file keeps no order.
    """
    record = plan_record(data)
    plan, segments = plan_from_dict(record), data.demand.segments
    keys = ["/".join((each.age_group, each.period, each.service)) for each in segments]
    keys += [f"{each.age_group}/{each.period}" for each in segments]
    place = {key: number for number, key in reversed(list(enumerate(keys)))}

    def ordered(groups: Mapping[str, Any]) -> dict[str, Any]:
        """Return groups in the order of the demand, others after them by name."""
        return dict(sorted(groups.items(), key=lambda item: (place.get(item[0], len(keys)), item[0])))

    def filed(side: Coverages) -> Coverages:
        """Return coverage with its groups in order."""
        groups: dict[str, Any] = {group: ordered(getattr(side, group)) for group in ("segment", "district", "people")}
        return replace(side, **groups, steps=tuple(replace(step, people=ordered(step.people)) for step in side.steps))

    phased = plan.phased
    if phased is not None:
        phased = replace(phased, phases=tuple(replace(each, after=filed(each.after)) for each in phased.phases))
    return replace(data, plan=replace(plan, before=filed(plan.before), after=filed(plan.after), phased=phased)), record
