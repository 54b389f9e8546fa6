r"""One calendar for all counters: what a counter did not see is taken from those that did.

A counter that ran in summer, at weekends or from eight to six is not comparable with one that ran all year. Whatever
*some* counter saw is the calendar of all:

* hours of the day that a counter never saw get the shape of the day of the counters that saw all of them;
* weekdays and months (January with January) that it never saw are put on top of its daily number by a factor

.. math::
    \kappa_c = A_{\text{all}}(e^{\sigma_m + \omega_w}) / A_c(e^{\sigma_m + \omega_w}),

where A is the mean over weekdays of the mean over days, of all counters together and of counter c, and the effects of
months :math:`\sigma_m` and weekdays :math:`\omega_w` are common to all counters: logarithms of daily numbers, by
counter, month and weekday, are :math:`\alpha_c + \sigma_m + \omega_w + \varepsilon`, the effects normal around 0
(:data:`MONTH_SD`, :data:`WEEKDAY_SD`), so that months which no two counters join say nothing. The standard error of a
filled number has the errors of the effects and what a counter may differ from the common course by on top. A counter
that saw all that any saw is left as it is.

References
----------
Traffic Monitoring Guide. Federal Highway Administration 2022, chapter 4. (factors of short counts from continuous ones)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from placement.notes import Names, Note
from placement.values.arrays import FloatArray

MONTH_SD = 0.3
WEEKDAY_SD = 0.4
"""Standard deviations of the logarithms of the effects, before counters say more."""
HOURS_SD = 0.15
"""What the share of unseen hours differs by between counters, in logarithms of the day, where fewer than 3 tell."""
OWN_SD = 0.08
"""What the course of a counter differs by from the common one at least, in logarithms."""
_DAY_MIN, _HOUR_MIN, _MONTHS, _WEEKDAYS = 1440, 60, 12, 7
_FEW = 3
_LEAST = 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Filled:
    """Averages by counter in one calendar, with a column `filled`, and what was filled."""

    averages: pd.DataFrame
    notes: tuple[str, ...]


def one_calendar(good: pd.DataFrame, averages: pd.DataFrame, in_night: FloatArray) -> Filled:
    """Return the averages of counters with what each did not see.

    Parameters
    ----------
    good
        Valid slots: `counter_id`, `time`, `count`, `step_min`.
    averages
        By ``counter_id``: `people_per_day`, `night_share`, `se` of what each counter saw.
    in_night
        (1440,) which minutes of the day lie in the night.
    """
    shapes = _day_shapes(good)
    averages, by_hours = _with_hours(averages, shapes, in_night)
    days = _days(good, shapes)
    averages, by_days = _with_days(averages, days)
    notes = []
    for says, names in (
        ("hours of the day that were not counted are as at the other counters: {names}", by_hours),
        ("months or weekdays that were not counted are as at the other counters: {names}", by_days),
    ):
        if names:
            notes.append(Note(says, names=Names(names)))
    filled = averages.index.astype(str).isin([*by_hours, *by_days])
    return Filled(averages=averages.assign(filled=filled), notes=tuple(notes))


def _day_shapes(good: pd.DataFrame) -> pd.DataFrame:
    """Return people by hour of the day (weekdays alike), a row a counter; NaN where an hour was never seen."""
    inner = good[good["step_min"] <= _HOUR_MIN]
    if inner.empty:
        return pd.DataFrame(columns=range(24), dtype=float)
    slot = inner.assign(
        weekday=inner["time"].dt.day_of_week, hour=inner["time"].dt.hour, minute=inner["time"].dt.minute
    )
    cells = slot.groupby(["counter_id", "weekday", "hour", "minute"])["count"].mean()
    per_hour = cells.groupby(level=["counter_id", "weekday", "hour"]).mean()
    per_hour *= _HOUR_MIN / inner.groupby("counter_id")["step_min"].first().reindex(per_hour.index, level=0)
    return per_hour.groupby(level=["counter_id", "hour"]).mean().unstack("hour").reindex(columns=range(24))  # noqa: PD010


def _with_hours(averages: pd.DataFrame, shapes: pd.DataFrame, in_night: FloatArray) -> tuple[pd.DataFrame, list[str]]:
    """Return averages with unseen hours of the day, and whose they are."""
    seen = shapes.notna()
    whole = shapes[seen.all(axis=1)]
    lacking = shapes.index[~seen.all(axis=1)]
    if whole.empty or not len(lacking):
        return averages, []
    share = whole.div(whole.sum(axis=1), axis=0).dropna()
    averages = averages.copy()
    night = in_night.reshape(24, _HOUR_MIN).mean(axis=1)
    filled = []
    for name in lacking:
        here = seen.loc[name].to_numpy()
        part = share.loc[:, here].sum(axis=1)
        part = part[part > 0]
        people = float(averages.loc[name, "people_per_day"])
        if not len(part) or not people > 0:
            continue
        whole_day = people / float(part.mean())
        by_hour = np.where(here, shapes.loc[name].fillna(0.0), whole_day * share.mean().to_numpy())
        averages.loc[name, "night_share"] = float(by_hour @ night / by_hour.sum())
        apart = float(np.log(part).std(ddof=1)) if len(part) >= _FEW else HOURS_SD
        se = np.nan_to_num(float(averages.loc[name, "se"]) / people)
        averages.loc[name, ["people_per_day", "se"]] = [whole_day, whole_day * np.hypot(se, apart)]
        filled.append(str(name))
    return averages, filled


def _days(good: pd.DataFrame, shapes: pd.DataFrame) -> pd.DataFrame:
    """Return `counter_id`, `date`, `month` (0..11), `weekday` and `people` of the days seen at least by half."""
    frame = good.assign(date=good["time"].dt.floor("D"), hour=good["time"].dt.hour)
    profile = shapes.div(shapes.sum(axis=1), axis=0).stack()  # noqa: PD013 -- a series by counter and hour
    at = pd.MultiIndex.from_arrays([frame["counter_id"], frame["hour"]])
    part = profile.reindex(at).to_numpy(dtype=float) * frame["step_min"].to_numpy() / _HOUR_MIN
    frame["part"] = np.where(frame["step_min"] >= _DAY_MIN, 1.0, np.where(frame["step_min"] > _HOUR_MIN, np.nan, part))
    days = frame.groupby(["counter_id", "date"], sort=True)[["count", "part"]].sum(min_count=1).reset_index()
    days = days[days["part"] >= _LEAST]
    return days.assign(
        month=days["date"].dt.month - 1, weekday=days["date"].dt.day_of_week, people=days["count"] / days["part"]
    )


def _with_days(averages: pd.DataFrame, days: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return averages with months and weekdays that only other counters saw, and whose they are."""
    calendar = days.drop_duplicates("date")
    months, weekdays = set(calendar["month"]), set(calendar["weekday"])
    groups = dict(iter(days.groupby("counter_id", sort=True)))
    lacking = [n for n, part in groups.items() if set(part["month"]) != months or set(part["weekday"]) != weekdays]
    if not lacking or len(groups) < 2:
        return averages, []
    effect, covariance, own_sd = _effects(days)
    wanted, slope = _mean_of(calendar, effect)
    averages = averages.copy()
    filled = []
    for name in lacking:
        part = groups[name]
        found, own_slope = _mean_of(part, effect)
        away = slope / wanted - own_slope / found
        unseen = 1.0 - _seen(part, calendar)
        log_variance = float(away @ covariance @ away) + own_sd**2 * unseen
        people, se = (float(averages.loc[name, column]) for column in ("people_per_day", "se"))
        factor = wanted / found
        spread = np.sqrt(np.nan_to_num(se) ** 2 + people**2 * log_variance)
        averages.loc[name, ["people_per_day", "se"]] = [people * factor, factor * spread]
        filled.append(str(name))
    return averages, filled


def _seen(part: pd.DataFrame, calendar: pd.DataFrame) -> float:
    """Return the share of the calendar's days whose month and weekday a counter saw."""
    return float((calendar["month"].isin(part["month"]) & calendar["weekday"].isin(part["weekday"])).mean())


def _effects(days: pd.DataFrame) -> tuple[FloatArray, FloatArray, float]:
    """Return (19,) effects of months and weekdays, their covariance, and what counters differ from them by."""
    days = days[days["people"] > 0].assign(log=lambda frame: np.log(frame["people"]))
    keys = ["counter_id", "month", "weekday"]
    cells = days.groupby(keys, sort=True)["log"].agg(["mean", "var", "size"]).reset_index()
    many = cells[cells["size"] > 1]
    freedom = float((many["size"] - 1).sum())
    day_variance = float((many["var"] * (many["size"] - 1)).sum()) / freedom if freedom > 0 else 0.04
    counter = cells["counter_id"].astype("category").cat.codes.to_numpy()
    lines = np.zeros((len(cells), _MONTHS + _WEEKDAYS))
    lines[np.arange(len(cells)), cells["month"]] = 1.0
    lines[np.arange(len(cells)), _MONTHS + cells["weekday"]] = 1.0
    prior = np.diag(np.repeat([MONTH_SD**-2.0, WEEKDAY_SD**-2.0], [_MONTHS, _WEEKDAYS]))
    own_variance = OWN_SD**2
    for _ in range(2):
        weight = 1.0 / (day_variance / cells["size"].to_numpy() + own_variance)
        level = np.bincount(counter, weights=weight)
        middle = np.stack([np.bincount(counter, weights=weight * line) for line in lines.T], axis=1) / level[:, None]
        log_middle = np.bincount(counter, weights=weight * cells["mean"].to_numpy()) / level
        within, log = lines - middle[counter], cells["mean"].to_numpy() - log_middle[counter]
        covariance = np.linalg.inv(within.T @ (weight[:, None] * within) + prior)
        effect = covariance @ within.T @ (weight * log)
        left = (log - within @ effect) ** 2 - day_variance / cells["size"].to_numpy()
        own_variance = max(float(left.mean()), OWN_SD**2)
    return effect, covariance, float(np.sqrt(own_variance))


def _mean_of(days: pd.DataFrame, effect: FloatArray) -> tuple[float, FloatArray]:
    """Return the mean over weekdays of the mean over days of the exponential of the effects, and its derivatives."""
    level = np.exp(effect[days["month"]] + effect[_MONTHS + days["weekday"]])
    size = days.groupby("weekday")["weekday"].transform("size").to_numpy(dtype=float)
    part = level / size / days["weekday"].nunique()
    slope = np.zeros(len(effect))
    np.add.at(slope, days["month"].to_numpy(), part)
    np.add.at(slope, _MONTHS + days["weekday"].to_numpy(), part)
    return float(part.sum()), slope
