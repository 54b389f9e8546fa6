"""Visits of stations, learnt from their transactions.

One model with priors (:mod:`placement.demand.use.posterior`) joins the people within reach, who choose among the
stations around, to what else is known of a station: its host kind, covariates, neighbours. It says how far it is to be
trusted (:class:`placement.demand.use.evidence.UseEvidence`), and predicts the visits of any set of stations
(:class:`placement.values.capture.Capture`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from placement.demand.checks import number_faults, raise_faults, require_columns
from placement.demand.fit.transactions import station_totals
from placement.demand.use.data import UseData, check_observed, reach_of, use_data
from placement.demand.use.draws import draw_captures
from placement.demand.use.evidence import UseEvidence, UseLevel, block_r2
from placement.demand.use.fit import Fitted, Tried, by_host_kind, fit_use, try_out
from placement.demand.use.folding import Folder, representative
from placement.demand.use.level import use_level
from placement.demand.use.parameters import competition_is_assumed, parameter_table
from placement.demand.use.posterior import TAILS
from placement.demand.use.priors import PRIORS, UsePriors
from placement.errors import AlignmentError, InputError, listed
from placement.travel import TravelTimes
from placement.values.arrays import BoolArray, IndexArray
from placement.values.capture import Capture
from placement.values.immutable import held, immutable
from placement.values.shown import Shown, listed_briefly

_DRAWS = 200


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Usage:
    """What transactions say of the visits of every site.

    Parameters
    ----------
    hosts
        Host kinds of which a station has transactions.
    sources
        Names of the sources of need.
    unobserved
        Stations that compete but have no transactions on record.
    evidence
        Whether visits can be predicted at all, and how far off they were where it could be tried.
    capture
        Visits a month of any set of the sites; None where they are not predictable.
    """

    hosts: tuple[str, ...]
    sources: tuple[str, ...]
    unobserved: tuple[str, ...]
    evidence: UseEvidence
    capture: Capture | None
    _season: pd.Series = field(repr=False)
    _sites: pd.DataFrame = field(repr=False)
    _parameters: pd.DataFrame = field(repr=False)
    _leave_one_out: pd.DataFrame = field(repr=False)
    _fitted: Fitted = field(repr=False)
    _folder: Folder = field(repr=False)
    _order: IndexArray = field(repr=False)

    @property
    def parameters(self) -> pd.DataFrame:
        """Estimates with `low`, `high` (90 %) and `assumed`: whether the transactions left the prior as it was.

        Rows: ``exponent`` (visits go by the catchment to this power), ``decay_per_min``, ``outside`` (staying at home,
        in the pull of a station of the commonest kind at the door), ``door_share`` (part of an average station's
        catchment that passes its door), ``share_<source>``, ``spatial_share`` and ``spatial_range_m`` (what neighbours
        have in common), ``attraction_<host>`` (pull against the commonest kind), ``station_sd`` (standard deviation
        of the logarithm of visits around the model).
        """
        return self._parameters.copy()

    @property
    def season(self) -> pd.Series:
        """A copy of the factors of the months, mean 1."""
        return self._season.copy()

    @property
    def sites(self) -> pd.DataFrame:
        """By ``site_id``: `visits` a month with `low`, `high` (90 %), and their `basis`.

        Of today's stations as they stand, of each other site as if it were added alone; where visits are not
        predictable one level for each host kind, beside the stations' own records. `basis` is ``own record``,
        ``stations of its kind``, or ``no station of its kind``.
        """
        return self._sites.copy()

    @property
    def leave_one_out(self) -> pd.DataFrame:
        """Per station with transactions: `observed` visits a month and what each method predicts without it.

        Columns `model` (with `low`, `high`, 90 %), `constant`, and `nearest` where places are known.
        """
        return self._leave_one_out.copy()

    @property
    def scores(self) -> pd.DataFrame:
        """Errors of the model and of two baselines, as in :attr:`UseEvidence.scores`."""
        return self.evidence.scores

    @property
    def level(self) -> UseLevel:
        """Expected use beside the visits that stations see."""
        return self.evidence.level

    def draws(self, n: int, seed: int = 0, *, among: BoolArray | None = None) -> Iterator[Capture]:
        """Yield `capture` for `n` draws of the parameters and of each site's level, the same for the same seed.

        The same draw evaluated for two sets of stations gives a paired change. `among`, (sites,): the other sites draw
        nobody, where only sets within it and today's stations are asked for; the rest of a draw is the same.

        Raises
        ------
        InputError
            If visits are not predictable.
        AlignmentError
            If `among` is no mask of the sites.
        """
        self._predicting()
        mask = np.ones(len(self._order), dtype=np.bool_) if among is None else np.asarray(among)
        if mask.shape != self._order.shape or mask.dtype != np.bool_:
            raise AlignmentError.single("among", f"is no mask of {len(self._order)} sites", remedy="give one")
        chosen = mask[self._order] | self._folder.standing
        yield from draw_captures(self._fitted, self._folder, chosen, n=n, seed=seed)

    def predict(self, stations: Sequence[str], *, draws: int = _DRAWS, seed: int = 0) -> pd.DataFrame:
        """Return the visits a month of each station if exactly `stations` stand.

        Parameters
        ----------
        stations
            Ids of sites.
        draws, seed
            From which the intervals are taken.

        Returns
        -------
        pandas.DataFrame
            By ``site_id``: `visits` with a 90 % interval `low`, `high`: the station's mean month; single months
            scatter more.

        Raises
        ------
        InputError
            If visits are not predictable, or a site is not known.
        """
        capture = self._predicting()
        standing = capture.site_ids.isin(list(stations))
        unknown = sorted(set(stations) - set(capture.site_ids))
        if unknown:
            problem = f"are no sites of the fit: {listed(unknown)}"
            raise InputError.single("stations", problem, remedy="fit with all sites")
        drawn = [each.visits(standing)[standing] for each in self.draws(draws, seed, among=standing)]
        low, high = np.quantile(np.array(drawn), TAILS, axis=0)
        columns = {"visits": capture.visits(standing)[standing], "low": low, "high": high}
        return pd.DataFrame(columns, index=capture.site_ids[standing])

    def _predicting(self) -> Capture:
        capture: Capture | None = held(self, "capture")
        if capture is None:
            raise InputError.single("usage", self.evidence.why(), remedy="give more months, stations or covariates")
        return capture

    def _shown(self) -> Shown:
        rows = [(str(name), _range_of(row)) for name, row in self._parameters.iterrows()]
        rows += [("evidence", line) for line in self.evidence.lines()]
        return f"Usage: visits by {listed_briefly(self.sources)}; hosts {listed_briefly(self.hosts)}", rows


def fit_usage(
    transactions: pd.DataFrame,
    times: TravelTimes,
    need: pd.Series | pd.DataFrame,
    sites: pd.DataFrame,
    *,
    passing: pd.Series | None = None,
    covariates: Sequence[str] = (),
    priors: UsePriors = PRIORS,
) -> Usage:
    """Learn from the transactions of today's stations how many people any set of sites would see.

    Parameters
    ----------
    transactions
        `site_id`, `month` (``YYYY-MM``), `transactions`, optional `outage_hours` (of the clock).
    times
        Walking times from the demand points to (at least) the sites, as far as anybody walks.
    need
        Indexed by ``demand_id``: a series, or a frame with one column a source, such as residents' expected use (the
        first; the level is told beside it) and the non-residents around.
    sites
        All sites, indexed by ``site_id``: `host`; `existing`, whether a station stands there today (without the column
        all do); points in a projected CRS as geometry, without which neighbours say nothing of each other.
    passing
        People who pass the door of each site in a month, by ``site_id``, e.g. of
        :func:`placement.demand.passing_footfall`: a part of them walks in without choosing among stations.
    covariates
        Names of numeric columns of `sites`, known before a station is built, that may raise or lower visits: the
        logarithm of weekly hours or of floor space, machines, density around.
    priors
        Grids and priors.

    Returns
    -------
    Usage

    Raises
    ------
    InputError
        Listing bad numbers, stations without any need within reach, and fewer than 3 stations with transactions.
    AlignmentError
        If ids of need, sites, times and transactions do not match.
    """
    require_columns("sites", sites, ["host", *covariates])
    standing = sites["existing"].to_numpy(dtype=bool) if "existing" in sites else np.ones(len(sites), dtype=bool)
    totals = station_totals(transactions, sites[standing])
    frame = need.to_frame("need") if isinstance(need, pd.Series) else need
    raise_faults([fault for column in frame.columns for fault in number_faults("need", frame, column)])
    order = np.argsort(sites.index.to_numpy(dtype=str), kind="stable")
    table = sites.iloc[order]
    reach = reach_of(times, frame, table.index)
    data = use_data(table, standing[order], reach, totals, passing=passing, covariates=covariates)
    check_observed(data, table.index, totals.visits.sum())
    tried = try_out(data, priors)
    fitted = fit_use(data, tried, priors)
    folder = Folder(
        site_ids=pd.Index(sites.index.astype(str), name="site_id"),
        order=np.argsort(order, kind="stable"),
        reach=reach,
        standing=data.standing,
        nodes=fitted.posterior.nodes,
        attraction=fitted.attraction[data.places.host],
        priors=priors,
    )
    sources = tuple(map(str, frame.columns))
    return _usage(data, tried, fitted, folder, hosts=table["host"], sources=sources, season=totals.season, order=order)


def _usage(
    data: UseData,
    tried: Tried,
    fitted: Fitted,
    folder: Folder,
    *,
    hosts: pd.Series,
    sources: tuple[str, ...],
    season: pd.Series,
    order: IndexArray,
) -> Usage:
    kinds, ids = sorted(set(hosts.astype(str))), folder.site_ids[order]
    seen = [kinds[kind] for kind in data.places.recorded_hosts]
    attractions = {host: float(fitted.attraction[kinds.index(host)]) for host in seen} if len(seen) > 1 else {}
    parameters = parameter_table(fitted.posterior, sources, attractions)
    evidence = _evidence(data, tried, fitted, parameters, unseen=tuple(host for host in kinds if host not in seen))
    speaks = evidence.verdict != "not predictable"
    picked = representative(fitted.posterior, fitted.posterior.priors.temper)
    return Usage(
        hosts=tuple(seen),
        sources=sources,
        unobserved=tuple(ids[data.standing & ~fitted.recorded]),
        evidence=evidence,
        capture=folder.capture(fitted.visits, *picked) if speaks else None,
        _season=season,
        _sites=_site_table(data, fitted if speaks else by_host_kind(data, fitted), ids).iloc[folder.order],
        _parameters=parameters,
        _leave_one_out=_left_out_table(data, tried, ids),
        _fitted=fitted,
        _folder=folder,
        _order=order,
    )


def _evidence(
    data: UseData, tried: Tried, fitted: Fitted, parameters: pd.DataFrame, unseen: tuple[str, ...]
) -> UseEvidence:
    """Return how far a fit can be believed; `unseen` are kinds of hosts of which no station is on record."""
    return UseEvidence(
        stations=len(data.record.sites),
        log_bayes_factor=tried.log_bayes_factor,
        verdict=tried.verdict,
        block_r2=block_r2(tried.scores),
        competition_assumed=competition_is_assumed(fitted.posterior),
        decay_assumed=bool(parameters.loc["decay_per_min", "assumed"]),
        decay_per_min=float(parameters.loc["decay_per_min", "estimate"]),
        unseen_hosts=unseen,
        widened=tried.widened,
        level=use_level(fitted, data.reach, data.standing),
        _scores=tried.scores,
    )


def _site_table(data: UseData, fitted: Fitted, ids: pd.Index) -> pd.DataFrame:
    predicted = fitted.predicted()
    low, high = (np.exp(predicted.quantile(tail)) for tail in TAILS)
    of_kind = ~data.places.unseen(np.arange(len(ids)))
    basis = np.where(of_kind, "stations of its kind", "no station of its kind")
    basis = np.where(fitted.recorded, "own record", basis)
    return pd.DataFrame({"visits": fitted.visits, "low": low, "high": high, "basis": basis}, index=ids)


def _left_out_table(data: UseData, tried: Tried, ids: pd.Index) -> pd.DataFrame:
    model = tried.without_station
    columns = {
        "observed": data.record.log_visits,
        "model": model.mean,
        "low": model.quantile(TAILS[0], tried.widened),
        "high": model.quantile(TAILS[1], tried.widened),
        "constant": tried.constant.mean,
    }
    if tried.nearest is not None:
        columns["nearest"] = tried.nearest.mean
    return pd.DataFrame({name: np.exp(logs) for name, logs in columns.items()}, index=ids[data.record.sites])


def _range_of(row: pd.Series) -> str:
    if np.isnan(row["low"]):
        return f"{row['estimate']:.4g}"
    assumed = ", assumed" if row["assumed"] else ""
    return f"{row['estimate']:.4g} ({row['low']:.4g} to {row['high']:.4g}{assumed})"
