"""How many know the service, by district and age group, from a survey with small samples in places.

Each row (district, age group) of the survey is one sample of a beta-binomial model, fitted to each age group by itself
(:mod:`placement.demand.fit.beta_binomial` states it): a row with many asked keeps nearly its own rate, a row with few
is pulled towards the city's mean or, with covariates, towards the regression on them, and a district that was not
surveyed gets the predictive distribution. The hyperparameters are integrated out, so that intervals stay honest with
few districts. Weighted respondents count by Kish's effective sample size.

References
----------
Kish, L. (1965). Survey Sampling. Wiley. (effective sample size under unequal weights)
Efron, B., Morris, C. (1975). Data analysis using Stein's estimator and its generalizations. JASA 70.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import expit

from placement.demand.checks import number_faults, raise_faults, require_known
from placement.demand.fit import beta_binomial as _beta_binomial
from placement.demand.fit.hyper import HyperPosterior
from placement.demand.fit.mixture import mixture_moments, mixture_quantile
from placement.demand.survey import pool_survey
from placement.errors import listed
from placement.values.arrays import FloatArray
from placement.values.immutable import immutable
from placement.values.shown import Shown

TAILS = (0.05, 0.95)
"""Intervals hold 90 %."""
DISTRICTS_PER_COEFFICIENT = 5
"""A regression needs this many surveyed districts for each of its coefficients, else the city mean is used."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Group:
    """Fit of one age group: effective counts of its rows, in the order of the districts, and hyperparameters."""

    yes: FloatArray
    asked: FloatArray
    hyper: HyperPosterior


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
    _groups: tuple[_Group, ...] = field(repr=False)

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
        standard deviation between districts), `ml_mean`, `ml_precision` and `ml_log_likelihood` of the marginal
        likelihood's maximum without covariates (a precision of infinity: no difference between districts beyond
        sampling; NaN with one district), `districts` with data; and ``slope_<covariate>``, posterior means on the logit
        scale per standard deviation.
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
        """Return (rows of the table,) people asked and people who said yes, after Kish's correction."""
        asked = np.stack([group.asked for group in self._groups], axis=1).ravel()
        yes = np.stack([group.yes for group in self._groups], axis=1).ravel()
        return asked, yes

    def draws(self, n: int, seed: int = 0) -> FloatArray:
        """Return (n, rows of the table) joint draws from the posterior.

        One draw shares its hyperparameters among all districts of an age group, so that what is uncertain about the
        whole city moves the districts together.
        """
        rng = np.random.default_rng(seed)
        by_group = []
        for group in self._groups:
            node = rng.choice(len(group.hyper.weight), size=n, p=group.hyper.weight)
            mean = group.hyper.means(node)
            precision = group.hyper.precision[node, None]
            by_group.append(rng.beta(mean * precision + group.yes, (1 - mean) * precision + group.asked - group.yes))
        return np.stack(by_group, axis=2).reshape(n, -1)

    def _shown(self) -> Shown:
        rows = [(str(name), f"{row['mean']:.1%} in the city") for name, row in self._parameters.iterrows()]
        asked = self._table["asked"].sum()
        return f"{type(self).__name__}: {len(self.districts):,} districts, {asked:,.0f} people asked", rows


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


def estimate_awareness(
    survey: pd.DataFrame,
    districts: Iterable[str] | None = None,
    covariates: pd.DataFrame | None = None,
) -> Awareness:
    """Return the awareness of each district and age group with its uncertainty.

    Parameters
    ----------
    survey
        Columns `district`, `asked`, `aware`; optional `age_group`, `used` (of the aware) and `weight` (of each
        respondent of the row). A district and age group may stand in several rows only where there are weights.
    districts
        Every district that must appear; those the survey lacks get the predictive distribution. Default: the survey's
        own.
    covariates
        Numeric columns indexed by district, for all districts: the regression small samples shrink to. Left out, with
        a note, where there are fewer than :data:`DISTRICTS_PER_COEFFICIENT` surveyed districts a coefficient.

    Returns
    -------
    Awareness

    Raises
    ------
    InputError
        If a count is negative or missing, aware exceeds asked, used exceeds aware, nobody was asked at all, a row
        repeats, or a covariate is missing or not a number.
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
    pooled = pool_survey(survey)
    surveyed = list(dict.fromkeys(pooled.index.get_level_values("district")))
    names = surveyed if districts is None else list(dict.fromkeys(str(name) for name in districts))
    require_known("survey", surveyed, "population", names, "district")
    design, names_of_slopes, notes = _design(covariates, names, pooled)
    parameters, table, groups = _fit_rates(pooled, names, design, names_of_slopes)
    uptake = None
    if "used" in survey.columns:
        of_aware = pool_survey(survey, yes="used", asked="aware")
        fitted = _fit_rates(of_aware, names, design[:, :1], ())
        uptake = Rates(notes=(), _parameters=fitted[0], _table=fitted[1], _groups=fitted[2])
    return Awareness(notes=notes, _parameters=parameters, _table=table, _groups=groups, uptake=uptake)


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
    notes = tuple(f"covariate {name} left out: the same everywhere" for name in values.columns if name not in varied)
    notes += _beyond(values[varied], pooled)
    scaled = (values[varied] - values[varied].mean()) / spread[varied]
    return np.hstack([ones, scaled.to_numpy()]), tuple(map(str, varied)), notes


def _beyond(values: pd.DataFrame, pooled: pd.DataFrame) -> tuple[str, ...]:
    """Return a note on districts nobody asked in whose covariates are unlike those of all surveyed districts."""
    asked = (pooled["asked"] > 0).groupby(level="district").any()
    surveyed = values.index.isin(asked.index[asked])
    notes = []
    for name, column in values.items():
        known = column[surveyed]
        outside = column.index[~surveyed & ~column.between(known.min(), known.max()).to_numpy()]
        if len(outside):
            limits = f"{known.min():g} to {known.max():g}"
            notes.append(f"extrapolated beyond the surveyed districts' {name} of {limits}: {listed(outside)}")
    return tuple(notes)


def _fit_rates(
    pooled: pd.DataFrame, districts: list[str], design: FloatArray, slopes: tuple[str, ...]
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[_Group, ...]]:
    """Return the parameters, the table and the fits by age group of a pooled survey."""
    ages = list(dict.fromkeys(pooled.index.get_level_values("age_group")))
    groups, parameters, tables = [], {}, []
    for age in ages:
        rows = pooled.xs(age, level="age_group").reindex(districts).fillna({"asked": 0, "yes": 0.0, "effective": 0.0})
        group = _fit_group(rows["yes"].to_numpy(dtype=float), rows["effective"].to_numpy(dtype=float), design)
        groups.append(group)
        parameters[age] = _parameters(group, slopes)
        tables.append(_summary(group, rows).assign(district=districts, age_group=age))
    order = pd.MultiIndex.from_product([districts, ages], names=["district", "age_group"])
    table = pd.concat(tables).set_index(["district", "age_group"]).loc[order]
    return pd.DataFrame(parameters).T.rename_axis("age_group"), table, tuple(groups)


def _fit_group(yes: FloatArray, asked: FloatArray, design: FloatArray) -> _Group:
    return _Group(yes=yes, asked=asked, hyper=_beta_binomial.integrate(yes, asked, design))


def _parameters(group: _Group, slopes: tuple[str, ...]) -> dict[str, float]:
    """Return the row of `Rates.parameters` of one age group."""
    hyper = group.hyper
    city = expit(hyper.coefficients[:, 0])
    ml_mean, ml_precision, ml_log_likelihood = _beta_binomial.maximise(group.yes, group.asked)
    by_slope = {f"slope_{name}": float(hyper.weight @ hyper.coefficients[:, 1 + k]) for k, name in enumerate(slopes)}
    return {
        "mean": float(hyper.weight @ city),
        "sd": float(hyper.weight @ np.sqrt(city * (1 - city) / (1 + hyper.precision))),
        "ml_mean": ml_mean,
        "ml_precision": ml_precision if (group.asked > 0).sum() > 1 else np.nan,
        "ml_log_likelihood": ml_log_likelihood,
        "districts": float((group.asked > 0).sum()),
        **by_slope,
    }


def _summary(group: _Group, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the table of one age group, in the order of the districts."""
    yes, asked, hyper = group.yes, group.asked, group.hyper
    same = np.zeros(len(yes), dtype=int)
    keys = np.column_stack([yes, asked, same if hyper.shared else np.arange(len(yes))])
    # Rows with equal counts (above all the unsurveyed ones) have one posterior where the mean is shared.
    _, first, back = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    weight, alpha, beta = (part[first] for part in hyper.mixture(yes, asked))
    mean, _ = mixture_moments(weight, alpha, beta)
    low, high = (mixture_quantile(tail, weight, alpha, beta) for tail in TAILS)
    back = back.ravel()
    with np.errstate(invalid="ignore", divide="ignore"):
        raw = np.where(asked > 0, yes / asked, np.nan)
    return pd.DataFrame(
        {
            "asked": rows["asked"].to_numpy(dtype=int),
            "raw": raw,
            "mean": mean[back],
            "low": low[back],
            "high": high[back],
        }
    )
