"""Seeded mutations of a study's files: cells, rows, columns, encodings, types, settings, archives, raw bytes."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np

from tests.fuzz.bases import BASES, TOML, Files

Random = np.random.Generator

NASTY = (
    "", " ", "0", "-1", "-0", "0.0", "1.5", "1e3", "1e308", "1e309", "-1e309", "1e999999999", "nan", "NaN", "inf",
    "-Infinity", "NULL", "None", "N/A", "#REF!", "#N/A", "true", "0x1F", "1_000", "1,000", "1.000,5", "１２", "٣", "½",
    "²", "9" * 400, "0." + "3" * 400, "007", "+86", "=1+1", "=cmd|' /C calc'!A0", "@x", "-x", "'", '"', '""',
    '"unclosed', "a,b", "a\tb", "a\nb", "a\r\nb", "a\x00b", "\x1b[31mred\x1b[0m", "\u202etxt", "\u200b", "e\u0301",
    "\u00e9", "Ｓ００", "S00", "C00", "D000", "F1", "west-1", "west–1", "WEST-1", "all", "general", "elderly",
    "existing", "candidate", "required", "excluded", "bank", "08:00", "24:00", "25:00", "8:00", "20:00-08:00",
    "2025-03", "2025-13", "2025-03-03 08:00", "2025-03-03T08:00:00Z", "2025-03-30T02:30:00+02:00", "03/04/2025 08:00",
    "45000.5", "114.3", "30.5", "181", "-91", "0", "500000", "3380000", "/etc/passwd", "../../x",
    "http://127.0.0.1/x", "/vsicurl/http://127.0.0.1/x", "POINT (1 1)", "LINESTRING EMPTY",
    "POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))", "{}", "[]", "🚏", "便民服务站", "x" * 5000,
)  # fmt: skip
"""What stands in cells of files that people send."""

TOML_VALUES = (
    "0", "-1", "1", "1.5", "nan", "inf", "-inf", "1e308", "1e999999999", "-1e999999999", "9" * 30, "9" * 5000, "0x10",
    "1_000", "true", "false", '""', '"x"', "[]", "{}", "[1, 2]", "{a = 1}", "[[[[]]]]", "2025-01-01",
    "2025-01-01T00:00:00Z", "07:00:00", '"08:00-20:00"', '"00:00-24:00"', '"general"', '"EPSG:4326"', '"EPSG:3857"',
    '"EPSG:999999"', '"+proj=longlat"', '"population.csv"', '"/etc/passwd"', '"../x"', '"http://127.0.0.1/x.csv"',
    '"\\u0000"', '"\\u202e"', "'''\n'''", "0.5", "15", "900", "100000000000000000000", "0.001", "1e-300", '"utf-16"',
    '"gb18030"', '"gcj02"', '"zh"', '"highs"', '"cbc"', '{path = "population.csv", encoding = "utf-16"}',
    '{path = "stations.csv", layer = "x"}', '{path = "survey.csv", columns = {a = "b"}}',
)  # fmt: skip

ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "gb18030", "latin-1", "cp1252", "utf-7", "cp037")

VRT = (
    b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'
    b"</OGRVRTDataSource>"
)
_ENTITIES = "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
BOMB = (
    f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">{_ENTITIES}]>'
    '<osm version="0.6"><node id="&i;" lat="1" lon="1"/></osm>'
).encode()
"""A billion times ha."""
STRANGERS = (
    b"", b"\x00" * 4096, VRT, BOMB, b"{}", b"[]", b"null", b"<a/>", b"\xff\xfe", b"PAR1PAR1", b"SQLite format 3\x00",
    b"PK\x05\x06" + b"\x00" * 18, b"II*\x00" + b"\xff" * 64,
)  # fmt: skip
_LINES = ("[", "]", "[[a]]", "[a.b.c]", "a.b.c.d = 1", "x = " + "[" * 2000, '"', "'", "=", "\ufeff", "[budget]")


T = TypeVar("T")


def pick(rng: Random, options: Iterable[T]) -> T:
    """Return one of the options."""
    among = list(options)
    return among[int(rng.integers(len(among)))]


def mutated(files: Files, rng: Random) -> tuple[Files, list[str]]:
    """Return the files with one to three mutations, and what was done to which file."""
    files, done = dict(files), []
    for _ in range(pick(rng, (1, 1, 1, 2, 3))):
        name = TOML if rng.random() < 0.3 else pick(rng, sorted(files))
        kinds = _kinds(name)
        kind = pick(rng, kinds) if rng.random() < 0.8 else pick(rng, RAW)
        try:
            files[name] = kind(files[name], rng)
        except Exception:  # noqa: BLE001 -- an earlier mutation left nothing that this one could work on
            continue
        done.append(f"{kind.__name__} {name}")
    if rng.random() < 0.03:
        one, other = pick(rng, sorted(files)), pick(rng, sorted(files))
        files[one], files[other] = files[other], files[one]
        done.append(f"swapped {one}, {other}")
    return files, done


def _kinds(name: str) -> tuple[Callable[[bytes, Random], bytes], ...]:
    ending = name.rsplit(".", 1)[-1]
    return {"toml": SETTINGS, "csv": TABLES, "geojson": TREES, "osm": MARKUP, "xlsx": BOOKS}.get(ending, RAW)


def _rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode())))


def _written(rows: list[list[str]], **options: Any) -> bytes:
    target = io.StringIO()
    csv.writer(target, lineterminator="\n", **options).writerows(rows)
    return target.getvalue().encode("utf-8", "surrogatepass")


def cell(content: bytes, rng: Random) -> bytes:
    """Put something odd into one to five cells."""
    rows = _rows(content)
    for _ in range(int(rng.integers(1, 6))):
        row = rows[int(rng.integers(0 if rng.random() < 0.1 else 1, len(rows)))]
        row[int(rng.integers(len(row)))] = pick(rng, NASTY)
    return _written(rows)


def nudged(content: bytes, rng: Random) -> bytes:
    """Change numbers a little, so that the study stays what it is and later stages see it."""
    rows = _rows(content)
    for _ in range(int(rng.integers(1, 4))):
        row = rows[int(rng.integers(1, len(rows)))]
        at = int(rng.integers(len(row)))
        number = re.fullmatch(r"(\d+)(\.\d+)?", row[at])
        if number:
            row[at] = str(int(number[1]) + int(rng.integers(0, 3))) + (number[2] or "")
    return _written(rows)


def column(content: bytes, rng: Random) -> bytes:
    """Fill a column with one thing, drop it, double it, rename it, or swap two."""
    rows = _rows(content)
    at, other = rng.integers(len(rows[0]), size=2).tolist()
    what = int(rng.integers(6))
    for number, row in enumerate(rows):
        if what == 0 and number:
            row[at] = pick(rng, NASTY) if rng.random() < 0.1 else row[other]
        elif what == 1:
            del row[at]
        elif what == 2:
            row.insert(other, row[at])
        elif what == 3:
            row[at], row[other] = row[other], row[at]
    if what == 4:
        rows[0][at] = pick(rng, (rows[0][at].upper(), f" {rows[0][at]} ", rows[0][at][:-1], rows[0][at] + "s", *NASTY))
    if what == 5:
        value = pick(rng, NASTY)
        rows[1:] = [[*row[:at], value, *row[at + 1 :]] for row in rows[1:]]
    return _written(rows)


def row(content: bytes, rng: Random) -> bytes:
    """Drop, repeat, shorten, lengthen or empty rows."""
    rows = _rows(content)
    at = int(rng.integers(len(rows)))
    what = int(rng.integers(6))
    if what == 0:
        del rows[at]
    elif what == 1:
        rows.insert(at, list(rows[-1]))
    elif what == 2:
        rows[at] = rows[at][:-1]
    elif what == 3:
        rows[at] = [*rows[at], pick(rng, NASTY)]
    elif what == 4:
        rows.insert(at, [""] * len(rows[0]))
    else:
        rows = rows[:1] if rng.random() < 0.5 else rows[: at + 1]
    return _written(rows)


def dialect(content: bytes, rng: Random) -> bytes:
    """Write the table with other separators, quotes or line ends."""
    rows = _rows(content)
    text = _written(rows, delimiter=pick(rng, ",;\t|"), quotechar=pick(rng, "\"'"), quoting=pick(rng, (0, 1)))
    return text.replace(b"\n", pick(rng, (b"\n", b"\r\n", b"\r", b"\n\n", b"\n\r")))


def quote(content: bytes, rng: Random) -> bytes:
    """Put a quotation mark somewhere."""
    at = int(rng.integers(len(content) + 1))
    return content[:at] + b'"' + content[at:]


def encoding(content: bytes, rng: Random) -> bytes:
    """Write the text in another encoding."""
    return content.decode().replace("west", "Zürich").encode(pick(rng, ENCODINGS), "ignore")


def flipped(content: bytes, rng: Random) -> bytes:
    """Change one to twenty bytes."""
    data = bytearray(content)
    for at in rng.integers(len(data), size=int(rng.integers(1, 20))).tolist():
        data[at] = int(rng.integers(256))
    return bytes(data)


def cut(content: bytes, rng: Random) -> bytes:
    """Cut the file off, or a piece out of it."""
    start, end = sorted(rng.integers(len(content) + 1, size=2).tolist())
    return content[:start] + content[end:] if rng.random() < 0.5 else content[:start]


def strange(content: bytes, rng: Random) -> bytes:
    """Put something else in the place of the file."""
    return pick(rng, (*STRANGERS, content * 2, rng.bytes(500)))


def setting(content: bytes, rng: Random) -> bytes:
    """Give a setting another value."""
    lines = content.decode().splitlines()
    at = pick(rng, [number for number, line in enumerate(lines) if "=" in line])
    key = lines[at].split("=", 1)[0]
    lines[at] = f"{key}= {pick(rng, TOML_VALUES)}"
    return "\n".join(lines).encode()


def misspelt(content: bytes, rng: Random) -> bytes:
    """Rename, drop, repeat or add a line of the settings."""
    lines = content.decode().splitlines()
    at = int(rng.integers(len(lines)))
    what = int(rng.integers(5))
    if what == 0:
        lines[at] = lines[at].replace("e", "ee", 1)
    elif what == 1:
        del lines[at]
    elif what == 2:
        lines.insert(at, pick(rng, lines))
    elif what == 3:
        lines.insert(at, f"{pick(rng, _SETTINGS)} = {pick(rng, TOML_VALUES)}")
    else:
        lines.insert(at, pick(rng, _LINES))
    return "\n".join(lines).encode()


_SETTINGS = (
    "age_bands", "age_share", "cache", "capital", "columns", "counts_every", "cutoff_min", "detour", "district",
    "far_snap_m", "folder", "footfall_cv", "gap", "grid_m", "grid_shape", "language", "machines", "max_closes",
    "max_moves", "mode", "oneway", "place", "seed", "share", "slope", "status", "step", "steps_factor", "stream",
    "threads", "threshold_m", "threshold_min", "time_limit_s", "trip_rate_cv", "uptake",
)  # fmt: skip


def leaf(content: bytes, rng: Random) -> bytes:
    """Change, drop or wrap one value of a JSON tree."""
    tree = json.loads(content)
    node: Any = tree
    while True:
        key = pick(rng, node if isinstance(node, dict) else range(len(node)))
        if not isinstance(node[key], dict | list) or not node[key] or rng.random() < 0.1:
            break
        node = node[key]
    values: tuple[object, ...] = (None, True, 0, -1, 1e308, [], {}, [1], {"a": 1}, "x", [[]], *NASTY)
    if rng.random() < 0.2:
        del node[key]
    else:
        node[key] = pick(rng, values)
    text = json.dumps(tree, ensure_ascii=bool(rng.integers(2)))
    return text.replace("1e+308", pick(rng, ("1e+308", "NaN", "Infinity", "1e400"))).encode("utf-8", "surrogatepass")


def attribute(content: bytes, rng: Random) -> bytes:
    """Change one value in markup."""
    found = pick(rng, list(re.finditer(rb'"[^"]*"', content)))
    value = pick(rng, NASTY).replace("&", "").replace("<", "").replace('"', "")
    return content[: found.start() + 1] + value.encode("utf-8", "surrogatepass") + content[found.end() - 1 :]


def sheet(content: bytes, rng: Random) -> bytes:
    """Change cells of a workbook, or add a sheet."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(content))
    page = book.worksheets[0]
    for _ in range(int(rng.integers(1, 4))):
        value: Any = pick(rng, (*NASTY, None, True, 1.5, 10**15, 1e300))
        if isinstance(value, str):
            value = re.sub(r"[\x00-\x08\x0b-\x1f]", "", value)
        page.cell(int(rng.integers(1, page.max_row + 3)), int(rng.integers(1, page.max_column + 3))).value = value
    if rng.random() < 0.15:
        book.create_sheet("other").append(["a", "b"])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def member(content: bytes, rng: Random) -> bytes:
    """Change the bytes of one member of an archive, drop it, or blow it up."""
    source = zipfile.ZipFile(io.BytesIO(content))
    chosen, what = pick(rng, source.namelist()), int(rng.integers(3))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            data = source.read(name)
            if name == chosen and what == 0:
                continue
            if name == chosen:
                data = flipped(data, rng) if what == 1 and data else data + b" " * 3_000_000
            archive.writestr(name, data)
    return target.getvalue()


RAW = (flipped, cut, strange)
TABLES = (cell, cell, cell, nudged, nudged, column, column, row, row, dialect, quote, encoding)
SETTINGS = (setting, setting, misspelt)
TREES = (leaf, leaf, leaf)
MARKUP = (attribute, attribute)
BOOKS = (sheet, sheet, member)


def case(seed: int) -> tuple[str, Files, list[str]]:
    """Return the base, the mutated files and what was done to them, of a numbered case."""
    rng = np.random.default_rng(seed)
    base = pick(rng, BASES)
    files, done = mutated(BASES[base](), rng)
    return base, files, done
