"""What a planner must know of the streets a study stands on, in plain sentences; nothing where nothing is odd."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.notes import Names, Note, about, counted
from placement.streets.describe import GAP_M, StreetsSummary
from placement.streets.streets import Streets
from placement.values.crs import degrees

STRETCHED = 1.08
"""Where nine edges of ten are longer than this many straight lines, their lengths were measured in some other way:
streets of cities lie within 0.1 % of 1, Web Mercator draws 1.08 at a latitude of 22 degrees."""

_SHOWN = 3


def street_notes(
    streets: Streets, snaps: pd.DataFrame, weight: NDArray[np.float64], *, far_snap_m: float
) -> tuple[str, ...]:
    """Return notes on a network and on where points and sites stand on it.

    Parameters
    ----------
    streets
        The network.
    snaps
        As :attr:`placement.travel.TravelTimes.snaps`: points in the order of `weight`, then sites.
    weight
        (points,) what each point counts.
    far_snap_m
        Metres from every street beyond which a point is named.
    """
    found = streets.describe()
    return tuple(
        about("streets", note)
        for note in (
            *_length_notes(found),
            *_gap_notes(streets, found),
            *_part_notes(found, snaps, weight),
            *_far_notes(snaps, far_snap_m),
            *_left_out_notes(streets.left_out),
        )
    )


def _length_notes(found: StreetsSummary) -> Iterator[Note]:
    if found.stretch > STRETCHED:
        yield Note(
            "nine lengths of ten are more than {times:.2f} times the straight line between their ends; were they "
            "measured in metres on the ground (Web Mercator stretches them)?",
            times=found.stretch,
        )
    for reason, rows in found.suspicious.groupby("reason", sort=False):
        form = "{edge} ({length:,.0f} m, its line {line:,.0f} m)"
        named = Names(
            (
                Note(form, edge=f"{row.u}-{row.v}", length=row.length_m, line=row.line_m)
                for row in rows.itertuples()
            ),
            _SHOWN,
        )  # fmt: skip
        yield counted(
            len(rows), "{count:,} edge is {reason}: {names}", "{count:,} edges are {reason}: {names}",
            reason=Note(str(reason)), names=named,
        )  # fmt: skip


def _gap_notes(streets: Streets, found: StreetsSummary) -> Iterator[Note]:
    gaps = found.gaps
    if not len(gaps):
        return
    middle = int(gaps["middle"].sum())
    within = Note(" ({count} of them at the middle of it, where it has no node)", count=middle) if middle else ""
    near = gaps.nsmallest(_SHOWN, "gap_m")
    lon, lat = degrees(streets.crs, near[["x", "y"]].to_numpy())
    places = Names(
        (
            Note("node {node} at lon {lon:.6f}, lat {lat:.6f} ({gap:.2f} m)", node=node, lon=x, lat=y, gap=gap)
            for node, x, y, gap in zip(near["node_id"], lon, lat, near["gap_m"], strict=True)
        ),
        _SHOWN,
    )
    yield counted(
        len(gaps),
        "{count:,} dead end lies within {metres:g} m of a street without joining it{within}; nobody passes there, e.g. "
        "{places}",
        "{count:,} dead ends lie within {metres:g} m of a street without joining it{within}; nobody passes there, e.g. "
        "{places}",
        metres=GAP_M, within=within, places=places,
    )  # fmt: skip


def _part_notes(found: StreetsSummary, snaps: pd.DataFrame, weight: NDArray[np.float64]) -> Iterator[Note]:
    """Yield who stands on parts that no street joins with the one where most of the demand is."""
    points, sites = (snaps[snaps["kind"] == kind] for kind in ("point", "site"))
    if not len(points) or len(points) != len(weight):
        return
    part = points["part"].to_numpy()
    by_part = np.bincount(part, weights=weight)
    main = int(np.argmax(by_part))
    cut, far = points["id"][part != main], sites["id"][sites["part"].to_numpy() != main]
    who = [*_cut_points(cut, 1 - by_part[main] / max(by_part.sum(), 1e-300)), *_cut_sites(far)]
    if not who:
        return
    both = who[0] if len(who) == 1 else Note("{one} and {other}", one=who[0], other=who[1])
    yield counted(
        len(cut) + len(far),
        "{parts:,} parts that no street joins; {who} stands on others than the one with most of the demand, and no way "
        "leads from one to another",
        "{parts:,} parts that no street joins; {who} stand on others than the one with most of the demand, and no way "
        "leads from one to another",
        parts=len(found.parts), who=both,
    )  # fmt: skip


def _cut_points(ids: pd.Series, share: float) -> Iterator[Note]:
    if len(ids):
        yield counted(
            len(ids),
            "{count:,} demand point with {share:.2%} of the demand ({names})",
            "{count:,} demand points with {share:.2%} of the demand ({names})",
            share=share, names=Names(ids, _SHOWN),
        )  # fmt: skip


def _cut_sites(ids: pd.Series) -> Iterator[Note]:
    if len(ids):
        yield counted(len(ids), "{count:,} site ({names})", "{count:,} sites ({names})", names=Names(ids, _SHOWN))


def _far_notes(snaps: pd.DataFrame, far_snap_m: float) -> Iterator[Note]:
    far = snaps[snaps["far"].to_numpy(dtype=bool)]
    for kind, one, many in (
        (
            "point",
            "{count:,} demand point lies more than {metres:g} m from every street: {names}",
            "{count:,} demand points lie more than {metres:g} m from every street: {names}",
        ),
        (
            "site",
            "{count:,} site lies more than {metres:g} m from every street: {names}",
            "{count:,} sites lie more than {metres:g} m from every street: {names}",
        ),
    ):
        rows = far[far["kind"] == kind].sort_values("access_m", ascending=False, kind="stable")
        if len(rows):
            named = Names(f"{row.id} ({row.access_m:,.0f} m)" for row in rows.itertuples())
            yield counted(len(rows), one, many, metres=far_snap_m, names=named)


def _left_out_notes(left_out: pd.DataFrame) -> Iterator[Note]:
    for (what, reason), rows in left_out.groupby(["what", "reason"], sort=False):
        said = {"what": Note(str(what)), "reason": Note(str(reason))}
        if rows["length_m"].notna().any():
            yield counted(
                len(rows),
                "left out: {count:,} {what} ({reason}), {km:,.1f} km in all",
                "left out: {count:,} {what}s ({reason}), {km:,.1f} km in all",
                km=rows["length_m"].sum() / 1000, **said,
            )  # fmt: skip
        else:
            yield Note("{what}: {count:,} ({reason})", count=int(rows["count"].sum()), **said)
