"""Which files a result folder holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from placement.report.data import ReportData
from placement.report.html import report_html
from placement.report.plan_json import PLAN_FILE, plan_bytes, plan_from_dict, plan_to_dict
from placement.report.tables import actions_csv, actions_geojson, awareness_csv, visits_csv
from placement.values import Demand, Plan

CERTIFICATE_FILE = "certificate.npz"


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
        overrides=data.overrides,
    )


def render_files(data: ReportData) -> dict[str, bytes]:
    """Return the content of every file that shows a plan, by file name.

    The bytes depend on `data` alone: no clock, no locale, no environment. Every file is made from the plan as
    ``plan.json`` holds it, so that whoever has that file and the inputs can make the others again.
    """
    record = plan_record(data)
    data = replace(data, plan=_as_filed(record, data.demand))
    files = {
        PLAN_FILE: plan_bytes(record),
        "actions.csv": actions_csv(data.plan, data.sites),
        "actions.geojson": actions_geojson(data.plan, data.sites, notices=data.notices, simulated=data.simulated),
        "report.html": report_html(data),
    }
    if data.visits is not None:
        files["visits.csv"] = visits_csv(data.visits, data.sites)
    if data.awareness is not None:
        files["awareness.csv"] = awareness_csv(data.awareness.rows, simulated=data.simulated)
    return files


def _as_filed(record: Mapping[str, Any], demand: Demand) -> Plan:
    """Return the plan that a ``plan.json`` holds, its groups in the order of the demand; a file keeps no order."""
    plan = plan_from_dict(record)
    keys = ["/".join((each.age_group, each.period, each.service)) for each in demand.segments]
    keys += [f"{each.age_group}/{each.period}" for each in demand.segments]
    place = {key: number for number, key in reversed(list(enumerate(keys)))}
    sides = {}
    for name in ("before", "after"):
        side = getattr(plan, name)
        groups = {
            group: dict(sorted(getattr(side, group).items(), key=lambda item: (place.get(item[0], len(keys)), item[0])))
            for group in ("segment", "district", "people")
        }
        sides[name] = replace(side, **groups)
    return replace(plan, **sides)
