"""Visits a month that any set of stations would see, learnt from the study's own transactions before the plan is made.

Residents (their expected use) and, where people are counted, passers-by draw visits: around a site, as residents do,
and at its door. How much each counts for is learnt (:func:`placement.demand.fit_usage`), as is whether longer hours and
more machines bring more people.

Where a study sets out virtual counters (``[demand] footfall_interpolate``), doors go by the real ones alone: a virtual
counter is an expectation, not a count. Passers-by around are offered to the fit both ways, with the virtual counters'
people and without.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd

from placement.demand import Usage, fit_usage, passing_footfall
from placement.errors import InputError
from placement.notes import Note, about
from placement.pipeline.demand import study_demand
from placement.pipeline.prepare import Prepared
from placement.values.arrays import BoolArray
from placement.values.capture import Capture
from placement.values.immutable import immutable
from placement.values.shown import Shown, brief

MOST_PAIRS = 20_000_000
"""Pairs of demand point and site of which visits are predicted: all are held at once, some 500 bytes each."""
COVARIATES = ("log_hours", "log_machines")
_DAYS_A_MONTH = 365 / 12
_DAY_MIN = 1440
_NOT = "visits are not predicted: {why}"


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Use:
    """What a study's transactions say of the visits of any set of its sites.

    Parameters
    ----------
    capture
        Predicted visits of any set of sites; None where nothing can be predicted.
    note
        Why nothing can; empty otherwise.
    notes
        For the reader: `note`, or how far off predictions were where they could be tried, and what they assume.
    ranks
        Whether the evidence lets sites be ranked by what is predicted.
    basis
        By site id what its level rests on: ``own record``, ``stations of its kind``, or ``no station of its kind``
        where none of its host kind has transactions on record.
    usage
        The fitted model; None where nothing was fitted.
    """

    capture: Capture | None = None
    note: str = ""
    notes: tuple[str, ...] = ()
    ranks: bool = False
    basis: Mapping[str, str] = field(default_factory=dict)
    usage: Usage | None = None

    def draws(self, n: int, seed: int, among: BoolArray | None = None) -> Iterator[Capture]:
        """Yield :attr:`capture` for `n` draws of the parameters and of each site's level, the same for the same seed.

        The same draw evaluated for two sets of stations gives a paired change. `among`, (sites,): the other sites
        pull nobody, where only sets within it are asked for. Nothing where nothing is predicted.
        """
        return iter(()) if self.usage is None or self.capture is None else self.usage.draws(n, seed, among=among)

    def _shown(self) -> Shown:
        if self.capture is None:
            return "Use: no visits predicted", [("why", self.note)]
        return "Use: visits of any set of stations", [("capture", brief(self.capture)), ("usage", brief(self.usage))]


def study_use(prepared: Prepared) -> Use | None:
    """Return what the transactions of a study say of the visits of its sites; None without a usage table.

    A study whose transactions tell nothing (too few stations, none that differs from others as the model would have it)
    is no error: the result says why.
    """
    transactions = prepared.tables.usage
    if transactions is None:
        return None
    if prepared.times.n_pairs > MOST_PAIRS:
        many = Note("{pairs:,} pairs, {most:,} are the most", pairs=prepared.times.n_pairs, most=MOST_PAIRS)
        return _nothing(prepared, many)
    sites = prepared.sites.table
    try:
        usage = fit_usage(
            transactions,
            prepared.times.to_sites(sites.index),
            _sources(prepared),
            _described(sites, prepared.study.demand.visit_columns),
            passing=_doors(prepared),
            covariates=(*COVARIATES, *prepared.study.demand.visit_columns),
        )
    except InputError as error:
        return _nothing(prepared, _why(error))
    evidence, capture = usage.evidence, usage.capture
    if capture is None:
        lines = (Note(_NOT, why=evidence.why()), *evidence.lines()[1:])
        return Use(note=lines[0], notes=_named(prepared, *lines), usage=usage)
    basis = usage.sites["basis"]
    return Use(
        capture=capture,
        notes=_named(prepared, *evidence.lines()),
        ranks=evidence.predicts,
        basis=dict(zip(basis.index, map(str, basis), strict=True)),
        usage=usage,
    )


def _nothing(prepared: Prepared, why: str) -> Use:
    note = Note(_NOT, why=why)
    return Use(note=note, notes=_named(prepared, note))


def _named(prepared: Prepared, *lines: str) -> tuple[str, ...]:
    """Return lines for the reader, each with the table that it is about."""
    usage = prepared.study.inputs.usage
    return tuple(about("usage", line, simulated=usage is not None and usage.simulated) for line in lines)


def _why(error: InputError) -> str:
    return "; ".join(
        f"{fault.table} [{fault.row}] {fault.problem}" if fault.row else fault.problem for fault in error.faults
    )


def _described(sites: gpd.GeoDataFrame, columns: Sequence[str]) -> gpd.GeoDataFrame:
    """Return the sites with what may bring more people and is known before a station is built.

    Of `columns` of positive numbers the logarithm is taken: twice the floor space is as much more everywhere.
    """
    opens, closes = (sites[name].to_numpy(dtype=float) for name in ("opens_min", "closes_min"))
    minutes = np.where(closes > opens, closes - opens, closes - opens + _DAY_MIN)
    found = {"log_hours": np.log(minutes / 60.0), "log_machines": np.log(sites["machines"].to_numpy(dtype=float))}
    for name in columns:
        numbers = sites[name].to_numpy(dtype=float)
        found[name] = np.log(numbers) if (numbers > 0).all() else numbers
    return sites.assign(**found)


def _sources(prepared: Prepared) -> pd.DataFrame:
    """Return visits a month that residents are expected to make, and passers-by, by demand point."""
    alone = study_demand(prepared.study, prepared.population, None, prepared.awareness)
    found = pd.DataFrame({"residents": alone.expected_use.sum(axis=1)}, index=prepared.demand.ids)
    if prepared.footfall is None:
        return found
    from_elsewhere = _DAYS_A_MONTH * prepared.study.demand.non_resident_share
    around = {"passers_by": prepared.footfall.points}
    if prepared.filled is not None:
        counters = prepared.footfall.counters
        real = np.where(_virtual(prepared), 0.0, counters["people_per_day"].to_numpy(dtype=float))
        around["passers_by_counted"] = prepared.footfall.spread(real)
    for name, points in around.items():
        found[name] = points["people_per_day"].reindex(found.index) * from_elsewhere
    return found


def _doors(prepared: Prepared) -> pd.Series | None:
    """Return people from elsewhere a month at the door of each site, by real counters."""
    if prepared.footfall is None:
        return None
    settings, counters = prepared.study.demand, prepared.footfall.counters
    real = counters[~_virtual(prepared)]
    passing = passing_footfall(real, prepared.sites.table, bandwidth_m=settings.footfall_bandwidth_m)
    return passing * (_DAYS_A_MONTH * settings.non_resident_share)


def _virtual(prepared: Prepared) -> BoolArray:
    """Return (counters,) which are virtual."""
    counters = None if prepared.footfall is None else prepared.footfall.counters
    if counters is None or prepared.filled is None:
        return np.zeros(0 if counters is None else len(counters), dtype=np.bool_)
    return np.asarray(counters["interpolated"].to_numpy(dtype=bool))
