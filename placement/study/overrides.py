"""Settings that a run used in place of those in `study.toml`: what they are, and a study with them put in.

A setting is named as in `study.toml`, ``section.key`` (``costs`` and ``phase`` are one setting each), and its value has
the form it has there: amounts are yuan, shares are numbers, a table is a table; null means the key is not given. A
share that no decimal number equals is text such as ``1/3``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from placement.errors import Fault, InputError
from placement.study.limits import BudgetSection, CostSection
from placement.study.phases import PhaseSection
from placement.values.immutable import immutable
from placement.values.limits import ON_RESERVE
from placement.values.phases import PHASE_COUNTS

if TYPE_CHECKING:
    from placement.study import Study

_MONEY = (BudgetSection, CostSection, PhaseSection)
_NO_MONEY = frozenset({"horizon_years", "discount_rate", "name", "carry_over", *PHASE_COUNTS})
"""Settings of these sections that are no amounts."""
_EXACT_LIMITS = ("spacing_m", "visits_weight", "visits_floor", *ON_RESERVE)
_EXACT = frozenset({"budget.discount_rate", "policy.floors", *(f"policy.{name}" for name in _EXACT_LIMITS)})
"""Settings that are kept as exact fractions."""
SECTIONS = ("study", "inputs", "demand", "travel", "costs", "guides", "budget", "policy", "phase", "fees", "solve")
_WHOLE = ("costs", "phase")
"""Sections that are one setting."""


@immutable
@dataclass(frozen=True, kw_only=True)
class Override:
    """One setting that a run did not take from `study.toml`.

    Parameters
    ----------
    key
        ``section.key``.
    study, used
        The value in `study.toml` (or its default) and the value the run used, as JSON holds them.
    """

    key: str
    study: Any
    used: Any

    def record(self) -> dict[str, Any]:
        """Return it as ``plan.json`` has it."""
        return {"key": self.key, "study": _plain(self.study), "used": _plain(self.used)}

    def __str__(self) -> str:
        return f"{self.key} = {_shown(self.used)} instead of {_shown(self.study)}"


def overrides_of(study: Study) -> tuple[Override, ...]:
    """Return every setting in which a study differs from its `study.toml`, by key."""
    written, used = settings(study.as_written()), settings(study)
    keys = sorted(key for key in written.keys() | used.keys() if written.get(key) != used.get(key))
    return tuple(Override(key=key, study=written.get(key), used=used.get(key)) for key in keys)


def settings(study: BaseModel) -> dict[str, Any]:
    """Return every setting of a study as JSON holds it, by ``section.key``."""
    found: dict[str, Any] = {}
    for name in type(study).model_fields:
        section = getattr(study, name)
        if isinstance(section, BaseModel):
            found |= {f"{name}.{key}": value for key, value in _fields(section, whole=True).items()}
        elif isinstance(section, Mapping) or (name in _WHOLE and section):
            found[name] = _plain(section)
    return found


def overridden(content: Mapping[str, Any], used: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a `study.toml` with other values of some settings; the content itself stays as it is.

    Raises
    ------
    InputError
        Naming every key that is no setting.
    """
    changed = {name: dict(section) if isinstance(section, Mapping) else section for name, section in content.items()}
    faults = []
    for key, value in sorted(used.items()):
        section, _, name = key.partition(".")
        table = changed if not name else changed.setdefault(section, {})
        if section not in SECTIONS or not isinstance(table, dict) or (not name and section not in _WHOLE):
            faults.append(Fault(table="overrides", row=key, problem="is no setting of a study"))
        elif value is None:
            table.pop(name or section, None)
            if section == "guides" and not table:
                changed.pop(section, None)
        else:
            table[name or section] = _written(value, shares=key in _EXACT)
    if faults:
        raise InputError(faults)
    return changed


def _fields(section: BaseModel, *, whole: bool) -> dict[str, Any]:
    """Return the fields of a section, all or (as a planner writes a table) those that are not at their defaults."""
    named = {name: getattr(section, name) for name in (*type(section).model_fields, *(section.model_extra or {}))}
    given = {
        name: value
        for name, value in named.items()
        if whole or name not in type(section).model_fields or value != type(section).model_fields[name].default
    }
    money = isinstance(section, _MONEY)
    return {name: _plain(value, money=money and name not in _NO_MONEY) for name, value in given.items()}


def _plain(value: Any, *, money: bool = False) -> Any:
    if isinstance(value, BaseModel):
        return _fields(value, whole=False)
    if isinstance(value, Mapping):
        return {str(name): _plain(part, money=money) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(part, money=money) for part in value]
    if isinstance(value, Fraction):
        return float(value) if Fraction(str(float(value))) == value else str(value)
    if money and value is not None:
        return value / 100
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _written(value: Any, *, shares: bool) -> Any:
    """Return a value as the parser of `study.toml` would hand it over; keys without a value are left out."""
    if isinstance(value, Mapping):
        return {name: _written(part, shares=shares) for name, part in value.items() if part is not None}
    if isinstance(value, list | tuple):
        return [_written(part, shares=shares) for part in value]
    if isinstance(value, float):
        return Decimal(repr(value))
    if shares and isinstance(value, str):
        return _fraction(value)
    return value


def _fraction(text: str) -> Any:
    above, _, below = text.partition("/")
    whole = above.isdecimal() and below.isdecimal() and len(text) <= _LONGEST and int(below) > 0
    return Fraction(int(above), int(below)) if whole else text


_LONGEST = 100
"""Digits of a share that no decimal number equals."""


def _shown(value: Any) -> str:
    if isinstance(value, tuple | list) and all(isinstance(each, str) for each in value):
        return ", ".join(value) or "nothing"
    return "nothing" if value is None else str(value)
