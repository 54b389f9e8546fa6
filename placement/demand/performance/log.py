"""The log of a network: what was done at each station in each month, and what of the month it could be done in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from placement.demand.fit.transactions import station_totals
from placement.values.arrays import BoolArray, FloatArray, IndexArray, frozen_array
from placement.values.immutable import immutable
from placement.values.shown import Shown

STOOD_BEFORE = 1200
"""Age in months that is given to a station that stood when the log began."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class StationLog:
    """Monthly transactions as arrays.

    Parameters
    ----------
    ids
        Ids of the stations with transactions, increasing.
    months
        The months on record, ``YYYY-MM``, increasing; a month that nobody reported is not among them.
    counts
        (stations, months) transactions; 0 where there is no row.
    live
        (stations, months) whether there is a row.
    exposure
        (stations, months) share of the month in service; 1 where there is no row.
    age
        (stations, months) months since the station opened; :data:`STOOD_BEFORE` of one that stood before the log.
    """

    ids: pd.Index
    months: tuple[str, ...]
    counts: FloatArray
    live: BoolArray
    exposure: FloatArray
    age: IndexArray

    def __post_init__(self) -> None:
        for name in ("counts", "live", "exposure", "age"):
            object.__setattr__(self, name, frozen_array(getattr(self, name)))

    @classmethod
    def of(
        cls, transactions: pd.DataFrame, stations: pd.DataFrame, opened: Mapping[str, str] | None = None
    ) -> StationLog:
        """Return the log of a table of monthly transactions.

        Parameters
        ----------
        transactions
            `site_id`, `month` (``YYYY-MM``), `transactions`, optional `outage_hours` (of the clock).
        stations
            Indexed by ``site_id``.
        opened
            Month in which stations opened. One that is not named opened in its first month on record if that is later
            than the log's own first month, and stood before otherwise.

        Raises
        ------
        InputError, AlignmentError
            As :func:`placement.demand.fit.transactions.station_totals`.
        """
        station_totals(transactions, stations)  # which checks every row
        frame = transactions.assign(
            site_id=transactions["site_id"].astype(str), month=transactions["month"].astype(str)
        )
        counts = frame.pivot_table(index="site_id", columns="month", values="transactions", aggfunc="sum")
        counts = counts.sort_index().sort_index(axis=1)
        live = counts.notna().to_numpy()
        months = pd.PeriodIndex(counts.columns, freq="M")
        return cls(
            ids=pd.Index(counts.index, name="site_id"),
            months=tuple(counts.columns),
            counts=counts.fillna(0.0).to_numpy(dtype=float),
            live=live,
            exposure=_exposure(frame, counts, months),
            age=_age(counts.index, live, months, opened or {}),
        )

    def only(self, stations: BoolArray, live: BoolArray) -> StationLog:
        """Return the log of some stations, (stations,), with `live` (stations, months) in place of its own."""
        return StationLog(
            ids=self.ids[stations],
            months=self.months,
            counts=np.where(live, self.counts, 0.0)[stations],
            live=live[stations],
            exposure=self.exposure[stations],
            age=self.age[stations],
        )

    def _shown(self) -> Shown:
        seen = f"{int(self.live.sum()):,} months of stations on record"
        return f"StationLog: {len(self.ids):,} stations, {self.months[0]} to {self.months[-1]}", [("rows", seen)]


def _exposure(frame: pd.DataFrame, counts: pd.DataFrame, months: pd.PeriodIndex) -> FloatArray:
    if "outage_hours" not in frame:
        return np.ones(counts.shape)
    out = frame.pivot_table(index="site_id", columns="month", values="outage_hours", aggfunc="sum")
    out = out.reindex(index=counts.index, columns=counts.columns).fillna(0.0)
    return np.asarray(1.0 - out.to_numpy(dtype=float) / (months.days_in_month.to_numpy(dtype=float) * 24.0))


def _age(ids: pd.Index, live: BoolArray, months: pd.PeriodIndex, opened: Mapping[str, str]) -> IndexArray:
    """Return (stations, months) ages; months before the opening have ages below 0."""
    number = months.year.to_numpy() * 12 + months.month.to_numpy()
    first = number[live.argmax(axis=1)]
    begun = np.where(first > number[0], first, number[0] - STOOD_BEFORE)
    for at, name in enumerate(ids):
        if opened.get(str(name)):
            month = pd.Period(opened[str(name)], freq="M")
            begun[at] = month.year * 12 + month.month
    return np.asarray(np.minimum(number[None, :] - begun[:, None], STOOD_BEFORE))
