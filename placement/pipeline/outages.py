"""How often a machine is out of order, from the hours that stations report.

The probability is the share of the hours of the clock that all months on record were out of service, to four decimals.
One number stands for all machines; what single stations report is said beside it.
"""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from placement.errors import InputError
from placement.notes import Note, about
from placement.study import Study
from placement.values.limits import MOST_RESERVE

_PLACES = 10_000


def usage_outage(study: Study, usage: pd.DataFrame | None) -> Fraction | None:
    """Return the probability of an outage as the policy asks for it; None where it names none.

    Raises
    ------
    InputError
        If the usage table is to tell and does not, or tells of more than a policy can take.
    """
    if not study.policy.outage_from_usage:
        return study.policy.outage_probability
    row, table = "policy.outage_from_usage", study.file.name
    if usage is None or not usage["outage_hours"].sum() > 0:
        problem = "no hours out of service are on record"
        raise InputError.single(table, problem, row=row, remedy="give inputs.usage with outage_hours, or leave it out")
    out = usage["outage_hours"].astype(float)
    share = Fraction(round(_PLACES * float(out.sum() / _hours(usage).sum())), _PLACES)
    if share > MOST_RESERVE:
        problem = f"{float(share):.1%} of all hours were out of service, more than {float(MOST_RESERVE):.0%}"
        raise InputError.single(table, problem, row=row, remedy="check outage_hours, or leave it out")
    return share


def outage_notes(study: Study, usage: pd.DataFrame | None) -> tuple[str, ...]:
    """Return what the usage table says of outages, over all and of the stations that report least and most."""
    share = usage_outage(study, usage) if study.policy.outage_from_usage else None
    if share is None or usage is None:
        return ()
    both = usage.assign(hours=_hours(usage)).groupby("site_id")[["outage_hours", "hours"]].sum()
    shares = both["outage_hours"].astype(float) / both["hours"]
    note = Note(
        "machines are out of order {share:.2%} of the time, by outage_hours of {months:,} months of {stations:,} "
        "stations: from {least:.2%} at {best} to {most:.2%} at {worst}",
        share=float(share), months=len(usage), stations=len(shares), least=float(shares.min()),
        best=str(shares.idxmin()), most=float(shares.max()), worst=str(shares.idxmax()),
    )  # fmt: skip
    return (about("usage", note),)


def _hours(usage: pd.DataFrame) -> pd.Series:
    """Return the hours of the clock of each month."""
    return pd.to_datetime(usage["month"], format="%Y-%m").dt.days_in_month * 24
