"""Who gains and who loses between two networks: by district, segment and walking time, and the places hit hardest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

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

    def _words(self) -> Iterator[str]:
        for row in held(self, "districts").to_dict("records"):
            yield (
                f"{row['group']}: {row['gains']:,.0f} visits a month come within reach, {row['loses']:,.0f} get out "
                f"of it ({row['net']:+,.0f}); {row['people_gain']:,.0f} people gain, {row['people_lose']:,.0f} lose"
            )
        for row in held(self, "segments").to_dict("records"):
            yield f"{row['group']}: {row['gains']:,.0f} come within reach, {row['loses']:,.0f} get out"
        for row in held(self, "bands").to_dict("records"):
            yield f"{row['minutes']} min: {row['first']:,.0f} -> {row['second']:,.0f} visits a month"
        for row in held(self, "places").to_dict("records"):
            walk = " -> ".join(
                "beyond" if pd.isna(row[name]) else f"{row[name]:.0f}" for name in ("first_min", "second_min")
            )
            where = f"{row['demand_id']} ({row['district']})"
            yield f"hit hardest: {where}: {row['loses']:,.1f} visits a month, {walk} minutes"

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
