r"""Steps of a service standard: what part of the demand counts within which distance.

A city whose rule says "in full within 10 minutes, 60 % within 15, 25 % within 20" has three steps. A demand point of
weight :math:`w` in whole thousandths counts :math:`g_k = \lfloor w s_k + 1/2 \rfloor` where its nearest open station
lies within step :math:`k` and no nearer one, :math:`s_1 = 1 > s_2 > \dots > 0`. So it is a stack of rows, one a step,
of weight :math:`g_k - g_{k+1}`, each covered by the sites within its step: those of the steps reached add up to
:math:`g_k` exactly, and all of them to :math:`w`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from placement.values.arrays import IntArray
from placement.values.checks import Faults, shown
from placement.values.immutable import immutable
from placement.values.shown import Shown, listed_briefly

LEAST_S, MOST_S = 60.0, 86_400.0
"""Thresholds outside these are minutes or milliseconds called seconds."""
LEAST_M = 10.0
"""A distance standard below this is kilometres called metres."""
FINEST = 10_000
"""Shares of steps are whole parts of so many: weights times twice as much still fit into 64-bit integers."""


@immutable
@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a standard: how far a station may be for a share of the weight to count.

    Parameters
    ----------
    share
        Part of the weight that counts, above 0 and at most 1, with at most four decimals; kept exact.
    threshold_s
        Walking time in seconds, for districts without one of their own; None with a distance standard.
    threshold_m
        Network distance in metres; None with a time standard.
    threshold_s_by_district
        Walking time in seconds of districts (or their parents) that have their own.

    Raises
    ------
    InputError
        If there is not one threshold, or it is no number above 0, below a minute, more than a day, or below 10 m:
        another unit was meant; if the share is none.
    """

    share: Fraction = Fraction(1)
    threshold_s: float | None = None
    threshold_m: float | None = None
    threshold_s_by_district: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        faults = Faults("travel")
        share = faults.share("share", self.share)
        problem = "" if share is None else share_problem(share)
        if problem:
            faults.add(f"share is {shown(self.share)}", row="share", remedy=f"give a share {problem}")
        object.__setattr__(self, "share", share)
        threshold_faults(faults, self)
        faults.raise_any()

    def _shown(self) -> Shown:
        return f"Step: {float(self.share):.4g} of the weight within {self.within}", own_rows(self)

    @property
    def within(self) -> str:
        """The threshold in a few words: ``10 min`` or ``500 m``."""
        return f"{self.threshold_m:g} m" if self.threshold_s is None else f"{self.threshold_s / 60:g} min"

    @property
    def farthest(self) -> float:
        """The longest threshold of any district, seconds or metres."""
        own = (self.threshold_s_by_district or {}).values()
        return max(self.threshold_s or self.threshold_m or 0.0, *own, 0.0)


def threshold_faults(faults: Faults, level: Any) -> None:
    """Note what is wrong with the thresholds of a step, or of a standard without steps."""
    if (level.threshold_s is None) == (level.threshold_m is None):
        faults.add("needs one standard", row="threshold", remedy="give a threshold in seconds or in metres")
    if level.threshold_s is not None:
        _check_seconds(faults, "threshold_s", level.threshold_s)
    if level.threshold_m is not None:
        metres = faults.number("threshold_m", level.threshold_m)
        if metres is not None and metres < LEAST_M:
            remedy = f"kilometres? then threshold_m = {metres * 1000:g}"
            faults.add(f"threshold_m = {metres:g} is below {LEAST_M:g} m", row="threshold_m", remedy=remedy)
    own = {} if level.threshold_s_by_district is None else level.threshold_s_by_district
    if not isinstance(own, Mapping):
        problem = f"threshold_s_by_district is {shown(own)}"
        faults.add(problem, row="threshold_s_by_district", remedy="give a mapping of districts to seconds")
        own = {}
    if own and level.threshold_m is not None:
        problem = "threshold_s_by_district goes with threshold_s"
        faults.add(problem, row="threshold_s_by_district", remedy="give seconds or metres")
    for name, seconds in own.items():
        _check_seconds(faults, f"threshold_s_by_district.{name}", seconds)


def own_rows(level: Any) -> list[tuple[str, str]]:
    """Return the thresholds of districts that have their own, as a row to show; none where there are none."""
    own = level.threshold_s_by_district or {}
    said = listed_briefly(f"{name} {seconds / 60:g} minutes" for name, seconds in own.items())
    return [("other in", said)] if own else []


@dataclass(frozen=True, kw_only=True)
class Rung:
    """A step as its order is looked at, in whatever unit it was given.

    Parameters
    ----------
    share, threshold, by_district
        As in :class:`Step`.
    is_distance
        Whether the threshold is a length.
    """

    share: Fraction
    threshold: float
    by_district: Mapping[str, float]
    is_distance: bool


def order_problems(rungs: Sequence[Rung], by_district: str) -> Iterator[tuple[str, str]]:
    """Yield (problem, remedy) where steps do not go from near to far, each with less than the one before.

    `by_district` is what thresholds of districts are called.
    """
    if rungs and rungs[0].share != 1:
        problem = f"the share of the first step is {float(rungs[0].share):g}"
        yield problem, "the nearest step counts in full (share = 1), the others are parts of it"
    alike = True
    if len({rung.is_distance for rung in rungs}) > 1:
        alike = False
        yield "some steps are times and some are distances", "give all in one of them"
    if len({frozenset(rung.by_district) for rung in rungs}) > 1:
        alike = False
        problem = "a district has a threshold of its own in some steps and not in others"
        yield problem, f"name the same districts in {by_district} of every step"
    for number, (near, far) in enumerate(pairwise(rungs), start=2):
        if far.share >= near.share:
            problem = f"step {number} has the share {float(far.share):g} after {float(near.share):g}"
            yield problem, "shares fall from step to step"
        if not alike:
            continue
        own = [(f" in {name}", near.by_district[name], far.by_district[name]) for name in sorted(near.by_district)]
        for where, nearer, farther in [("", near.threshold, far.threshold), *own]:
            if farther <= nearer:
                problem = f"step {number} has the threshold {farther:g}{where} after {nearer:g}"
                yield problem, "thresholds grow from step to step"


def order_faults(faults: Faults, steps: Sequence[Step]) -> None:
    """Note steps that do not go from near to far, each with less than the one before."""
    rungs = [
        Rung(
            share=step.share,
            threshold=step.threshold_s or step.threshold_m or 0.0,
            by_district=step.threshold_s_by_district or {},
            is_distance=step.threshold_m is not None,
        )
        for step in steps
    ]
    for problem, remedy in order_problems(rungs, "threshold_s_by_district"):
        faults.add(problem, row="steps", remedy=remedy)


def share_problem(share: Fraction) -> str:
    """Return what the share of a step must be, where it is something else; empty where it is fine."""
    return "above 0, with at most four decimals" if share <= 0 or FINEST % share.denominator else ""


def counted_weights(weights: IntArray, steps: Sequence[Step]) -> IntArray:
    """Return (steps, ...) what whole weights count where the nearest station lies within each step: rounded halves up.

    Examples
    --------
    >>> steps = [Step(threshold_s=600), Step(threshold_s=900, share=0.5)]
    >>> counted_weights(np.array([4, 5]), steps).tolist()
    [[4, 5], [2, 3]]
    """
    parts = [(step.share.numerator, step.share.denominator) for step in steps]
    return np.array([(2 * above * weights + below) // (2 * below) for above, below in parts], dtype=np.int64)


def stacked_weights(weights: IntArray, steps: Sequence[Step]) -> IntArray:
    """Return (steps, ...) weights of the stacked rows: what each step counts beyond the next; they add up to `weights`.

    Examples
    --------
    >>> steps = [Step(threshold_s=600), Step(threshold_s=900, share=0.5)]
    >>> stacked_weights(np.array([4, 5]), steps).tolist()
    [[2, 2], [2, 3]]
    """
    counted = counted_weights(weights, steps)
    counted[:-1] -= counted[1:]
    return counted


def _check_seconds(faults: Faults, name: str, value: object) -> None:
    """Note seconds that must be minutes or milliseconds."""
    seconds = faults.number(name, value)
    if seconds is None:
        return
    if seconds < LEAST_S:
        remedy = f"minutes? then {name} = {seconds * 60:g}"
        faults.add(f"{name} = {seconds:g} is below a minute", row=name, remedy=remedy)
    elif seconds > MOST_S:
        remedy = f"milliseconds? then {name} = {seconds / 1000:g}"
        faults.add(f"{name} = {seconds:g} is more than a day", row=name, remedy=remedy)
