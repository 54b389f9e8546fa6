"""Why a program has no plan: constraints that clash, the proof of it, and how far each must give way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placement.values._frozen import frozen_array
from placement.values.certificate import Certificate


@dataclass(frozen=True, kw_only=True, eq=False)
class Change:
    """How far one constraint must give way, everything else as it is.

    Amounts are in the program's unit: fen, stations, moves, thousandths of a visit a month. A limit rises by them, a
    floor falls.

    Parameters
    ----------
    constraint
        Its name.
    at_least
        No plan exists where it gives way by less.
    certificate
        Proves that: of the program in which it gives way by ``at_least - 1``.
    enough
        A plan exists where it gives way by so much; None where none was found in time.
    chosen
        (columns,) bool, that plan; None with `enough`.
    """

    constraint: str
    at_least: int
    certificate: Certificate
    enough: int | None = None
    chosen: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        if self.chosen is not None:
            object.__setattr__(self, "chosen", frozen_array(self.chosen, np.bool_))


@dataclass(frozen=True, kw_only=True, eq=False)
class Infeasibility:
    """Why no plan exists.

    Parameters
    ----------
    constraints
        Names of constraints that cannot hold together; never empty.
    certificate
        Proves that, of the program that has only these.
    changes
        Constraints whose giving way would be enough by itself, or is not known not to be.
    """

    constraints: tuple[str, ...]
    certificate: Certificate
    changes: tuple[Change, ...] = ()
