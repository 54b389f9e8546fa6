r"""Predicted visits in whole numbers: what plans that count visits, their bounds and their certificates are counted in.

.. math::

    V(S) = \sum_i n_i \frac{A_i(S)}{A_i(S) + T} + \sum_{j \in S} d_j, \qquad A_i(S) = \sum_{j \in S} a_{ij}

as in :class:`~placement.values.capture.Capture`, with :math:`n_i` and :math:`d_j` in whole thousandths of a visit a
month and :math:`a_{ij}` in units of :math:`1/T` of the outside option, :math:`T = 2^{16}`, each rounded to the nearest.
A pull beyond 2**12 times the outside option counts as that: fewer than one in 4,000 stays at home.

A share of a row is a fraction. It is counted in units of ``2**-bits`` of a thousandth, rounded down or up as the use
asks, so that sums of rows times multipliers of 2**20 stay within 64 bits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.errors import InputError
from placement.values.arrays import BoolArray, IntArray, frozen_array
from placement.values.capture import Capture
from placement.values.immutable import immutable
from placement.values.shown import Shown

THOUSANDTHS = 1000
"""Units of mass and doors in a visit."""

OUTSIDE = 2**16
"""The pull of staying at home."""

MOST_PULL = 2**28
"""A site's pull counts up to this."""

ROUNDING = 2
"""Thousandths of a visit by which what a station sees may come out otherwise in floating point, at most."""

_MOST_MASS = 2**36
"""All visits together stay below this many thousandths."""

_MOST_BITS, _ROOM_BITS = 20, 41
"""Bits of a fraction of a thousandth: at most, and together with those of all visits."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class WholeCapture:
    """Visits that any set of stations would see, in whole numbers; see the module.

    Parameters
    ----------
    mass
        (rows,) thousandths of a visit a month, > 0.
    indptr, site, pull
        CSR over rows: sites within reach, increasing, and their pull in ``1 / OUTSIDE`` of the outside option, > 0.
    door
        (sites,) thousandths of a visit a month.
    """

    mass: IntArray
    indptr: IntArray
    site: IntArray
    pull: IntArray
    door: IntArray

    def __post_init__(self) -> None:
        for name in ("mass", "indptr", "site", "pull", "door"):
            object.__setattr__(self, name, frozen_array(getattr(self, name), np.int64))

    @classmethod
    def of(cls, capture: Capture, order: NDArray[np.int64]) -> WholeCapture:
        """Return the whole numbers of `capture`, whose site ``order[j]`` becomes site ``j``.

        Raises
        ------
        InputError
            If the visits are too many for whole numbers.
        """
        if not float(capture.mass.sum() + capture.door.sum()) * THOUSANDTHS < _MOST_MASS:
            problem = f"visits add up to more than {_MOST_MASS / THOUSANDTHS:.3g} a month"
            raise InputError.single("capture", problem, remedy="check the visits on record")
        mass = np.rint(capture.mass * THOUSANDTHS).astype(np.int64)
        pull = sparse.csr_array(capture.pull[:, order])
        pull.data = np.rint(np.minimum(pull.data * OUTSIDE, MOST_PULL)).astype(np.int64)
        pull.eliminate_zeros()
        pull.sort_indices()
        kept = np.flatnonzero((mass > 0) & (np.diff(pull.indptr) > 0))
        pull = sparse.csr_array(pull[kept])
        door = np.rint(capture.door[order] * THOUSANDTHS).astype(np.int64)
        return cls(mass=mass[kept], indptr=pull.indptr, site=pull.indices, pull=pull.data, door=door)

    @classmethod
    def nobody(cls, n_sites: int) -> WholeCapture:
        """Return the visits of people who go nowhere."""
        none = np.zeros(0, dtype=np.int64)
        door = np.zeros(n_sites, dtype=np.int64)
        return cls(mass=none, indptr=np.zeros(1, dtype=np.int64), site=none, pull=none, door=door)

    def wider(self, n_sites: int) -> WholeCapture:
        """Return the same visits where there are more places than sites, such as those of further machines."""
        return replace(self, door=np.pad(self.door, (0, n_sites - self.door.size)))

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return int(self.door.size)

    @property
    def bits(self) -> int:
        """Bits of a fraction of a thousandth."""
        total = int(self.mass.sum() + self.door.sum())
        return min(_MOST_BITS, _ROOM_BITS - total.bit_length())

    @property
    def row_of_entry(self) -> IntArray:
        """(entries,) row of each site within reach."""
        return np.repeat(np.arange(self.mass.size), np.diff(self.indptr))

    def pulled(self, standing: BoolArray) -> IntArray:
        """Return (rows,) the pull of the stations of `standing`, (sites,), together."""
        pull = np.where(standing[self.site], self.pull, 0)
        return np.asarray(np.add.reduceat(pull, self.indptr[:-1])) if self.mass.size else np.zeros(0, dtype=np.int64)

    def total(self, standing: BoolArray) -> int:
        """Return thousandths of a visit a month of all stations of `standing` together, rounded down."""
        lost = at_home(self.mass, self.pulled(standing), self.bits, up=True)
        scaled = (int(self.mass.sum()) << self.bits) - int(lost.sum())
        return (scaled >> self.bits) + int(self.door[standing].sum())

    def station(self, site: int, standing: BoolArray) -> int:
        """Return thousandths of a visit a month of the station at `site` among those of `standing`, rounded up."""
        at = np.flatnonzero(self.site == site)
        rows = self.row_of_entry[at]
        pulled = self.pulled(standing)[rows] + np.where(standing[site], 0, self.pull[at])
        seen = share_of(self.mass[rows], self.pull[at], pulled, self.bits)
        return -(-seen >> self.bits) + int(self.door[site])

    def _shown(self) -> Shown:
        return f"WholeCapture: {self.mass.size:,} rows, {self.n_sites:,} sites, {self.pull.size:,} entries", ()


def at_home(mass: IntArray, pulled: IntArray, bits: int, *, up: bool) -> IntArray:
    """Return what stays at home of each row, ``mass * OUTSIDE / (pulled + OUTSIDE)``, in ``2**-bits`` thousandths.

    Examples
    --------
    >>> at_home(np.array([10, 10]), np.array([0, 2 * OUTSIDE]), 1, up=False).tolist()
    [20, 6]
    """
    return _quotient(mass * OUTSIDE, pulled + OUTSIDE, bits, up=up)


def share_of(mass: IntArray, pull: IntArray, pulled: IntArray, bits: int) -> int:
    """Return what a site of `pull` sees where all stations pull `pulled`, each row rounded up to ``2**-bits``."""
    rows = zip(mass.tolist(), pull.tolist(), pulled.tolist(), strict=True)
    return sum(-(-(n * a << bits) // (total + OUTSIDE)) for n, a, total in rows)


def _quotient(amount: IntArray, parts: IntArray, bits: int, *, up: bool) -> IntArray:
    whole, left = np.divmod(amount, parts)
    fraction = -(-(left << bits) // parts) if up else (left << bits) // parts
    return (whole << bits) + fraction
