"""Travel times of very many points, made block by block.

What is kept is which sites each street node reaches (a few hundred entries a site) and where the points stand; the
times of a block of points are made when they are asked for, and made again when they are asked for again. The times
of all points are never held at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from placement.streets.snap import Snaps
from placement.travel.search import Reach, search
from placement.travel.tables import Unit
from placement.travel.times import TravelTimes, positions_of
from placement.values.immutable import immutable
from placement.values.shown import Shown


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class TimesStream:
    """Times from every demand point to every site within reach, as :class:`placement.travel.TravelTimes`, not held.

    Made by :meth:`placement.travel.TravelRun.stream`.

    Parameters
    ----------
    point_ids, site_ids, unit, cutoff_s, speed_m_s, mode, snaps, source
        As in :class:`placement.travel.TravelTimes`.
    reach
        Sites that each street node reaches.
    points, sites
        Where they stand on the streets.
    """

    point_ids: pd.Index
    site_ids: pd.Index
    unit: Unit
    cutoff_s: float
    speed_m_s: float | None
    mode: str
    snaps: pd.DataFrame
    source: str
    reach: Reach
    points: Snaps
    sites: Snaps

    def _shown(self) -> Shown:
        size = f"{len(self.point_ids):,} points x {len(self.site_ids):,} sites"
        return f"TimesStream: {self.mode}, {size}, up to {self.cutoff_s:g} s, made block by block", ()

    @property
    def most_pairs(self) -> int:
        """A number of pairs that is certainly not exceeded; the true one is a third to a half of it."""
        return int(self.reach.most_entries(self.points).sum())

    @cached_property
    def n_pairs(self) -> int:
        """Number of pairs within reach, counted in a pass over all blocks."""
        return sum(int(rows.nnz) for rows in self.reach.blocks(self.points))

    def blocks(self) -> Iterator[TravelTimes]:
        """Yield the times in blocks of points, in order."""
        start = 0
        for rows in self.reach.blocks(self.points):
            end = start + rows.shape[0]
            yield TravelTimes(point_ids=self.point_ids[start:end], matrix=rows, **self._labels())
            start = end

    def to_sites(self, site_ids: pd.Index) -> TravelTimes:
        """Return the times to a few sites, by a search from them alone.

        Raises
        ------
        AlignmentError
            If a site is unknown.
        """
        at = positions_of(self.site_ids, site_ids)
        few, reach = self.sites.take(at), self.reach
        matrix = search(reach.streets, reach.costs, few, reach.cutoff, reach.threads).matrix(self.points)
        labels = self._labels() | {"site_ids": pd.Index(site_ids)}
        return TravelTimes(point_ids=self.point_ids, matrix=matrix, snaps=self.snaps, **labels)

    def whole(self) -> TravelTimes:
        """Return all times at once."""
        matrix = self.reach.matrix(self.points)
        return TravelTimes(point_ids=self.point_ids, matrix=matrix, snaps=self.snaps, **self._labels())

    def _labels(self) -> dict[str, Any]:
        names = ("site_ids", "unit", "cutoff_s", "speed_m_s", "mode", "source")
        return {name: getattr(self, name) for name in names}
