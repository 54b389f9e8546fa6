"""Visits a month that each station would see, today and with the plan, from the study's own transactions.

The Huff model of :func:`placement.demand.fit_usage` is fitted to the transactions with two sources of visits, residents
and passers-by, each with a rate of its own, and people may stay at home. It says how the planned visits would spread;
the objective of the program does not use it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from placement.demand import Usage, fit_usage
from placement.errors import InputError
from placement.inputs import Prepared, study_demand

VISIT_COLUMNS = ("before", "before_low", "before_high", "after", "after_low", "after_high", "basis")
_DAYS_A_MONTH = 365 / 12


@dataclass(frozen=True, kw_only=True, eq=False)
class Visits:
    """Predicted visits of every station that stands before or after the plan.

    Parameters
    ----------
    usage
        The fitted model; None where the transactions cannot tell its parameters apart.
    note
        Why there is no model; empty otherwise.
    """

    usage: Usage | None
    note: str
    _table: pd.DataFrame

    @property
    def table(self) -> pd.DataFrame:
        """By ``site_id``: visits a month with 90 % intervals (NaN where no station stands), and what they rest on.

        `basis` is ``own record``, ``stations of its kind``, or ``as <host>`` where no station of its host kind has
        transactions on record: it then counts as the commonest kind.
        """
        return self._table.copy()


def visit_sources(prepared: Prepared) -> pd.DataFrame:
    """Return by demand point what draws visits: `residents` (expected use) and `passers_by` (people a month)."""
    alone = study_demand(prepared.study, prepared.population, None, prepared.awareness)
    sources = pd.DataFrame({"residents": alone.expected_use.sum(axis=1)}, index=prepared.demand.ids)
    if prepared.footfall is not None:
        a_day = prepared.footfall.points["people_per_day"].reindex(sources.index)
        sources["passers_by"] = a_day * _DAYS_A_MONTH * prepared.study.demand.non_resident_share
    return sources


def predict_visits(prepared: Prepared, standing_after: Sequence[str]) -> Visits | None:
    """Return the visits of today's stations and of those in `standing_after`; None without a usage table.

    A study whose transactions cannot be fitted (too few stations, no decay to be seen) is no error: the result says
    why and has an empty table.
    """
    transactions = prepared.tables.usage
    if transactions is None:
        return None
    sites = prepared.sites.table
    today = sites[sites["existing"].to_numpy(dtype=bool)]
    sources = visit_sources(prepared)
    after = sorted(standing_after)
    times = prepared.times.to_sites(today.index.union(after))
    try:
        usage = fit_usage(transactions, times, sources, today, outside=True, leave_one_out=False)
    except InputError as error:
        empty = pd.DataFrame(columns=list(VISIT_COLUMNS), dtype=float)
        reason = "; ".join(fault.problem for fault in error.faults)
        return Visits(usage=None, note=f"visits are not predicted: {reason}", _table=empty)
    known = sites["host"].isin(usage.hosts)
    taken = sites.assign(host=sites["host"].where(known, usage.hosts[0]))
    parts = {
        "before": usage.predict(times, sources, taken.loc[today.index]),
        "after": usage.predict(times, sources, taken.loc[after]),
    }
    columns = {"visits": "", "low": "_low", "high": "_high"}
    named = [part.rename(columns={c: f"{when}{end}" for c, end in columns.items()}) for when, part in parts.items()]
    table = pd.concat(named, axis=1).sort_index()
    recorded = table.index.isin(transactions["site_id"])
    basis = np.where(known[table.index], "stations of its kind", f"as {usage.hosts[0]}")
    table = table.assign(basis=np.where(recorded, "own record", basis))[list(VISIT_COLUMNS)]
    return Visits(usage=usage, note="", _table=table.rename_axis("site_id"))
