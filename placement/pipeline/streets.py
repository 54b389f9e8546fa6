"""The streets of a study, from whichever source it names."""

from __future__ import annotations

import geopandas as gpd

from placement.errors import InputError
from placement.streets import Streets
from placement.study import Study
from placement.tables import check_file, read_frame, read_network, shifted_back, study_crs

_NETWORKS = {"walk": "walk", "cycle": "bike", "drive": "drive"}
"""osmnx's names of the modes."""


def read_streets(study: Study, notes: list[str] | None = None) -> Streets | None:
    """Return the street network of a study, or None where it has none; `notes` receives what a reader must know."""
    source = study.inputs.streets
    if source is None:
        return None
    for name, written in study.inputs.street_paths():
        check_file(name, study.path(written))
    crs = study_crs(study.study.crs, table=study.file.name)
    if source.nodes is not None and source.edges is not None:
        nodes, edges, more = read_network(study, source.nodes, source.edges)
        if notes is not None:
            notes += more
        return Streets.from_tables(nodes, edges, crs=crs, coordinates=source.coordinates)
    if source.graphml is not None:
        return Streets.from_graphml(study.path(source.graphml), crs=crs)
    if source.lines is not None:
        lines = read_frame("streets", study.path(source.lines), layer=source.layer)
        if not isinstance(lines, gpd.GeoDataFrame) or lines.crs is None:
            raise InputError.single(
                "streets", "has no lines with a CRS", remedy="give a GeoPackage or GeoJSON of lines"
            )
        lines = shifted_back("streets", lines, source.coordinates)
        return Streets.from_lines(lines.to_crs(crs), planar=source.planar)
    if source.place is not None:
        return Streets.from_place(source.place, crs=crs, network_type=_NETWORKS[source.mode])
    if source.osm is not None:
        rules = None if source.rules is None else read_frame("way rules", study.path(source.rules))
        return Streets.from_osm_file(study.path(source.osm), crs=crs, mode=source.mode, rules=rules)
    raise InputError.single(study.file.name, "has no source of streets", row="inputs.streets")
