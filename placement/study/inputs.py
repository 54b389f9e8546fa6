"""`[inputs]` of `study.toml`: which files a study reads, and what must be known to read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from placement.study.fields import Called, Flag, LocalPath, as_file
from placement.study.section import Section

_Column = Annotated[str, Called("our column")]


class InputFile(Section):
    """One input file and what must be known to read it and to show where it came from.

    `columns` maps our names of columns to those of the file.
    """

    path: LocalPath
    """File below the study's folder: CSV, Excel, GeoJSON, GeoPackage, GeoParquet, FlatGeobuf, shapefile, GeoTIFF."""
    coordinates: Literal["wgs84", "gcj02", "bd09"] = "wgs84"
    """Which degrees `lon`, `lat` or the layer are in; GCJ-02 and BD-09, of Chinese maps, are converted."""
    encoding: str | None = None
    """Of a CSV file or a shapefile, such as "gb18030"; UTF-8 where absent."""
    layer: str | None = None
    """Layer of a GeoPackage, or sheet of a workbook, that has several."""
    columns: Mapping[_Column, Annotated[str, Field(min_length=1)]] = {}
    """Others' names of our columns: `columns = {demand_id = "GEOID"}`."""
    band: Annotated[int, Field(ge=1, strict=True)] | None = None
    """Band of a GeoTIFF that has several."""
    unit: Literal["seconds", "minutes", "hours", "metres", "km"] | None = None
    """Of a travel table whose columns do not tell it."""
    wide: Flag = False
    """Whether a travel table has a column a site, its first column being the demand points."""
    simulated: Flag = False
    """Whether the table is made up; every output then calls it so."""
    notice: str = ""
    """Source and licence, printed in every output."""

    @property
    def is_raster(self) -> bool:
        """Whether the file is a GeoTIFF."""
        return self.path.lower().endswith((".tif", ".tiff"))


class StreetsInput(Section):
    """`[inputs] streets`: tables of nodes and edges, a GraphML or OSM file, a layer of lines, or a place by name."""

    nodes: LocalPath | None = None
    """Table of nodes, with `edges`."""
    edges: LocalPath | None = None
    """Table of edges, with `nodes`."""
    graphml: LocalPath | None = None
    """GraphML file as osmnx writes it."""
    osm: LocalPath | None = None
    """OSM file, XML or PBF."""
    lines: LocalPath | None = None
    """Layer of lines; `highway` and `oneway` are read where it has them."""
    layer: str | None = None
    """Layer of the GeoPackage that `lines` names."""
    planar: Flag = False
    """Whether lines that cross are joined where they cross."""
    coordinates: Literal["wgs84", "gcj02", "bd09"] = "wgs84"
    """Which degrees tables and lines are in."""
    place: str | None = None
    """Name of a place whose streets are downloaded from OpenStreetMap."""
    mode: Literal["walk", "cycle", "drive"] = "walk"
    """Whose ways are read from `osm` or `place`."""
    rules: LocalPath | None = None
    """Edited copy of `placement/streets/ways.csv`: which ways of `osm` may be used."""
    notice: str = ""
    """Source and licence, printed in every output."""

    @model_validator(mode="after")
    def _one_source(self) -> StreetsInput:
        given = [name for name in ("graphml", "osm", "lines", "place") if getattr(self, name)]
        tables = self.nodes is not None and self.edges is not None
        if (self.nodes is None) != (self.edges is None) or len(given) + tables != 1:
            raise ValueError("give exactly one of: nodes and edges, graphml, osm, lines, place")
        if self.coordinates != "wgs84" and not tables and self.lines is None:
            raise ValueError("coordinates goes with nodes and edges, or lines; graphml, osm and place are WGS-84")
        if self.rules is not None and self.osm is None:
            raise ValueError("rules say which ways of an osm file are read: give osm")
        if self.mode != "walk" and self.osm is None and self.place is None:
            raise ValueError("mode says which ways are read from osm or place; other sources hold what they hold")
        return self


OptionalFile = Annotated[InputFile | None, BeforeValidator(as_file)]


class Inputs(Section):
    """`[inputs]`: the files of the study, each a path, or a table of keys where more must be known."""

    population: Annotated[InputFile, BeforeValidator(as_file)]
    """Who lives where: points, polygons to be cut (`demand.grid_m`), or a GeoTIFF with `districts`."""
    footfall: OptionalFile = None
    """Counters of passers-by, and how many they count a day."""
    footfall_counts: OptionalFile = None
    """Series of the counters; `footfall` then says where they stand."""
    survey: OptionalFile = None
    """Who knows and uses the service: counts, or questionnaires."""
    covariates: OptionalFile = None
    """Numbers by district that small samples of the survey shrink to."""
    stations: OptionalFile = None
    """Stations that stand today; these, `candidates` or both."""
    candidates: OptionalFile = None
    """Where a station may come."""
    usage: OptionalFile = None
    """Transactions of the stations by month, from which visits are predicted."""
    publicity: OptionalFile = None
    """What spending on publicity does to who knows the service; a plan then decides how much is spent where."""
    districts: OptionalFile = None
    """Outlines for the maps; with a population raster, the areas whose people are summed."""
    streets: StreetsInput | None = None
    """The street network; without it and without `travel`, `travel.detour`."""
    travel: OptionalFile = None
    """Travel times or distances from elsewhere, instead of streets."""

    @model_validator(mode="after")
    def _complete(self) -> Inputs:
        if self.streets is not None and self.travel is not None:
            raise ValueError("give streets or a travel table, not both")
        if self.footfall_counts is not None and self.footfall is None:
            raise ValueError("footfall_counts needs the places of its counters: give footfall")
        if self.population.is_raster and self.districts is None:
            raise ValueError("a population raster needs inputs.districts: polygons with a column district")
        if self.stations is None and self.candidates is None:
            raise ValueError("give stations, candidates or both")
        if self.publicity is not None and self.survey is None:
            raise ValueError("publicity raises the survey's awareness: give survey")
        if self.covariates is not None and self.survey is None:
            raise ValueError("covariates are for the survey's awareness: give survey")
        return self

    def files(self) -> Iterator[tuple[str, InputFile]]:
        """Yield (table name, file) of every table that is given."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, InputFile):
                yield name, value

    def paths(self) -> Iterator[tuple[str, str]]:
        """Yield (input name, path as written) of every file that is read."""
        for name, file in self.files():
            yield name, file.path
        yield from self.street_paths()

    def street_paths(self) -> Iterator[tuple[str, str]]:
        """Yield (input name, path as written) of every file of the street network."""
        if self.streets is not None:
            for key in ("nodes", "edges", "graphml", "osm", "lines", "rules"):
                path = getattr(self.streets, key)
                if path is not None:
                    yield f"streets_{key}", path
