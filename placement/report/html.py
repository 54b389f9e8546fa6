"""``report.html``: one file that opens without a network, in English or Chinese.

The page has no script. Its content security policy forbids everything but its one style sheet, which is named by its
hash, so that a name in the data can neither run nor load anything even if it were not escaped; and every value is
escaped by Jinja2. Bars are SVG attributes, since the policy forbids styles in attributes too.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import logging
from collections.abc import Mapping
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from placement.maps import plan_map, printable, shown
from placement.notes import INTERRUPTED, MISSING, in_language, known
from placement.report import evidence, sure, view
from placement.report.data import ReportData
from placement.report.goods import percent, warnings_of
from placement.report.phases import phases_shown
from placement.report.plan_fairness import fairness_rows
from placement.report.plan_json import ordered_actions
from placement.report.terms import standard, terms
from placement.report.text import HTML_LANG, word
from placement.report.trade import trade_picture, trade_rows, trade_says

_LOG = logging.getLogger(__name__)

NAME_LIMIT = 90
"""Longer names are cut in the page; the whole name is in the tooltip, the table files and ``plan.json``."""


def report_html(data: ReportData) -> bytes:
    """Return the report as a complete HTML document in UTF-8."""
    return report_page(data)[0]


def report_page(data: ReportData) -> tuple[bytes, str]:
    """Return the report, and why it lacks its map; empty where it does not."""
    text = data.text
    drawn, why = _map_or_why(data)
    style = (resources.files("placement.report") / "templates" / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(
            text=text,
            lang=HTML_LANG[data.language],
            style=Markup(style),  # noqa: S704 -- our own file
            policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
            map=drawn,
            points=view.points,
            name_limit=NAME_LIMIT,
            **_contents(data, text),
        )
    )
    return page.encode("utf-8", "replace"), why


def _contents(data: ReportData, text: Mapping[str, str]) -> dict[str, Any]:
    """Return what the template shows of a plan, by the template's names."""
    plan = data.plan
    return {
        "data": data,
        "notes": [in_language(note, data.language) for note in data.notes],
        "plan": plan,
        "title": text["title"].format(study=shown(plan.study, limit=NAME_LIMIT)),
        "subtitle": text["cost.subtitle" if plan.least_cost else "subtitle"].format(standard=standard(data, text)),
        "simulated": view.simulated_names(data, text),
        "figures": view.figures(data, text),
        "sentences": view.sentences(data, text),
        "warnings": warnings_of(plan, text),
        "trade": _trade(data, text),
        "phases": phases_shown(plan, text),
        "proof": view.proof(plan, text),
        "groups": view.action_groups(data, text),
        "total_cost": view.money(int(plan.actions["cost_fen"].sum())),
        "budget": view.budget(plan, text),
        "limits": view.limits(plan, text),
        "tables": _tables(data),
        "fair": fairness_rows(plan, text),
        "aware": evidence.aware(data, text),
        "passers": evidence.passers(data, text),
        "people": view.people_rows(data, text),
        "floors": sure.floor_rows(data, text),
        "assumed": sure.assumed_rows(data, text),
        "terms": terms(data, text),
        # Where the file lies is for plan.json to say: a folder that is moved with its study stays as it is.
        "study_file": data.study_path.rpartition("/")[2],
        "overrides": view.override_sentences(data, text),
        "inputs": [
            (word(text, name), name in data.simulated, fingerprint) for name, fingerprint in sorted(data.inputs.items())
        ],
    }


def _trade(data: ReportData, text: Mapping[str, str]) -> dict[str, Any] | None:
    found = data.frontier
    if found is None:
        return None
    says, rows = trade_says(found, text), trade_rows(found, text)
    notes = [in_language(known(note, (INTERRUPTED, MISSING)), data.language) for note in found.notes]
    return {"says": says, "rows": rows, "picture": trade_picture(found, text), "notes": notes}


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("placement.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, shown=shown)
    return environment


def _finalized(value: Any) -> Any:
    """Keep control characters out of every text of the page; markup is ours."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _map_or_why(data: ReportData) -> tuple[Markup, str]:
    """Return the map; where it cannot be drawn, a line that says so in its place, and why."""
    try:
        return _map(data), ""
    except Exception as error:  # noqa: BLE001 -- a picture must not cost the tables beside it
        why = printable(str(error)) or type(error).__name__
        _LOG.debug("the map could not be drawn", exc_info=error)
        return Markup("<p>{}</p>").format(data.text["map.failed"].format(why=why)), why


def _map(data: ReportData) -> Markup:
    text = data.text
    simulated = view.simulated_names(data, text)
    notes = [text["simulated.banner"].format(inputs=simulated)] if simulated else []
    return plan_map(
        demand=data.demand,
        sites=data.sites,
        actions=ordered_actions(data.plan),
        text=text,
        reach=data.reach,
        streets=data.streets,
        districts=data.districts,
        notes=[*notes, *data.notices],
    )


def _tables(data: ReportData) -> list[tuple[str, str, list[view.Row]]]:
    """Return the coverage tables as (heading, column heading, rows with the total or the farthest step last)."""
    text = data.text
    before, after = data.plan.before, data.plan.after
    total = view.coverage_rows({"": before.total}, {"": after.total}, {"": text["total"]})
    districts = view.coverage_rows(before.district, after.district, {name: name for name in after.district})
    segments = view.coverage_rows(before.segment, after.segment, view.names_of(after.segment, text))
    tables = [(text["coverage.district"], text["column.district"], districts + total)]
    if len(segments) > 1:
        tables.append((text["coverage.segment"], text["column.segment"], segments + total))
    if after.steps:
        tables.append((text["coverage.steps"], text["column.step"], view.step_rows(data, text)))
    return tables
