"""What to do about a station, in words and numbers: a proposal for whoever knows the place."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from placement.demand.performance import PerformanceRules
from placement.notes import Note

MOSTLY_ELSEWHERE = 0.8
"""Share of those within reach who have another station, from which on a station may close without much loss."""

PROPOSALS: Mapping[str, str] = MappingProxyType(
    {
        "close": (
            "close it, which saves {saved:,.0f} yuan a year: {share:.0%} of those within reach have another station"
        ),
        "move": (
            "move it to {to}, which brings {gain:,.0f} visits a month more within reach; "
            "{share:.0%} of those within reach today have another station"
        ),
        "tell": "tell people about it: {expected:,.0f} visits a month could be expected, it sees {visits:,.0f}",
        "ask": (
            "ask why nobody comes: {expected:,.0f} visits a month could be expected, it sees {visits:,.0f}, "
            "and nowhere else would it reach more"
        ),
        "add": "add a machine: it sees {visits:,.0f} visits a month, {expected:,.0f} could be expected",
        "full": "add a machine: it uses {full:.0%} of what its machines can take",
        "mend": "mend it: {months} months far below its own level cost some {lost:,.0f} visits",
        "poor": (
            "its place is poor, not the station: it sees {visits:,.0f} visits a month, {expected:,.0f} could be "
            "expected; at {to} it would bring {gain:,.0f} visits a month more within reach"
        ),
        "leave": "leave it alone",
        "wait": "wait: a verdict needs {mature} months after its first {first}",
        "nothing": "no verdict: nothing is known of what it should see, or too little is on record",
    }
)
"""All that is proposed, and in which words."""


def proposal(row: Mapping[str, Any], rules: PerformanceRules, worth_telling: int) -> Note:
    """Return what to do about a station, from its row of the table.

    Parameters
    ----------
    row
        What is known of the station.
    rules
        By which it was judged.
    worth_telling
        Expected visits a month from which on an idle station is made known rather than moved, and below which an
        ordinary one stands in a poor place.
    """
    return Note(
        PROPOSALS[_kind(row, rules, worth_telling)],
        expected=row["expected"],
        visits=row["visits"],
        saved=row["running_yuan"],
        share=row["elsewhere"],
        to=row["move_to"],
        gain=row["move_gains"],
        full=row["utilisation"],
        months=row["months_down"],
        lost=row["lost_down"],
        mature=rules.mature_months,
        first=rules.first_months,
    )


def _kind(row: Mapping[str, Any], rules: PerformanceRules, worth_telling: int) -> str:
    others = {"faulty": "mend", "too new to tell": "wait", "no verdict": "nothing"}
    found = row["found"]
    if found == "idle":
        return _idle(row, worth_telling)
    if found == "overloaded":
        return "full" if not pd.isna(row["utilisation"]) and row["utilisation"] >= rules.full else "add"
    if found == "normal":
        return "poor" if row["visits"] < worth_telling and row["move_to"] else "leave"
    return others[found]


def _idle(row: Mapping[str, Any], worth_telling: int) -> str:
    if row["elsewhere"] < MOSTLY_ELSEWHERE and row["expected"] >= worth_telling:
        return "tell"
    if row["move_to"]:
        return "move"
    return "close" if row["elsewhere"] >= MOSTLY_ELSEWHERE else "ask"
