"""The model of use fitted: what its transactions say, tried on stations left out, and what it says of every site."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from placement.demand.use.baselines import blocks, constant_left_out, nearest_left_out, scores, widening
from placement.demand.use.data import UseData
from placement.demand.use.evidence import LEAST_HELD, LEAST_STATIONS, Verdict, block_r2, verdict
from placement.demand.use.hosts import host_attractions
from placement.demand.use.posterior import Posterior, Predicted, fit_posterior
from placement.demand.use.priors import UsePriors
from placement.demand.use.process import Family
from placement.values.arrays import BoolArray, FloatArray

_LEVEL = Family(exponent=0.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Tried:
    """What stations without their own record, and without their area's, were predicted.

    Parameters
    ----------
    log_bayes_factor
        Against one level for each host kind.
    without_station, constant, nearest
        (n,) predictions of each station without its record: of the model and of the baselines.
    scores
        As in :class:`placement.demand.use.evidence.UseEvidence`.
    widened
        Factor of the intervals.
    """

    log_bayes_factor: float
    without_station: Predicted
    constant: Predicted
    nearest: Predicted | None
    scores: pd.DataFrame
    widened: float

    @property
    def verdict(self) -> Verdict:
        """When to speak."""
        return verdict(len(self.without_station.mean), self.log_bayes_factor, block_r2(self.scores))


def try_out(data: UseData, priors: UsePriors) -> Tried:
    """Leave out stations and areas in turn.

    The pull of host kinds is part of the scatter here, not folded into the competition: what is left out then plays no
    part in what predicts it.
    """
    here = data.stations()
    kinds = int(here.places.host.max()) + 1
    posterior = here.posterior(np.zeros(kinds), folded=False, priors=priors)
    level = replace(here.places, covariates=np.zeros((here.reach.n_sites, 0)), xy=None)
    plain = fit_posterior(posterior.nodes, level, here.record, [_LEVEL], priors)
    xy = None if here.places.xy is None else here.places.xy[here.record.sites]
    alone = np.arange(len(here.record.sites))
    areas = alone if xy is None else blocks(xy)
    logs, rows = here.record.log_visits, {}
    found = {"station": posterior.left_out(), "block": posterior.left_out(areas)}
    for without, labels in (("station", alone), ("block", areas)):
        constant = constant_left_out(logs, labels)
        rows["model", without] = scores(found[without], logs)
        rows["constant", without] = scores(constant, logs) | {"rank_correlation": 0.0}
        if xy is not None:
            rows["nearest", without] = scores(nearest_left_out(xy, logs, labels), logs)
    table = pd.DataFrame(rows).T.rename_axis(["method", "without"])
    trusted = len(alone) < LEAST_STATIONS or table.loc[("model", "block"), "held"] >= LEAST_HELD
    return Tried(
        log_bayes_factor=posterior.log_evidence - plain.log_evidence,
        without_station=found["station"],
        constant=constant_left_out(logs, alone),
        nearest=None if xy is None else nearest_left_out(xy, logs, alone),
        scores=table,
        widened=1.0 if trusted else widening(found["block"], logs),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """The model that predicts.

    Parameters
    ----------
    posterior, attraction
        Of all sites, with the pull of host kinds, (kinds,) logarithms, folded into the competition.
    log_visits, log_sd
        (sites,) logarithm of the visits a month and its standard deviation: of a station on record its own, drawn a
        little towards what the model says without it; of any other what the model says.
    recorded
        (sites,) which have transactions.
    freedom
        Degrees of freedom of those without.
    widened
        Factor of the spread of those without.
    """

    posterior: Posterior
    attraction: FloatArray
    log_visits: FloatArray
    log_sd: FloatArray
    recorded: BoolArray
    freedom: float
    widened: float

    @property
    def visits(self) -> FloatArray:
        """(sites,) expected visits a month; not raised by what is not known of kinds without a record."""
        places = self.posterior.places
        surely = self.recorded | places.unseen(np.arange(len(places.host)))
        return np.asarray(np.exp(self.log_visits + 0.5 * np.where(surely, 0.0, self.log_sd) ** 2))

    def predicted(self) -> Predicted:
        """Return the logarithms with their spread."""
        return Predicted(mean=self.log_visits, sd=self.log_sd, freedom=self.freedom)


def by_host_kind(data: UseData, fitted: Fitted) -> Fitted:
    """Return one level for each host kind in the place of the model, where that explains no more; records stay."""
    posterior = fitted.posterior
    places = replace(data.places, covariates=np.zeros((len(data.standing), 0)), xy=None)
    level = fit_posterior(posterior.nodes, places, data.record, [_LEVEL], posterior.priors)
    others = np.flatnonzero(~fitted.recorded)
    found = level.predict(others)
    mean, sd = fitted.log_visits.copy(), fitted.log_sd.copy()
    unseen = np.where(data.places.unseen(others), posterior.priors.host_sd, 0.0)
    mean[others], sd[others] = found.mean, np.hypot(found.sd, unseen)
    return replace(fitted, log_visits=mean, log_sd=sd)


def fit_use(data: UseData, tried: Tried, priors: UsePriors) -> Fitted:
    """Return the model with host kinds folded into the competition."""
    attraction = host_attractions(data.stations(), priors)
    kinds = int(data.places.host.max()) + 1
    attraction = np.concatenate([attraction, np.zeros(kinds - len(attraction))])
    posterior = data.posterior(attraction, folded=len(data.places.recorded_hosts) > 1, priors=priors)
    recorded = np.zeros(data.reach.n_sites, dtype=np.bool_)
    recorded[data.record.sites] = True
    others = np.flatnonzero(~recorded)
    found = posterior.predict(others)
    mean, sd = np.zeros(len(recorded)), np.zeros(len(recorded))
    unseen = np.where(data.places.unseen(others), priors.host_sd, 0.0)
    mean[others], sd[others] = found.mean, np.hypot(found.sd, unseen) * tried.widened
    noise = data.places.record_sd[data.record.sites] ** 2
    spread = tried.without_station.sd**2
    record, without = data.record, tried.without_station
    mean[record.sites] = record.log_visits + (without.mean - record.log_visits) * noise / (noise + spread)
    sd[data.record.sites] = np.sqrt(noise * spread / (noise + spread))
    return Fitted(
        posterior=posterior,
        attraction=attraction,
        log_visits=mean,
        log_sd=sd,
        recorded=recorded,
        freedom=posterior.freedom,
        widened=tried.widened,
    )
