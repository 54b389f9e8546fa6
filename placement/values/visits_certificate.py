r"""A proof of an upper bound for plans that count predicted visits, checkable in integers without a solver.

With coverage :math:`c(S)` and visits :math:`V(S)` in thousandths of a visit a month, the claim is
:math:`c(S) + \lfloor r\,V(S) \rfloor \le` `bound` for every plan, of those with :math:`V(S) \ge F` where a floor is
given, with every new station's visits at least :math:`m` where that is the rule, and with at most `most_idle`
stations that see less than :math:`u` where that is a limit.

**How it is proven** (what a checker does):

1. The capture is rebuilt from the inputs in whole numbers (:mod:`placement.values.whole_capture`), and from it what the
   multipliers of each majorant prove (:mod:`placement.values.majorants`). Every claimed number is at least that.
2. *Parts.* The plans are divided by columns: a part holds those in which the columns of its path, in order, are
   chosen or not. The paths are those of the leaves of a binary tree, so that every plan is in one part: either there
   is one part, with an empty path, or all paths begin with the same column, and the rests of those that begin with its
   value 0 are again such, as are those of its value 1.
3. *The program of a part.* Where idle stations are limited, the coverage program of the inputs gets a column more for
   each site of `marked`, which provides nowhere and is worth nothing, and the row that these and all columns that
   provide at sites of `below` add up to `most_idle` at most. Needed: a station at a site of `below` sees less than u
   even alone. Then are added, in this order:

   - for r > 0, with m the part's entry of `priced`, the value :math:`\lceil r c_{m j} \rceil` for each column that
     provides at a site j;
   - a row for each majorant of `floors`: :math:`\sum_k -c_{m, j(k)} x_k \le K_m - F` over the columns that provide;
   - a row for each entry of `idle`, a site j and a set C of others: the columns of `new` at j and all columns that
     provide at a site of C add up to :math:`|C|` at most. Needed: beside C the station at j sees less than m. It then
     sees less beside any more stations, so that no plan within the rule chooses all of them;
   - for an entry of `idle_counted`, that all columns that provide at j and at C, less the column of the mark of j, add
     up to :math:`|C|` at most. Needed: beside C the station at j sees less than u. A plan that chooses all of them has
     an idle station at j, and may be counted as marking it; one mark a site is enough for all of its entries, so that
     a plan with at most `most_idle` idle stations satisfies these rows.

   Columns of a row increase. The columns of the part's path are required or excluded.
4. The part's `inner` is a certificate of that program, without a plan (:mod:`placement.values.certificate`). It proves
   that the part has no plan, or its bound, for r > 0 with :math:`\lceil r K_m \rceil` added, is at most `bound`.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.errors import CertificateError
from placement.values.arrays import IntArray, frozen_array
from placement.values.certificate import Certificate
from placement.values.immutable import immutable
from placement.values.majorants import Majorants
from placement.values.rows import RowKind
from placement.values.shown import Shown

VISITS_FLOOR = RowKind(name="visits floor", unit="thousandths of a visit a month")
"""Stations see at least so many visits together."""
NEW_VISITS = RowKind(name="visits of new stations", rule=True)
"""Of a new station and others one at least is missing, or the new one would see too few."""

MOST_IDLE = RowKind(name="idle stations")
"""Stations that are marked as idle are limited."""
IDLE = RowKind(name="mark of an idle station", structural=True)
"""A station and others one at least is missing, or it is idle and marked so."""

_PREFIX = "visits."
_SCALARS = ("numerator", "denominator", "floor", "bound", "objective")
_ARRAYS = (
    "floors", "idle_site", "idle_indptr", "idle_beside", "priced", "fixed_indptr", "fixed_column", "fixed_value",
)  # fmt: skip
_OF_IDLE = ("idle_counted", "below", "marked")
"""Arrays that are there where idle stations are limited, beside `most_idle`."""


def _nothing() -> IntArray:
    return np.zeros(0, dtype=np.int64)


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class VisitsCertificate:
    """The proof; see the module.

    Parameters
    ----------
    numerator, denominator
        The weight r of visits.
    floor
        F, thousandths of a visit a month; 0: no floor.
    floors
        Majorants that rows of the floor of visits are made of.
    idle_site, idle_indptr, idle_beside
        The site j of each entry, and CSR of its set C of sites, increasing.
    most_idle
        How many stations may be idle; -1: no limit.
    idle_counted
        (entries of idle,) 1 where the entry is of the limit on idle stations, 0 where it is of the rule for new ones;
        empty where there is no limit.
    below, marked
        Sites, increasing, at which a station is idle even alone, and those that have a column that marks it as idle.
    priced
        (parts,) the majorant in the objective of each part; -1 where r = 0.
    fixed_indptr, fixed_column, fixed_value
        CSR of the path of each part: columns, and 1 where it is chosen, else 0.
    majorants
        The majorants.
    bound, objective
        The claim, and the value of the plan, thousandths of a visit a month.
    inner
        The certificate of each part.
    digest
        SHA-256 of everything above.
    """

    numerator: int
    denominator: int
    floor: int
    floors: IntArray
    idle_site: IntArray
    idle_indptr: IntArray
    idle_beside: IntArray
    priced: IntArray
    fixed_indptr: IntArray
    fixed_column: IntArray
    fixed_value: IntArray
    majorants: Majorants
    bound: int
    objective: int
    inner: tuple[Certificate, ...]
    most_idle: int = -1
    idle_counted: IntArray = field(default_factory=_nothing)
    below: IntArray = field(default_factory=_nothing)
    marked: IntArray = field(default_factory=_nothing)
    digest: str = ""

    def __post_init__(self) -> None:
        for name in (*_ARRAYS, *_OF_IDLE):
            object.__setattr__(self, name, frozen_array(getattr(self, name), np.int64))

    @classmethod
    def seal(cls, **parts: Any) -> VisitsCertificate:
        """Return a certificate of `parts` with its digest filled in."""
        unsealed = cls(**parts)
        return replace(unsealed, digest=unsealed.content_digest())

    @property
    def weight(self) -> Fraction:
        """The weight r of visits."""
        return Fraction(self.numerator, self.denominator)

    def content_digest(self) -> str:
        """Return the SHA-256 of all fields but `digest`."""
        digest = hashlib.sha256(" ".join(["placement visits 1", *(each.digest for each in self.inner)]).encode())
        for name, array in self._parts().items():
            digest.update(f"{name} {array.shape}".encode() + array.tobytes())
        return digest.hexdigest()

    def _parts(self) -> dict[str, NDArray[Any]]:
        parts = {name: np.array([getattr(self, name)], dtype="<i8") for name in _SCALARS}
        arrays = _ARRAYS if self.most_idle < 0 else (*_ARRAYS, *_OF_IDLE)
        parts |= {name: np.ascontiguousarray(getattr(self, name), dtype="<i8") for name in arrays}
        if self.most_idle >= 0:
            parts["most_idle"] = np.array([self.most_idle], dtype="<i8")
        names = [each.name for each in fields(Majorants)]
        return parts | {name: np.ascontiguousarray(getattr(self.majorants, name), dtype="<i8") for name in names}

    def to_bytes(self) -> bytes:
        """Return the content of the file that holds the certificate."""
        arrays: dict[str, Any] = {_PREFIX + name: array for name, array in self._parts().items()}
        arrays[_PREFIX + "digest"] = np.frombuffer(self.digest.encode(), dtype=np.uint8)
        for number, each in enumerate(self.inner):
            arrays[f"{_PREFIX}inner.{number}"] = np.frombuffer(each.to_bytes(), dtype=np.uint8)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        return buffer.getvalue()

    def save(self, path: str | Path) -> None:
        """Write to an ``.npz`` file that needs no pickle to read."""
        Path(path).write_bytes(self.to_bytes())

    @classmethod
    def from_bytes(cls, content: bytes) -> VisitsCertificate:
        """Return the certificate that a file of this content holds; what it claims is not checked here.

        Raises
        ------
        CertificateError
            If the content is no certificate of this format.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                parts = {name.removeprefix(_PREFIX): file[name] for name in file.files if name.startswith(_PREFIX)}
            count = sum(name.startswith("inner.") for name in parts)
            inner = tuple(Certificate.from_bytes(parts[f"inner.{number}"].tobytes()) for number in range(count))
            majorants = Majorants(**{each.name: _whole(parts[each.name]) for each in fields(Majorants)})
            own: dict[str, Any] = {name: int(_whole(parts[name])[0]) for name in _SCALARS}
            own |= {name: _whole(parts[name]) for name in _ARRAYS}
            if "most_idle" in parts:
                own |= {name: _whole(parts[name]) for name in _OF_IDLE} | {
                    "most_idle": int(_whole(parts["most_idle"])[0])
                }
            digest = parts["digest"].tobytes().decode("ascii")
        except (KeyError, ValueError, OSError, EOFError, IndexError, TypeError, UnicodeDecodeError) as error:
            raise CertificateError(f"it is not a certificate: {error}") from error
        return cls(**own, majorants=majorants, inner=inner, digest=digest)

    def _shown(self) -> Shown:
        rows = [("visits", f"weight {float(self.weight):g}"), ("majorants", f"{self.majorants.count:,}")]
        return f"VisitsCertificate: no plan is worth more than {self.bound:,}", rows


def holds_visits(content: bytes) -> bool:
    """Return whether a file of this content is to hold a certificate of plans that count visits."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            return any(name.startswith(_PREFIX) for name in file.files)
    except (ValueError, OSError, EOFError):
        return False


def _whole(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype != np.dtype("<i8"):
        raise ValueError(f"numbers are {array.dtype}, not 64-bit integers")
    return array
