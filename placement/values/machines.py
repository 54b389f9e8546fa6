"""Machines that move, are bought and taken away, where a plan counts them one by one."""

from __future__ import annotations

from dataclasses import dataclass

from placement.values.immutable import immutable
from placement.values.shown import Shown


@immutable
@dataclass(frozen=True, kw_only=True)
class MachineMove:
    """Machines that go from one site to another.

    Parameters
    ----------
    from_site_id, to_site_id
        Where they stand today, and where they stand after the plan.
    machines
        How many, 1 or more.
    """

    from_site_id: str
    to_site_id: str
    machines: int


@immutable
@dataclass(frozen=True, kw_only=True)
class MachinesChange:
    """What becomes of the machines.

    Parameters
    ----------
    before, after
        How many stand today, and after the plan.
    bought, removed
        How many are bought, and taken away for good.
    moves
        Those that move, by the ids of where from and where to; paired by least total length, then by ids.
    """

    before: int
    after: int
    bought: int
    removed: int
    moves: tuple[MachineMove, ...]

    @property
    def moved(self) -> int:
        """How many machines move."""
        return sum(move.machines for move in self.moves)

    @property
    def in_words(self) -> str:
        """Return it in a line: ``57 -> 53 machines: 12 moved, 9 bought, 13 taken away``."""
        done = {"moved": self.moved, "bought": self.bought, "taken away": self.removed}
        said = ", ".join(f"{count} {word}" for word, count in done.items() if count) or "all stay"
        return f"{self.before} -> {self.after} machines: {said}"

    def _shown(self) -> Shown:
        rows = [(f"{move.from_site_id} -> {move.to_site_id}", f"{move.machines}") for move in self.moves]
        return f"MachinesChange: {self.in_words}", rows
