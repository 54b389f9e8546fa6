"""Who gains and who loses between two networks: by district, segment and walking time, and the places hit hardest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from placement.notes import Note
from placement.values.immutable import held, immutable
from placement.values.shown import Shown


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Difference:
    """What a second network changes for people, beside a first.

    Parameters
    ----------
    districts, segments
        A row each: `group`, `gains` and `loses` (visits a month that come within reach, or get out of it, as steps
        count them), `net`; of districts also `people_gain` and `people_lose`: residents, in one period at least.
    bands
        A row for each band of walking time to the nearest station that serves: `minutes` (such as ``5-10``; ``beyond``
        is farther than times are known), `first` and `second`, visits a month there, and `change`.
    places
        The demand points that lose most: `demand_id`, `district`, `loses` (visits a month), `people`, `first_min` and
        `second_min`, minutes to the nearest station by weight (NaN: farther than times are known). The worst first.
    """

    districts: pd.DataFrame
    segments: pd.DataFrame
    bands: pd.DataFrame
    places: pd.DataFrame

    @property
    def lines(self) -> tuple[str, ...]:
        """The answer as lines of text."""
        return tuple(self._words())

    def _words(self) -> Iterator[Note]:
        for row in held(self, "districts").to_dict("records"):
            yield Note(
                "{group}: {gains:,.0f} visits a month come within reach, {loses:,.0f} get out of it ({net:+,.0f}); "
                "{gain:,.0f} people gain, {lose:,.0f} lose",
                group=Note(row["group"]), gains=row["gains"], loses=row["loses"], net=row["net"],
                gain=row["people_gain"], lose=row["people_lose"],
            )  # fmt: skip
        for row in held(self, "segments").to_dict("records"):
            form = "{group}: {gains:,.0f} come within reach, {loses:,.0f} get out"
            yield Note(form, group=row["group"], gains=row["gains"], loses=row["loses"])
        for row in held(self, "bands").to_dict("records"):
            form = "{minutes} min: {first:,.0f} -> {second:,.0f} visits a month"
            yield Note(form, minutes=Note(row["minutes"]), first=row["first"], second=row["second"])
        for row in held(self, "places").to_dict("records"):
            yield Note(
                "hit hardest: {site} ({district}): {loses:,.1f} visits a month, {first} -> {second} minutes",
                site=row["demand_id"], district=Note(row["district"]), loses=row["loses"],
                first=_minutes(row["first_min"]), second=_minutes(row["second_min"]),
            )  # fmt: skip

    def record(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            name: [
                {str(key): None if isinstance(value, float) and pd.isna(value) else value for key, value in row.items()}
                for row in held(self, name).to_dict("records")
            ]
            for name in ("districts", "segments", "bands", "places")
        }

    def _shown(self) -> Shown:
        return "Difference: who gains and who loses", [("", line) for line in self.lines]


def _minutes(minutes: float) -> Note:
    return Note("beyond") if pd.isna(minutes) else Note(f"{minutes:.0f}")
