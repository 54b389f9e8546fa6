"""The files of a result folder: ``plan.json``, ``actions.csv``, ``actions.geojson``, ``report.html``, and more.

``visits.csv`` is there where there are transactions, ``awareness.csv`` where there is a survey.

:class:`ReportData` gathers what they show, :func:`render_files` makes them, :func:`write_folder` writes them so that a
killed run leaves the old folder whole.
"""

from placement.report.data import ReportData, SurveyTables
from placement.report.files import REPORT, plan_record, render_files, render_report, render_tables
from placement.report.folder import check_replaceable, recover_folder, write_folder
from placement.report.plan_json import ordered_actions, plan_from_dict, plan_schema, plan_to_dict, read_plan

__all__ = [
    "REPORT",
    "ReportData",
    "SurveyTables",
    "check_replaceable",
    "ordered_actions",
    "plan_from_dict",
    "plan_record",
    "plan_schema",
    "plan_to_dict",
    "read_plan",
    "recover_folder",
    "render_files",
    "render_report",
    "render_tables",
    "write_folder",
]
