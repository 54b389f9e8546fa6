"""Streets from OpenStreetMap files: XML and PBF, also clipped and compressed ones.

Which ways count is decided by one table, ``ways.csv``: starting from "no", every row whose tag a way has gives an
answer for a mode, and the last one stands. The rows are ordered as OSM's access keys are: the class of the way, then
``access``, then the key of the mode (``foot``, ``bicycle``, ``motor_vehicle``), and at the end what nothing opens;
values under a condition (``access:conditional``) say nothing. Ferries, platforms and piers are ways without
``highway``; a ferry is as long as its line, which makes crossing and waiting together as slow as walking. Squares are
walked around.
Lengths are geodesic on the WGS 84 ellipsoid. Elsewhere in this package OSM's ids stay what they are: the ids of the
nodes.

Source: the tables of default access on the OpenStreetMap wiki (OSM tags for routing/Access restrictions; Key:access).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray

from placement.errors import InputError, MissingExtraError
from placement.streets.chains import tables_of_ways
from placement.streets.parts import StreetTables, one_way
from placement.streets.xml import refuse_bomb, refuse_entities
from placement.values.crs import metric_crs, utm_zone

MODES = ("walk", "cycle", "drive")
_TABLE = "streets (OSM)"
_ANSWERS = {"yes": True, "no": False}
_ROUND = ("roundabout", "circular")

_CARRIERS = ("highway", "route", "railway", "public_transport", "man_made")
"""Keys that make a line something to move along; all but `highway` only with a value that the rules name."""

_ONE_WAY = {"walk": "oneway:foot", "cycle": "oneway:bicycle", "drive": "oneway:motor_vehicle"}
"""Keys that say of one mode what ``oneway`` says of vehicles."""


def way_rules() -> pd.DataFrame:
    """Return the table of OSM tags that decides what may be used: `tag`, `value`, `walk`, `cycle`, `drive`, `note`.

    Edit the frame, or a copy of it saved as CSV, and hand it to :meth:`placement.streets.Streets.from_osm_file`. Every
    way starts with "no"; each row whose tag it has answers yes or no (an empty cell says nothing); the last answer
    counts.

    Examples
    --------
    >>> rules = way_rules().set_index(["tag", "value"])
    >>> rules.loc[("highway", "steps"), ["walk", "cycle", "drive"]].tolist()
    ['yes', 'no', 'no']
    """
    with resources.files("placement.streets").joinpath("ways.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


def read_osm(path: Path, *, crs: object, mode: str, rules: pd.DataFrame | None) -> StreetTables:
    """Return the network of an OSM file; see :meth:`placement.streets.Streets.from_osm_file`."""
    answers = _compiled_rules(way_rules() if rules is None else rules, mode)
    if path.suffix in (".osm", ".xml"):
        refuse_entities(path, _TABLE)
    refuse_bomb(path, _TABLE)
    ways, cut = _read_ways(path, answers, mode)
    if not ways and cut:
        problem = f"{path.name}: the nodes of its {cut[0]['count']:,} streets are missing or come after them"
        remedy = "sort it (osmium sort), or ask Overpass for (._;>;); out body; - ids below 0 are JOSM's: upload first"
        raise InputError.single(_TABLE, problem, remedy=remedy)
    if not ways:
        raise InputError.single(
            _TABLE, f"{path.name} holds no street to {mode} along", remedy="check the extract and the table of ways"
        )
    refs = np.concatenate([way[0] for way in ways])
    lonlat = np.concatenate([way[1] for way in ways])
    starts = np.concatenate([[0], np.cumsum([len(way[0]) for way in ways])])
    number, ids = pd.factorize(refs)
    first = np.zeros(len(ids), dtype=np.int64)
    first[number[::-1]] = np.arange(number.size)[::-1]
    degrees = lonlat[first]
    target = metric_crs("streets", crs or utm_zone(*degrees.mean(axis=0)))
    transformer = pyproj.Transformer.from_crs("EPSG:4326", target, always_xy=True)
    ellipsoid = pyproj.Geod(ellps="WGS84")

    def geodesic(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the metres between vertices on the ellipsoid."""
        return np.asarray(ellipsoid.inv(*degrees[a].T, *degrees[b].T)[2])

    return tables_of_ways(
        _TABLE, number, starts,
        attributes=pd.DataFrame(
            {
                "highway": [way[2] for way in ways],
                "oneway": one_way(pd.Series([way[3] for way in ways], dtype=object), len(ways)),
            }
        ),
        ids=pd.Index(ids), xy=np.column_stack(transformer.transform(*degrees.T)), measure=geodesic, crs=target,
        left_out=cut,
    )  # fmt: skip


Way = tuple[NDArray[np.int64], NDArray[np.float64], str, str]


def _read_ways(
    path: Path, answers: dict[tuple[str, str], tuple[int, bool]], mode: str
) -> tuple[list[Way], list[dict[str, Any]]]:
    """Return the pieces of usable ways (node ids, degrees, highway, oneway) and what was cut off."""
    try:
        import osmium  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("osmium", "pbf", "reading OpenStreetMap files") from error
    ways: list[Way] = []
    cut: Counter[str] = Counter()
    try:
        source = osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter(*_CARRIERS))
        item: Any
        for item in source:
            if not item.is_way() or not _usable(item.tags, answers):
                continue
            places = [(node.ref, node.lon, node.lat) for node in item.nodes if node.location.valid()]
            if len(places) < len(item.nodes):
                cut["ways cut at the edge of the extract"] += 1
                cut["their nodes that are missing"] += len(item.nodes) - len(places)
            round_about = "yes" if item.tags.get("junction") in _ROUND else "no"
            oneway = item.tags.get(_ONE_WAY[mode], item.tags.get("oneway", round_about))
            ways.extend(_pieces(item, _kind(item.tags), oneway))
    except (OSError, RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise InputError.single(
            _TABLE, f"{path.name} cannot be read: {error}", remedy="download or cut the extract again"
        ) from error
    rows = [{"what": what, "count": count, "reason": "not in the file"} for what, count in cut.items()]
    return ways, rows


def _pieces(item: Any, highway: str, oneway: str) -> Iterable[Way]:
    """Yield the runs of a way's nodes whose coordinates the file has."""
    run: list[tuple[int, float, float]] = []
    for node in [*item.nodes, None]:
        if node is not None and node.location.valid():
            run.append((node.ref, node.lon, node.lat))
            continue
        if len(run) > 1:
            refs, lon, lat = zip(*run, strict=True)
            yield np.array(refs, dtype=np.int64), np.column_stack([lon, lat]), highway, oneway
        run = []


def _kind(tags: Any) -> str:
    """Return the class of a way: its `highway`, or what it is instead (ferry, platform, pier)."""
    return str(next(tags[key] for key in _CARRIERS if key in tags))


def _usable(tags: Any, answers: dict[tuple[str, str], tuple[int, bool]]) -> bool:
    if "highway" not in tags and not any((key, tags.get(key)) in answers for key in _CARRIERS):
        return False
    found = [answers[key] for tag in tags if (key := (tag.k, tag.v)) in answers]
    return max(found)[1] if found else False


def _compiled_rules(rules: pd.DataFrame, mode: str) -> dict[tuple[str, str], tuple[int, bool]]:
    """Return the answer of each (tag, value) with its rank: the highest rank counts."""
    if mode not in MODES:
        raise InputError.single("mode", f"is {mode!r}", remedy=f"use one of {', '.join(MODES)}")
    missing = [name for name in ("tag", "value", mode) if name not in rules.columns]
    if missing:
        raise InputError.single("way rules", f"columns are missing: {', '.join(missing)}", remedy="see way_rules()")
    given = rules[mode].fillna("").str.strip()
    wrong = rules[~given.isin([*_ANSWERS, ""])]
    if len(wrong):
        raise InputError.single(
            "way rules", f"{mode} is {wrong[mode].iloc[0]!r}", row=str(wrong.index[0]), remedy="write yes or no"
        )
    return {
        (tag, value): (rank, _ANSWERS[answer])
        for rank, (tag, value, answer) in enumerate(zip(rules["tag"], rules["value"], given, strict=True))
        if answer
    }
