"""One plan before the judge: counted once, whatever stands beside it in a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.errors import CertificateError
from placement.judge.bound import (
    certificate_faults,
    claim_faults,
    load_certificate,
    load_publicity_certificate,
    load_visits_certificate,
)
from placement.judge.capacity import capacity_faults
from placement.judge.counting import Counting
from placement.judge.fairness import fairness_faults
from placement.judge.files import Found, packed_faults
from placement.judge.kept import kept_faults
from placement.judge.limits_used import limit_use_faults
from placement.judge.outreach import outreach_faults
from placement.judge.phase_faults import phase_faults, when_faults, years_of
from placement.judge.phases import Years
from placement.judge.recount import coverage_record
from placement.judge.reserve import FULL, covered_by, layer_shares, machines_at, reserve_faults
from placement.judge.rules import Claims, action_faults, count_faults, floor_faults, money_faults
from placement.judge.second import Second
from placement.judge.site_limits import site_limit_faults
from placement.judge.targets import cost_of, target_faults
from placement.judge.ties import tie_faults
from placement.judge.visits import frontier_faults, visit_faults
from placement.report import ReportData, gather, plan_from_dict, plan_record, reach_shares, render_files, versions
from placement.report.plan_goods import frontier_from_dict
from placement.study import overrides_of
from placement.values import Certificate
from placement.values.publicity_certificate import PublicityCertificate
from placement.values.visits_certificate import VisitsCertificate

_PHASES = (
    "every phase: stations, coverage, money and limits",
    "a remark, which nobody can check: that the plan year by year is the best of each phase for itself",
)
_DECIMALS = 6
_BRIEF = 200
"""Signs of a value that are shown."""
_SUM_NOISE = 1e-12
"""Relative: sums of the same numbers in another order differ by less."""


class Hearing:
    """A plan and the study it is counted from.

    Parameters
    ----------
    record
        A ``plan.json`` that keeps to its schema.
    counting
        The study with the settings that the plan was made with.
    """

    def __init__(self, record: Mapping[str, Any], counting: Counting) -> None:
        self.record, self.counting, self.prepared = record, counting, counting.prepared
        self.claims = Claims.of(record)
        self.unchecked: tuple[str, ...] = ()
        self._certified: dict[bytes, Found] = {}
        self._accepted: Certificate | None = None
        self._second: dict[tuple[bool, bool], Second] = {}

    @cached_property
    def others(self) -> str:
        """Which other versions wrote the plan, for the reader; empty where the same did."""
        now, then = versions(), self.record["versions"]
        names = [name for name in sorted(then.keys() | now.keys()) if then.get(name) != now.get(name)]
        return ", ".join(f"{name} {then.get(name, 'unknown')}, here {now.get(name, 'unknown')}" for name in names)

    @cached_property
    def faults(self) -> tuple[str, ...]:
        """Everything in which the plan differs from its recount, and its file from what the inputs give."""
        for look in (self._action_faults, self._number_faults, self._record_faults):
            found = tuple(look())
            if found:
                return found
        return ()

    def _action_faults(self) -> Iterator[str]:
        yield from when_faults(self.record, self.counting)
        yield from action_faults(self.record, self.claims, self.prepared)

    def _number_faults(self) -> Iterator[str]:
        record, prepared, near = self.record, self.prepared, self.counting.near
        weights = self.counting.year_weights[-1]
        worth = near.worth(weights, self.after)
        yield from money_faults(record, self.claims, prepared)
        yield from count_faults(self.claims, prepared)
        yield from limit_use_faults(record, self.claims, prepared, near, self.counting.weights)
        yield from site_limit_faults(self.claims, prepared, near, self.counting.weights)
        if record["solve"]["tie_broken"] and self.claims.machines is not None:
            yield "solve.tie_broken: nothing proves it where machines are counted one by one"
        elif record["solve"]["tie_broken"]:
            yield from tie_faults(self.claims, prepared)
        yield from _differences("coverage.before", record["coverage"]["before"], self.counting.before)
        yield from _differences("coverage.after", record["coverage"]["after"], coverage_record(near, self.after))
        yield from fairness_faults(record, record["coverage"])
        yield from floor_faults(prepared, weights, worth)
        yield from target_faults(near, self.counting.weights, prepared.study.policy, int(worth.sum()))
        yield from kept_faults(record, prepared, near.parts(self.after))
        yield from visit_faults(record, self.counting)
        yield from frontier_faults(record, self.counting)
        standing = np.asarray(prepared.sites.table.index.isin(record["open"]))
        yield from capacity_faults(record, prepared, self.counting.near)
        yield from reserve_faults(record, prepared, self.counting.near, self.counting.weights, standing)
        yield from outreach_faults(record, self.counting.outreach, self.counting.weights, self.after)
        if self.years is not None:
            yield from phase_faults(record, self.years, self.counting)
        yield from claim_faults(record, self._covered(worth, standing), standing, self.counting)

    @cached_property
    def years(self) -> Years | None:
        """What becomes of the plan phase by phase; None where the study has no phases."""
        return years_of(self.claims, self.counting) if self.prepared.study.phase else None

    def _covered(self, worth: NDArray[np.int64], standing: NDArray[np.bool_]) -> int:
        """Return what the objective counts, in its unit; `worth` is that of plain coverage, thousandths."""
        if self.years is not None:
            return self.years.worth
        layers, counting = layer_shares(self.prepared), self.counting
        if counting.is_cost:
            return cost_of(self.prepared, self.claims)
        if counting.outreach is not None and self.record.get("outreach") is not None:
            guides, areas = counting.outreach.worth(self.record, self.after)
            return int(worth.sum()) + guides + sum(areas)
        if len(layers) == 1 and layers[0] == FULL:
            return int(worth.sum())
        machines = machines_at(self.record, self.prepared, "after")
        return covered_by(counting.weights, counting.near.count(standing, machines), layers)

    @cached_property
    def after(self) -> NDArray[np.int64]:
        """(points, segments) the first ring with a station after the plan; see :meth:`Reach.by`."""
        return self.counting.near.by(self.prepared.sites.table.index.isin(self.record["open"]))

    def _record_faults(self) -> Iterator[str]:
        expected = plan_record(self.data)
        for key in sorted(expected.keys() | self.record.keys()):
            right, found = expected.get(key), self.record.get(key)
            if right != found:
                yield f"{key}: the inputs give {_brief(right)}, the plan says {_brief(found)}"

    @cached_property
    def data(self) -> ReportData:
        """What the files show, from the inputs and the recounted plan."""
        study, beyond = self.prepared.study, len(self.counting.near.rings)
        plan = replace(plan_from_dict(self.record), study=study.study.name)
        found = gather(
            self.prepared,
            plan,
            study=study,
            study_path=self.record["study"],
            inputs=self.record["inputs"],
            reach=reach_shares(self.prepared.demand, self.counting.first_before < beyond, self.after < beyond),
            use=self.counting.use,
            frontier=frontier_from_dict(self.record),
        )
        # Another version may have worded its notes otherwise; they are then named as unchecked.
        notes = found.notes
        if self.others and tuple(self.record["notes"]) != notes:
            notes = tuple(self.record["notes"])
            self.unchecked = (f"notes: other versions ({self.others}) worded them otherwise",)
        return replace(found, versions=self.record["versions"], notes=notes)

    @cached_property
    def files(self) -> dict[str, bytes]:
        """Every file that shows the plan, made from the plan and the inputs."""
        return render_files(self.data)

    def certified(self, content: bytes) -> Found:
        """Return what is wrong with the certificate that a file holds, and with how it is packed."""
        if content not in self._certified:
            self._certified = {content: self._certificate_faults(content)}
        return self._certified[content]

    def _certificate_faults(self, content: bytes) -> Found:
        try:
            certificate = self._load(content)
        except CertificateError as error:
            return Found(differences=[f"certificate: {error}"])
        found = packed_faults(content, certificate.to_bytes(), self.others)
        faults = tuple(certificate_faults(self.record, self.claims, self.counting, certificate))
        if not faults and isinstance(certificate, Certificate):
            self._accepted = certificate
        found.differences.extend(faults)
        return found

    def _load(self, content: bytes) -> Certificate | VisitsCertificate | PublicityCertificate:
        if self.counting.gates is not None:
            return load_publicity_certificate(content)
        return load_certificate(content) if self.counting.asked is None else load_visits_certificate(content)

    def second(self, *, asked: bool) -> Second:
        """Return a second opinion: on a bound that nothing here proves, and on equal plans."""
        key = asked, self._accepted is not None
        if key not in self._second:
            self._second[key] = Second(self.record, self.claims, self.counting, asked=asked, accepted=self._accepted)
        return self._second[key]

    def checked(self) -> tuple[str, ...]:
        """Return what was checked of a plan without a fault, for the reader."""
        record, prepared = self.record, self.prepared
        bound = {"certificate": ("the bound by its certificate, in integers, without a solver",)}
        files = "every file, made again from plan and inputs, byte for byte"
        return (
            f"{len(record['actions'])} actions, {len(prepared.demand.ids)} demand points, {len(prepared.sites)} sites",
            "money to the fen, coverage by segment and district, floors and limits",
            *(["in how many draws of the demand each floor is kept"] if record["floors"] else []),
            *(
                ["publicity and guides: what they cost, whom they reach, what they add"]
                if record.get("outreach")
                else []
            ),
            *_PHASES[: 2 * bool(record.get("phases"))],
            *(["predicted visits and their intervals, from the fitted model"] if record["visits"] else []),
            *bound.get(record["proof"], ()),
            *(f"made with {each}" for each in overrides_of(prepared.study)),
            f"{files} (written with {self.others})" if self.others else files,
        )


def _brief(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= _BRIEF else text[:_BRIEF] + "..."


def _differences(where: str, claimed: Any, counted: Any) -> Iterator[str]:
    if isinstance(counted, Mapping):
        if not isinstance(claimed, Mapping) or set(claimed) != set(counted):
            yield f"{where}: should have the keys {', '.join(sorted(counted))}"
            return
        for key in sorted(counted):
            yield from _differences(f"{where}.{key}", claimed[key], counted[key])
    elif isinstance(counted, list):
        if not isinstance(claimed, list) or len(claimed) != len(counted):
            yield f"{where}: should have {len(counted)} parts"
            return
        for number, (said, right) in enumerate(zip(claimed, counted, strict=True)):
            yield from _differences(f"{where}.{number}", said, right)
    elif claimed is None or counted is None:
        if claimed is not counted:
            yield f"{where}: recounted {counted}, the plan says {claimed}"
    elif abs(claimed - counted) > 0.5 * 10.0**-_DECIMALS + _SUM_NOISE * max(1.0, abs(counted)):
        yield f"{where}: recounted {counted:.6f}, the plan says {claimed}"
