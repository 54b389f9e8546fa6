"""What a study rests on that nobody has measured: defaults that act on its inputs and that it does not state.

Which settings can be assumptions, and what would do as well, is marked at their fields in
:mod:`placement.study.sections` (:class:`~placement.study.fields.Assumed`); here stands where each of them acts. What
the transactions leave open of the model of visits is an assumption too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from pydantic.fields import FieldInfo

from placement.pipeline.prepare import Prepared
from placement.pipeline.visits import Use
from placement.study.fields import Assumed
from placement.study.reference import unit_of
from placement.travel import TravelTimes
from placement.values.immutable import held, immutable
from placement.values.objectives import VISITS

SECTIONS = ("demand", "travel", "policy")
"""Those that hold marked settings."""
BY_AGE = ("demand.online_share", "travel.speed_m_s")
"""Settings that hold for each age group by itself."""
OF_VISITS = {
    "exponent": "power of the catchment",
    "decay_per_min": "a minute of walking",
    "outside": "pulls of a station at the door",
    "door_share": "0 to 1",
}
"""Parameters of the model of visits that transactions may leave open, with their units."""


@immutable
@dataclass(frozen=True, kw_only=True)
class Assumption:
    """A default that acts on a study.

    Parameters
    ----------
    key
        ``section.key``; ``usage.<parameter>`` where it is none of a study but of the model of visits.
    value, unit
        The default, in words of the study file, and what it is counted in; empty where it is a word.
    moves
        See :class:`~placement.study.fields.Assumed`.
    ends
        Values of the key that would do as well, as the study file holds them.
    """

    key: str
    value: str
    unit: str
    moves: Literal["plan", "intervals", "figures"]
    ends: tuple[Any, ...] = ()

    def __str__(self) -> str:
        alone = "" if self.moves == "plan" else f" (moves {self.moves} alone)"
        return f"{self.key} = {' '.join(part for part in (self.value, self.unit) if part)}{alone}"


def assumptions(prepared: Prepared, use: Use | None) -> tuple[Assumption, ...]:
    """Return what a study rests on and does not state, in the order of its sections.

    Parameters
    ----------
    prepared
        The study, with what of its tables decides whether a setting acts.
    use
        What its transactions say of visits; None without them.
    """
    return (*_of_settings(prepared, use), *_of_visits(use))


def _of_settings(prepared: Prepared, use: Use | None) -> Iterator[Assumption]:
    for name in SECTIONS:
        section = getattr(prepared.study, name)
        for key, field in type(section).model_fields.items():
            mark = next((each for each in field.metadata if isinstance(each, Assumed)), None)
            full = f"{name}.{key}"
            if mark is None or not _acts(full, prepared, use):
                continue
            if full in BY_AGE:
                yield from _by_age(full, prepared.study.demand.age_groups, getattr(section, key), field, mark)
            elif key not in section.model_fields_set or getattr(section, key) is None:
                value = field.get_default() if mark.value is None else mark.value
                limits = full == "policy.idle_below" and prepared.study.policy.max_idle is not None
                moves = "plan" if limits else mark.moves
                yield Assumption(key=full, value=_written(value), unit=unit_of(field), moves=moves, ends=mark.ends)


def _by_age(
    key: str, groups: tuple[str, ...], given: Mapping[str, float], field: FieldInfo, mark: Assumed
) -> Iterator[Assumption]:
    """Yield what some age groups lack."""
    lacking = [group for group in groups if group not in given]
    if lacking:
        ends = tuple(dict(given) | dict.fromkeys(lacking, end) for end in mark.ends)
        value = "{" + ", ".join(f"{group} = {_written(mark.value)}" for group in lacking) + "}"
        yield Assumption(key=key, value=value, unit=unit_of(field), moves=mark.moves, ends=ends)


def _acts(key: str, prepared: Prepared, use: Use | None) -> bool:
    """Return whether a setting has anything to act on."""
    study, tables = prepared.study, prepared.tables
    footfall, predicts = study.inputs.footfall is not None, use is not None and use.capture is not None
    counted = footfall and study.demand.footfall_capture > 0
    counts_one = study.policy.objective != VISITS and not study.travel.step
    survey = tables.survey if tables.questionnaires is None else tables.questionnaires
    return {
        "demand.need_share": survey is not None,
        "demand.footfall_capture": footfall,
        "demand.non_resident_share": counted,
        "demand.footfall_bandwidth_m": counted,
        "demand.footfall_siting": counted and study.demand.footfall_interpolate,
        "demand.period_rule": list(study.demand.periods.values()) != ["00:00-24:00"] and not _always_open(prepared),
        "demand.deff": survey is not None and "cluster" not in survey.columns,
        "demand.footfall_cv": counted,
        "travel.speed_m_s": _walked(prepared, predicts=predicts),
        "policy.visits_weight": predicts and use is not None and use.ranks and _asks_nothing_of_visits(prepared),
        "policy.backup_share": counts_one,
        "policy.outage_probability": counts_one,
        "policy.idle_below": predicts,
    }.get(key, True)


def _always_open(prepared: Prepared) -> bool:
    sites = held(prepared.sites, "table")
    return bool(((sites["closes_min"] - sites["opens_min"]) % 1440 == 0).all())


def _walked(prepared: Prepared, *, predicts: bool) -> bool:
    """Return whether lengths become times by a walking speed: for the standard, or for visits."""
    study, times = prepared.study, prepared.times
    lengths = isinstance(times, TravelTimes) and times.unit == "mm"
    timed = not study.travel.is_distance or predicts
    return study.travel.mode == "walking" and timed and lengths


def _asks_nothing_of_visits(prepared: Prepared) -> bool:
    policy, backend = prepared.study.policy, prepared.study.solve.backend
    given = (policy.visits_weight, policy.visits_floor, policy.min_visits_new, policy.max_idle)
    if prepared.tables.publicity is not None or prepared.study.guides is not None:
        return False
    return given == (None,) * 4 and policy.objective != VISITS and backend == "auto"


def _of_visits(use: Use | None) -> Iterator[Assumption]:
    """Yield the parameters of the model of visits of which the transactions say nothing."""
    if use is None or use.usage is None or use.capture is None:
        return
    table, open_ = use.usage.parameters, {"outside"} if use.usage.evidence.competition_assumed else set()
    for name, unit in OF_VISITS.items():
        if name in open_ or (name in table.index and table.loc[name, "assumed"]):
            value = f"{table.loc[name, 'estimate']:.3g}"
            yield Assumption(key=f"usage.{name}", value=value, unit=unit, moves="plan")


def _written(value: Any) -> str:
    return f"{float(value):g}" if isinstance(value, int | float | Fraction) else str(value)
