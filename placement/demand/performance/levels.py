r"""The level of each station over what was expected of it, with the season and the first months of new ones set apart.

Transactions of station j in month t are negative binomial with mean

.. math:: \mu_{jt} = v_j\, e_{jt} \exp(b_j + m_t + r_{a(j,t)})

(:math:`v_j` expected visits a month, :math:`e_{jt}` share of the month in service, season :math:`m_t`, ramp
:math:`r` by age since opening) and variance :math:`\mu + \alpha \mu^2`. Effects are found by scoring one kind after
the other, :math:`\alpha` by Pearson's statistic. Months far below a station's own level are left out of levels and
season, at most two in five of a station. Errors of months are correlated; with first-order correlation
:math:`\rho` the variance of a level over n months is larger by
:math:`(1+\rho)/(1-\rho) - 2\rho(1-\rho^n)/(n(1-\rho)^2)`.

Source: Cameron & Trivedi (2013), Regression analysis of count data, 2nd ed., chapters 3 and 7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from placement.demand.performance.log import StationLog
from placement.values.arrays import BoolArray, FloatArray, IndexArray

_ROUNDS, _DISPERSED_EVERY = 40, 4
_RAMP_EDGES = np.array([1, 2, 3, 4, 6, 9])
"""Ages, months, at which the ramp of new stations steps; from the last on there is none."""
_LARGEST_STEP = 1.0
_FAR_BELOW, _FAR_ERRORS, _MOST_LEFT_OUT = 0.4, -2.0, 0.4
_LOG_DISPERSION = (-9.0, 2.0)
_MOST_CORRELATED, _FEW_MONTHS, _CORRELATED_IF_FEW = 0.7, 4, 0.4
_TINY = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Levels:
    """What was found of a log.

    Parameters
    ----------
    log_ratio, se
        (stations,) logarithm of the level over what was expected, up to a constant of the network, and its error.
    mean
        (stations, months) what a month of the station's own level would have been.
    used
        (stations, months) the months that level and season rest on.
    season
        (months,) factors, median 1.
    dispersion, correlation
        Alpha and rho of the module.
    """

    log_ratio: FloatArray
    se: FloatArray
    mean: FloatArray
    used: BoolArray
    season: FloatArray
    dispersion: float
    correlation: float


def fit_levels(log: StationLog, expected: FloatArray) -> Levels:
    """Return the levels of a log's stations beside what was expected of each, (stations,) visits a month > 0."""
    model = _Model(log, expected)
    for turn in range(_ROUNDS):
        model.step()
        if turn % _DISPERSED_EVERY == _DISPERSED_EVERY - 1:
            model.disperse()
            model.leave_out()
    return model.levels()


class _Model:
    """Effects while they are being found."""

    def __init__(self, log: StationLog, expected: FloatArray) -> None:
        self._counts, self._live = log.counts, log.live
        self._offset = np.log(expected)[:, None] + np.log(np.maximum(log.exposure, _TINY))
        # Where there is no row, or nothing stood, the bin without a ramp does no harm.
        self._bin: IndexArray = np.where(log.live, np.digitize(log.age, _RAMP_EDGES), len(_RAMP_EDGES))
        self._used = log.live.astype(float)
        self._station, self._month = np.zeros(len(log.ids)), np.zeros(len(log.months))
        self._ramp = np.zeros(len(_RAMP_EDGES) + 1)
        self._dispersion = 0.1

    def _mean(self) -> FloatArray:
        logs = self._offset + self._station[:, None] + self._month + self._ramp[self._bin]
        return np.asarray(np.exp(np.clip(logs, -10.0, 20.0)))

    def _scores(self) -> tuple[FloatArray, FloatArray]:
        """Return (stations, months) first derivatives by the logarithm of the mean, and information."""
        mean = self._mean()
        scale = self._used / (1.0 + self._dispersion * mean)
        return scale * (self._counts - mean), scale * mean

    def step(self) -> None:
        """Move the effects of stations, then of months, then of ages."""
        score, information = self._scores()
        self._station += _steps(score.sum(axis=1), information.sum(axis=1))
        score, information = self._scores()
        self._month += _steps(score.sum(axis=0), information.sum(axis=0))
        score, information = self._scores()
        for age in range(len(_RAMP_EDGES)):
            here = (self._bin == age) & (self._used > 0)
            if here.any():  # a prior of variance 1 keeps what few months tell in place
                moved = (score[here].sum() - self._ramp[age]) / (information[here].sum() + 1.0)
                self._ramp[age] += float(np.clip(moved, -_LARGEST_STEP, _LARGEST_STEP))
        middle = float(np.median(self._month))
        self._month -= middle
        self._station += middle

    def disperse(self) -> None:
        """Choose the dispersion for which Pearson's statistic is its degrees of freedom."""
        mean = self._mean()
        freedom = max(self._used.sum() - self._station.size - self._month.size - len(_RAMP_EDGES), 1.0)
        square = self._used * (self._counts - mean) ** 2

        def excess(log_dispersion: float) -> float:
            """Return Pearson's statistic less its degrees of freedom."""
            return float((square / (mean + np.exp(log_dispersion) * mean**2)).sum() - freedom)

        low, high = _LOG_DISPERSION
        if excess(low) < 0:
            found = low
        elif excess(high) > 0:
            found = high
        else:
            found = optimize.brentq(excess, low, high, xtol=1e-3)
        self._dispersion = float(np.exp(found))

    def leave_out(self) -> None:
        """Leave out months far below a station's own level, unless these are too many of it."""
        mean = self._mean()
        errors = (self._counts - mean) / np.sqrt(mean + self._dispersion * mean**2)
        kept = self._live & ~((self._counts < _FAR_BELOW * mean) & (errors < _FAR_ERRORS))
        too_many = kept.sum(axis=1) < (1.0 - _MOST_LEFT_OUT) * self._live.sum(axis=1)
        kept[too_many] = self._live[too_many]
        self._used = kept.astype(float)

    def levels(self) -> Levels:
        """Return what was found."""
        mean = self._mean()
        information = (self._used * mean / (1.0 + self._dispersion * mean)).sum(axis=1)
        rho = self._correlation(mean)
        n = np.maximum(self._used.sum(axis=1), 1.0)
        larger = (1.0 + rho) / (1.0 - rho) - 2.0 * rho * (1.0 - rho**n) / (n * (1.0 - rho) ** 2)
        return Levels(
            log_ratio=self._station,
            se=np.sqrt(np.maximum(larger, 1.0) / np.maximum(information, _TINY)),
            mean=mean,
            used=self._used > 0,
            season=np.exp(self._month),
            dispersion=self._dispersion,
            correlation=rho,
        )

    def _correlation(self, mean: FloatArray) -> float:
        """Return the correlation of a month's error with the next one's, made up for what levels take out of it."""
        if self._month.size < _FEW_MONTHS:
            return _CORRELATED_IF_FEW
        errors = (self._counts - mean) / np.sqrt(mean + self._dispersion * mean**2)
        both = self._used[:, 1:] * self._used[:, :-1]
        products, squares = (both * errors[:, 1:] * errors[:, :-1]).sum(), (both * errors[:, 1:] ** 2).sum()
        months = max(float(np.median(self._live.sum(axis=1))), 2.0)
        return float(np.clip(products / max(squares, _TINY) + 1.0 / months, 0.0, _MOST_CORRELATED))


def _steps(score: FloatArray, information: FloatArray) -> FloatArray:
    return np.asarray(np.clip(score / np.maximum(information, _TINY), -_LARGEST_STEP, _LARGEST_STEP))
