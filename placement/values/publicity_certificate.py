r"""A proof of an upper bound for plans that spend on publicity, checkable in integers without a solver.

The claim is that no plan, with what it spends in each area, is worth more than `bound`: covered weight and what levels
add to it (:mod:`placement.values.gates`), thousandths of a visit a month.

**How it is proven** (what a checker does). For any part :math:`0 \le a_{rl} \le g_{rl}` of each gain, a row covered
:math:`z_r` and a level bought :math:`s_l`, both 0 to 1,

.. math:: g_{rl} \min(z_r, s_l) \le a_{rl} z_r + (g_{rl} - a_{rl}) s_l .

1. *Parts.* The plans are divided by what all areas together spend: those of a part spend more than the part before
   allows, and at most its own entry of `most_fen`; that of the last is at least what all levels cost.
2. *The split* of a part has :math:`a_{rl} = \lfloor g_{rl} \cdot share_{rl} / 2^{20} \rfloor`.
3. *The program of a part.* To the coverage program of the inputs are added, in this order:

   - after all its rows, each row with a positive :math:`\sum_l a_{rl}` again, in no floor, with that as its weight;
   - columns that provide nothing: for each area in order, each of its levels that costs something and by which some row
     gains, and each of the parts of the level (:func:`parts_of_level` of its cost and `unit_fen`), one of so many
     `units` of `of`; it is worth :math:`\lceil \sum_r (g_{rl} - a_{rl}) \cdot units / of \rceil`;
   - in each row that spending counts in, the part's :math:`\lfloor f\, c_l \cdot units / of \rfloor`, f being what a
     fen a year counts there, and in its limit :math:`\lceil f \cdot unit\_fen` (where some area does not spend in
     wholes) + areas / 2 (where f is no whole number) :math:`\rceil` more;
   - after all its rows over columns, a row for each two columns of levels that follow one another in an area that
     spends in wholes: the later less the earlier is at most 0.

   A plan at given stations spends best by filling levels in the order of what a fen gains, so that one level at most is
   bought in part. Rounded up to the next unit it takes `unit_fen` more; each area's rounded amount counts up to half a
   fen less than its parts. So every best plan is one of this program, worth at least as much.
4. The part's `inner` is a certificate of that program, without a plan (:mod:`placement.values.certificate`). It proves
   that the part has no plan, or a bound that is at most `bound`.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from placement.errors import CertificateError
from placement.values.arrays import IntArray, frozen_array
from placement.values.certificate import Certificate
from placement.values.immutable import immutable
from placement.values.shown import Shown

SHARE = 2**20
"""A share of the whole."""
PUBLICITY_GAP = 2e-4
"""A plan that spends on publicity is called optimal at this gap where a smaller one is asked for: what proves it is a
split of what publicity gains, whose gap does not close by time alone."""
MOST_UNITS = 2**16
"""No level has more units."""
_PREFIX = "publicity."
_SCALARS = ("unit_fen", "bound", "objective")
_ARRAYS = ("share", "most_fen")


def parts_of_level(cost_fen: int, unit_fen: int, *, whole: bool) -> tuple[tuple[int, ...], int]:
    """Return the parts in which a level is bought, in units, and how many units it has.

    Sums of the parts are all whole numbers of units up to all of them.

    Examples
    --------
    >>> parts_of_level(1000, 100, whole=False), parts_of_level(1000, 100, whole=True)
    (((1, 2, 4, 3), 10), ((1,), 1))
    """
    units = 1 if whole else -(-cost_fen // unit_fen)
    parts, left, size = [], units, 1
    while left:
        parts.append(min(size, left))
        left -= parts[-1]
        size *= 2
    return tuple(parts), units


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class PublicityCertificate:
    """The proof; see the module.

    Parameters
    ----------
    share
        (parts, rows, levels) part of each gain that counts with its row, 0 to :data:`SHARE`.
    most_fen
        (parts,) what plans of each part spend at most, fen a year.
    unit_fen
        What a unit of a level costs at most, fen a year.
    bound, objective
        The claim, and the value of the plan, thousandths of a visit a month.
    inner
        The certificate of each part.
    digest
        SHA-256 of everything above.
    """

    share: IntArray
    most_fen: IntArray
    unit_fen: int
    bound: int
    objective: int
    inner: tuple[Certificate, ...]
    digest: str = ""

    def __post_init__(self) -> None:
        for name in _ARRAYS:
            object.__setattr__(self, name, frozen_array(getattr(self, name), np.int64))

    @classmethod
    def seal(cls, **parts: Any) -> PublicityCertificate:
        """Return a certificate of `parts` with its digest filled in."""
        unsealed = cls(**parts)
        return replace(unsealed, digest=unsealed.content_digest())

    def content_digest(self) -> str:
        """Return the SHA-256 of all fields but `digest`."""
        numbers = [str(getattr(self, name)) for name in _SCALARS]
        head = ["placement publicity 1", *numbers, *(each.digest for each in self.inner)]
        digest = hashlib.sha256(" ".join(head).encode())
        for name in _ARRAYS:
            array = getattr(self, name)
            digest.update(f"{name} {array.shape}".encode() + array.astype("<i8").tobytes())
        return digest.hexdigest()

    def to_bytes(self) -> bytes:
        """Return the content of the file that holds the certificate."""
        arrays: dict[str, Any] = {name: np.array([getattr(self, name)], dtype="<i8") for name in _SCALARS}
        arrays |= {name: getattr(self, name).astype("<i8") for name in _ARRAYS}
        arrays["digest"] = np.frombuffer(self.digest.encode(), dtype=np.uint8)
        for number, each in enumerate(self.inner):
            arrays[f"inner.{number}"] = np.frombuffer(each.to_bytes(), dtype=np.uint8)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **{_PREFIX + name: array for name, array in arrays.items()})
        return buffer.getvalue()

    def save(self, path: str | Path) -> None:
        """Write to an ``.npz`` file that needs no pickle to read."""
        Path(path).write_bytes(self.to_bytes())

    @classmethod
    def from_bytes(cls, content: bytes) -> PublicityCertificate:
        """Return the certificate that a file of this content holds; what it claims is not checked here.

        Raises
        ------
        CertificateError
            If the content is no certificate of this format.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                parts = {name.removeprefix(_PREFIX): file[name] for name in file.files if name.startswith(_PREFIX)}
            if {parts[name].dtype.str for name in (*_SCALARS, *_ARRAYS)} != {"<i8"}:
                raise ValueError("numbers are no 64-bit integers")
            own: dict[str, Any] = {name: int(parts[name][0]) for name in _SCALARS}
            own |= {name: parts[name] for name in _ARRAYS}
            count = sum(name.startswith("inner.") for name in parts)
            inner = tuple(Certificate.from_bytes(parts[f"inner.{number}"].tobytes()) for number in range(count))
            digest = parts["digest"].tobytes().decode("ascii")
        except (KeyError, ValueError, OSError, EOFError, IndexError, TypeError, UnicodeDecodeError) as error:
            raise CertificateError(f"it is not a certificate: {error}") from error
        return cls(**own, inner=inner, digest=digest)

    def _shown(self) -> Shown:
        rows = [("parts", f"{len(self.inner):,}"), ("unit", f"{self.unit_fen / 100:,.2f} yuan a year")]
        return f"PublicityCertificate: no plan is worth more than {self.bound:,}", rows
