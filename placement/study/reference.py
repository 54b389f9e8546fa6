"""The reference of sections, keys, tables and columns, read from the code that checks them.

Descriptions, units and defaults stand once: beneath the keys of :mod:`placement.study.sections`,
:mod:`placement.study.limits` and :mod:`placement.study.inputs`, and in :mod:`placement.study.columns`. ``placement
keys`` prints them; `KEYS.md` beside this file is ``placement keys --markdown``.
"""

from __future__ import annotations

import textwrap
import types
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from placement.errors import InputError
from placement.study import SECTIONS, Study
from placement.study.columns import CLOCK, TABLES, Column, TableSpecification
from placement.study.fields import Assumed, Called
from placement.study.inputs import InputFile
from placement.study.names import near_name

NARROWEST, WIDEST = 60, 100
"""Columns of a terminal that are used."""
RULES = (
    "Files lie below the study's folder unless --allow-outside (in Python allow_outside=True) is given.",
    "A file is opened as what its suffix says: CSV, Excel, GeoJSON, GeoPackage, GeoParquet, FlatGeobuf, shapefile.",
    "Headers are read in any case and Unicode form. The order of rows means nothing.",
    "A column that nobody reads is a note; one that is misspelt is a fault.",
    "Ids are text and survive to every output. Names that differ in Unicode form or invisible signs alone are one.",
    "Amounts are yuan with at most two decimals. Shares are numbers from 0 to 1.",
    "Unknown keys, and keys that the format of an input cannot use, are refused.",
    "Settings with nothing to act on are noted.",
    "What was dropped, ignored, repaired or assumed is a note of check, recommend, the report and plan.json.",
)
"""What holds for every section and table."""
_SAYS: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Fraction: "share",
    Any: "number",
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One key of a section, or one column of a table.

    Parameters
    ----------
    name
        As it is written; in angle brackets where the study gives the name.
    kind, unit
        What a value is, and of what; empty unit where it has none.
    needed
        ``yes``, when it is needed, or empty.
    default
        The value where it is absent, as it is written in a study; empty where there is none.
    says
        What it means.
    """

    name: str
    kind: str
    unit: str
    needed: str
    default: str
    says: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """One section of the study file (`name` as in its header), sections that may be repeated, or one table."""

    name: str
    sort: Literal["section", "sections", "table"]
    says: str
    entries: tuple[Entry, ...]

    @property
    def title(self) -> str:
        """The header of a section, or the name of a table."""
        headers = {"section": "[{}]", "sections": "[[{}]]", "table": "table {}"}
        return headers[self.sort].format(self.name)


def reference() -> tuple[Part, ...]:
    """Return every section in the order of a study, then every table."""
    return (*_sections(), *(_table(each) for each in TABLES))


def matching(name: str) -> tuple[Part, ...]:
    """Return the sections and tables of a name, with what lies within them; or those that hold a key, with it alone.

    Raises
    ------
    InputError
        If nothing has the name.
    """
    asked = name.strip().strip("[]")
    parts = reference()
    found = [part for part in parts if _is_called(part.name, asked)]
    if not found:
        section, _, key = asked.rpartition(".")
        found = [
            replace(part, entries=tuple(each for each in part.entries if each.name == key))
            for part in parts
            if (not section or _is_called(part.name, section)) and any(each.name == key for each in part.entries)
        ]
    if not found:
        known = [part.name for part in parts]
        near = near_name(asked, [*known, *(each.name for part in parts for each in part.entries)])
        remedy = f"did you mean {near}?" if near else f"known: {', '.join(dict.fromkeys(known))}"
        raise InputError.single("keys", f"{asked!r} is no section, table or key", remedy=remedy)
    return tuple(found)


def _is_called(name: str, asked: str) -> bool:
    """Return whether a part has the name, lies within it, or is the section of every host and it of one."""
    outer, _, inner = name.partition(".")
    return asked in (name, outer) or (inner == "<host>" and asked.startswith(f"{outer}.") and asked.count(".") == 1)


def lines_of(parts: tuple[Part, ...], width: int) -> list[str]:
    """Return the reference as text for a terminal of some columns."""
    width = min(max(width, NARROWEST), WIDEST)
    lines: list[str] = []
    if len(parts) > 1 and parts == reference():
        for rule in RULES:
            lines += textwrap.wrap(rule, width, initial_indent="- ", subsequent_indent="  ")
    for part in parts:
        lines += ["", part.title] if lines else [part.title]
        lines += textwrap.wrap(part.says, width)
        for entry in part.entries:
            lines += textwrap.wrap(_head(entry), width, initial_indent="  ", subsequent_indent="    ")
            lines += textwrap.wrap(entry.says, width, initial_indent="      ", subsequent_indent="      ")
    return lines


def record_of(parts: tuple[Part, ...]) -> dict[str, Any]:
    """Return the reference as one object for scripts."""
    return {"parts": [asdict(part) for part in parts]}


def page(parts: tuple[Part, ...]) -> list[str]:
    """Return the lines of the reference as a page in Markdown, as `KEYS.md` has it."""
    lines = [
        "# Keys of study.toml, and columns of its tables",
        "",
        "Made by `placement keys --markdown` from the code that checks them; `placement keys SECTION` prints a part.",
        "Keys stand first, by section; then columns, by table. Names in `<angle brackets>` are the study's own.",
        "",
        *(f"- {rule}" for rule in RULES),
    ]
    for part in parts:
        lines += ["", f"## {part.title}".replace("<", "\\<"), "", part.says, ""]
        first = "column" if part.sort == "table" else "key"
        lines += [f"| {first} | value | unit | needed | default | |", "|---|---|---|---|---|---|"]
        lines += [
            f"| {_cell(_code(each.name))} | {_cell(each.kind)} | {_cell(each.unit)} | {_cell(each.needed)} "
            f"| {_cell(_code(each.default))} | {_cell(each.says)} |"
            for each in part.entries
        ]
    return lines


def _head(entry: Entry) -> str:
    """Return name, kind, unit, and whether it is needed or what it is otherwise."""
    unit = f", {entry.unit}" if entry.unit else ""
    needed = {"": "", "yes": "; needed"}.get(entry.needed, f"; needed {entry.needed}")
    default = f"; default {entry.default}" if entry.default else ""
    return f"{entry.name}: {entry.kind}{unit}{needed}{default}"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _sections() -> Iterator[Part]:
    for name in SECTIONS:
        field = Study.model_fields[name]
        annotation = field.annotation
        if get_origin(annotation) is tuple:
            yield from _section(name, get_args(annotation)[0], "sections")
        elif get_origin(annotation) in {Union, types.UnionType}:
            yield from _section(name, _model(field))
        elif get_args(annotation):
            key, model = get_args(annotation)
            yield from _section(f"{name}.<{_words(key)[0]}>", model)
        else:
            yield from _section(name, annotation)


def _section(name: str, model: Any, sort: Literal["section", "sections"] = "section") -> Iterator[Part]:
    """Yield a section, then those within it."""
    entries = [_key(key, field) for key, field in model.model_fields.items()]
    if model.model_config.get("extra") == "allow":
        entries.append(_extra(model))
    says = " ".join((model.__doc__ or "").partition("\n\n")[0].split())
    says = (
        says.removeprefix(f"`[{name}]`: ")
        .removeprefix(f"`[[{name}]]`: ")
        .removeprefix(f"`[inputs] {name.rpartition('.')[2]}`: ")
    )
    yield Part(name=name, sort=sort, says=says[:1].upper() + says[1:], entries=tuple(entries))
    seen: set[Any] = set()
    for key, field in model.model_fields.items():
        inner = _model(field)
        if inner is not None and inner not in seen:
            seen.add(inner)
            within = f"{name}.<table>" if inner is InputFile else f"{name}.{key}"
            yield from _section(within, inner, "sections" if get_origin(field.annotation) is tuple else "section")


def _model(field: FieldInfo) -> Any:
    """Return the section that is the value of a key, or None."""
    parts = (field.annotation, *get_args(field.annotation))
    return next((part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)), None)


def _key(name: str, field: FieldInfo) -> Entry:
    kind, unit = _of_field(field)
    needed = "yes" if field.is_required() else ""
    default = "" if needed else _written(field.get_default())
    return Entry(
        name=name,
        kind=kind,
        unit=unit,
        needed=needed,
        default=default,
        says=" ".join([*(field.description or "").split(), *(["Assumed where absent."] if _assumed(field) else [])]),
    )


def unit_of(field: FieldInfo) -> str:
    """Return what the values of a key are counted in; empty where they have no unit."""
    return _of_field(field)[1]


def _of_field(field: FieldInfo) -> tuple[str, str]:
    return _words(Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation)


def _assumed(field: FieldInfo) -> bool:
    return any(isinstance(each, Assumed) for each in field.metadata)


def _extra(model: Any) -> Entry:
    """Return the entry of the keys that a study names itself."""
    key, value = get_args(get_type_hints(model, include_extras=True)["__pydantic_extra__"])
    kind, unit = _words(value)
    says = next(part.description for part in get_args(value) if isinstance(part, FieldInfo) and part.description)
    return Entry(name=f"<{_words(key)[0]}>", kind=kind, unit=unit, needed="", default="", says=says)


def _words(annotation: Any) -> tuple[str, str]:
    """Return what the values of a type are called, and their unit."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        kind, unit = _words(inner[0])
        for called in inner[1:]:
            if isinstance(called, Called):
                kind, unit = called.name or kind, called.unit or unit
        return kind, unit
    if origin is Literal:
        return _either([f'"{value}"' for value in inner]), ""
    if inner:
        return _words_of_many(origin, inner)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "path, or section below" if annotation is InputFile else "section below", ""
    return _SAYS[annotation], ""


def _words_of_many(origin: Any, inner: tuple[Any, ...]) -> tuple[str, str]:
    """Return what values of a union, a list or a mapping are called, and their unit."""
    some = [_words(part) for part in inner if part not in (type(None), ...)]
    unit = next((unit for _, unit in some if unit), "")
    if origin in (Union, types.UnionType):
        return _either([kind for kind, _ in some]), unit
    if origin is tuple:
        return f"list of {some[0][0]}s", unit
    return f"{some[1][0]} by {some[0][0]}", unit


def _either(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _written(value: Any) -> str:
    """Return a default as a study would write it; empty where it says nothing."""
    if value is None or value in ({}, "", ()) or isinstance(value, BaseModel):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_written(part)}" for key, part in value.items()) + "}"
    return f'"{value}"' if isinstance(value, str) else f"{float(value):g}"


def _table(table: TableSpecification) -> Part:
    entries = tuple(_column(column) for column in table.columns)
    return Part(name=table.name, sort="table", says=table.says, entries=entries)


def _column(column: Column) -> Entry:
    kind = _either(list(column.choices)) if column.choices else column.kind
    default = column.default if isinstance(column.default, str) else _of_number(column.default)
    return Entry(
        name=column.name, kind=kind, unit="24 hours" if kind == CLOCK else column.unit, needed=column.needed,
        default=default, says=column.says[:1].upper() + column.says[1:] + ".",
    )  # fmt: skip


def _of_number(value: float | None) -> str:
    return "" if value is None or value != value else f"{value:g}"  # noqa: PLR0124 -- NaN says nothing
