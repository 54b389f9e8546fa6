"""Visits of stations, calibrated on their transactions.

The model (:mod:`placement.demand.fit.huff`) lets people choose among the stations within reach by walking time and
host; its decay, attractions, rates and the scatter between stations are fitted to the transactions. How good it is, is
told by leaving out each station in turn, beside two baselines: visits in proportion to the need within 15 minutes, and
to the need of the points to which a station is the nearest. The fit predicts the visits of any plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from placement.demand.checks import number_faults, raise_faults, require_columns
from placement.demand.fit import huff as _huff
from placement.demand.fit.huff import HuffFit, Observed, Pairs
from placement.demand.fit.intervals import gamma_effect, interval, log_sd
from placement.demand.fit.parameters import parameter_table
from placement.demand.fit.pulls import Pulls
from placement.demand.fit.scores import poisson_deviance, rank_correlation
from placement.demand.fit.transactions import StationTotals, station_totals
from placement.errors import AlignmentError, Fault, InputError, listed
from placement.travel import TravelTimes
from placement.values.arrays import BoolArray, FloatArray
from placement.values.capture import Capture
from placement.values.immutable import immutable
from placement.values.shown import Shown, listed_briefly

BASELINE_S = 900.0
"""The density baseline counts the need within 15 minutes."""
METHODS = ("calibrated", "within_15_min", "nearest")


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Usage:
    """A calibrated model of visits.

    Parameters
    ----------
    hosts
        Host kinds; the first, the commonest, is the reference of the attractions.
    sources
        Names of the sources of need.
    unobserved
        Stations that compete but have no transactions on record.
    """

    hosts: tuple[str, ...]
    sources: tuple[str, ...]
    unobserved: tuple[str, ...]
    _season: pd.Series = field(repr=False)
    _fit: HuffFit = field(repr=False)
    _outside: bool = field(repr=False)
    _history: pd.DataFrame = field(repr=False)
    _parameters: pd.DataFrame = field(repr=False)
    _leave_one_out: pd.DataFrame | None = field(repr=False)

    @property
    def parameters(self) -> pd.DataFrame:
        """Estimates with `se`, `low`, `high` (90 %, Student's t on stations less parameters).

        Rows: ``rate_<source>`` (visits for each unit of need), ``decay_per_min``, ``attraction_<host>`` (factor against
        the reference host), ``outside`` (staying at home, in the pull of a reference station at the door),
        ``capture`` (visits a passer-by), ``station_sd`` (coefficient of variation between stations that the model does
        not explain).
        """
        return self._parameters.copy()

    @property
    def season(self) -> pd.Series:
        """A copy of the factors of the months, mean 1."""
        return self._season.copy()

    @property
    def leave_one_out(self) -> pd.DataFrame:
        """Per station with transactions: `observed` visits a month and what each method predicts without it.

        Columns `calibrated` (with `low`, `high`, 90 %), `within_15_min`, `nearest`.

        Raises
        ------
        InputError
            If the model was fitted without it.
        """
        if self._leave_one_out is None:
            raise InputError.single("usage", "was fitted with leave_one_out=False", remedy="fit it again with True")
        return self._leave_one_out.copy()

    @property
    def scores(self) -> pd.DataFrame:
        """Of each method, left-out stations: mean Poisson `deviance` a station and Spearman's `rank_correlation`."""
        table = self.leave_one_out
        months = table["months"].to_numpy()
        observed = table["observed"].to_numpy() * months
        rows = {}
        for method in METHODS:
            predicted = np.maximum(table[method].to_numpy() * months, 0.5)
            # Ranks say nothing where all predictions are one number.
            varied = np.ptp(table[method].to_numpy()) > 0
            ranks = rank_correlation(table[[method, "observed"]]) if varied else 0.0
            rows[method] = {"deviance": poisson_deviance(observed, predicted), "rank_correlation": ranks}
        return pd.DataFrame(rows).T.rename_axis("method")

    def predict(
        self,
        times: TravelTimes,
        need: pd.Series | pd.DataFrame,
        stations: pd.DataFrame,
        *,
        passing: pd.Series | None = None,
        history: bool = True,
    ) -> pd.DataFrame:
        """Return the visits a month of each station if exactly `stations` stand.

        Parameters
        ----------
        times, need
            As in :func:`fit_usage`, for the sites and demand points of the plan.
        stations
            The stations of the plan indexed by ``site_id``, with `host`.
        passing
            As in :func:`fit_usage`; needed if, and only if, the fit had it.
        history
            Let a station that was observed keep what it had above or below the model, shrunk by how long it was
            observed. A new one has the model's mean and the whole scatter between stations.

        Returns
        -------
        pandas.DataFrame
            By ``site_id``: `visits`, `low`, `high`: the station's mean month with a 90 % interval that holds the
            uncertainty of the parameters and of the station's own level; single months scatter more.

        Raises
        ------
        InputError
            If a host kind was not in the calibration, or `passing` does not fit it.
        """
        pairs = self._pairs_of(times, need, stations, passing)
        mean, jacobian = pairs.mean(self._fit.theta)
        spread = log_sd(mean, jacobian, self._fit.covariance)
        shape, rate = self._level(stations.index.astype(str) if history else pd.Index([""] * len(stations)))
        low, high = interval(mean, spread, shape, rate)
        visits = mean * shape / rate
        return pd.DataFrame({"visits": visits, "low": low, "high": high}, index=stations.index)

    def capture(
        self, times: TravelTimes, need: pd.Series | pd.DataFrame, sites: pd.DataFrame, passing: pd.Series | None
    ) -> Capture:
        """Return the visits a month that any set of `sites` would see, each station's own level in its pull and door.

        Parameters and errors are those of :meth:`predict`; `sites` are all that stand or may stand.
        """
        return self._pulls(times, need, sites, passing).expected(self._fit)

    def draws(
        self,
        times: TravelTimes,
        need: pd.Series | pd.DataFrame,
        sites: pd.DataFrame,
        passing: pd.Series | None,
        *,
        n: int,
        seed: int,
        among: BoolArray | None = None,
    ) -> Iterator[Capture]:
        """Yield :meth:`capture` for `n` draws of the parameters and of each site's level, the same for the same seed.

        One draw evaluated for two sets of stations gives a paired change. `among`, (sites,): the other sites pull
        nobody, where only sets within it are asked for.
        """
        return self._pulls(times, need, sites, passing).draws(self._fit, n, seed, among)

    def _pulls(self, times: TravelTimes, need: Any, sites: pd.DataFrame, passing: pd.Series | None) -> Pulls:
        if not self._outside:
            raise InputError.single("usage", "was fitted without staying at home", remedy="fit it with outside=True")
        shape, rate = self._level(sites.index.astype(str))
        pairs = self._pairs_of(times, need, sites, passing)
        return Pulls(site_ids=sites.index, pairs=pairs, shape=shape, rate=rate)

    def _level(self, ids: pd.Index) -> tuple[FloatArray, FloatArray]:
        past = self._history.reindex(ids).fillna(0.0)
        return gamma_effect(self._fit.dispersion, past["visits"].to_numpy(), past["expected"].to_numpy())

    def _pairs_of(self, times: TravelTimes, need: Any, stations: pd.DataFrame, passing: pd.Series | None) -> Pairs:
        unknown = sorted(set(stations["host"].astype(str)) - set(self.hosts))
        if unknown:
            remedy = f"known: {listed(self.hosts)}; give such a site the most similar of them"
            raise InputError.single("stations", f"host kinds without transactions: {listed(unknown)}", remedy=remedy)
        frame = _need_frame(need, self.sources)
        if (passing is not None) != ("capture" in self._parameters.index):
            problem = "is missing" if passing is None else "was not in the calibration"
            raise InputError.single("passing", problem, remedy="give fit_usage and predict the same")
        return _pairs(times, frame, stations, self.hosts, outside=self._outside, passing=passing)

    def _shown(self) -> Shown:
        table = self._parameters
        rows = [
            (str(name), f"{row['estimate']:.4g} ({row['low']:.4g} to {row['high']:.4g})")
            for name, row in table.iterrows()
        ]
        return f"Usage: visits by {listed_briefly(self.sources)}; hosts {listed_briefly(self.hosts)}", rows


def fit_usage(
    transactions: pd.DataFrame,
    times: TravelTimes,
    need: pd.Series | pd.DataFrame,
    stations: pd.DataFrame,
    *,
    passing: pd.Series | None = None,
    family: Literal["negative_binomial", "poisson"] = "negative_binomial",
    outside: bool = False,
    leave_one_out: bool = True,
) -> Usage:
    """Calibrate decay, attractions and rates on the transactions of the existing stations.

    Parameters
    ----------
    transactions
        `site_id`, `month` (``YYYY-MM``), `transactions`, optional `outage_hours` (of the clock).
    times
        Walking times from the demand points to (at least) the stations, as far as anybody walks.
    need
        Indexed by ``demand_id``: a series, or a frame with one column a source, each with its own rate, such as
        residents' expected use (its rate: how far reality is from it) and the non-residents around. Baselines use the
        first column.
    stations
        All stations that stood, indexed by ``site_id``: `host`.
    passing
        People who pass the door of each station in a month, by ``site_id``, e.g. of
        :func:`placement.demand.interpolate_footfall`: a share of them, the capture, walks in without choosing among
        stations.
    family
        ``poisson`` leaves out the scatter between stations: standard errors are then too small in any real network.
    outside
        Let people stay at home: visits then fall with the distance of the nearest station, not only shift between
        stations. Its parameter and the rates are correlated; the leave-one-out scores tell whether it helps.
    leave_one_out
        Whether to refit without each station.

    Returns
    -------
    Usage

    Raises
    ------
    InputError
        Listing bad numbers, stations without any need within reach, and parameters the data cannot tell apart.
    AlignmentError
        If ids of need, stations, times and transactions do not match.
    """
    require_columns("stations", stations, ["host"])
    totals = station_totals(transactions, stations)
    counts = stations["host"].astype(str).value_counts()
    hosts = tuple(sorted(counts.index, key=lambda host: (-counts[host], host)))
    frame = _need_frame(need, None)
    pairs = _pairs(times, frame, stations, hosts, outside=outside, passing=passing)
    _check_observed(pairs, totals, stations)
    poisson = family == "poisson"
    data = Observed.of(pairs, totals.visits, totals.exposure)
    found = _huff.fit(data, poisson=poisson)
    sources = tuple(map(str, frame.columns))
    names = _names(hosts, sources, outside=outside, passing=passing is not None)
    _huff.require_identified(data, found, names)
    expected = pairs.mean(found.theta)[0] * totals.exposure
    ids = stations.index.astype(str)
    return Usage(
        hosts=hosts,
        sources=sources,
        unobserved=tuple(ids[totals.exposure == 0]),
        _season=totals.season,
        _fit=found,
        _outside=outside,
        _history=pd.DataFrame({"visits": totals.visits, "expected": expected}, index=ids),
        _parameters=parameter_table(found, names, len(sources), int((totals.exposure > 0).sum())),
        _leave_one_out=_leave_one_out(pairs, totals, found, ids, poisson=poisson) if leave_one_out else None,
    )


def _need_frame(need: pd.Series | pd.DataFrame, sources: tuple[str, ...] | None) -> pd.DataFrame:
    frame = need.to_frame("need") if isinstance(need, pd.Series) else need
    if sources is not None:
        require_columns("need", frame, sources)
        frame = frame[list(sources)]
    raise_faults([fault for column in frame.columns for fault in number_faults("need", frame, column)])
    return frame


def _pairs(
    times: TravelTimes,
    need: pd.DataFrame,
    stations: pd.DataFrame,
    hosts: tuple[str, ...],
    *,
    outside: bool,
    passing: pd.Series | None,
) -> Pairs:
    """Return the pairs within reach, aligned by id."""
    places = times.site_ids.get_indexer(stations.index)
    if (places < 0).any():
        problem = f"have no travel times: {listed(stations.index[places < 0])}"
        raise AlignmentError.single("stations", problem, remedy="compute times to every station")
    rows = need.index.get_indexer(times.point_ids)
    if (rows < 0).any() or len(need) != len(rows):
        lost, extra = times.point_ids[rows < 0], need.index.difference(times.point_ids)
        problem = f"does not fit the travel times (missing: {listed(lost)}; without times: {listed(extra)})"
        raise AlignmentError.single("need", problem, remedy="give one row a demand point")
    minutes = times.seconds.tocsc()[:, places].tocsr().tocoo()
    order = np.lexsort((minutes.col, minutes.row))
    kinds = {host: number for number, host in enumerate(hosts)}
    return Pairs(
        row=minutes.row[order].astype(np.intp),
        column=minutes.col[order].astype(np.intp),
        minutes=minutes.data[order] / 60.0,
        host=stations["host"].astype(str).map(kinds).to_numpy(dtype=np.intp),
        need=need.to_numpy(dtype=float)[rows],
        n_hosts=len(hosts),
        outside=outside,
        passing=None if passing is None else _passing(passing, stations),
    )


def _passing(passing: pd.Series, stations: pd.DataFrame) -> FloatArray:
    missing = stations.index.difference(passing.index)
    if len(missing):
        raise AlignmentError.single("passing", f"lacks {listed(missing)}", remedy="give every station a number")
    frame = passing.loc[stations.index].to_frame("passing")
    raise_faults(number_faults("passing", frame, "passing"))
    return np.asarray(frame["passing"].to_numpy(dtype=float))


def _check_observed(pairs: Pairs, totals: StationTotals, stations: pd.DataFrame) -> None:
    observed = totals.exposure > 0
    if not observed.any() or totals.visits.sum() == 0:
        raise InputError.single("usage", "no station has transactions", remedy="give the months of today's stations")
    reached = np.bincount(pairs.column, pairs.need.sum(axis=1)[pairs.row], minlength=pairs.n_stations)
    within = reached + (0.0 if pairs.passing is None else pairs.passing)
    raise_faults(
        [
            Fault(
                table="stations",
                row=str(stations.index[station]),
                problem="no need lies within reach of the station",
                remedy="compute times further, or leave the station out",
            )
            for station in np.flatnonzero(observed & (within <= 0))
        ]
    )
    if observed.sum() <= pairs.size:
        problem = f"{observed.sum()} stations with transactions cannot tell {pairs.size} parameters"
        raise InputError.single("usage", problem, remedy="join host kinds or sources of need")


def _names(hosts: tuple[str, ...], sources: tuple[str, ...], *, outside: bool, passing: bool) -> list[str]:
    names = [f"rate_{source}" for source in sources]
    names += ["decay_per_min", *(f"attraction_{host}" for host in hosts[1:])]
    return names + ["outside"] * outside + ["capture"] * passing


def _leave_one_out(
    pairs: Pairs, totals: StationTotals, found: HuffFit, ids: pd.Index, *, poisson: bool
) -> pd.DataFrame:
    """Return what each method predicts for each observed station without its transactions."""
    visits, exposure = totals.visits, totals.exposure
    observed = np.flatnonzero(exposure > 0)
    rows = []
    for station in observed:
        data = Observed.of(pairs, visits, _huff.without(exposure, int(station)))
        refit = _huff.fit(data, poisson=poisson, start=found)
        mean, jacobian = (part[station : station + 1] for part in pairs.mean(refit.theta))
        shape, rate = gamma_effect(refit.dispersion, np.zeros(1), np.zeros(1))
        low, high = interval(mean, log_sd(mean, jacobian, refit.covariance), shape, rate)
        rows.append((visits[station] / exposure[station], exposure[station], mean[0], low[0], high[0]))
    table = pd.DataFrame(rows, columns=["observed", "months", "calibrated", "low", "high"], index=ids[observed])
    for name, base in zip(METHODS[1:], _baselines(pairs), strict=True):
        scaled = base * exposure
        rest, counted = visits[observed].sum() - visits[observed], scaled[observed].sum() - scaled[observed]
        table[name] = base[observed] * rest / np.maximum(counted, 1e-300)
    return table.rename_axis("site_id")


def _baselines(pairs: Pairs) -> tuple[FloatArray, FloatArray]:
    """Return (stations,) need within 15 minutes, and need of the points to which the station is nearest."""
    need = pairs.need[:, 0][pairs.row]
    near = pairs.minutes * 60.0 <= BASELINE_S
    within = np.bincount(pairs.column, need * near, minlength=pairs.n_stations)
    order = np.lexsort((pairs.column, pairs.minutes, pairs.row))
    _, first = np.unique(pairs.row[order], return_index=True)
    nearest = order[first]
    allocated = np.bincount(pairs.column[nearest], need[nearest], minlength=pairs.n_stations)
    return within.astype(float), allocated.astype(float)
