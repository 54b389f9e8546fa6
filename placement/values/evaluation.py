"""The network that exists: what each station sees, what it should see, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from placement.values.immutable import FrozenDict, held, immutable
from placement.values.shown import Shown

STATION_COLUMNS = (
    *("site_id", "found", "do"),
    *("visits", "expected", "expected_low", "expected_high", "ratio", "ratio_low", "ratio_high"),
    *("p_idle", "p_overloaded", "months", "months_down", "lost_down", "growth_a_year", "age_months"),
    *("utilisation", "pages_a_visit", "outage_hours", "downtime", "running_yuan", "yuan_a_visit"),
    *("reach", "reach_only", "elsewhere", "people", "people_only", "twin", "twin_share", "move_to", "move_gains"),
)
MONTH_COLUMNS = ("site_id", "month", "transactions", "level", "down")


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """What the log of a network says of each of its stations.

    Parameters
    ----------
    stations
        A row a station with transactions, by id, with :data:`STATION_COLUMNS`:

        * `found`: idle, overloaded, faulty, normal, too new to tell, or no verdict; `do`: what to do, in words.
        * `visits` a month in service, season set apart; `expected`: what a station there should see, learnt from all
          others, with a 90 % interval; `ratio`: what it sees over that, against the middle of the network, after what
          all stations tell, with a 90 % interval; `p_idle`, `p_overloaded`: probabilities.
        * `months` on record; `months_down`, far below its own level, and `lost_down`, visits that these cost;
          `growth_a_year`: share by which its visits change in a year beyond the season; `age_months` since it opened,
          empty where it stood before the log.
        * `utilisation`: share of what its machines can take (empty where that is not known); `pages_a_visit`;
          `outage_hours` a month as logged, and `downtime`, their share of the month; `running_yuan` a year, and
          `yuan_a_visit`.
        * `reach`, `reach_only` (visits a month): expected use within reach, and of those with no other station within
          reach; `elsewhere`: share of `reach` that another station covers; `people`, `people_only`: residents likewise;
          `twin`: the station that covers most of the same, `twin_share` of it; `move_to`: where the station would
          reach most, all others standing, and `move_gains`, visits a month more within reach.
    proposals
        By site id, `do` as a note, which can be said in other languages too.
    months
        A row a station and month with :data:`MONTH_COLUMNS`: `level`, what its own level would bring in the month.
    season
        By month, the factor that all stations share, median 1.
    spread, error, weak
        How far expectations are off (standard deviations of the logarithm): among ordinary stations, and where it
        could be tried; whether that is too far for all but the clearest cases of overload.
    false_share
        Share of wrong ones that is taken into account among those called idle (overloaded, faulty).
    simulated
        Whether the log is declared simulated.
    notes
        What could not be said, and why.
    """

    stations: pd.DataFrame
    proposals: Mapping[str, str]
    months: pd.DataFrame
    season: Mapping[str, float] = field(default_factory=dict)
    spread: float = float("nan")
    error: float | None = None
    weak: bool = False
    false_share: float = 0.1
    simulated: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "season", FrozenDict(self.season))
        object.__setattr__(self, "proposals", FrozenDict(self.proposals))

    @property
    def counts(self) -> dict[str, int]:
        """How many stations were found to be what."""
        found = held(self, "stations")["found"].value_counts()
        return {str(name): int(count) for name, count in found.items()}

    def sentences(self) -> Iterator[tuple[str, str]]:
        """Yield (site id, what to do) of each station about which something is to be done."""
        stations = held(self, "stations")
        for site, found in zip(stations["site_id"], stations["found"], strict=True):
            if found in {"idle", "overloaded", "faulty"}:
                yield str(site), self.proposals[site]

    @property
    def lines(self) -> tuple[str, ...]:
        """What was found, and what to do about it, in lines of text."""
        return (self._headline(), *map(str, self.notes), *(f"{site}: {said}" for site, said in self._told()))

    def record(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "found": self.counts,
            "false_share": self.false_share,
            "error": self.error,
            "spread": None if pd.isna(self.spread) else self.spread,
            "weak": self.weak,
            "simulated": self.simulated,
            "notes": [str(note) for note in self.notes],
            "season": dict(self.season),
            "stations": _plain(held(self, "stations")),
            "months": _plain(held(self, "months")),
        }

    def _headline(self) -> str:
        months = held(self, "months")["month"]
        span = f"{months.min()} to {months.max()}" if len(months) else "no month"
        said = ", ".join(f"{count:,} {name}" for name, count in self.counts.items())
        simulated = ", simulated" if self.simulated else ""
        return f"{len(held(self, 'stations')):,} stations, {span}{simulated}: {said}"

    def _told(self) -> Iterator[tuple[str, str]]:
        """Yield (site id, what it is in numbers, and what to do) where something is to be done."""
        rows = held(self, "stations").set_index("site_id")
        for site, said in self.sentences():
            row = rows.loc[site]
            ratio = f"{row['ratio']:.2f} of what is to be expected ({row['ratio_low']:.2f} to {row['ratio_high']:.2f})"
            yield site, f"{row['found']}, sees {ratio}: {said}"

    def _shown(self) -> Shown:
        return f"Evaluation: {self._headline()}", list(self.sentences())


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): _value(value) for name, value in row.items()} for row in table.to_dict("records")
    ]  # fmt: skip


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)
    return None if pd.isna(value) else value
