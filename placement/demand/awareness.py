"""How many know the service, by district and age group, from a survey with small samples in places.

Each row (district, age group) of the survey is one sample of a beta-binomial model
(:mod:`placement.demand.fit.beta_binomial` states it): a row with many asked keeps nearly its own rate, a row with few
is pulled towards the city's mean or, with covariates, towards the regression on them, and a district that was not
surveyed gets the predictive distribution. Ages of one district share an effect
(:mod:`placement.demand.fit.shared_effect`), so that the many young who were asked speak for the few old. The
hyperparameters are integrated out, so that intervals stay honest with few districts. Unequal weights and clusters of
respondents make a sample count for less (:mod:`placement.demand.design_effect`).

Awareness and uptake are drawn jointly: where districts that know the service more than expected also use it more (or
less), draws of both keep to that, as far as the data of a district leave it open
(:meth:`Awareness.joint_draws`).

References
----------
Efron, B., Morris, C. (1975). Data analysis using Stein's estimator and its generalizations. JASA 70.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from placement.demand.checks import number_faults, raise_faults, require_known
from placement.demand.rates import Rates, fit_rates
from placement.demand.survey import pool_survey
from placement.errors import listed
from placement.notes import Names, Note
from placement.values.arrays import FloatArray, frozen_array
from placement.values.immutable import immutable

DISTRICTS_PER_COEFFICIENT = 5
"""A regression needs this many surveyed districts for each of its coefficients, else the city mean is used."""
PRIOR_DISTRICTS = 10.0
"""Districts that speak for no correlation of awareness and uptake, before any is seen."""
_MOST_CORRELATION = 0.95


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Awareness(Rates):
    """Posterior of the share who know the service; see :class:`Rates` for the table and the draws.

    Parameters
    ----------
    uptake
        Share of the aware who use the service, where the survey has the column `used`.
    """

    uptake: Rates | None = None

    def joint_draws(self, n: int, seed: int = 0) -> tuple[FloatArray, FloatArray | None]:
        """Return (n, rows of the table) draws of awareness and of uptake, None where that was not asked.

        The correlation r of the two effects of a district is told by the districts, r = sum z_a z_u / (sum k_a k_u +
        :data:`PRIOR_DISTRICTS`), z their standardised posterior means and k how well they are known
        (:meth:`Rates.effects`); what is left of it in a district's errors is that of two normal effects observed with
        independent errors. Awareness and uptake keep the distributions of their tables.
        """
        streams = np.random.SeedSequence(seed).spawn(3)
        seeds = [int(stream.generate_state(1)[0]) for stream in streams]
        if self.uptake is None:
            return self.draws(n, seeds[0]), None
        scores = np.random.default_rng(seeds[2]).standard_normal((2, n, len(self.districts)))
        errors = self.correlation_of_errors
        scores[1] = errors * scores[0] + np.sqrt(1.0 - errors**2) * scores[1]
        return self.draws(n, seeds[0], scores[0]), self.uptake.draws(n, seeds[1], scores[1])

    @property
    def correlation(self) -> float:
        """Correlation of the districts' effects on awareness and on uptake; 0 without uptake."""
        return self._correlations[0]

    @property
    def correlation_of_errors(self) -> FloatArray:
        """(districts,) correlation of what is not known of the two: all of `correlation` where nobody was asked."""
        return self._correlations[1]

    @cached_property
    def _correlations(self) -> tuple[float, FloatArray]:
        if self.uptake is None:
            return 0.0, np.zeros(len(self.districts))
        (aware, known), (used, told) = self.effects(), self.uptake.effects()
        found = float((aware * used).sum() / ((known * told).sum() + PRIOR_DISTRICTS))
        r = float(np.clip(found, -_MOST_CORRELATION, _MOST_CORRELATION))
        inner = 1.0 / (1.0 - r**2)
        data = [share / np.maximum(1.0 - share, 1e-9) for share in (known, told)]
        return r, frozen_array(r * inner / np.sqrt((inner + data[0]) * (inner + data[1])))


def estimate_awareness(
    survey: pd.DataFrame,
    districts: Iterable[str] | None = None,
    covariates: pd.DataFrame | None = None,
    deff: float | None = None,
) -> Awareness:
    """Return the awareness of each district and age group with its uncertainty.

    Parameters
    ----------
    survey
        Columns `district`, `asked`, `aware`; optional `age_group`, `used` (of the aware), `weight` (of each
        respondent of the row) and `cluster` (where they were asked: a block, an office). A district and age group may
        stand in several rows only where there are weights or clusters.
    districts
        Every district that must appear; those the survey lacks get the predictive distribution. Default: the survey's
        own.
    covariates
        Numeric columns indexed by district, for all districts: the regression small samples shrink to. Left out, with
        a note, where there are fewer than :data:`DISTRICTS_PER_COEFFICIENT` surveyed districts a coefficient.
    deff
        Design effect, at least 1: how many people asked count as one, where respondents were asked in clusters that the
        table does not name. Beside what unequal weights take.

    Returns
    -------
    Awareness

    Raises
    ------
    InputError
        If a count is negative or missing, aware exceeds asked, used exceeds aware, nobody was asked at all, a row
        repeats, a covariate is missing or not a number, or `deff` is below 1 or stands beside clusters.
    AlignmentError
        If the survey has a district that is not among `districts`.

    Examples
    --------
    >>> import pandas as pd
    >>> survey = pd.DataFrame({"district": ["A", "B", "C"], "asked": [200, 5, 0], "aware": [120, 5, 0]})
    >>> table = estimate_awareness(survey).table
    >>> bool(table.loc[("B", "all"), "mean"] < 0.9)  # 5 of 5 does not mean everybody
    True
    >>> bool(table.loc[("C", "all"), "low"] < 0.4 < 0.8 < table.loc[("C", "all"), "high"])  # nobody asked: wide
    True
    """
    pooled = pool_survey(survey, deff=deff)
    surveyed = list(dict.fromkeys(pooled.counts.index.get_level_values("district")))
    names = surveyed if districts is None else list(dict.fromkeys(str(name) for name in districts))
    require_known("survey", surveyed, "population", names, "district")
    design, names_of_slopes, notes = _design(covariates, names, pooled.counts)
    found = fit_rates(pooled.counts, names, design, names_of_slopes)
    notes = (*notes, *pooled.notes("aware of asked"))
    uptake = None
    if "used" in survey.columns:
        of_aware = pool_survey(survey, yes="used", asked="aware", deff=deff)
        uptake = fit_rates(of_aware.counts, names, design[:, :1], ())
        notes = (*notes, *of_aware.notes("used of aware"))
    parts = {name: getattr(found, name) for name in ("_parameters", "_table", "_counts", "_fit")}
    return Awareness(notes=notes, uptake=uptake, **parts)


def _design(
    covariates: pd.DataFrame | None, districts: list[str], pooled: pd.DataFrame
) -> tuple[FloatArray, tuple[str, ...], tuple[str, ...]]:
    """Return the design matrix (districts, 1 + covariates), the covariates used, and notes."""
    ones = np.ones((len(districts), 1))
    if covariates is None or covariates.shape[1] == 0:
        return ones, (), ()
    require_known("survey", districts, "covariates", covariates.index, "district")
    values = covariates.set_axis(covariates.index.astype(str)).loc[districts]
    raise_faults([fault for column in values for fault in number_faults("covariates", values, column, low=-np.inf)])
    surveyed = int((pooled["asked"] > 0).groupby(level="age_group").sum().min())
    wanted = DISTRICTS_PER_COEFFICIENT * (1 + values.shape[1])
    if surveyed < wanted:
        names = listed(values.columns)
        return ones, (), (f"covariates ({names}) left out: {surveyed} surveyed districts, {wanted} needed",)
    values = values.astype(float)
    spread = values.std(ddof=0)
    varied = [column for column in values.columns if spread[column] > 0]
    same = [name for name in values.columns if name not in varied]
    notes = tuple(Note("covariate {name} left out: the same everywhere", name=name) for name in same)
    notes += _beyond(values[varied], pooled)
    scaled = (values[varied] - values[varied].mean()) / spread[varied]
    return np.hstack([ones, scaled.to_numpy()]), tuple(map(str, varied)), notes


def _beyond(values: pd.DataFrame, pooled: pd.DataFrame) -> tuple[Note, ...]:
    """Return a note on districts nobody asked in whose covariates are unlike those of all surveyed districts."""
    asked = (pooled["asked"] > 0).groupby(level="district").any()
    surveyed = values.index.isin(asked.index[asked])
    notes = []
    for name, column in values.items():
        known = column[surveyed]
        outside = column.index[~surveyed & ~column.between(known.min(), known.max()).to_numpy()]
        if len(outside):
            form = "extrapolated beyond the surveyed districts' {name} of {low:g} to {high:g}: {names}"
            notes.append(Note(form, name=name, low=known.min(), high=known.max(), names=Names(outside)))
    return tuple(notes)
