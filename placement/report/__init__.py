"""The files of a result folder: ``plan.json``, ``actions.csv``, ``actions.geojson``, ``report.html``, and more.

``visits.csv`` is there where there are transactions, ``awareness.csv`` where there is a survey.

:class:`ReportData` gathers what they show, :func:`render_files` makes them, :func:`write_folder` writes them so that a
killed run leaves the old folder whole.
"""

from placement.report.data import ReportData, SurveyTables
from placement.report.files import (
    CERTIFICATE_FILE,
    REPORT_FILE,
    plan_record,
    render_files,
    render_report,
    render_tables,
)
from placement.report.folder import DESKTOP_FILES, MANIFEST, check_replaceable, recover_folder, write_folder
from placement.report.gather import gather, reach_shares, survey_tables, versions
from placement.report.infeasible_json import INFEASIBLE_FILE, infeasible_files, infeasible_schema, read_infeasible
from placement.report.parts import PlanFormatError
from placement.report.plan_json import (
    PLAN_FILE,
    ordered_actions,
    plan_from_dict,
    plan_schema,
    plan_to_dict,
    read_plan,
)

__all__ = [
    "CERTIFICATE_FILE",
    "DESKTOP_FILES",
    "INFEASIBLE_FILE",
    "MANIFEST",
    "PLAN_FILE",
    "REPORT_FILE",
    "PlanFormatError",
    "ReportData",
    "SurveyTables",
    "check_replaceable",
    "gather",
    "infeasible_files",
    "infeasible_schema",
    "ordered_actions",
    "plan_from_dict",
    "plan_record",
    "plan_schema",
    "plan_to_dict",
    "reach_shares",
    "read_infeasible",
    "read_plan",
    "recover_folder",
    "render_files",
    "render_report",
    "render_tables",
    "survey_tables",
    "versions",
    "write_folder",
]
