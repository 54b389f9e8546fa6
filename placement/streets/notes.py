"""What a planner must know of the streets a study stands on, in plain sentences; nothing where nothing is odd."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.errors import listed
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
        f"streets: {note}"
        for note in (
            *_length_notes(found),
            *_gap_notes(streets, found),
            *_part_notes(found, snaps, weight),
            *_far_notes(snaps, far_snap_m),
            *_left_out_notes(streets.left_out),
        )
    )


def _length_notes(found: StreetsSummary) -> Iterator[str]:
    if found.stretch > STRETCHED:
        yield (
            f"nine lengths of ten are more than {found.stretch:.2f} times the straight line between their ends; "
            "were they measured in metres on the ground (Web Mercator stretches them)?"
        )
    for reason, rows in found.suspicious.groupby("reason", sort=False):
        named = listed(
            (f"{row.u}-{row.v} ({row.length_m:,.0f} m, its line {row.line_m:,.0f} m)" for row in rows.itertuples()),
            _SHOWN,
        )
        yield f"{_count(len(rows), 'edge')} {_are(len(rows))} {reason}: {named}"


def _gap_notes(streets: Streets, found: StreetsSummary) -> Iterator[str]:
    gaps = found.gaps
    if not len(gaps):
        return
    middle = int(gaps["middle"].sum())
    touching = f" ({middle} of them at the middle of it, where it has no node)" if middle else ""
    ends = f"{_count(len(gaps), 'dead end')} {'lies' if len(gaps) == 1 else 'lie'} within {GAP_M:g} m of a street"
    near = gaps.nsmallest(_SHOWN, "gap_m")
    lon, lat = degrees(streets.crs, near[["x", "y"]].to_numpy())
    places = listed(
        (
            f"node {node} at lon {x:.6f}, lat {y:.6f} ({gap:.2f} m)"
            for node, x, y, gap in zip(near["node_id"], lon, lat, near["gap_m"], strict=True)
        ),
        _SHOWN,
    )
    yield f"{ends} without joining it{touching}; nobody passes there, e.g. {places}"


def _part_notes(found: StreetsSummary, snaps: pd.DataFrame, weight: NDArray[np.float64]) -> Iterator[str]:
    """Yield who stands on parts that no street joins with the one where most of the demand is."""
    points, sites = (snaps[snaps["kind"] == kind] for kind in ("point", "site"))
    if not len(points) or len(points) != len(weight):
        return
    part = points["part"].to_numpy()
    by_part = np.bincount(part, weights=weight)
    main = int(np.argmax(by_part))
    cut, far = points["id"][part != main], sites["id"][sites["part"].to_numpy() != main]
    if not len(cut) and not len(far):
        return
    share = 1 - by_part[main] / max(by_part.sum(), 1e-300)
    who = []
    if len(cut):
        who.append(f"{_count(len(cut), 'demand point')} with {share:.2%} of the demand ({listed(cut, _SHOWN)})")
    if len(far):
        who.append(f"{_count(len(far), 'site')} ({listed(far, _SHOWN)})")
    several = len(cut) + len(far) > 1
    yield (
        f"{len(found.parts):,} parts that no street joins; {' and '.join(who)} {'stand' if several else 'stands'} on "
        "others than the one with most of the demand, and no way leads from one to another"
    )


def _far_notes(snaps: pd.DataFrame, far_snap_m: float) -> Iterator[str]:
    far = snaps[snaps["far"].to_numpy(dtype=bool)]
    for kind, name in (("point", "demand point"), ("site", "site")):
        rows = far[far["kind"] == kind].sort_values("access_m", ascending=False, kind="stable")
        if len(rows):
            named = listed((f"{row.id} ({row.access_m:,.0f} m)" for row in rows.itertuples()), 10)
            lie = "lies" if len(rows) == 1 else "lie"
            yield f"{_count(len(rows), name)} {lie} more than {far_snap_m:g} m from every street: {named}"


def _left_out_notes(left_out: pd.DataFrame) -> Iterator[str]:
    for (what, reason), rows in left_out.groupby(["what", "reason"], sort=False):
        if rows["length_m"].notna().any():
            yield f"left out: {_count(len(rows), str(what))} ({reason}), {rows['length_m'].sum() / 1000:,.1f} km in all"
        else:
            yield f"{what}: {int(rows['count'].sum()):,} ({reason})"


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
