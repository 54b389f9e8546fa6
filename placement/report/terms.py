"""The words of a report with their meaning: the standard, how travel was counted, what demand is."""

from __future__ import annotations

from collections.abc import Mapping

from placement.report.data import ReportData
from placement.report.goods import percent
from placement.report.text import word
from placement.values import Step

Text = Mapping[str, str]
Level = ReportData | Step
"""What has one threshold: a standard, or one of its steps."""


def standard(data: ReportData, text: Text) -> str:
    """Return the service standard: ``a 15-minute walk`` or ``5,000 m``, or what counts within each step."""
    if not data.steps:
        return within(data, text)
    said = []
    for step in data.steps:
        key = "standard.all" if step.share == 1 else "standard.part"
        said.append(text[key].format(share=f"{float(100 * step.share):g}%", within=within(step, text)))
    return text["comma"].join(said)


def travel_mode(data: ReportData, text: Text) -> str:
    """Return how travel was counted, in the language of `text` where it is known."""
    straight, detour = data.travel_mode.rpartition(" x ")[::2]
    if straight == "straight line":
        return text["mode.straight line"].format(detour=detour)
    return text.get(f"mode.{data.travel_mode}", data.travel_mode)


def terms(data: ReportData, text: Text) -> list[tuple[str, str]]:
    """Return the words of the report with their meaning."""
    share = data.demand.need_share
    speeds = {segment.age_group: segment.speed_m_s for segment in data.demand.segments}
    pace = text["comma"].join(f"{word(text, group)} {speed:g} m/s" for group, speed in speeds.items())
    means = "cost.demand.means" if data.plan.least_cost else "term.demand.means"
    found = [
        (text["term.coverage"], text["term.coverage.means"].format(standard=standard(data, text))),
        (text["term.need"], text["term.need.means"]),
        (text["term.use"], text["term.use.means"]),
        (text["term.demand"], text[means].format(need=percent(share), use=percent(1 - share))),
    ]
    if data.travel_mode:
        found.append((text["term.travel"], travel_mode(data, text)))
    levels = data.steps or (data,)
    if levels[0].threshold_s is not None and not data.travel_mode.startswith(("cycling", "driving")):
        found.append((text["term.speed"], pace))
    if levels[0].threshold_s_by_district:
        limits = {name: [_own(level, name, text) for level in levels] for name in levels[0].threshold_s_by_district}
        own = (f"{name} {', '.join(said)}" for name, said in sorted(limits.items()))
        found.append((text["term.own"], text["comma"].join(own)))
    return found


def within(level: Level, text: Text) -> str:
    """Return how far a standard or one of its steps reaches."""
    if level.threshold_s is not None:
        return _minutes(level.threshold_s, text)
    return text["standard.metres"].format(value=f"{level.threshold_m:,g}")


def _own(level: Level, district: str, text: Text) -> str:
    return _minutes((level.threshold_s_by_district or {})[district], text)


def _minutes(seconds: float, text: Text) -> str:
    return text["standard.minutes"].format(value=f"{seconds / 60:g}")
