r"""Strong branching with pseudo-costs: which question to ask next, by what each answer would do to the bound.

A question is how many columns of a group are chosen, or whether a column is. Both answers are tried by a few steps of
the dual simplex method; the question whose answers lower the bound by :math:`d` and :math:`u` with the largest product
is asked. What was learnt about a question, per unit of its fraction, stands in for trying it once it is known well.

Source: Achterberg, Koch & Martin (2005), Branching rules revisited, Operations Research Letters 33, 42-54.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.solve.deadline import Deadline
from placement.solve.lp.relaxation import CutRelaxation
from placement.solve.program.domain import Domain
from placement.solve.program.limits import Branch
from placement.solve.program.problem import FREE
from placement.solve.tree.node import Node
from placement.solve.tree.tools import Tools
from placement.values.arrays import IntArray


@dataclass(frozen=True)
class Question:
    """A way to split a node.

    Parameters
    ----------
    branches
        Its answers, the lower one first.
    down, up
        How far the point at hand is from each.
    weight
        What decides among questions that nothing is known of.
    """

    branches: tuple[Branch, Branch]
    down: float
    up: float
    weight: float

    @property
    def key(self) -> tuple[bool, int]:
        """What the question is about."""
        return self.branches[0].group, self.branches[0].index


@dataclass
class _Record:
    """Gains per unit of fraction, summed, and how often each answer was tried."""

    gains: list[float] = field(default_factory=lambda: [0.0, 0.0])
    counts: list[int] = field(default_factory=lambda: [0, 0])


class StrongBranching:
    """Chooses questions and remembers what their answers did.

    Parameters
    ----------
    tools
        Of the run.
    until
        After it nothing is tried any more.
    """

    def __init__(self, tools: Tools, until: Deadline) -> None:
        self._tools, self._until, self._settings = tools, until, tools.settings.strong
        self._weight = tools.finder.column_weight
        self._records: dict[tuple[bool, int], _Record] = {}
        self._allowance = 0

    def choose(
        self, relaxation: CutRelaxation, node: Node, *, lead: float, value: float
    ) -> tuple[Branch, Branch] | None:
        """Return the two answers of the best question; None where nothing is fractional.

        Parameters
        ----------
        relaxation
            Just solved at the node, with the value `value`.
        lead
            How far the bound is above the value at which the node is closed.
        """
        settings, best, score, idle = self._settings, None, -1.0, 0
        self._allowance += settings.allowance
        most = max(lead, 1.0)
        for question in sorted(self._questions(node), key=lambda each: -self._expected(each, most)):
            used_up = relaxation.probing > settings.probe_share * relaxation.solving + self._allowance
            if used_up or self._is_known(question) or self._until.passed():
                product = self._expected(question, most)
            else:
                product = self._probe(relaxation, question, value, most)
            idle = 0 if product > score else idle + 1
            if product > score:
                best, score = question, product
            if idle >= settings.lookahead:
                break
        return None if best is None else best.branches

    def _is_known(self, question: Question) -> bool:
        record = self._records.get(question.key)
        return record is not None and min(record.counts) >= self._settings.reliable

    def _questions(self, node: Node) -> list[Question]:
        return [*self._group_questions(node.x, node.domain), *self._column_questions(node.x, node.domain)]

    def _group_questions(self, x: NDArray[Any], domain: Domain) -> list[Question]:
        questions, status, limits = [], domain.status, domain.limits
        for index, columns in enumerate(self._tools.groups):
            count = float(x[columns].sum())
            below, row = math.floor(count), self._tools.problem.n_linear + index
            down, up = count - below, below + 1 - count
            if min(down, up) < self._settings.fraction or not limits.low[row] <= below < limits.high[row]:
                continue
            if int((status[columns] == FREE).sum()) > 1:
                answers = tuple(Branch(group=True, index=index, value=value, limit=below) for value in (0, 1))
                weight = float(self._weight[columns].mean())
                questions.append(Question((answers[0], answers[1]), down, up, weight))
        return questions

    def _column_questions(self, x: NDArray[Any], domain: Domain) -> list[Question]:
        fraction = self._settings.fraction
        free: IntArray = np.flatnonzero(domain.free & (x > fraction) & (x < 1 - fraction))
        return [
            Question(
                (Branch(group=False, index=column, value=0), Branch(group=False, index=column, value=1)),
                float(x[column]),
                float(1 - x[column]),
                float(self._weight[column]),
            )
            for column in free.tolist()
        ]

    def _expected(self, question: Question, most: float) -> float:
        """Return the score that records predict; where there are none, one by the fraction and the weight at stake."""
        known, gains = self._records.get(question.key), []
        for answer, distance in enumerate((question.down, question.up)):
            if known is not None and known.counts[answer]:
                gains.append(known.gains[answer] / known.counts[answer] * distance)
            else:
                gains.append(self._settings.unknown_gain * question.weight * distance)
        return self._product(gains, most)

    def _probe(self, relaxation: CutRelaxation, question: Question, base: float, most: float) -> float:
        record = self._records.setdefault(question.key, _Record())
        gains = [base - bound for bound in relaxation.probe(list(question.branches), self._settings.iterations)]
        for answer, distance in enumerate((question.down, question.up)):
            record.gains[answer] += min(gains[answer], self._settings.most_gain * most) / distance
            record.counts[answer] += 1
        return self._product(gains, most)

    def _product(self, gains: list[float], most: float) -> float:
        return math.prod(max(min(gain, most), self._settings.least_gain * most) for gain in gains)
