"""The judge of answers: every plan they name is counted again, and what they say of plans beside one another.

Not checked here are bounds: what no plan is worth more than, and with it that a decision is firm. They are named.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from placement.judge.counting import SCALE, Counting
from placement.judge.facts import floors, line_of_action
from placement.judge.files import folder_faults
from placement.judge.recount import coverage_record
from placement.judge.rules import Claims, action_faults, count_faults, floor_faults
from placement.judge.seen import visits_of
from placement.judge.site_limits import site_limit_faults
from placement.judge.verdict import Verdict
from placement.report.answer_json import answer_files
from placement.report.strict_json import read_regular
from placement.values.arrays import BoolArray, FloatArray

_NEAR = 2e-3
"""Visits a month by which sums of thousandths may differ, for each step of a standard and each rounding."""
_RELATIVE = 1e-9
_WORST = 0.2
_TAILS = (0.05, 0.95)
_MOST_BYTES = 2**28
CountingOf = Callable[[Mapping[str, Any]], Counting]
"""The study with some more settings changed."""


def answer_verdict(record: Mapping[str, Any], counting_of: CountingOf, place: Path, wrong: list[str]) -> Verdict:
    """Return what is to be said of a folder that holds an answer.

    Parameters
    ----------
    record
        ``answer.json``, its inputs those at hand.
    counting_of
        Returns the study with the settings that the answer was made with, and with others in place of some.
    place
        The folder.
    wrong
        What is wrong already.
    """
    looks = {"alternatives": _alternatives, "frontier": _frontier, "stability": _stability}
    try:
        found = [*wrong, *looks[record["question"]](record["answer"], counting_of)]
        files = answer_files(record)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        found, files = [*wrong, f"answer: is not of the published format: {type(error).__name__}: {error}"], {}
    found += folder_faults(place, set(files))
    for name, content in files.items():
        if (place / name).is_file() and read_regular(place / name, most_bytes=_MOST_BYTES) != content:
            found.append(f"{name}: is not what the answer gives")
    return Verdict(
        differences=tuple(dict.fromkeys(found)),
        proven=False,
        proof="none",
        checked=(f"every plan of the answer to {record['question']}: actions, money, limits, coverage, visits, worth",),
        unchecked=("bounds, and what rests on them: that no plan does better, that a decision is firm",),
        statement=f"every number of {record['question']} that is a plan's, or compares plans, recounted equal",
    )


class _Plan:
    """Stations of an answer, counted."""

    def __init__(self, counting: Counting, stations: list[str]) -> None:
        table = counting.prepared.sites.table
        self.counting, self.named = counting, stations
        self.standing: BoolArray = np.asarray(table.index.isin(stations))
        self.first = counting.near.by(self.standing)
        weights = counting.near.worth(counting.weights, self.first)
        self.weights, self.whole = weights, int(weights.sum())

    @property
    def worth(self) -> float:
        """What the objective of the study makes of it, visits a month."""
        return self.counting.worth(self.whole, self.standing)[0] / SCALE

    @property
    def covered(self) -> float:
        """Weight within reach."""
        return float(coverage_record(self.counting.near, self.first)["total"]["covered"])

    @property
    def visits(self) -> float | None:
        """Predicted visits a month."""
        use = self.counting.use
        if use is None or use.capture is None:
            return None
        return float(visits_of(use.capture, [self.standing])[0][self.standing].sum())

    def unknown(self, where: str) -> Iterator[str]:
        """Yield that stations are not sites, or not in order."""
        if sorted(set(self.named)) != self.named or int(self.standing.sum()) != len(self.named):
            yield f"{where}.open: names what is no site, or is not in order"


def _network(where: str, said: Mapping[str, Any], counting: Counting, *, by_coverage: bool = False) -> Iterator[str]:
    """Yield everything in which a plan of an answer differs from its recount."""
    plan, prepared = _Plan(counting, said["open"]), counting.prepared
    rows = [
        {**row, "from_site_id": row["from_site_id"] or None} for row in said["actions"]
    ]  # fmt: skip
    record = {"actions": rows, "open": said["open"]}
    claims = Claims.of(record)
    bad = [*plan.unknown(where), *(f"{where}.{each}" for each in action_faults(record, claims, prepared))]
    yield from bad
    if bad:
        return
    faults = (
        *count_faults(claims, prepared),
        *site_limit_faults(claims, prepared, counting.near, counting.weights),
        *floor_faults(prepared, counting.weights, plan.weights),
    )
    yield from (f"{where}: {each}" for each in faults)
    yield from _money(where, said, counting)
    worth = plan.whole / SCALE if by_coverage else plan.worth
    yield from _differs(f"{where}.worth", said["worth"], worth)
    yield from _differs(f"{where}.covered", said["covered"], plan.covered)
    if (said["visits"] is None) != (plan.visits is None):
        yield f"{where}.visits: the inputs predict {'none' if plan.visits is None else 'some'}"
    elif plan.visits is not None:
        yield from _differs(f"{where}.visits", said["visits"], plan.visits, slack=1e-6 * plan.visits)
    everything = float(coverage_record(counting.near, plan.first)["total"]["all"])
    yield from _differs(f"{where}.coverage", said["coverage"], plan.covered / everything if everything else 0.0, 1e-6)
    if said["bound"] < said["worth"] - _NEAR:
        yield f"{where}.bound: lies below the worth of the plan"
    gap = max(0.0, (said["bound"] - said["worth"]) / said["bound"]) if said["bound"] > 0 else 0.0
    yield from _differs(f"{where}.gap", said["gap"], gap, 1e-6)


def _money(where: str, said: Mapping[str, Any], counting: Counting) -> Iterator[str]:
    prepared = counting.prepared
    for line, amount in said["money"].items():
        fen = sum(line_of_action(prepared, line, row["action"], row["site_id"]) for row in said["actions"])
        if round(amount * 100) != fen:
            yield f"{where}.money.{line}: adds up to {fen / 100:.2f} yuan, not {amount}"
        cap = getattr(prepared.study.budget, line)
        if cap is not None and fen > cap:
            yield f"{where}.money.{line}: {fen / 100:.2f} yuan exceed the cap of {cap / 100:.2f}"
    if {"capital", "running"} - set(said["money"]):
        yield f"{where}.money: lacks lines"


def _differs(where: str, said: float, right: float, slack: float = _NEAR) -> Iterator[str]:
    if not abs(said - right) <= slack + _RELATIVE * abs(right):
        yield f"{where}: recounted {right:.6f}, the answer says {said}"


def _alternatives(answer: Mapping[str, Any], counting_of: CountingOf) -> Iterator[str]:
    counting = counting_of({})
    rows = {row["site_id"]: row for row in answer["sites"]}
    mine = sorted(site for site, row in rows.items() if row["action"] in {"keep", "open", "move"})
    base = _Plan(counting, mine)
    yield from base.unknown("sites")
    yield from _differs("worth", answer["worth"], base.worth)
    least = base.worth * (1 - answer["within"]) - _NEAR
    counted = set(answer["among"]) or set(map(str, counting.prepared.sites.table.index))
    for number, said in enumerate(answer["plans"]):
        where = f"plans.{number}"
        yield from _network(where, said, counting)
        plan = _Plan(counting, said["open"])
        yield from _differs(f"{where}.loses", said["loses"], base.worth - plan.worth)
        yield from _differs(f"{where}.loses_at_least", said["loses_at_least"], max(0.0, base.worth - said["bound"]))
        right = sorted(set(said["open"]) - set(mine)), sorted(set(mine) - set(said["open"]))
        if (said["comes"], said["goes"]) != right:
            yield f"{where}: differs from the plan by other sites than it says"
        if plan.worth >= least + 2 * _NEAR:
            changed = set(said["open"]) ^ set(mine)
            yield from (f"sites.{site}: is firm, and plan {number} does otherwise" for site in sorted(changed)
                        if rows.get(site, {}).get("verdict") == "firm" or site in answer["never"])  # fmt: skip
    plans = [set(mine), *(set(said["open"]) for said in answer["plans"])]
    for (i, one), (j, other) in itertools.combinations(enumerate(plans), 2):
        if len((one ^ other) & counted) < answer["differ"]:
            yield f"plans: {i} and {j} differ in fewer than {answer['differ']} sites"
    yield from _partners(answer, rows, mine, base)


def _partners(
    answer: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]], mine: list[str], base: _Plan
) -> Iterator[str]:
    least = base.worth * (1 - answer["within"]) - _NEAR
    for site, row in rows.items():
        for place, partner in enumerate(row["partners"]):
            plan = _Plan(base.counting, sorted({*mine, partner} - {site}))
            if plan.worth < least or partner in mine or site not in mine:
                yield f"sites.{site}.partners: {partner} does not do as well"
            if place == 0:
                yield from _differs(f"sites.{site}.loses", row["loses"], base.worth - plan.worth)
        if row["verdict"] == "exchangeable" and not row["partners"]:
            yield f"sites.{site}: is exchangeable for nothing"


def _frontier(answer: Mapping[str, Any], counting_of: CountingOf) -> Iterator[str]:
    against, points = answer["against"], answer["points"]
    key = "policy.max_stations" if against == "stations" else f"budget.{against}"
    by_coverage, floor = answer["good"] == "coverage", against.partition(" ")
    for number, said in enumerate(points):
        where = f"points.{number}"
        limit = int(said["limit"]) if against == "stations" else said["limit"]
        counting = counting_of({} if floor[0] == "floor" else {key: limit})
        yield from _network(where, said, counting, by_coverage=by_coverage)
        if floor[0] == "floor" and not _keeps(counting, said, floor[2]):
            yield f"{where}: the floor of {floor[2]} is missed"
        for line in answer["envelope"]:
            if line["intercept"] + line["slope"] * said["limit"] < said["worth"] - _NEAR:
                yield f"{where}: is worth more than the envelope says"
    for number, (here, there) in enumerate(itertools.pairwise(points)):
        rising = 1 if floor[0] != "floor" else -1
        if not here["limit"] < there["limit"]:
            yield f"points.{number}: limits do not rise"
        for name in ("worth", "bound"):
            if rising * (there[name] - here[name]) < -_NEAR and (name == "bound" or rising > 0):
                yield f"points.{number}.{name}: falls where the limit is wider"
        step = {"stations": 1.0, "share": 0.01}.get(answer["unit"], 100_000.0)
        bought = (there["worth"] - here["worth"]) / (there["limit"] - here["limit"]) * step
        yield from _differs(f"points.{number}.next_buys", here["next_buys"], bought, 1e-2)


def _keeps(counting: Counting, said: Mapping[str, Any], name: str) -> bool:
    """Return whether a district or an age group has its share, by plain sums of the weight."""
    plan = _Plan(counting, said["open"])
    record = coverage_record(counting.near, plan.first)
    parts = [record["district"][name]] if name in record["district"] else [
        part for segment, part in record["segment"].items() if segment.split("/")[0] == name
    ]  # fmt: skip
    covered, everything = (sum(part[key] for part in parts) for key in ("covered", "all"))
    return bool(covered >= said["limit"] * everything - _NEAR)


def _stability(answer: Mapping[str, Any], counting_of: CountingOf) -> Iterator[str]:
    counting = counting_of({})
    prepared, rows = counting.prepared, {row["site_id"]: row for row in answer["sites"]}
    mine = sorted(site for site, row in rows.items() if row["action"] in {"keep", "open", "move"})
    plans = [_Plan(counting, stations) for stations in (mine, *answer["plans"])]
    yield from (fault for number, plan in enumerate(plans) for fault in plan.unknown(f"plans.{number}"))
    drawn = [
        np.asarray(each.weight)
        for each in prepared.demand.draws(max(answer["drawn"], default=-1) + 1, prepared.study.study.seed)
    ]
    weights = [drawn[number] for number in answer["drawn"]]
    if len(plans) != len(weights) + 1 or answer["draws"] != len(weights):
        yield "plans: are not one for each draw"
        return
    yield from _frequencies(rows, plans)
    parts = [counting.near.parts(plan.first) for plan in plans]
    covered = np.array([[float((weight * part).sum()) for weight in weights] for part in parts])
    coverage = covered[0] / np.array([float(weight.sum()) for weight in weights])
    for place, (tail, said) in enumerate(zip(_TAILS, answer["coverage"], strict=True)):
        yield from _differs(f"coverage.{place}", said, float(np.quantile(coverage, tail)), 1e-6)
    kept = np.mean([_keeps_all(counting, weight, parts[0]) for weight in weights])
    yield from _differs("floors_kept", answer["floors_kept"], float(kept), 1e-6)
    worth = covered + np.array([plan.worth - plan.whole / SCALE for plan in plans])[:, None]
    own = np.diagonal(worth[1:])
    loses = np.maximum(own - worth[0], 0) / np.maximum(own, 1e-12)
    yield from _differs("loses.mean", answer["loses"]["mean"], float(loses.mean()), 1e-6)
    yield from _differs("loses.most", answer["loses"]["most"], float(loses.max()), 1e-6)
    regret = (own - worth).max(axis=1)
    worst = np.sort(worth, axis=1)[:, : max(1, math.ceil(_WORST * len(weights)))].mean(axis=1)
    for name, values, best in (("regret", regret, regret.min()), ("cvar", worst, worst.max())):
        said = answer[name]
        slack = _NEAR + 1e-6 * float(np.abs(worth).max())
        yield from _differs(f"{name}.value", said["value"], float(best), slack)
        yield from _differs(f"{name}.plan_value", said["plan_value"], float(values[0]), slack)
        same = [values[number] for number, plan in enumerate(plans) if plan.named == said["open"]]
        if not same or abs(same[0] - best) > slack:
            yield f"{name}.open: is not the plan that does best"


def _frequencies(rows: Mapping[str, Mapping[str, Any]], plans: list[_Plan]) -> Iterator[str]:
    base = set(plans[0].named)
    for site, row in rows.items():
        like = site in base or not row["action"]
        count = sum((site in plan.named) == like for plan in plans[1:])
        if row["in_plans"] != count:
            yield f"sites.{site}.in_plans: recounted {count}, the answer says {row['in_plans']}"
        yield from _differs(f"sites.{site}.frequency", row["frequency"], count / (len(plans) - 1), 1e-9)


def _keeps_all(counting: Counting, weight: FloatArray, part: FloatArray) -> bool:
    return all(
        float((weight * part)[mask].sum()) >= float(share) * float(weight[mask].sum()) * (1 - 1e-12)
        for _, mask, share in floors(counting.prepared, weight.shape)
    )
