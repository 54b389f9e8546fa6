r"""Travel times between demand points and sites: sparse, exact, frozen.

A stored entry is a pair within reach; a pair that is not stored is out of reach, however near to zero the numbers
look. An explicit 0 is legal (a station in the building), so that comparing the matrix with a threshold would call
every unreachable pair covered: :meth:`TravelTimes.within` is the only way to a boolean.

Entries are whole millimetres, from which every walking speed follows: a pair is within a threshold iff

.. math:: mm \cdot 1000 \le \text{threshold in ms} \cdot \text{speed in mm/s},

in integers. Where only times are known (slopes, a table of seconds), entries are whole milliseconds; of a run whose
walking speed on the level is named, other speeds follow in proportion, in integers too.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from placement.errors import AlignmentError, InputError
from placement.travel.tables import Unit, long_table, melted
from placement.values.immutable import immutable
from placement.values.shown import Shown

SNAP_COLUMNS = ("id", "kind", "access_m", "part", "far")


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class TravelTimes:
    """Times from every demand point to every site within reach.

    Parameters
    ----------
    point_ids, site_ids
        Ids of the rows and columns of everything below.
    matrix
        (points, sites) CSR int32 in `unit`; stored = reachable.
    unit
        ``mm`` (whole millimetres) or ``ms`` (whole milliseconds).
    cutoff_s
        How far times were computed, seconds; None where every reachable pair is stored.
    speed_m_s
        Speed that `cutoff_s` and :attr:`seconds` refer to; whole millimetres a second. None for a table of metres.
    mode
        How people travel, in words for reports.
    snaps
        Frame `id`, `kind` (point or site), `access_m`, `part`, `far`: how each end met the streets.
    source
        Fingerprint of what the times were computed from; empty for a given table.
    kept_in
        Folder of the cache they were read from; empty where they were computed. No part of what they are.

    Raises
    ------
    AlignmentError
        If shape and ids disagree or ids repeat.
    InputError
        If an entry is negative, or a cutoff in seconds comes with metres and no speed.
    """

    point_ids: pd.Index
    site_ids: pd.Index
    matrix: sparse.csr_array
    unit: Unit = "mm"
    cutoff_s: float | None = None
    speed_m_s: float | None = None
    mode: str
    snaps: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SNAP_COLUMNS)))
    source: str = ""
    kept_in: str = ""

    def __post_init__(self) -> None:
        for name in ("point_ids", "site_ids"):
            ids = pd.Index(getattr(self, name))
            if ids.has_duplicates:
                raise AlignmentError.single(name, "an id is repeated", row=str(ids[ids.duplicated()][0]))
            object.__setattr__(self, name, ids)
        expected = (len(self.point_ids), len(self.site_ids))
        if self.matrix.shape != expected:
            raise AlignmentError.single("travel times", f"have shape {self.matrix.shape}, expected {expected}")
        if self.matrix.nnz and int(self.matrix.data.min()) < 0:
            raise InputError.single("travel times", "an entry is negative", remedy="times and lengths must be >= 0")
        if self.unit == "mm" and self.cutoff_s is not None and self.speed_m_s is None:
            raise InputError.single("travel times", "have cutoff_s but no speed_m_s", remedy="name both, or neither")
        object.__setattr__(self, "matrix", _read_only(self.matrix))

    def _shown(self) -> Shown:
        reach = "every pair" if self.cutoff_s is None else f"up to {self.cutoff_s:g} s"
        size = f"{len(self.point_ids):,} points x {len(self.site_ids):,} sites, {self.n_pairs:,} pairs"
        return f"TravelTimes: {self.mode}, {size}, {reach}", ()

    @property
    def n_pairs(self) -> int:
        """Number of pairs within reach."""
        return int(self.matrix.nnz)

    @property
    def seconds(self) -> sparse.csr_array:
        """(points, sites) CSR float64 seconds at the run's own speed; stored = reachable.

        Raises
        ------
        InputError
            For a table of metres without a speed.
        """
        return self._with_data(self.matrix.data / self._per_second())

    def blocks(self) -> Iterator[TravelTimes]:
        """Yield the times in blocks of points, in order; here in one (see :class:`placement.travel.TimesStream`)."""
        yield self

    def to_sites(self, site_ids: pd.Index) -> TravelTimes:
        """Return the times to these sites only, in the order given.

        Raises
        ------
        AlignmentError
            If a site is unknown.
        """
        return replace(self, site_ids=site_ids, matrix=columns_of(self.matrix, positions_of(self.site_ids, site_ids)))

    def within(self, threshold_s: float, speed_m_s: float | None = None) -> sparse.csr_array:
        """Return (points, sites) CSR bool of the pairs within a time.

        Parameters
        ----------
        threshold_s
            Seconds, rounded to whole milliseconds; a pair exactly at the threshold is within.
        speed_m_s
            Metres a second on the level, rounded to whole millimetres; by default the run's own.

        Raises
        ------
        InputError
            If the threshold lies beyond what was computed, or a speed is needed or does not apply.
        """
        threshold_ms = _whole("threshold_s", threshold_s)
        if self.unit == "ms" and self.speed_m_s is None:
            if speed_m_s is not None:
                raise InputError.single(
                    "travel times", f"are times of one speed, not of {speed_m_s} m/s", remedy="make one run a speed"
                )
            return self._up_to(threshold_ms, f"{threshold_s:g} s")
        speed = _speed_mm_s(self.speed_m_s if speed_m_s is None else speed_m_s)
        own = 1000 if self.unit == "mm" else _speed_mm_s(self.speed_m_s)
        return self._up_to(threshold_ms * speed // own, f"{threshold_s:g} s at {speed / 1000:g} m/s")

    def within_metres(self, threshold_m: float) -> sparse.csr_array:
        """Return (points, sites) CSR bool of the pairs within a distance, rounded to whole millimetres.

        Raises
        ------
        InputError
            If the distance lies beyond what was computed, or only times are known.
        """
        if self.unit == "ms":
            raise InputError.single("travel times", "hold no distances", remedy="ask for a threshold in seconds")
        return self._up_to(_whole("threshold_m", threshold_m), f"{threshold_m:g} m")

    @property
    def reach(self) -> int | None:
        """Largest value, in `unit`, up to which every pair is known; None where there is no limit."""
        if self.cutoff_s is None:
            return None
        if self.unit == "ms":
            return whole_cutoff(self.cutoff_s)
        return whole_cutoff(self.cutoff_s) * _speed_mm_s(self.speed_m_s) // 1000

    def fingerprint(self) -> str:
        """Return the SHA-256 of ids, entries, unit, cutoff, speed, mode and source."""
        digest = hashlib.sha256(b"placement travel times 1")
        digest.update(f"{self.unit} {self.cutoff_s} {self.speed_m_s} {self.mode} {self.source}".encode())
        for ids in (self.point_ids, self.site_ids):
            digest.update(("\n".join(map(str, ids)) + "\n\n").encode())
        digest.update(self.matrix.indptr.astype("<i8").tobytes())
        digest.update(self.matrix.indices.astype("<i4").tobytes())
        digest.update(self.matrix.data.astype("<i4").tobytes())
        return digest.hexdigest()

    @classmethod
    def from_table(
        cls,
        frame: pd.DataFrame,
        *,
        point_ids: pd.Index | None = None,
        site_ids: pd.Index | None = None,
        cutoff_s: float | None = None,
        speed_m_s: float | None = None,
        missing: Literal["error", "unreachable"] = "error",
        mode: str | None = None,
    ) -> TravelTimes:
        """Return the times of a long table, one row a pair; a pair without a row is out of reach.

        Parameters
        ----------
        frame
            Columns `demand_id`, `site_id` and one of `seconds`, `minutes`, `hours`, `metres`, `km`; or `from_id`,
            `to_id`, `travel_time` (minutes) as r5r and r5py write them, where an empty time means out of reach.
        point_ids, site_ids
            Rows and columns of the result; by default the ids of the table, sorted.
        cutoff_s
            How far the table reaches, seconds; None: every reachable pair has a row.
        speed_m_s
            Speed for a table of metres; None: thresholds in metres only, unless `within` names a speed.
        missing
            ``error``: an empty value, or an id without any row, is a fault. ``unreachable``: it means out of reach.
        mode
            Words for reports; by default e.g. "given matrix (seconds)".

        Raises
        ------
        AlignmentError
            Listing the ids that only the table has and the ids that it lacks.
        InputError
            Listing missing columns, repeated pairs, negative and unreadable values.

        Examples
        --------
        >>> table = pd.DataFrame({"demand_id": ["a", "b"], "site_id": ["S", "S"], "metres": [0.0, 900.0]})
        >>> times = TravelTimes.from_table(table)
        >>> times
        TravelTimes: given matrix (metres), 2 points x 1 sites, 2 pairs, every pair
        >>> times.within_metres(500).toarray().tolist()
        [[True], [False]]
        """
        parts = long_table(frame, point_ids=point_ids, site_ids=site_ids, missing=missing)
        return cls(
            point_ids=parts.point_ids, site_ids=parts.site_ids, matrix=parts.matrix, unit=parts.unit,
            cutoff_s=cutoff_s, speed_m_s=speed_m_s, mode=mode or parts.mode,
        )  # fmt: skip

    @classmethod
    def from_matrix(
        cls,
        frame: pd.DataFrame,
        *,
        unit: Literal["seconds", "minutes", "hours", "metres", "km"],
        point_ids: pd.Index | None = None,
        site_ids: pd.Index | None = None,
        cutoff_s: float | None = None,
        speed_m_s: float | None = None,
        missing: Literal["error", "unreachable"] = "error",
        mode: str | None = None,
    ) -> TravelTimes:
        """Return the times of a dense table: demand ids down, site ids across.

        Parameters
        ----------
        frame
            Numbers, indexed by demand id, columns named by site id.
        unit
            Of the numbers.
        point_ids, site_ids, cutoff_s, speed_m_s, missing, mode
            As in :meth:`from_table`; by default rows and columns keep the order of the frame.

        Raises
        ------
        AlignmentError, InputError
            As :meth:`from_table`.

        Examples
        --------
        >>> frame = pd.DataFrame({"S": [0.0, 900.0]}, index=["a", "b"])
        >>> TravelTimes.from_matrix(frame, unit="metres").within_metres(500).toarray().tolist()
        [[True], [False]]
        """
        return cls.from_table(
            melted(frame, unit), point_ids=frame.index if point_ids is None else point_ids,
            site_ids=frame.columns if site_ids is None else site_ids, cutoff_s=cutoff_s, speed_m_s=speed_m_s,
            missing=missing, mode=mode,
        )  # fmt: skip

    def _per_second(self) -> int:
        return 1000 if self.unit == "ms" else _speed_mm_s(self.speed_m_s)

    def _up_to(self, limit: int, asked: str) -> sparse.csr_array:
        if self.reach is not None and limit > self.reach:
            raise InputError.single(
                "travel times",
                f"{asked} was asked, but they were computed up to {self.cutoff_s:g} s"
                + (f" at {self.speed_m_s:g} m/s" if self.speed_m_s else ""),
                remedy="raise the cutoff",
            )
        return pairs_up_to(self.matrix, limit)

    def _with_data(self, data: NDArray[np.float64]) -> sparse.csr_array:
        matrix = self.matrix
        return sparse.csr_array((data, matrix.indices.copy(), matrix.indptr.copy()), shape=matrix.shape)


def positions_of(site_ids: pd.Index, wanted: pd.Index) -> NDArray[np.intp]:
    """Return where the wanted ids stand among the ids, or raise with those that do not."""
    found: NDArray[np.intp] = site_ids.get_indexer(pd.Index(wanted))
    if (found < 0).any():
        raise AlignmentError.single("sites", "has no travel times", row=str(pd.Index(wanted)[found < 0][0]))
    return found


def columns_of(matrix: sparse.csr_array, columns: NDArray[np.intp]) -> sparse.csr_array:
    """Return some columns of a CSR in the order given; explicit zeros stay."""
    number = np.full(matrix.shape[1], -1, dtype=np.int32)
    number[columns] = np.arange(columns.size, dtype=np.int32)
    column = number[matrix.indices]
    kept = column >= 0
    before = np.zeros(kept.size + 1, dtype=matrix.indptr.dtype)
    np.cumsum(kept, out=before[1:])
    parts = (matrix.data[kept], column[kept], before[matrix.indptr])
    chosen = sparse.csr_array(parts, shape=(matrix.shape[0], columns.size))
    chosen.sort_indices()
    return chosen


def pairs_up_to(matrix: sparse.csr_array, limit: int) -> sparse.csr_array:
    """Return the CSR bool of the stored entries up to a limit; what is not stored stays out."""
    kept = matrix.data <= limit
    before = np.zeros(kept.size + 1, dtype=matrix.indptr.dtype)
    np.cumsum(kept, out=before[1:])
    indices = matrix.indices[kept]
    parts = (np.ones(indices.size, dtype=bool), indices, before[matrix.indptr])
    covers = sparse.csr_array(parts, shape=matrix.shape)
    covers.has_canonical_format = True
    return covers


def whole_cutoff(cutoff_s: float) -> int:
    """Return the cutoff in whole milliseconds, rounded up, so that a threshold given as metres stays within reach."""
    return math.ceil(round(cutoff_s * 1000, 6))


def _whole(name: str, value: float) -> int:
    """Return thousandths of a number as a whole number."""
    if not np.isfinite(value) or value < 0:
        raise InputError.single(name, f"is {value}", remedy="give a number, 0 or more")
    return round(value * 1000)


def _speed_mm_s(speed_m_s: float | None) -> int:
    if speed_m_s is None:
        raise InputError.single("travel times", "hold metres and no speed", remedy="name speed_m_s, or use metres")
    if not np.isfinite(speed_m_s) or round(speed_m_s * 1000) < 1:
        raise InputError.single("speed_m_s", f"is {speed_m_s}", remedy="give metres a second above 0, e.g. 1.3")
    return round(speed_m_s * 1000)


def _read_only(matrix: sparse.csr_array) -> sparse.csr_array:
    """Return a canonical CSR of int32 whose arrays cannot be written; arrays that are so already are not copied."""
    frozen = sparse.csr_array(matrix, dtype=np.int32, copy=matrix.data.flags.writeable)
    if not frozen.has_canonical_format:
        frozen = frozen.copy()
        frozen.sort_indices()
    for part in (frozen.data, frozen.indices, frozen.indptr):
        part.setflags(write=False)
    return frozen
