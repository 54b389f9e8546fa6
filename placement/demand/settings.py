"""Parameters of the demand estimate, checked all at once and put in the order of the segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from placement.demand.awareness import Awareness
from placement.demand.checks import raise_faults
from placement.demand.rates import Rates
from placement.demand.survey import EVERYBODY
from placement.errors import Fault, listed
from placement.values.arrays import FloatArray
from placement.values.demand import Segment
from placement.values.immutable import immutable

TripRates = Mapping[str, float | Mapping[str, float]]

GENERAL = "general"
"""The age group of everybody who is in no age column; passers-by belong to it."""


@immutable
@dataclass(frozen=True, kw_only=True)
class Settings:
    """Checked parameters by age group (g), period (t) and service (v), in the order of the segments."""

    age_groups: tuple[str, ...]
    services: tuple[str, ...]
    periods: tuple[tuple[str, int, int], ...]
    rates: FloatArray
    period_share: FloatArray
    online_share: FloatArray
    uptake: tuple[float | None, ...]
    speed_m_s: tuple[float, ...]
    daytime: Mapping[str, tuple[str, ...]]

    @classmethod
    def checked(
        cls,
        *,
        trips_per_month: TripRates,
        periods: Mapping[str, tuple[int, int]] | None,
        period_share: Mapping[str, float] | None,
        online_share: Mapping[str, float] | None,
        uptake: Mapping[str, float] | None,
        speed_m_s: Mapping[str, float] | None,
        daytime: Mapping[str, Sequence[str]] | None,
        awareness: Awareness | None,
        need_share: float,
    ) -> Settings:
        """Return the settings, or raise an `InputError` with every fault."""
        ages = tuple(trips_per_month)
        periods = dict(periods) if periods else {"all": (0, 1440)}
        shares = dict(period_share) if period_share else dict.fromkeys(periods, 1.0)
        faults = _rate_faults(trips_per_month) + _period_faults(periods, shares)
        for name, by_age, high in (
            ("online_share", online_share, 1.0),
            ("uptake", uptake, 1.0),
            ("speed_m_s", speed_m_s, np.inf),
        ):
            faults += _by_age_faults(name, by_age or {}, ages, high)
        faults += _daytime_faults(daytime or {}, periods)
        faults += _knowledge_faults(awareness, uptake or {}, ages, need_share)
        raise_faults(faults)
        by_service = {age: _by_service(trips_per_month[age]) for age in ages}
        services = tuple(by_service[ages[0]])
        return cls(
            age_groups=ages,
            services=services,
            periods=tuple((name, int(start), int(end)) for name, (start, end) in periods.items()),
            rates=np.array([[float(by_service[age][name]) for name in services] for age in ages]),
            period_share=np.array([float(shares[name]) for name in periods]),
            online_share=np.array([float((online_share or {}).get(age, 0.0)) for age in ages]),
            uptake=tuple((uptake or {}).get(age) for age in ages),
            speed_m_s=tuple(float((speed_m_s or {}).get(age, 1.0)) for age in ages),
            daytime={column: tuple(within) for column, within in (daytime or {}).items()},
        )

    def segments(self) -> tuple[Segment, ...]:
        """Return the segments by age group, period, service."""
        return tuple(
            Segment(age_group=age, period=name, service=service, speed_m_s=speed, starts_min=start, ends_min=end)
            for age, speed in zip(self.age_groups, self.speed_m_s, strict=True)
            for name, start, end in self.periods
            for service in self.services
        )

    @property
    def segments_per_age(self) -> int:
        """Number of segments of one age group."""
        return len(self.periods) * len(self.services)


def _by_service(rate: float | Mapping[str, float]) -> Mapping[str, float]:
    return rate if isinstance(rate, Mapping) else {"all": rate}


def _rate_faults(trips_per_month: TripRates) -> list[Fault]:
    if GENERAL not in trips_per_month:
        problem = f"has no rate for {GENERAL} (found: {listed(trips_per_month) or 'none'})"
        return [Fault(table="demand", row="trips_per_month", problem=problem, remedy="general is everybody else")]
    by_service = {age: _by_service(rate) for age, rate in trips_per_month.items()}
    faults = [
        Fault(table="demand", row=f"trips_per_month.{age}.{name}", problem=f"is {rate}", remedy="give 0 or more")
        for age, rates in by_service.items()
        for name, rate in rates.items()
        if not (np.isfinite(rate) and rate >= 0)
    ]
    if len({tuple(sorted(rates)) for rates in by_service.values()}) > 1 or not all(by_service.values()):
        problem = "; ".join(f"{age}: {listed(rates)}" for age, rates in by_service.items())
        remedy = "give every age group the same services (0 where it has no trips)"
        faults.append(
            Fault(table="demand", row="trips_per_month", problem=f"services differ: {problem}", remedy=remedy)
        )
    return faults


def _period_faults(periods: Mapping[str, tuple[int, int]], shares: Mapping[str, float]) -> list[Fault]:
    if set(periods) != set(shares):
        problem = f"names {listed(shares)}; the periods are {listed(periods)}"
        return [Fault(table="demand", row="period_share", problem=problem, remedy="give each period its share")]
    total = sum(shares.values())
    if min(shares.values()) < 0 or abs(total - 1.0) > 1e-9:
        problem = f"shares sum to {total:g}" if min(shares.values()) >= 0 else "a share is negative"
        return [Fault(table="demand", row="period_share", problem=problem, remedy="shares must sum to 1")]
    return []


def _daytime_faults(daytime: Mapping[str, Sequence[str]], periods: Mapping[str, tuple[int, int]]) -> list[Fault]:
    return [
        Fault(table="demand", row=f"daytime.{column}", problem=problem, remedy=f"name some of {listed(periods)}")
        for column, within in daytime.items()
        for problem in [
            *(f"{name} is no period" for name in within if name not in periods),
            *["is empty"][len(within) :],
        ]
    ]


def _by_age_faults(name: str, by_age: Mapping[str, float], ages: tuple[str, ...], high: float) -> list[Fault]:
    low = 0.0 if np.isfinite(high) else np.nextafter(0.0, 1.0)
    limit = "0..1" if np.isfinite(high) else "metres a second above 0"
    faults = [
        Fault(table="demand", row=f"{name}.{age}", problem=f"is {value}", remedy=f"give {limit}")
        for age, value in by_age.items()
        if not low <= value <= high or not np.isfinite(value)
    ]
    return faults + [
        Fault(table="demand", row=f"{name}.{age}", problem="has no trips_per_month", remedy=f"known: {listed(ages)}")
        for age in by_age
        if age not in ages
    ]


def _knowledge_faults(
    awareness: Awareness | None, uptake: Mapping[str, float], ages: tuple[str, ...], need_share: float
) -> list[Fault]:
    if awareness is None:
        if need_share == 1:
            return []
        remedy = "give a survey, or set need_share = 1"
        return [Fault(table="demand", row="need_share", problem=f"is {need_share} without a survey", remedy=remedy)]
    faults = [
        Fault(
            table="survey",
            row=age,
            problem="age group was not surveyed",
            remedy=f"survey it, or use {EVERYBODY} for everybody",
        )
        for age in ages
        if survey_group(awareness, age) is None
    ]
    without = [age for age in ages if age not in uptake]
    if without and awareness.uptake is None:
        remedy = "add the column used to the survey, or set uptake in [demand]"
        faults.append(Fault(table="demand", row="uptake", problem=f"is not known for {listed(without)}", remedy=remedy))
    return faults


def share_faults(footfall_capture: float, non_resident_share: float, need_share: float) -> list[Fault]:
    """Return a fault for each of the three shares that is out of range."""
    values = {
        "footfall_capture": (footfall_capture, np.inf),
        "non_resident_share": (non_resident_share, 1.0),
        "need_share": (need_share, 1.0),
    }
    return [
        Fault(table="demand", row=name, problem=f"is {value}", remedy="give 0 or more" + (", at most 1" * (high == 1)))
        for name, (value, high) in values.items()
        if not (0 <= value <= high and np.isfinite(value))
    ]


def variation_faults(variations: Mapping[str, float]) -> list[Fault]:
    """Return a fault for each coefficient of variation that is negative or no number."""
    return [
        Fault(table="demand", row=name, problem=f"is {value}", remedy="give 0 or more")
        for name, value in variations.items()
        if not (value >= 0 and np.isfinite(value))
    ]


def survey_group(rates: Rates, age: str) -> str | None:
    """Return the survey's age group that speaks for an age group of the population."""
    found = set(rates.age_groups)
    return age if age in found else EVERYBODY if EVERYBODY in found else None
