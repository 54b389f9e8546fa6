r"""Predicted visits of a set of stations: people who choose among those within reach, and people at the door.

.. math::

    V(S) = \sum_i n_i \frac{A_i(S)}{A_i(S) + 1} + \sum_{j \in S} d_j, \qquad A_i(S) = \sum_{j \in S} a_{ij}

A row :math:`i` is a demand point (of one source of need, under one set of fitted parameters) with the visits a month
:math:`n_i` that it would make at most; :math:`a_{ij}` is the pull of a site on it, in units of the outside option
(staying at home); :math:`d_j` are visits that come whatever else stands. :math:`V` is monotone and submodular in
:math:`S`, and concave in :math:`A`. Rows of several sets of parameters stack, each with its share of the visits.

Sources: Huff (1964), Defining and estimating a trading area; Ljubić & Moreno (2018), Outer approximation and submodular
cuts for maximum capture facility location problems with random utilities, EJOR 266, 46-56.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from placement.errors import AlignmentError, InputError
from placement.values.arrays import BoolArray, FloatArray, frozen_array, frozen_csr
from placement.values.checks import Faults
from placement.values.immutable import held, immutable
from placement.values.shown import Shown, brief


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Capture:
    """Visits a month that any set of stations would see.

    Parameters
    ----------
    site_ids
        (sites,) ids, in the order of the columns.
    mass
        (rows,) visits a month, >= 0: what a row makes where nobody stays at home.
    pull
        (rows, sites) CSR, > 0 where a site is within reach: its pull in units of the outside option.
    door
        (sites,) visits a month, >= 0, that a station sees whatever else stands.

    Raises
    ------
    InputError, AlignmentError
        Listing shapes that differ, ids that are not unique, and numbers that are negative or not finite.
    """

    site_ids: pd.Index
    mass: FloatArray
    pull: sparse.csr_array
    door: FloatArray

    def __post_init__(self) -> None:
        for name in ("mass", "door"):
            object.__setattr__(self, name, frozen_array(getattr(self, name), np.float64))
        object.__setattr__(self, "pull", frozen_csr(self.pull))
        object.__setattr__(self, "site_ids", pd.Index(self.site_ids, name="site_id"))
        _check(self)

    def visits(self, standing: BoolArray) -> FloatArray:
        """Return (sites,) visits a month of each station where exactly those of `standing`, (sites,), stand.

        Raises
        ------
        AlignmentError
            If `standing` is no mask of the sites.
        """
        stands = self._mask(standing)
        pull = held(self, "pull")
        share = self.mass / (pull @ stands.astype(float) + 1.0)
        return np.where(stands, pull.T @ share + self.door, 0.0)

    def total(self, standing: BoolArray) -> float:
        """Return the visits a month of all stations of `standing`, (sites,), together.

        Raises
        ------
        AlignmentError
            If `standing` is no mask of the sites.

        Examples
        --------
        >>> pull = sparse.csr_array([[1.0, 3.0]])
        >>> Capture(site_ids=["a", "b"], mass=[100.0], pull=pull, door=[5.0, 0.0]).total(np.array([True, False]))
        55.0
        """
        stands = self._mask(standing)
        pull = held(self, "pull") @ stands.astype(float)
        return float((self.mass * pull / (pull + 1.0)).sum() + self.door[stands].sum())

    def redrawn(self, mass: FloatArray, pull: sparse.csr_array, door: FloatArray) -> Capture:
        """Return other numbers for the same sites, as one of many draws: read-only arrays, `pull` canonical.

        Raises
        ------
        InputError
            As the class does.
        """
        made = object.__new__(type(self))
        vars(made).update(site_ids=held(self, "site_ids"), mass=mass, pull=pull, door=door)
        _number_faults(made).raise_any()
        return made

    def _mask(self, standing: BoolArray) -> BoolArray:
        mask = np.asarray(standing)
        if mask.shape != self.door.shape or mask.dtype != np.bool_:
            problem = f"is {mask.dtype} of shape {mask.shape}, expected bool of shape {self.door.shape}"
            raise AlignmentError.single("standing", problem, remedy="give a mask of the sites")
        return mask

    def _shown(self) -> Shown:
        everything = self.total(np.ones(self.door.size, dtype=np.bool_))
        rows = [("pull", brief(self.pull)), ("with a station at every site", f"{everything:,.0f} visits a month")]
        return f"Capture: {self.mass.size:,} rows, {self.door.size:,} sites", rows


def _check(capture: Capture) -> None:
    faults = _number_faults(capture)
    if len(capture.site_ids) != capture.door.size or not capture.site_ids.is_unique:
        faults.add("site_ids are not one unique id a site", row="site_ids", remedy="give each site one id")
    faults.raise_any()


def _number_faults(capture: Capture) -> Faults:
    mass, door, pull = capture.mass, capture.door, held(capture, "pull")
    expected = (mass.size, door.size)
    if pull.shape != expected or mass.ndim != 1 or door.ndim != 1:
        raise InputError.single("capture", f"pull has shape {pull.shape}, mass and door make {expected}")
    faults = Faults("capture")
    for name, numbers in (("mass", mass), ("door", door), ("pull", pull.data)):
        if not (np.isfinite(numbers) & (numbers >= 0)).all():
            faults.add(f"{name} has a number that is negative or not finite", row=name, remedy="give 0 or more")
    return faults
