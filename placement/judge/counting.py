"""A study as the judge counts it: prepared once, then asked about any number of plans."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.errors import InputError
from placement.judge.certificate_classes import derive_classes
from placement.judge.outreach import OutreachAsked, outreach_asked
from placement.judge.phases import of_year, rebuild_in_phases, year_factors
from placement.judge.program import JUDGED, by_id, guided, rebuild
from placement.judge.recount import Reach, coverage_record, reach
from placement.judge.resolve import Resolver
from placement.judge.seen import Seen, seen_by
from placement.judge.targets import FEN_A_YUAN, LEAST_COST
from placement.judge.visits_asked import ALONE, visits_asked
from placement.judge.visits_certificate import VisitsAsked, visits
from placement.pipeline.prepare import Prepared
from placement.pipeline.visits import Use, study_use
from placement.travel import TimesStream
from placement.values import CoverageProgram
from placement.values.arrays import BoolArray
from placement.values.gates import Gates

SCALE = 1000
"""Weights of the program are whole thousandths of a visit a month."""


class Counting:
    """What does not depend on the plan.

    Parameters
    ----------
    prepared
        The study up to its walking times, with the settings that the plan was made with.
    alike
        The same study with other limits: what the transactions say of visits is taken from it.

    Raises
    ------
    InputError
        If the plan is made for an objective whose program the judge cannot write down.
    """

    def __init__(self, prepared: Prepared, alike: Counting | None = None) -> None:
        objective = prepared.study.policy.objective
        if objective not in JUDGED:
            problem = f"the judge has no program of its own for the objective {objective!r}"
            raise InputError.single("study.toml", problem, row="policy.objective", remedy=f"known: {', '.join(JUDGED)}")
        self.prepared = prepared
        self._alike = alike
        self._seen: tuple[bytes, Seen] | None = None

    @property
    def is_cost(self) -> bool:
        """Whether the least cost is the objective: values are then fen a year, of which less is better."""
        return bool(self.prepared.study.policy.objective == LEAST_COST)

    @property
    def unit(self) -> int:
        """Units of a value in one of ``plan.json``: fen a yuan, or thousandths of a visit."""
        return FEN_A_YUAN if self.is_cost else SCALE

    @property
    def sign(self) -> int:
        """What values of ``plan.json`` are multiplied by to be those of the program, of which more is better."""
        return -1 if self.is_cost else 1

    @cached_property
    def near(self) -> Reach:
        """Who can reach which site."""
        return reach(self.prepared)

    @cached_property
    def weights(self) -> NDArray[np.int64]:
        """(points, segments) whole thousandths of a visit a month, before steps take their shares."""
        demand = self.prepared.demand
        use = demand.need * demand.awareness * demand.uptake
        mixed = demand.need_share * demand.need + (1 - demand.need_share) * use
        return np.rint(mixed * SCALE).astype(np.int64)

    @cached_property
    def first_before(self) -> NDArray[np.int64]:
        """(points, segments) the first ring with a station of today; see :meth:`Reach.by`."""
        return self.near.by(self.prepared.sites.table["existing"].to_numpy(dtype=bool))

    @cached_property
    def before(self) -> dict[str, Any]:
        """The ``coverage`` record of today's stations."""
        return coverage_record(self.near, self.first_before)

    @cached_property
    def program(self) -> CoverageProgram:
        """The integer program."""
        write = rebuild_in_phases if self.prepared.study.phase else rebuild
        program, asked = write(self.prepared, self.near, self.weights), self.outreach
        if asked is None or self.prepared.study.guides is None:
            return program
        guides = asked.weights(np.zeros(len(self.prepared.demand.ids)))[:, self.weights.shape[1] :]
        return guided(self.prepared, program, self.near, asked.helped, guides)

    @cached_property
    def outreach(self) -> OutreachAsked | None:
        """What the study lets a plan spend beside stations; None where that is nothing."""
        return outreach_asked(self.prepared, self.near)

    @cached_property
    def gates(self) -> Gates | None:
        """What publicity adds to the rows of the program; None where there is none."""
        if self.outreach is None or not self.outreach.levels:
            return None
        points = None if isinstance(self.prepared.times, TimesStream) else by_id(self.prepared.demand.ids)
        return self.outreach.gates(points, tuple(row.name for row in self.program.linear))

    @cached_property
    def year_weights(self) -> tuple[NDArray[np.int64], ...]:
        """The weights as each phase counts them; `weights` alone where the study has no phases."""
        return tuple(of_year(self.weights, factor) for factor in year_factors(self.prepared))

    @cached_property
    def resolver(self) -> Resolver:
        """The program, ready to be solved."""
        return Resolver(self.program, derive_classes(self.program))

    @cached_property
    def use(self) -> Use | None:
        """What the transactions say of the visits of any set of sites; None without a usage table."""
        return study_use(self.prepared) if self._alike is None else self._alike.use

    def seen(self, after: BoolArray) -> Seen:
        """Return the visits of today's stations and of those of `after`, (sites,); there must be predictions."""
        key = after.tobytes()
        if self._seen is None or self._seen[0] != key:
            assert self.use is not None  # noqa: S101 -- for mypy: asked before
            today = self.prepared.sites.table["existing"].to_numpy(dtype=bool)
            self._seen = (key, seen_by(self.use, [today, after], self.prepared.study.study.seed))
        return self._seen[1]

    @cached_property
    def asked(self) -> VisitsAsked | None:
        """What the study asks of visits; None where coverage alone counts."""
        return visits_asked(self.prepared, self.use)

    def worth(self, covered: int, standing: NDArray[np.bool_]) -> tuple[int, int]:
        """Return (value, visits) of a plan, thousandths a month: as its objective counts them, and all visits.

        `standing` are the sites, in the order of their table.
        """
        if self.asked is None:
            return covered, 0
        stations = standing[by_id(self.prepared.sites.ids)]
        seen = visits(self.asked.capture, np.pad(stations, (0, self.asked.capture.n_sites - stations.size)))
        if self.prepared.study.policy.objective == ALONE:
            return seen, seen
        weight = self.asked.weight
        return covered + weight.numerator * seen // weight.denominator, seen

    @cached_property
    def everything(self) -> int:
        """Weight covered by all sites at which a station may stand, in each phase; of a cost, nothing."""
        if self.is_cost:
            return 0
        first = self.near.by(self.prepared.sites.table["status"].to_numpy() != "excluded")
        return sum(int(self.near.worth(weights, first).sum()) for weights in self.year_weights)
