r"""The mathematics of the calibrated Huff model: means, their derivatives, and the likelihood fit.

Station j expects, in a month without outages, :math:`\mu_j` visits:

.. math::
    \mu_j = \sum_s \kappa_s \sum_i n_{is} P_{ij} + c F_j, \qquad
    P_{ij} = \frac{q_{ij}}{o + \sum_k q_{ik}}, \qquad
    q_{ij} = \exp(a_{h(j)} - \beta t_{ij}),

over the stations k within reach of demand point i: :math:`n_{is}` is the need of source s (residents, passers-by),
:math:`\kappa_s` its rate, :math:`t` the walking time in minutes, :math:`\beta` the decay, :math:`a_h` the attraction of
host kind h (0 for the reference) and :math:`o` an optional outside option: staying at home (0 where it is left out).
:math:`F_j` people pass the door, of whom the share :math:`c`, the capture, comes in (both optional).

The total of station j over its months is negative binomial with mean :math:`E_j\mu_j` (:math:`E_j`: months of
exposure) and variance :math:`m + \alpha m^2`: a Poisson count times a gamma effect of the station with variance
:math:`\alpha`. What a station has that the model does not know stays the same from month to month, so months are no
independent witnesses; their total is sufficient and carries honest standard errors.

The parameters of the mean maximise the likelihood times weak normal priors (:data:`PRIOR_SD`), which a city of usual
size outweighs a hundred times over but which keep a host kind with one station, or an outside option that the data
hardly speak of, within reason: Fisher scoring with step halving. :math:`\alpha` maximises the profile likelihood
adjusted for them (Cox and Reid 1987), in turn. Expected information is block diagonal between the two.

References
----------
Huff, D. L. (1964). Defining and estimating a trading area. Journal of Marketing 28(3).
Lawless, J. F. (1987). Negative binomial and mixed Poisson regression. Canadian Journal of Statistics 15(3).
Cox, D. R., Reid, N. (1987). Parameter orthogonality and approximate conditional inference. JRSS B 49(1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, special

from placement.errors import InputError
from placement.values.arrays import FloatArray, IndexArray

PRIOR_SD = {"rate": 3.0, "decay": 0.3, "attraction": 1.0, "outside": 2.0}
"""Standard deviations of the priors: logarithms but for the decay (a minute). Rates are centred on the value that meets
the grand total, the decay on 0.1, attractions and the outside option on the pull of a reference station at the door."""
PRIOR_DECAY = 0.1

_LOG_FLOOR = -30.0
_LOG_CEILING = 30.0
_DECAY_LIMIT = 10.0
_STEPS = 200
_TOLERANCE = 1e-7


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """Demand points and stations within reach of each other.

    Parameters
    ----------
    row, column
        (pairs,) demand point and station of each pair, sorted by row.
    minutes
        (pairs,) walking time.
    host
        (stations,) number of the host kind; 0 = the reference.
    need
        (points, sources).
    n_hosts
        Number of host kinds.
    outside
        Whether staying at home is an option.
    passing
        (stations,) people who pass the door a month, or None.
    """

    row: IndexArray
    column: IndexArray
    minutes: FloatArray
    host: IndexArray
    need: FloatArray
    n_hosts: int
    outside: bool
    passing: FloatArray | None = None

    @property
    def n_stations(self) -> int:
        """Number of stations."""
        return len(self.host)

    @property
    def n_sources(self) -> int:
        """Number of sources of need."""
        return int(self.need.shape[1])

    @property
    def size(self) -> int:
        """Number of parameters of the mean: rates (log), decay, attractions, outside option (log), capture (log)."""
        return self.n_sources + self.n_hosts + self.outside + (self.passing is not None)

    def mean(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return (stations,) visits a month and their (stations, parameters) derivatives."""
        decay, attraction, outside = self._split(theta)
        utility = attraction[self.host][self.column] - decay * self.minutes
        # Shares do not change when all utilities of a point shift: the largest becomes 0, so nothing overflows.
        top = np.full(len(self.need), -np.inf if outside is None else outside)
        if len(self.row):
            starts = np.flatnonzero(np.diff(self.row, prepend=-1))
            reached = self.row[starts]
            top[reached] = np.maximum(top[reached], np.maximum.reduceat(utility, starts))
        top = np.where(np.isfinite(top), top, 0.0)
        pull = np.exp(utility - top[self.row])
        stay = np.zeros(len(top)) if outside is None else np.exp(outside - top)
        total = stay + self._at_points(pull)
        total[total == 0] = 1.0
        share = pull / total[self.row]
        stay = stay / total
        rates = np.exp(theta[: self.n_sources])
        by_source = np.column_stack(
            [self._at_stations(share * self.need[self.row, source]) for source in range(self.n_sources)]
        )
        flow = share * (self.need @ rates)[self.row]
        columns = [by_source * rates]
        mean_minutes = self._at_points(share * self.minutes)
        columns.append(self._at_stations(flow * (mean_minutes[self.row] - self.minutes))[:, None])
        for kind in range(1, self.n_hosts):
            mine = self.host[self.column] == kind
            rivals = self._at_points(share * mine)
            columns.append(self._at_stations(flow * (mine - rivals[self.row]))[:, None])
        if outside is not None:
            columns.append(-self._at_stations(flow * stay[self.row])[:, None])
        mean = by_source @ rates
        if self.passing is not None:
            captured = np.exp(theta[-1]) * self.passing
            mean = mean + captured
            columns.append(captured[:, None])
        return mean, np.hstack(columns)

    def pull(self, theta: FloatArray) -> FloatArray:
        """Return (pairs,) pulls in units of the outside option, which must be one of the options."""
        decay, attraction, outside = self._split(theta)
        return np.exp(attraction[self.host][self.column] - decay * self.minutes - (outside or 0.0))

    def _split(self, theta: FloatArray) -> tuple[float, FloatArray, float | None]:
        after = self.n_sources + 1
        attraction = np.concatenate([[0.0], theta[after : after + self.n_hosts - 1]])
        outside = float(theta[self.n_sources + self.n_hosts]) if self.outside else None
        return float(theta[self.n_sources]), attraction, outside

    def _at_points(self, values: FloatArray) -> FloatArray:
        return np.bincount(self.row, values, minlength=len(self.need)).astype(float)

    def _at_stations(self, values: FloatArray) -> FloatArray:
        return np.bincount(self.column, values, minlength=self.n_stations).astype(float)


@dataclass(frozen=True, kw_only=True, eq=False)
class HuffFit:
    """Estimates and their covariance.

    Parameters
    ----------
    theta, covariance
        Parameters of the mean in the order of :attr:`Pairs.size`, and their (size, size) covariance.
    dispersion
        alpha; 0 for Poisson.
    dispersion_se
        Standard error of log alpha (NaN for Poisson).
    log_posterior
        At the estimates, up to a constant.
    """

    theta: FloatArray
    covariance: FloatArray
    dispersion: float
    dispersion_se: float
    log_posterior: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Observed:
    """What the observed stations counted.

    Parameters
    ----------
    pairs
        All stations, the unobserved ones too: they compete.
    station
        (stations,) bool: observed.
    counts, months
        (observed stations,) transactions and exposure.
    centre, precision
        (parameters,) of the priors.
    """

    pairs: Pairs
    station: NDArray[np.bool_]
    counts: FloatArray
    months: FloatArray
    centre: FloatArray
    precision: FloatArray

    @classmethod
    def of(cls, pairs: Pairs, totals: FloatArray, exposure: FloatArray) -> Observed:
        """Return the stations of positive exposure."""
        seen = exposure > 0
        centre, sd = np.zeros(pairs.size), np.full(pairs.size, PRIOR_SD["attraction"])
        rates = [*range(pairs.n_sources), *([pairs.size - 1] if pairs.passing is not None else [])]
        centre[pairs.n_sources], sd[pairs.n_sources] = PRIOR_DECAY, PRIOR_SD["decay"]
        unit = pairs.mean(centre)[1][:, rates][seen] * exposure[seen, None]
        expected = np.maximum(unit.sum(axis=0) * len(rates), 1e-300)
        centre[rates] = np.clip(np.log(totals[seen].sum() / expected), _LOG_FLOOR / 2, _LOG_CEILING / 2)
        sd[rates] = PRIOR_SD["rate"]
        if pairs.outside:
            sd[pairs.n_sources + pairs.n_hosts] = PRIOR_SD["outside"]
        return cls(
            pairs=pairs, station=seen, counts=totals[seen], months=exposure[seen], centre=centre, precision=sd**-2.0
        )

    def mean(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return expected counts and their derivatives."""
        mean, jacobian = self.pairs.mean(theta)
        return np.maximum(mean[self.station] * self.months, 1e-12), jacobian[self.station] * self.months[:, None]

    def start(self, decay: float) -> FloatArray:
        """Return the prior's centre with a given decay."""
        theta = self.centre.copy()
        theta[self.pairs.n_sources] = decay
        return theta

    def log_posterior(self, theta: FloatArray, mean: FloatArray, dispersion: float) -> float:
        """Return the log-likelihood plus the log prior, up to a constant."""
        prior = -0.5 * float(self.precision @ (theta - self.centre) ** 2)
        return nb_log_likelihood(self.counts, mean, dispersion) + prior

    def information(self, mean: FloatArray, jacobian: FloatArray, dispersion: float) -> FloatArray:
        """Return the expected information, priors included."""
        return _information(mean, jacobian, dispersion) + np.diag(self.precision)


def fit(data: Observed, *, poisson: bool, start: HuffFit | None = None) -> HuffFit:
    """Fit the model to station totals, from two decays or from an earlier fit."""
    # The likelihood of the decay can have a second, worse top: begin on both sides of any plausible value.
    starts = [data.start(decay) for decay in (0.05, 0.3)] if start is None else [start.theta]
    dispersion = 0.0 if poisson else (0.1 if start is None else start.dispersion)
    fits = [_alternate(data, theta, dispersion, poisson=poisson) for theta in starts]
    return max(fits, key=lambda found: found.log_posterior)


def nb_log_likelihood(counts: FloatArray, mean: FloatArray, dispersion: float) -> float:
    """Return the log-likelihood of negative binomial counts with variance ``mean + dispersion * mean**2``."""
    if dispersion <= 0:
        return float((special.xlogy(counts, mean) - mean - special.gammaln(counts + 1)).sum())
    size = 1.0 / dispersion
    return float(
        (
            special.gammaln(counts + size)
            - special.gammaln(size)
            - special.gammaln(counts + 1)
            - size * np.log1p(dispersion * mean)
            + special.xlogy(counts, dispersion * mean)
            - counts * np.log1p(dispersion * mean)
        ).sum()
    )


def _alternate(data: Observed, theta: FloatArray, dispersion: float, *, poisson: bool) -> HuffFit:
    """Fit mean and dispersion in turn until the dispersion stands still."""
    for _ in range(30):
        theta = _score(data, theta, dispersion)
        mean, jacobian = data.mean(theta)
        if poisson:
            break
        before, dispersion = dispersion, _fit_dispersion(data, mean, jacobian)
        if abs(dispersion - before) <= 1e-3 * (dispersion + 1e-6):
            break
    return HuffFit(
        theta=theta,
        covariance=np.asarray(linalg.pinvh(data.information(mean, jacobian, dispersion))),
        dispersion=dispersion,
        dispersion_se=np.nan if poisson else _dispersion_se(data, mean, jacobian, dispersion),
        log_posterior=data.log_posterior(theta, mean, dispersion),
    )


def _score(data: Observed, theta: FloatArray, dispersion: float) -> FloatArray:
    """Return the parameters of the mean that maximise the posterior at a given dispersion."""
    low, high = _bounds(data.pairs)
    mean, jacobian = data.mean(theta)
    best = data.log_posterior(theta, mean, dispersion)
    damping = 1e-6
    for _ in range(_STEPS):
        gradient = jacobian.T @ ((data.counts - mean) / (mean * (1.0 + dispersion * mean)))
        gradient -= data.precision * (theta - data.centre)
        step = _damped_step(data.information(mean, jacobian, dispersion), gradient, damping)
        trial = np.clip(theta + np.clip(step, -2.0, 2.0), low, high)
        trial_mean, trial_jacobian = data.mean(trial)
        value = data.log_posterior(trial, trial_mean, dispersion)
        if value >= best - 1e-12 * abs(best):
            moved, gained = np.abs(trial - theta).max(), value - best
            theta, mean, jacobian, best = trial, trial_mean, trial_jacobian, value
            damping = max(damping / 10.0, 1e-8)
            if moved < _TOLERANCE or gained < 1e-10:
                break
        else:
            damping = damping * 10.0 if damping > 1e-5 else 1e-3
            if damping > 1e9:
                break
    return theta


def _damped_step(information: FloatArray, gradient: FloatArray, damping: float) -> FloatArray:
    """Return the Levenberg-Marquardt step, solved with parameters scaled to unit information."""
    scale = np.sqrt(np.diag(information))
    scale = np.maximum(scale, 1e-6 * scale.max())
    normed = information / np.outer(scale, scale) + damping * np.eye(len(scale))
    return np.asarray(np.linalg.solve(normed, gradient / scale) / scale)


def _bounds(pairs: Pairs) -> tuple[FloatArray, FloatArray]:
    high = np.full(pairs.size, _LOG_CEILING)
    high[pairs.n_sources] = _DECAY_LIMIT
    low = np.full(pairs.size, _LOG_FLOOR)
    low[pairs.n_sources] = -_DECAY_LIMIT
    return low, high


def _information(mean: FloatArray, jacobian: FloatArray, dispersion: float) -> FloatArray:
    weight = 1.0 / (mean * (1.0 + dispersion * mean))
    return np.asarray(jacobian.T @ (jacobian * weight[:, None]))


def _adjusted(log_dispersion: float, data: Observed, mean: FloatArray, jacobian: FloatArray) -> float:
    """Return the negated Cox-Reid adjusted profile log-likelihood of log alpha."""
    dispersion = float(np.exp(log_dispersion))
    log_det = float(np.linalg.slogdet(data.information(mean, jacobian, dispersion))[1])
    return 0.5 * log_det - nb_log_likelihood(data.counts, mean, dispersion)


def _fit_dispersion(data: Observed, mean: FloatArray, jacobian: FloatArray) -> float:
    found = optimize.minimize_scalar(
        _adjusted, bounds=(-14.0, 4.0), args=(data, mean, jacobian), method="bounded", options={"xatol": 1e-4}
    )
    return float(np.exp(found.x))


def _dispersion_se(data: Observed, mean: FloatArray, jacobian: FloatArray, dispersion: float) -> float:
    at, width = float(np.log(dispersion)), 1e-3
    values = [_adjusted(at + move, data, mean, jacobian) for move in (-width, 0.0, width)]
    bend = (values[0] - 2.0 * values[1] + values[2]) / width**2
    return float(bend**-0.5) if bend > 0 else np.inf


def require_identified(data: Observed, found: HuffFit, names: list[str]) -> None:
    """Raise an `InputError` naming the parameters that the data cannot tell apart."""
    mean, jacobian = data.mean(found.theta)
    information = _information(mean, jacobian, found.dispersion)
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    if values[0] > 1e-9:
        return
    involved = [name for name, part in zip(names, np.abs(vectors[:, 0]), strict=True) if part > 0.1]
    raise InputError.single(
        "usage",
        f"the transactions cannot tell {', '.join(involved)} apart",
        remedy="join host kinds, give one source of need less, or leave the outside option out",
    )


def without(exposure: FloatArray, station: int) -> FloatArray:
    """Return the exposures with one station unobserved."""
    left = exposure.copy()
    left[station] = 0.0
    return left
