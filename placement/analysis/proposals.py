"""What to do about a station, in words and numbers: a proposal for whoever knows the place."""

from __future__ import annotations

from typing import Any

import pandas as pd

from placement.demand.performance import PerformanceRules
from placement.notes import Note

MOSTLY_ELSEWHERE = 0.8
"""Share of those within reach who have another station, from which on a station may close without much loss."""

SENTENCES = (
    "close it, which saves {saved:,.0f} yuan a year: {share:.0%} of those within reach have another station",
    "move it to {to}, which brings {gain:,.0f} visits a month more within reach; {share:.0%} of those within reach "
    "today have another station",
    "tell people about it: {expected:,.0f} visits a month could be expected, it sees {visits:,.0f}",
    "ask why nobody comes: {expected:,.0f} visits a month could be expected, it sees {visits:,.0f}, and nowhere else "
    "would it reach more",
    "add a machine: it sees {visits:,.0f} visits a month, {expected:,.0f} could be expected",
    "add a machine: it is filled to {full:.0%}",
    "mend it: {months} months far below its own level cost some {lost:,.0f} visits",
    "leave it alone",
    "wait: it needs {months} months after its first {first}",
    "no verdict: nothing is known of what it should see, or too little is on record",
)
"""All that is proposed."""


def proposal(row: dict[str, Any], rules: PerformanceRules, worth_telling: int) -> Note:
    """Return what to do about a station, from its row of the table.

    Parameters
    ----------
    row
        What is known of the station.
    rules
        By which it was judged.
    worth_telling
        Expected visits a month from which on an idle station is made known rather than moved.
    """
    close, move, tell, ask, more, full, mend, leave, wait, nothing = SENTENCES
    found, seen = row["found"], {"expected": row["expected"], "visits": row["visits"]}
    if found == "idle":
        if row["elsewhere"] < MOSTLY_ELSEWHERE and row["expected"] >= worth_telling:
            return Note(tell, **seen)
        if row["move_to"]:
            return Note(move, to=row["move_to"], gain=row["move_gains"], share=row["elsewhere"])
        if row["elsewhere"] >= MOSTLY_ELSEWHERE:
            return Note(close, saved=row["running_yuan"], share=row["elsewhere"])
        return Note(ask, **seen)
    if found == "overloaded":
        is_full = not pd.isna(row["utilisation"]) and row["utilisation"] >= rules.full
        return Note(full, full=row["utilisation"]) if is_full else Note(more, **seen)
    if found == "faulty":
        return Note(mend, months=row["months_down"], lost=row["lost_down"])
    if found == "too new to tell":
        return Note(wait, months=rules.mature_months, first=rules.first_months)
    return Note(leave if found == "normal" else nothing)
