"""Shares by district and age group: fitted to pooled counts, told as a table with intervals, drawn jointly.

A survey that does not tell ages apart is fitted by :mod:`placement.demand.fit.beta_binomial`, one that does by
:mod:`placement.demand.fit.shared_effect`, where what all ages of a district have in common is one effect.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from placement.demand.fit import beta_binomial as _beta_binomial
from placement.demand.fit.hyper import HyperPosterior
from placement.demand.fit.mixture import mixture_moments, mixture_quantile
from placement.demand.fit.shared_effect import SharedPosterior, integrate_shared
from placement.values.arrays import FloatArray
from placement.values.immutable import immutable
from placement.values.shown import Shown

TAILS = (0.05, 0.95)
"""Intervals hold 90 %."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _OneAge:
    """Fit of a survey of one age group: effective counts by district, and hyperparameters."""

    yes: FloatArray
    asked: FloatArray
    hyper: HyperPosterior

    def distinct(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the rows that differ in data or mean, and which of them each row is."""
        same = np.zeros(len(self.yes), dtype=int)
        keys = np.column_stack([self.yes, self.asked, same if self.hyper.shared else np.arange(len(self.yes))])
        _, first, back = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        return first, back.ravel()

    def mixture(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return weights and shape parameters (districts, parts) of the beta mixtures."""
        return self.hyper.mixture(self.yes, self.asked)

    def draws(self, rng: np.random.Generator, n: int, score: FloatArray | None = None) -> FloatArray:
        """Return (n, districts) draws; where (n, districts) standard normal `score` is given, their quantiles."""
        node = rng.choice(len(self.hyper.weight), size=n, p=self.hyper.weight)
        mean, precision = self.hyper.means(node), self.hyper.precision[node, None]
        alpha, beta = mean * precision + self.yes, (1 - mean) * precision + self.asked - self.yes
        if score is None:
            return rng.beta(alpha, beta)
        return np.asarray(special.betaincinv(alpha, beta, special.ndtr(score)))

    def effects(self) -> tuple[FloatArray, FloatArray]:
        """Return (districts,) standardised deviations from the expected share, and how known they are (0..1)."""
        hyper, nodes = self.hyper, np.arange(len(self.hyper.weight))
        mean, precision = hyper.means(nodes), hyper.precision[:, None]
        known = self.asked / (self.asked + precision)
        seen = np.where(self.asked > 0, self.yes / np.where(self.asked > 0, self.asked, 1.0), mean)
        sd = np.sqrt(mean * (1.0 - mean) / (1.0 + precision))
        return hyper.weight @ (known * (seen - mean) / sd), hyper.weight @ known


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Rates:
    """Posterior of a share for each district and age group.

    Parameters
    ----------
    notes
        What was decided on the way, e.g. that covariates were left out for want of districts.
    """

    notes: tuple[str, ...]
    _parameters: pd.DataFrame = field(repr=False)
    _table: pd.DataFrame = field(repr=False)
    _counts: tuple[FloatArray, FloatArray] = field(repr=False)
    _fit: _OneAge | SharedPosterior = field(repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """A copy of the table indexed by (district, age_group).

        Columns: `asked` (people asked), `raw` (share who said yes, NaN where nobody was asked), `mean`, `low`, `high`
        (posterior mean and 90 % interval).
        """
        return self._table.copy()

    @property
    def parameters(self) -> pd.DataFrame:
        """A copy of the parameters, one row an age group.

        Columns: `mean` (posterior mean of the city's rate; with covariates, at their mean), `sd` (posterior mean of the
        standard deviation between districts), with several age groups `shared` (posterior mean of the share of its
        variance that the ages of a district have in common), `ml_mean`, `ml_precision` and `ml_log_likelihood` of the
        marginal likelihood's maximum of the age group by itself, without covariates (a precision of infinity: no
        difference between districts beyond sampling; NaN with one district), `districts` with data; and
        ``slope_<covariate>``, posterior means on the logit scale per standard deviation.
        """
        return self._parameters.copy()

    @property
    def districts(self) -> pd.Index:
        """The districts, in the order of the table."""
        return self._table.index.get_level_values("district").unique()

    @property
    def age_groups(self) -> tuple[str, ...]:
        """The survey's age groups, in the order of the table."""
        return tuple(self._parameters.index)

    def effective_counts(self) -> tuple[FloatArray, FloatArray]:
        """Return (rows of the table,) people asked and people who said yes, by what weights and clusters leave."""
        return self._counts

    def effects(self) -> tuple[FloatArray, FloatArray]:
        """Return (districts,) how far each lies from what is expected of it, and how well that is known.

        The first is the posterior mean of the district's effect in its own standard deviations, the second the share
        (0..1) of the effect's variance that the data took away.
        """
        return self._fit.effects()

    def draws(self, n: int, seed: int = 0, score: FloatArray | None = None) -> FloatArray:
        """Return (n, rows of the table) joint draws from the posterior.

        One draw shares its hyperparameters among all districts, so that what is uncertain about the whole city moves
        the districts together, and the effect of a district among its ages. `score`, (n, districts) standard normal
        numbers, says where each district's effect lies in its distribution; drawn too where absent.
        """
        return self._fit.draws(np.random.default_rng(seed), n, score)

    def _shown(self) -> Shown:
        rows = [(str(name), f"{row['mean']:.1%} in the city") for name, row in self._parameters.iterrows()]
        asked = self._table["asked"].sum()
        return f"{type(self).__name__}: {len(self.districts):,} districts, {asked:,.0f} people asked", rows


def fit_rates(pooled: pd.DataFrame, districts: list[str], design: FloatArray, slopes: tuple[str, ...]) -> Rates:
    """Return the posterior of a pooled survey.

    Parameters
    ----------
    pooled
        From :func:`placement.demand.survey.pool_survey`.
    districts
        All of them, in the order of the rows of `design` (districts, 1 + covariates).
    slopes
        Names of the covariates.
    """
    ages = list(dict.fromkeys(pooled.index.get_level_values("age_group")))
    order = pd.MultiIndex.from_product([districts, ages], names=["district", "age_group"])
    rows = pooled.reindex(order).fillna({"asked": 0, "yes": 0.0, "effective": 0.0})
    shape = (len(districts), len(ages))
    yes, asked = (rows[name].to_numpy(dtype=float).reshape(shape) for name in ("yes", "effective"))
    fit: _OneAge | SharedPosterior
    if len(ages) == 1:
        fit = _OneAge(yes=yes[:, 0], asked=asked[:, 0], hyper=_beta_binomial.integrate(yes[:, 0], asked[:, 0], design))
        parameters = _of_one_age(fit)
        limits = _limits(*(part[fit.distinct()[0]] for part in fit.mixture()))
        back = fit.distinct()[1]
    else:
        fit = integrate_shared(yes, asked, design)
        parameters = _of_ages(fit)
        limits = _limits(*fit.mixture())
        back = (fit.of_district[:, None] * len(ages) + np.arange(len(ages))).ravel()
    with np.errstate(invalid="ignore", divide="ignore"):
        raw = np.where(asked > 0, yes / asked, np.nan).ravel()
    table = pd.DataFrame({"asked": rows["asked"].to_numpy(dtype=int), "raw": raw}, index=order)
    table = table.assign(**{name: values[back] for name, values in limits.items()})
    told = [
        parameters[number] | _by_itself(yes[:, number], asked[:, number]) | _slopes(fit, number, slopes)
        for number in range(len(ages))
    ]
    return Rates(
        notes=(),
        _parameters=pd.DataFrame(told, index=pd.Index(ages, name="age_group")),
        _table=table,
        _counts=(asked.ravel(), yes.ravel()),
        _fit=fit,
    )


def _limits(weight: FloatArray, alpha: FloatArray, beta: FloatArray) -> dict[str, FloatArray]:
    """Return mean and ends of the interval of beta mixtures."""
    low, high = (mixture_quantile(tail, weight, alpha, beta) for tail in TAILS)
    return {"mean": mixture_moments(weight, alpha, beta)[0], "low": low, "high": high}


def _of_one_age(fit: _OneAge) -> list[dict[str, float]]:
    hyper = fit.hyper
    city = special.expit(hyper.coefficients[:, 0])
    sd = float(hyper.weight @ np.sqrt(city * (1 - city) / (1 + hyper.precision)))
    return [{"mean": float(hyper.weight @ city), "sd": sd}]


def _of_ages(fit: SharedPosterior) -> list[dict[str, float]]:
    """Return mean, standard deviation between districts and share in common by age (delta method for the last two)."""
    told = []
    for age in range(fit.coefficients.shape[1]):
        city = special.expit(fit.coefficients[:, age, 0])
        inner = city * (1.0 - city)
        own, shared = inner / (1.0 + fit.precision), (inner * fit.shared_sd) ** 2
        told.append(
            {
                "mean": float(fit.weight @ city),
                "sd": float(fit.weight @ np.sqrt(own + shared)),
                "shared": float(fit.weight @ (shared / (own + shared))),
            }
        )
    return told


def _by_itself(yes: FloatArray, asked: FloatArray) -> dict[str, float]:
    """Return the maximum of the marginal likelihood of one age group."""
    mean, precision, log_likelihood = _beta_binomial.maximise(yes, asked)
    some = int((asked > 0).sum())
    return {
        "ml_mean": mean,
        "ml_precision": precision if some > 1 else np.nan,
        "ml_log_likelihood": log_likelihood,
        "districts": float(some),
    }


def _slopes(fit: _OneAge | SharedPosterior, age: int, slopes: tuple[str, ...]) -> dict[str, float]:
    if isinstance(fit, _OneAge):
        weight, coefficients = fit.hyper.weight, fit.hyper.coefficients
    else:
        weight, coefficients = fit.weight, fit.coefficients[:, age]
    return {f"slope_{name}": float(weight @ coefficients[:, 1 + k]) for k, name in enumerate(slopes)}
