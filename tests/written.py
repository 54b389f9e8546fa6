"""An outcome on the disk, and what its report shows."""

from __future__ import annotations

from pathlib import Path

from placement.pipeline.recommend import Outcome
from placement.report import ReportData
from placement.report.from_case import report_data
from placement.report.write import WrittenPlan, write


def write_outcome(outcome: Outcome, folder: Path) -> WrittenPlan:
    """Write the plan of an outcome."""
    return write(outcome.case, outcome.plan, folder)


def data_of(outcome: Outcome, folder: Path) -> ReportData:
    """Return what the report of an outcome shows in a folder."""
    return report_data(outcome.case, outcome.plan, folder)
