"""Where the files of a study lie: below its folder, unless that is allowed otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from placement.errors import Fault

_SIDECARS = (".shx", ".dbf", ".prj", ".cpg")


def parts_of(path: Path) -> tuple[Path, ...]:
    """Return the files that an input file consists of: itself, and of a shapefile its other parts that exist.

    GDAL finds them whatever the case of their suffix.
    """
    if path.suffix.lower() != ".shp" or not path.parent.is_dir():
        return (path,)
    beside = sorted(part for part in path.parent.iterdir() if part.stem == path.stem and part.is_file())
    return (path, *(part for suffix in _SIDECARS for part in beside if part.suffix.lower() == suffix))


OUTSIDE = "move it there, or allow it: --allow-outside (in Python: allow_outside=True)"


def path_faults(table: str, folder: Path, paths: Iterator[tuple[str, str]], *, allow_outside: bool) -> list[Fault]:
    """Return a fault for each (name, path as written) that does not exist, or lies outside the folder."""
    faults = []
    for name, written in paths:
        row = f"inputs.{name}"
        try:
            exists, outside = (folder / written).is_file(), _is_outside(folder, written)
        except (OSError, ValueError, RuntimeError) as error:
            faults.append(Fault(table=table, row=row, problem=f"{written!r} is no path: {error}", remedy="mend it"))
            continue
        if outside and not allow_outside:
            faults.append(Fault(table=table, row=row, problem=f"{written} lies outside {folder}", remedy=OUTSIDE))
        elif not exists:
            faults.append(
                Fault(table=table, row=row, problem=f"{written} does not exist", remedy=f"put it in {folder}")
            )
    return faults


def folder_faults(table: str, folder: Path, written: Mapping[str, object]) -> list[Fault]:
    """Return a fault for each folder, as written under a key of the study, that lies outside the study's own."""
    faults = []
    for key, value in written.items():
        if isinstance(value, str) and any_outside(folder, iter([(key, value)])):
            faults.append(Fault(table=table, row=key, problem=f"{value} lies outside {folder}", remedy=OUTSIDE))
    return faults


def any_outside(folder: Path, paths: Iterator[tuple[str, str]]) -> bool:
    """Return whether any of the (name, path as written) lies outside the folder, or is no path at all."""
    try:
        return any(_is_outside(folder, written) for _, written in paths)
    except (OSError, ValueError, RuntimeError):
        return True


def _is_outside(folder: Path, written: str) -> bool:
    """Return whether a path leads out of a folder, symlinks followed: a link within it may lead out of it."""
    home = folder.resolve()
    return not all(part.resolve().is_relative_to(home) for part in parts_of(folder / written))
