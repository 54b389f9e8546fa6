"""Which files a result folder holds."""

from __future__ import annotations

from typing import Any

from placement.report.data import ReportData
from placement.report.html import report_page
from placement.report.plan_json import plan_bytes, plan_to_dict
from placement.report.tables import actions_csv, actions_geojson, awareness_csv, visits_csv

REPORT = "report.html"


def plan_record(data: ReportData) -> dict[str, Any]:
    """Return the content of ``plan.json``."""
    return plan_to_dict(
        data.plan,
        study_path=data.study_path,
        inputs=data.inputs,
        versions=data.versions,
        seed=data.seed,
        travel=data.travel_mode,
    )


def render_files(data: ReportData) -> dict[str, bytes]:
    """Return the content of every file that shows a plan, by file name.

    The bytes depend on `data` alone: no clock, no locale, no environment.
    """
    return render_tables(data) | {REPORT: render_report(data)[0]}


def render_tables(data: ReportData) -> dict[str, bytes]:
    """Return the content of every file but the report, by file name: nothing is drawn for them."""
    files = {
        "plan.json": plan_bytes(plan_record(data)),
        "actions.csv": actions_csv(data.plan, data.sites),
        "actions.geojson": actions_geojson(data.plan, data.sites, notices=data.notices, simulated=data.simulated),
    }
    if data.visits is not None:
        files["visits.csv"] = visits_csv(data.visits, data.sites)
    if data.awareness is not None:
        files["awareness.csv"] = awareness_csv(data.awareness.rows, simulated=data.simulated)
    return files


def render_report(data: ReportData) -> tuple[bytes, tuple[str, ...]]:
    """Return the content of the report, and in sentences what it lacks because it could not be drawn."""
    page, why = report_page(data)
    return page, ((f"the map could not be drawn: {why}",) if why else ())
