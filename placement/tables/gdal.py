"""The one guard before GDAL: a file is what its suffix says, or it is not opened.

GDAL opens by content and tries all of its some hundred drivers: a VRT, a few lines of XML, reads any other file or asks
a server for it, whatever the file is called. Skipping drivers has no effect once they are registered, as they are when
``pyogrio`` or ``rasterio`` is imported. So the first bytes must be those of the one driver that is meant. All these
signs hold or are followed by a NUL byte, at which the drivers that look for words in the beginning of a file stop
looking, so that a file of two kinds is not taken for its other one either.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyogrio

from placement.errors import InputError
from placement.tables.limits import check_file

SIGNS: dict[str, tuple[bytes, ...]] = {
    ".gpkg": (b"SQLite format 3\x00",),
    ".fgb": (b"fgb\x03fgb\x00", b"fgb\x03fgb\x01"),
    ".shp": (b"\x00\x00\x27\x0a",),
    ".tif": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    ".tiff": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
}
"""The first bytes of the formats that GDAL reads for us; GeoJSON is read without it."""
_BLIND = 12
"""There is a NUL byte among the first of any file with these signs (FlatGeobuf: in the size of its header), except in
SQLite's, whose own sign ends with one."""
_WORDS = (b"<OGRVRT", b"<VRTDataset", b"<GDAL_WMS", b"<GDAL_WMTS", b"<WMTS", b"gdal_streamed_alg")
_HEAD = 1 << 16
_QUIET = {"CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}", "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO"}


def check_content(table: str, path: Path) -> None:
    """Refuse a file that is not of the format its suffix names.

    Raises
    ------
    InputError
        If its first bytes are of another format, or its path would be taken for something else than a local file.
    """
    check_file(table, path)
    signs = SIGNS[path.suffix.lower()]
    with path.open("rb") as file:
        head = file.read(_HEAD)
    named = head.startswith(signs) and (b"\x00" in head[:_BLIND] or head.startswith(b"SQLite"))
    if not named or any(word in head for word in _WORDS):
        kind = path.suffix.lower().lstrip(".")
        remedy = "save it in the format its name says; files that point to others are not read"
        raise InputError.single(table, f"{path.name} is not a {kind} file inside", remedy=remedy)
    if "!" in str(path) or str(path).startswith("/vsi"):
        problem = f"{path} would be taken for an archive or a remote file"
        raise InputError.single(table, problem, remedy="rename it without '!'")


@contextmanager
def no_network() -> Iterator[None]:
    """Let GDAL fetch nothing and open no file beside the one it was given, until the block ends."""
    before = {name: pyogrio.get_gdal_config_option(name) for name in _QUIET}
    pyogrio.set_gdal_config_options(_QUIET)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)
