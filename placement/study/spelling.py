"""Names in a study file that differ in Unicode form, signs of no width or blanks alone are brought to one spelling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from placement.errors import Fault
from placement.notes import Note, about
from placement.study.names import canonical

_BY_AGE: tuple[tuple[str, ...], ...] = (
    ("demand", "online_share"),
    ("demand", "uptake"),
    ("demand", "age_share"),
    ("demand", "age_bands"),
    ("travel", "speed_m_s"),
    ("policy", "floors"),
)
_OWN = "threshold_min_by_district"
_BY_DISTRICT: tuple[tuple[str, ...], ...] = (("travel", _OWN), ("policy", "floors", "district"))

Place = tuple[str | int, ...]
"""Keys from the outside in; a number is a position in an array of tables."""


def one_spelling(content: Mapping[str, Any], table: str) -> tuple[dict[str, Any], list[str], list[Fault]]:
    """Return the content with names as `demand.trips_per_month`, `demand.periods` and districts first spell them.

    With notes on what was rewritten, and a fault for each two keys of one section that are one name.
    """
    rewrite = _Rewrite(table)
    fixed = rewrite.sections(content, "")
    rates = _at(fixed, ("demand", "trips_per_month"))
    services = [name for rate in rates.values() if isinstance(rate, Mapping) for name in rate]
    for place in _BY_AGE:
        fixed = rewrite.keys(fixed, place, rates)
    for group in rates:
        fixed = rewrite.keys(fixed, ("demand", "trips_per_month", group), services)
    fixed = rewrite.keys(fixed, ("demand", "service_hosts"), services)
    fixed = rewrite.keys(fixed, ("demand", "period_share"), _at(fixed, ("demand", "periods")))
    steps = _at(fixed, ("travel",)).get("step")
    within = [("travel", "step", number, _OWN) for number in range(len(steps) if isinstance(steps, list) else 0)]
    places: list[Place] = [*_BY_DISTRICT, *within]
    districts = [name for each in places for name in _at(fixed, each)]
    for each in places:
        fixed = rewrite.keys(fixed, each, districts)
    return fixed, rewrite.notes, rewrite.faults


def _at(content: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    found: Any = content
    for key in place:
        if isinstance(found, list) and isinstance(key, int):
            found = found[key]
        else:
            found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


class _Rewrite:
    def __init__(self, table: str) -> None:
        self.table = table
        self.notes: list[str] = []
        self.faults: list[Fault] = []

    def sections(self, content: Mapping[str, Any], where: str) -> dict[str, Any]:
        """Return a copy of all sections; two keys of one section that are one name are faults."""
        seen: dict[str, str] = {}
        copy: dict[str, Any] = {}
        for name, value in content.items():
            key = canonical(name)
            place = f"{where}.{name}" if where else name
            if key in seen:
                problem = (
                    f"is the same name as {seen[key]!a} but for Unicode form, blanks or signs of no width ({name!a})"
                )
                self.faults.append(Fault(table=self.table, row=place, problem=problem, remedy="remove one"))
            seen[key] = name
            copy[name] = self._value(value, place)
        return copy

    def _value(self, value: Any, place: str) -> Any:
        if isinstance(value, list):
            return [self._value(each, f"{place}.{number}") for number, each in enumerate(value)]
        return self.sections(value, place) if isinstance(value, Mapping) else value

    def keys(self, content: dict[str, Any], place: Place, known: Iterable[str]) -> dict[str, Any]:
        """Return the content with the keys of the section at `place` spelt as the first of `known` that is the same."""
        forms: dict[str, str] = {}
        for name in known:
            forms.setdefault(canonical(name), name)
        section = _at(content, place)
        changed = {name: forms[canonical(name)] for name in section if forms.get(canonical(name), name) != name}
        if not changed or self.faults:
            return content
        where, form = ".".join(map(str, place)), "{where} names {old!a}, read as {new!a}"
        self.notes += [about(self.table, Note(form, where=where, old=old, new=new)) for old, new in changed.items()]
        put: dict[str, Any] = _put(content, place, {changed.get(name, name): value for name, value in section.items()})
        return put


def _put(content: Any, place: Place, section: dict[str, Any]) -> Any:
    if not place:
        return section
    if isinstance(content, list):
        return [_put(each, place[1:], section) if at == place[0] else each for at, each in enumerate(content)]
    return {**content, place[0]: _put(content[place[0]], place[1:], section)}
