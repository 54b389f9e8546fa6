"""What is called idle, overloaded and faulty, and how sure that must be: every number in one value."""

from __future__ import annotations

from dataclasses import dataclass, fields

from placement.values.checks import Faults, is_number, shown
from placement.values.immutable import immutable

CLASSES = ("idle", "overloaded", "faulty", "normal", "too new to tell", "no verdict")
"""What a station is found to be; the last two where the log is too short for it, or for all."""


@immutable
@dataclass(frozen=True, kw_only=True)
class PerformanceRules:
    """When a station is idle, overloaded or faulty.

    Parameters
    ----------
    idle_below, overloaded_above
        Visits over what a station there should see.
    faulty_below
        Visits of a month over the station's own level.
    false_share
        Share of wrong ones that is taken into account among those that are called idle (overloaded, faulty), 0..1.
    first_months
        Months after opening that are left out: people have to hear of a station.
    mature_months
        Months after these that a station must have been seen.
    log_months
        Months that the log must have.
    fewest_stations
        Stations below which there is nothing to compare with.
    weak_sd
        Standard deviation of the logarithm of what was seen over what was expected from which on expectations are
        called weak: fewer stations are then called overloaded (`weak_false_share`).
    weak_false_share
        As `false_share`, for stations called overloaded where expectations are weak.
    full
        Share of the capacity of a month from which on the month counts as full.
    full_share
        Share of the months that must be full for a station to be overloaded whatever was expected of it.
    """

    idle_below: float = 0.5
    overloaded_above: float = 1.7
    faulty_below: float = 0.35
    false_share: float = 0.10
    first_months: int = 4
    mature_months: int = 3
    log_months: int = 6
    fewest_stations: int = 8
    weak_sd: float = 0.34
    weak_false_share: float = 0.02
    full: float = 0.8
    full_share: float = 0.5

    def __post_init__(self) -> None:
        faults = Faults("rules")
        for each in fields(self):
            value = getattr(self, each.name)
            if not is_number(value) or value < 0:
                faults.add(f"is {shown(value)}", row=each.name, remedy="give a number of 0 or more")
        faults.raise_any()
        if self.idle_below >= 1 or self.overloaded_above <= 1 or self.faulty_below >= 1:
            problem = "idle_below and faulty_below lie below 1, overloaded_above above"
            faults.add(problem, remedy="give shares of what is expected")
        faults.raise_any()
