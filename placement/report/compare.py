"""What differs between two plans that are on the disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from placement.analysis.difference import difference
from placement.report.again import plan_again
from placement.report.folder import recover_folder
from placement.report.plan_json import PLAN_FILE, read_plan
from placement.values.difference import Difference
from placement.values.immutable import immutable

_SHOWN = 12
"""Lines of a comparison that a notebook shows."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Comparison:
    """What differs between two plans; printed, one line a difference.

    Parameters
    ----------
    first, second
        Their folders.
    record
        The differences as plain values; numbers are second minus first.
    """

    first: str
    second: str
    record: Mapping[str, Any]

    @property
    def lines(self) -> list[str]:
        """The differences as lines of text."""
        return _lines(self.record, self.first, self.second)

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def __repr__(self) -> str:
        lines = self.lines
        more = [f"... {len(lines) - _SHOWN} more lines: print(...)"] if len(lines) > _SHOWN else []
        return "\n".join([*lines[:_SHOWN], *more])


def compare(
    first: str | PathLike[str], second: str | PathLike[str], *, people: bool = False, allow_outside: bool = False
) -> Comparison:
    """Return what differs between the plans in two result folders: inputs, settings, coverage, money, actions.

    Parameters
    ----------
    first, second
        Folders written by ``placement recommend``.
    people
        Also count, by the study of the second, who gains and who loses: by district, segment and walking time, and the
        places that are hit hardest.
    allow_outside
        Whether that study's inputs may lie outside its folder.

    Raises
    ------
    InputError
        If a folder holds no plan; with `people` also if the second's study cannot be read or has changed since, or the
        first has stations that are no sites of it.
    """
    folders = Path(first), Path(second)
    for folder in folders:
        recover_folder(folder)
    records = [read_plan(folder / PLAN_FILE) for folder in folders]
    record = _record(*records)
    if people:
        case, _ = plan_again(folders[1], allow_outside=allow_outside)
        record["people"] = difference(case, records[0]["open"], records[1]["open"]).record()
    return Comparison(first=str(folders[0]), second=str(folders[1]), record=record)


def _record(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return what differs between two ``plan.json`` records; numbers are second minus first."""
    actions = [{a["site_id"]: a for a in record["actions"]} for record in (first, second)]
    changed = {
        site: [None if site not in side else side[site]["action"] for side in actions]
        for site in sorted(set(actions[0]) | set(actions[1]))
    }
    totals = [record["coverage"]["after"]["total"] for record in (first, second)]
    money = [{line["name"]: line["amount"] for line in record["budget"]} for record in (first, second)]
    seen = [record["visits"] or {"after": {"expected": None}, "idle": {"after": None}} for record in (first, second)]
    used = [{each["key"]: each["used"] for each in record["overrides"]} for record in (first, second)]
    then, now = first["inputs"], second["inputs"]
    return {
        "same_inputs": then == now,
        "different_inputs": sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name)),
        "overrides": {key: [side.get(key) for side in used] for key in sorted(used[0].keys() | used[1].keys())},
        "objective": [record["objective"] for record in (first, second)],
        "status": [record["status"] for record in (first, second)],
        "visits": [each["after"]["expected"] for each in seen],
        "idle": [each["idle"]["after"] for each in seen],
        "stations": [len(record["open"]) for record in (first, second)],
        "coverage": {key: round(totals[1][key] - totals[0][key], 6) for key in totals[0]},
        "district": _by_group(first, second, "district"),
        "segment": _by_group(first, second, "segment"),
        "budget": {
            name: round(money[1].get(name, 0.0) - money[0].get(name, 0.0), 2)
            for name in dict.fromkeys((*money[0], *money[1]))
        },
        "only_first": sorted(set(first["open"]) - set(second["open"])),
        "only_second": sorted(set(second["open"]) - set(first["open"])),
        "actions": {site: pair for site, pair in changed.items() if pair[0] != pair[1]},
    }


def _by_group(first: Mapping[str, Any], second: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return the covered weight of each group in both plans, and its change; None in a plan that does not know it."""
    parts = [record["coverage"]["after"][kind] for record in (first, second)]
    found = {}
    for name in dict.fromkeys((*parts[0], *parts[1])):
        one, other = (None if name not in part else part[name]["covered"] for part in parts)
        change = None if one is None or other is None else round(other - one, 6)
        found[name] = {"first": one, "second": other, "change": change}
    return found


def _lines(record: Mapping[str, Any], first: str, second: str) -> list[str]:
    """Return the comparison as lines of text."""
    lines = [f"A = {first}", f"B = {second}"]
    if not record["same_inputs"]:
        lines.append(f"the two plans were made from different inputs: {', '.join(record['different_inputs'])}")
    for key, sides in record["overrides"].items():
        says = ["as the study says" if value is None else f"{key} = {value}" for value in sides]
        lines.append(f"made with other settings: A {says[0]}, B {says[1]} ({key})")
    (weight_a, weight_b), (status_a, status_b) = record["objective"], record["status"]
    lines += [
        f"objective: A {weight_a:,.3f} ({status_a}), B {weight_b:,.3f} ({status_b})",
        f"objective: B - A {weight_b - weight_a:+,.3f}",
        f"stations: A {record['stations'][0]}, B {record['stations'][1]}",
    ]
    if None not in record["visits"]:
        (seen_a, seen_b), (idle_a, idle_b) = record["visits"], record["idle"]
        lines.append(f"predicted visits a month: A {seen_a:,.0f}, B {seen_b:,.0f}, B - A {seen_b - seen_a:+,.0f}")
        lines.append(f"stations below the idle limit: A {idle_a}, B {idle_b}")
    for kind in ("district", "segment"):
        lines += [
            f"{kind} {name}: B - A {each['change']:+,.1f} visits a month within reach"
            for name, each in record[kind].items()
            if each["change"]
        ]
    if "people" in record:
        frames = {name: pd.DataFrame(rows) for name, rows in record["people"].items()}
        lines += Difference(**frames).lines
    lines += [f"{name}: B - A {amount:+,.2f} yuan" for name, amount in record["budget"].items()]
    lines += [f"{site}: A {pair[0] or 'nothing'}, B {pair[1] or 'nothing'}" for site, pair in record["actions"].items()]
    return lines if record["actions"] else [*lines, "the actions are the same"]
