"""The verdict on each station: idle, overloaded, faulty, normal, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from placement.demand.performance.levels import Levels, fit_levels
from placement.demand.performance.log import StationLog
from placement.demand.performance.ratios import Ratios, likely_enough, ratios_of
from placement.demand.performance.rules import CLASSES, PerformanceRules
from placement.values.arrays import BoolArray, FloatArray, frozen_array
from placement.values.immutable import immutable
from placement.values.shown import Shown

_FEWEST_EXPECTED = 5.0
"""Months of which fewer visits would be expected cannot be called faulty."""
_LEAST_DISPERSION = 1e-4
_TAILS = (0.05, 0.95)


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Verdicts:
    """What was found, in the order of the log's stations.

    Parameters
    ----------
    found
        (stations,) one of :data:`~placement.demand.performance.rules.CLASSES`.
    ratio, low, high
        (stations,) visits over what was expected, against the network's own middle, with a 90 % interval; NaN without.
    idle, overloaded
        (stations,) probabilities; NaN without.
    own
        (stations, months) visits that the station's own level would bring in the month; NaN without.
    down
        (stations, months) months far below the station's own level.
    season
        (months,) factors, median 1; NaN without.
    spread
        How far expectations are off among ordinary stations: standard deviation of the logarithm; NaN without.
    weak
        Whether that is too far for all but the clearest cases of overload.
    """

    found: tuple[str, ...]
    ratio: FloatArray
    low: FloatArray
    high: FloatArray
    idle: FloatArray
    overloaded: FloatArray
    own: FloatArray
    down: BoolArray
    season: FloatArray
    spread: float
    weak: bool

    def __post_init__(self) -> None:
        for name in ("ratio", "low", "high", "idle", "overloaded", "own", "down", "season"):
            object.__setattr__(self, name, frozen_array(getattr(self, name)))

    def _shown(self) -> Shown:
        kinds = ((kind, self.found.count(kind)) for kind in CLASSES)
        said = ", ".join(f"{count:,} {kind}" for kind, count in kinds if count)
        return f"Verdicts: {len(self.found):,} stations, {said}", ()


def judge_stations(
    log: StationLog,
    expected: FloatArray,
    *,
    error: float | None = None,
    capacity: FloatArray | None = None,
    rules: PerformanceRules | None = None,
) -> Verdicts:
    """Return the verdict on each station of a log.

    Parameters
    ----------
    log
        The log.
    expected
        (stations,) visits a month that a station there should see, learnt *without* its own record: what was fitted to
        a station's own log never finds it idle. NaN where nothing is known: no verdict.
    error
        How far expectations are off where it could be tried: standard deviation of their logarithm. None: not known,
        the ratios of ordinary stations tell, which shows less than there is.
    capacity
        (stations,) visits a month that the station's machines can take; None: not known.
    rules
        What is idle, overloaded, faulty.
    """
    rules = rules or PerformanceRules()
    mature = log.live & (log.age >= rules.first_months)
    months = mature.sum(axis=1)
    known = np.isfinite(expected) & (expected > 0)
    judged = (months >= rules.mature_months) & known
    found = np.where(log.live.any(axis=1) & known & ~judged, "too new to tell", "no verdict").astype(object)
    if len(log.months) < rules.log_months or judged.sum() < rules.fewest_stations:
        found[judged] = "no verdict"
        return _without(log, tuple(found))
    part = log.only(judged, mature)
    levels = fit_levels(part, expected[judged])
    ratios = ratios_of(levels.log_ratio, levels.se)
    down = _down(part, levels, rules)
    weak = (ratios.spread if error is None else error) > rules.weak_sd
    found[judged] = _classes(ratios, down, _full(part, capacity, judged, rules), rules, weak=weak)
    everywhere = np.zeros(log.live.shape, dtype=np.bool_)
    everywhere[judged] = down
    return Verdicts(
        found=tuple(found),
        ratio=_spread(ratios.quantile(0.5), judged),
        low=_spread(ratios.quantile(_TAILS[0]), judged),
        high=_spread(ratios.quantile(_TAILS[1]), judged),
        idle=_spread(ratios.below(rules.idle_below), judged),
        overloaded=_spread(1.0 - ratios.below(rules.overloaded_above), judged),
        own=_spread(levels.mean, judged),
        down=everywhere,
        season=levels.season,
        spread=ratios.spread,
        weak=weak,
    )


def _classes(ratios: Ratios, down: BoolArray, full: BoolArray, rules: PerformanceRules, *, weak: bool) -> list[str]:
    """Return the classes of judged stations: mending comes before growing, and an idle one is idle whatever else."""
    share = rules.weak_false_share if weak else rules.false_share
    idle = likely_enough(ratios.below(rules.idle_below), rules.false_share)
    over = likely_enough(1.0 - ratios.below(rules.overloaded_above), share) | full
    words = np.full(len(idle), "normal", dtype=object)
    words[over] = "overloaded"
    words[down.any(axis=1)] = "faulty"
    words[idle] = "idle"
    return [str(word) for word in words]


def _down(log: StationLog, levels: Levels, rules: PerformanceRules) -> BoolArray:
    """Return (stations, months) those far below the station's own level, more surely than chance would have it.

    The level has an error of its own, which widens the spread of months around it. Benjamini & Hochberg (1995) over
    all months of all stations.
    """
    dispersion = max(levels.dispersion, _LEAST_DISPERSION) + levels.se[:, None] ** 2
    chance = stats.nbinom.cdf(log.counts, 1.0 / dispersion, 1.0 / (1.0 + dispersion * levels.mean))
    low = log.live & (levels.mean >= _FEWEST_EXPECTED) & (log.counts < rules.faulty_below * levels.mean)
    tested = np.where(low, chance, 1.0)[log.live]
    order = np.argsort(tested, kind="stable")
    passed = np.flatnonzero(tested[order] <= rules.false_share * np.arange(1, len(tested) + 1) / len(tested))
    found = np.zeros(len(tested), dtype=np.bool_)
    if passed.size:
        found[order[: passed[-1] + 1]] = True
    down = np.zeros(log.live.shape, dtype=np.bool_)
    down[log.live] = found
    return down & low


def _full(log: StationLog, capacity: FloatArray | None, judged: BoolArray, rules: PerformanceRules) -> BoolArray:
    """Return (stations,) whether enough months were nearly all that the machines can take.

    A full machine cannot see more than it takes, so that a ratio to what was expected is blind there.
    """
    if capacity is None:
        return np.zeros(len(log.ids), dtype=np.bool_)
    limit = rules.full * capacity[judged][:, None] * log.exposure
    months = (log.live & (log.counts >= limit)).sum(axis=1)
    return np.asarray(months >= rules.full_share * np.maximum(log.live.sum(axis=1), 1))


def _spread(values: FloatArray, judged: BoolArray) -> FloatArray:
    """Return (stations, ...) values of judged stations among all; NaN elsewhere."""
    whole = np.full((judged.size, *values.shape[1:]), np.nan)
    whole[judged] = values
    return whole


def _without(log: StationLog, found: tuple[str, ...]) -> Verdicts:
    nothing, everywhere = np.full(len(log.ids), np.nan), np.full(log.live.shape, np.nan)
    return Verdicts(
        found=found, ratio=nothing, low=nothing, high=nothing, idle=nothing, overloaded=nothing, own=everywhere,
        down=np.zeros(log.live.shape, dtype=np.bool_), season=np.full(len(log.months), np.nan),
        spread=float("nan"), weak=False,
    )  # fmt: skip
