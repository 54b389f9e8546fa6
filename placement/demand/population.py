r"""Population of polygons on demand points or cells, by areal and dasymetric weighting.

Polygon p with :math:`P_p` people gives target j

.. math::
    P_p\, \frac{\rho_j A_{pj}}{\sum_{j'} \rho_{j'} A_{pj'}},

with :math:`A_{pj}` the shared area (for points: 1 within the polygon, else 0) and :math:`\rho_j` the density of the
target: 1 for plain areal weighting, or anything that people follow, such as floor area or street length (dasymetric).
All people of a polygon stay within it, so totals are kept.

References
----------
Goodchild, M. F., Lam, N. S.-N. (1980). Areal interpolation: a variant of the traditional spatial problem.
Geo-Processing 1.
Mennis, J. (2003). Generating surface models of population using dasymetric mapping. Professional Geographer 55(1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse

from placement.demand.checks import number_faults, raise_faults, require_columns
from placement.errors import CrsError, Fault, InputError, listed
from placement.tables import overlap_faults
from placement.values.arrays import FloatArray, frozen_csr
from placement.values.demand import check_points
from placement.values.immutable import immutable
from placement.values.shown import Shown


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class ArealWeights:
    """Which share of each polygon's people lives at each target.

    Parameters
    ----------
    matrix
        CSR (polygons, targets); every row sums to one.
    """

    matrix: sparse.csr_array
    _covered: pd.Series = field(repr=False)
    _target_ids: pd.Index = field(repr=False)

    @property
    def covered(self) -> pd.Series:
        """Share of each polygon's area that targets cover; 1 for point targets.

        The people of a part that no target covers live on the covered part of the same polygon.
        """
        return self._covered.copy()

    def allocate(self, counts: pd.DataFrame | pd.Series, *, whole: bool = False) -> pd.DataFrame:
        """Return the counts of the polygons at the targets; each polygon's total is kept.

        Parameters
        ----------
        counts
            One row a polygon, in any order, numbers of 0 or more.
        whole
            Keep whole persons: fractions are rounded by largest remainder within each polygon.

        Raises
        ------
        InputError
            If a polygon is missing, a count is negative or missing, or `whole` is asked of a fraction.
        """
        frame = counts.to_frame() if isinstance(counts, pd.Series) else counts
        missing = self._covered.index.difference(frame.index)
        if len(missing):
            raise InputError.single("population", f"no counts for {listed(missing)}", remedy="give every polygon")
        frame = frame.loc[self._covered.index]
        raise_faults([fault for column in frame.columns for fault in number_faults("population", frame, column)])
        totals = frame.to_numpy(dtype=float)
        if not whole:
            return pd.DataFrame(self.matrix.T @ totals, index=self._target_ids, columns=frame.columns)
        if (totals % 1 != 0).any():
            raise InputError.single("population", "has fractions of people", remedy="round them, or set whole=False")
        columns = [_whole_shares(self.matrix, totals[:, place]) for place in range(totals.shape[1])]
        return pd.DataFrame(np.column_stack(columns), index=self._target_ids, columns=frame.columns)

    def _shown(self) -> Shown:
        polygons, targets = self.matrix.shape
        return f"ArealWeights: people of {polygons:,} polygons over {targets:,} targets", ()


def areal_weights(
    polygons: gpd.GeoDataFrame, targets: gpd.GeoDataFrame, *, density: Sequence[float] | str | None = None
) -> ArealWeights:
    """Return how the people of polygons spread over demand points or cells.

    Parameters
    ----------
    polygons
        Census areas indexed by id, projected CRS, not overlapping.
    targets
        Demand points or cells (polygons) indexed by ``demand_id``, same CRS.
    density
        Density of each target, or the name of its column in `targets` (dasymetric weighting); default the same
        everywhere. For points it is a mass: what stands for the area around the point.

    Returns
    -------
    ArealWeights

    Raises
    ------
    InputError
        If polygons overlap, are empty or invalid, or hold no target of positive density.
    CrsError
        If the CRS are missing, in degrees or not the same.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> areas = gpd.GeoDataFrame({"people": [101]}, index=["A"], geometry=[box(0, 0, 30, 10)], crs="EPSG:32650")
    >>> cells = gpd.GeoDataFrame(index=["c1", "c2"], geometry=[box(0, 0, 10, 10), box(10, 0, 30, 10)], crs=areas.crs)
    >>> areal_weights(areas, cells).allocate(areas["people"], whole=True)["people"].tolist()
    [34, 67]
    """
    _check(polygons, targets)
    rho = _density(targets, density)
    places, columns = shapely.STRtree(targets.geometry.to_numpy()).query(polygons.geometry.to_numpy(), "intersects")
    points = bool((targets.geom_type == "Point").all())
    if points:
        shared = np.ones(len(places))
    else:
        areas, cells = polygons.geometry.to_numpy()[places], targets.geometry.to_numpy()[columns]
        shared = shapely.area(shapely.intersection(areas, cells))
    shape = (len(polygons), len(targets))
    mass = sparse.csr_array((shared * rho[columns], (places, columns)), shape=shape)
    mass.eliminate_zeros()
    totals = np.asarray(mass.sum(axis=1)).ravel()
    raise_faults(
        [
            Fault(
                table="population",
                row=str(polygons.index[row]),
                problem="no demand point or cell with people lies in the polygon",
                remedy="make denser ones, e.g. with demand.grid",
            )
            for row in np.flatnonzero(totals <= 0)
        ]
    )
    share = sparse.csr_array((mass.data / np.repeat(totals, np.diff(mass.indptr)), mass.indices, mass.indptr), shape)
    by_area = np.bincount(places, shared, minlength=len(polygons)) / polygons.area.to_numpy()
    covered = pd.Series(1.0 if points else np.minimum(by_area, 1.0), index=polygons.index, name="covered")
    return ArealWeights(matrix=frozen_csr(share), _covered=covered, _target_ids=pd.Index(targets.index))


def split_ages(people: pd.Series, shares: Mapping[str, float], *, whole: bool = False) -> pd.DataFrame:
    """Return age columns by a stated share, where a census gives only totals (an assumption: say so).

    Parameters
    ----------
    people
        Residents by ``demand_id``.
    shares
        Share of each special age group, e.g. ``{"elderly": 0.18}``; the rest is general.
    whole
        Whole persons: each group's total is its share of all people, rounded, and spread by largest remainder.

    Returns
    -------
    pandas.DataFrame
        `people` and one column for each share.

    Raises
    ------
    InputError
        If a number is negative or missing, or shares lie outside 0..1 or sum to more than one.

    Examples
    --------
    >>> split_ages(pd.Series([100, 11], index=["a", "b"]), {"elderly": 0.18}, whole=True)["elderly"].to_dict()
    {'a': 18, 'b': 2}
    """
    frame = people.to_frame("people")
    faults = number_faults("population", frame, "people")
    faults += [
        Fault(table="population", row=name, problem=f"share is {share}", remedy="give 0..1")
        for name, share in shares.items()
        if not 0 <= share <= 1
    ]
    raise_faults(faults)
    if sum(shares.values()) > 1 + 1e-9:
        raise InputError.single("population", f"age shares sum to {sum(shares.values()):g}", remedy="at most 1 in all")
    counts = people.to_numpy(dtype=float)
    left = counts.copy()
    for name, share in shares.items():
        exact = counts * share
        frame[name] = _whole_parts(exact, left) if whole else exact
        left = left - frame[name].to_numpy(dtype=float)
    return frame


def _whole_parts(exact: FloatArray, most: FloatArray) -> NDArray[np.int64]:
    """Return whole numbers up to `most` with the rounded total: floors, and one more for the largest remainders."""
    floor = np.minimum(np.floor(exact + 1e-9), np.floor(most))
    order = np.argsort(floor - exact, kind="stable")
    room = order[floor[order] + 1 <= most[order]]
    floor[room[: round(exact.sum() - floor.sum())]] += 1
    return floor.astype(np.int64)


def _check(polygons: gpd.GeoDataFrame, targets: gpd.GeoDataFrame) -> None:
    check_points("population", polygons)
    check_points("targets", targets)
    if polygons.crs != targets.crs:
        problem = f"is in {polygons.crs.to_string()}, the targets in {targets.crs.to_string()}"
        raise CrsError.single("population", problem, remedy="reproject one with to_crs(...)")
    check_polygons(polygons)
    if not (targets.geom_type == "Point").all() and not targets.geom_type.isin(["Polygon", "MultiPolygon"]).all():
        raise InputError.single("targets", "are neither all points nor all polygons", remedy="use one kind")


def check_polygons(polygons: gpd.GeoDataFrame) -> None:
    """Raise unless all are valid polygons that share slivers at most (:data:`placement.tables.areas.SLIVER_SHARE`)."""
    names, shapes = polygons.index.astype(str), polygons.geometry.to_numpy()
    usable = polygons.geom_type.isin(["Polygon", "MultiPolygon"]) & polygons.is_valid & ~polygons.is_empty
    faults = [
        Fault(
            table="population",
            row=str(names[row]),
            problem=f"is not a valid polygon ({shapely.is_valid_reason(shapes[row])})",
            remedy="mend it, e.g. with make_valid()",
        )
        for row in np.flatnonzero(~usable)
    ]
    raise_faults(faults or overlap_faults("population", names, shapes)[0])


def _density(targets: gpd.GeoDataFrame, density: Sequence[float] | str | None) -> FloatArray:
    if density is None:
        return np.ones(len(targets))
    if isinstance(density, str):
        require_columns("targets", targets, [density])
        frame, column = pd.DataFrame(targets), density
    else:
        frame, column = pd.DataFrame({"density": list(density)}, index=targets.index), "density"
    raise_faults(number_faults("targets", frame, column))
    return np.asarray(frame[column].to_numpy(dtype=float))


def _whole_shares(matrix: sparse.csr_array, totals: FloatArray) -> NDArray[np.int64]:
    """Return (targets,) whole counts: within each row the floors, and one more for the largest remainders."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    exact = matrix.data * totals[rows]
    floor = np.floor(exact + 1e-9)
    left = np.rint(totals - np.bincount(rows, floor, minlength=len(totals)))
    order = np.lexsort((matrix.indices, floor - exact, rows))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - matrix.indptr[rows[order]]
    counts = floor + (rank < left[rows])
    return np.bincount(matrix.indices, counts, minlength=matrix.shape[1]).astype(np.int64)
