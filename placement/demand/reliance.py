"""How much of a demand rests on virtual counters, and how many demand points nobody passes."""

from __future__ import annotations

from dataclasses import dataclass

from placement.demand.footfall import Footfall
from placement.demand.uncertain import DemandEstimate
from placement.notes import Note
from placement.values.immutable import immutable


@immutable
@dataclass(frozen=True, kw_only=True)
class VirtualReliance:
    """What virtual counters contribute.

    Parameters
    ----------
    points, without
        Demand points, and how many of them get no passer-by of any counter.
    of_passers, of_need
        Shares (0..1) of all passers-by and of the need that come from virtual counters.
    """

    points: int
    without: int
    of_passers: float
    of_need: float

    @classmethod
    def of(cls, footfall: Footfall, demand: DemandEstimate) -> VirtualReliance:
        """Return what the virtual counters of a spread contribute to a demand.

        Parameters
        ----------
        footfall
            Spread from :attr:`placement.demand.FilledCounters.counters`.
        demand
            Estimated with it.
        """
        counters = footfall.counters
        people = (counters["people_per_day"] * counters["counted"]).to_numpy(dtype=float)
        virtual = float(people[counters["interpolated"].to_numpy(dtype=bool)].sum())
        passing = footfall.points["people_per_day"].to_numpy(dtype=float)
        need = float(demand.need.sum())
        return cls(
            points=len(passing),
            without=int((passing == 0).sum()),
            of_passers=virtual / float(people.sum()),
            of_need=virtual * demand.town.visits_a_passer / need if need > 0 else 0.0,
        )

    @property
    def note(self) -> Note:
        """The same in a sentence."""
        return Note(
            "{passers:.1%} of the passers-by and {need:.1%} of the need come from virtual counters; "
            "{without:,} of {points:,} demand points stay without passers-by",
            passers=self.of_passers, need=self.of_need, without=self.without, points=self.points,
        )  # fmt: skip
