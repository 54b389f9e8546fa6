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
from placement.solve.program.limits import Branch, Limits
from placement.solve.program.problem import FREE, Problem
from placement.solve.tree.node import Node
from placement.values.program import IntArray

_FRACTION = 1e-4
_ITERATIONS = 60
_RELIABLE = 4
_LOOKAHEAD = 10
_PROBE_SHARE, _ALLOWANCE = 0.2, 1500
"""Probes may take this share of the steps that solutions took, and so many more at every node."""

_LEAST_GAIN = 1e-4


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
    problem
        The program.
    groups
        The columns of each group.
    weight
        (columns,) weight within reach.
    deadline
        After it nothing is tried any more.
    """

    def __init__(self, problem: Problem, groups: list[NDArray[Any]], weight: NDArray[Any], deadline: Deadline) -> None:
        self._problem, self._groups, self._weight, self._deadline = problem, groups, weight, deadline
        self._records: dict[tuple[bool, int], _Record] = {}
        self._allowance = 0

    def choose(
        self, relaxation: CutRelaxation, status: NDArray[np.int8], node: Node, *, lead: float, value: float
    ) -> tuple[Branch, Branch] | None:
        """Return the two answers of the best question; None where nothing is fractional.

        Parameters
        ----------
        relaxation
            Just solved at the node, with the value `value`.
        status
            (columns,) what is decided at the node.
        lead
            How far the bound is above the value at which the node is closed.
        """
        self._allowance += _ALLOWANCE
        best, score, idle = None, -1.0, 0
        most = max(lead, 1.0)
        for question in sorted(self._questions(status, node), key=lambda each: -self._expected(each, most)):
            used_up = relaxation.probing > _PROBE_SHARE * relaxation.solving + self._allowance
            if used_up or self._is_known(question) or self._deadline.passed():
                product = self._expected(question, most)
            else:
                product = self._probe(relaxation, question, value, most)
            idle = 0 if product > score else idle + 1
            if product > score:
                best, score = question, product
            if idle >= _LOOKAHEAD:
                break
        return None if best is None else best.branches

    def _is_known(self, question: Question) -> bool:
        record = self._records.get(question.key)
        return record is not None and min(record.counts) >= _RELIABLE

    def _questions(self, status: NDArray[np.int8], node: Node) -> list[Question]:
        return [*self._group_questions(status, node.x, node.limits), *self._column_questions(status, node.x)]

    def _group_questions(self, status: NDArray[np.int8], x: NDArray[Any], limits: Limits) -> list[Question]:
        questions = []
        for index, columns in enumerate(self._groups):
            count = float(x[columns].sum())
            below, row = math.floor(count), self._problem.n_linear + index
            down, up = count - below, below + 1 - count
            if min(down, up) < _FRACTION or not limits.low[row] <= below < limits.high[row]:
                continue
            if int((status[columns] == FREE).sum()) > 1:
                answers = tuple(Branch(group=True, index=index, value=value, limit=below) for value in (0, 1))
                weight = float(self._weight[columns].mean())
                questions.append(Question((answers[0], answers[1]), down, up, weight))
        return questions

    def _column_questions(self, status: NDArray[np.int8], x: NDArray[Any]) -> list[Question]:
        free: IntArray = np.flatnonzero((status == FREE) & (x > _FRACTION) & (x < 1 - _FRACTION))
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
                gains.append(0.1 * question.weight * distance)
        return _product(gains, most)

    def _probe(self, relaxation: CutRelaxation, question: Question, base: float, most: float) -> float:
        record = self._records.setdefault(question.key, _Record())
        gains = [base - bound for bound in relaxation.probe(list(question.branches), _ITERATIONS)]
        for answer, distance in enumerate((question.down, question.up)):
            record.gains[answer] += min(gains[answer], 2 * most) / distance
            record.counts[answer] += 1
        return _product(gains, most)


def _product(gains: list[float], most: float) -> float:
    return math.prod(max(min(gain, most), _LEAST_GAIN * most) for gain in gains)
