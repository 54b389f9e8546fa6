"""`[travel]` and `[[travel.step]]`: the service standard, in one threshold or in steps, and how people get there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from placement.study.fields import (
    AgeGroup,
    Assumed,
    Called,
    District,
    ExactShare,
    Flag,
    LocalPath,
    Metres,
    Minutes,
    NotNegative,
    Positive,
    at_most,
)
from placement.study.section import Section
from placement.values.steps import Rung, order_problems, share_problem

_M_S = Called(unit="metres a second")
_Speed = Annotated[Positive, AfterValidator(at_most(40, "metres a second; are these km/h?")), _M_S]
_WalkingSpeed = Annotated[Positive, AfterValidator(at_most(3, "metres a second on foot; are these km/h?")), _M_S]


def _step_share(value: ExactShare) -> ExactShare:
    problem = share_problem(value)
    if problem:
        raise ValueError(f"must be {problem}")
    return value


class StepSection(Section):
    """`[[travel.step]]`: one step of the standard; from near to far, thresholds grow and shares fall from 1."""

    threshold_min: Minutes | None = None
    """How far the step reaches, as a time. This or `threshold_m`, the same in all steps."""
    threshold_m: Metres | None = None
    """How far the step reaches, as a length along the streets."""
    share: Annotated[ExactShare, AfterValidator(_step_share), Called(unit="above 0, at most 4 decimals")]
    """Part of the weight that counts where the nearest station is within this step and no nearer one."""
    threshold_min_by_district: Mapping[District, Minutes] = {}
    """Districts, or their parents, with a threshold of their own; the same ones in all steps."""

    @model_validator(mode="after")
    def _one_threshold(self) -> StepSection:
        if (self.threshold_min is None) == (self.threshold_m is None):
            raise ValueError("give threshold_min or threshold_m")
        if self.threshold_m is not None and self.threshold_min_by_district:
            raise ValueError("threshold_min_by_district goes with threshold_min")
        return self


class TravelSection(Section):
    """`[travel]`: the service standard and how people get to a station."""

    threshold_min: Minutes | None = None
    """The service standard as a time: a demand point within it of a station counts. This, `threshold_m` or `step`."""
    threshold_m: Metres | None = None
    """The service standard as a length along the streets."""
    threshold_min_by_district: Mapping[District, Minutes] = {}
    """Districts, or their parents, with a standard of their own."""
    step: Annotated[tuple[StepSection, ...], Called("sections below")] = ()
    """The service standard in steps, from near to far, in place of one threshold: nearer people count more."""
    cutoff_min: Minutes | None = None
    """How far times are computed; the longest threshold where absent."""
    far_snap_m: Metres = 500.0
    """Places further than this from any street are named in a note."""
    cache: Annotated[LocalPath | bool, Called("path, or true or false")] = True
    """Folder in which times are kept for the next run: a path, the user's own (or $PLACEMENT_CACHE), or none."""
    stream: Annotated[bool | Literal["auto"], Called('true, false or "auto"')] = "auto"
    """Whether times are made block by block and never held; "auto": beyond 50 million pairs that may be in reach."""
    detour: (
        Annotated[
            Positive,
            Field(ge=1),
            AfterValidator(at_most(10, "times the straight line")),
            Called(unit="times the straight line"),
        ]
        | None
    ) = None
    """Length of a way without streets or a travel table."""
    mode: Literal["walking", "cycling", "driving"] = "walking"
    """How people get there."""
    speed_m_s: Annotated[Mapping[AgeGroup, _WalkingSpeed], Assumed(ends=(0.8, 1.3), value=1.0)] = {}
    """Walking speed of every age group; not needed with a travel table of times."""
    slope: Literal["tobler", "irmischer-clarke"] | None = None
    """How slopes slow walkers; needs `elevation_m` of the nodes."""
    steps_factor: Annotated[
        NotNegative, AfterValidator(at_most(100, "times as slow")), Called(unit="times as slow")
    ] = 1.0
    """How much slower steps are."""
    street_speed_m_s: Annotated[Mapping[str, _Speed], Called("number by `highway`, or by * for all others")] = {}
    """Speed of bicycles or cars by kind of street; needed with these modes along streets."""
    oneway: Flag = True
    """Whether vehicles keep to one-way streets."""

    @property
    def hilly(self) -> bool:
        """Whether walking speed depends on the street."""
        return self.slope is not None or self.steps_factor != 1

    @model_validator(mode="after")
    def _one_way_to_travel(self) -> TravelSection:
        if self.mode == "walking" and self.street_speed_m_s:
            raise ValueError('street_speed_m_s goes with mode = "cycling" or "driving"')
        if self.mode != "walking" and (self.speed_m_s or self.hilly):
            raise ValueError(f"speed_m_s, slope and steps_factor are for walking, not for {self.mode}")
        if self.is_distance and self.hilly:
            raise ValueError("threshold_m is a length; with slopes or stairs give minutes")
        return self

    @model_validator(mode="after")
    def _one_standard(self) -> TravelSection:
        given = [name for name in ("threshold_min", "threshold_m", "threshold_min_by_district") if getattr(self, name)]
        if self.step and given:
            raise ValueError(f"step and {' and '.join(given)} are both given: give one, districts within each step")
        if not self.step and (self.threshold_min is None) == (self.threshold_m is None):
            raise ValueError("give threshold_min or threshold_m, or steps ([[travel.step]])")
        if self.threshold_m is not None and self.threshold_min_by_district:
            raise ValueError("threshold_min_by_district goes with threshold_min")
        if self.step:
            problems = list(_step_problems(self.step))
            if problems:
                raise ValueError("; ".join(problems))
        if self.cutoff_min is not None and self.cutoff_min < self.longest_min:
            raise ValueError(f"cutoff_min is below the threshold of {self.longest_min:g} minutes")
        return self

    @property
    def is_distance(self) -> bool:
        """Whether the service standard is in metres."""
        return self.longest_m > 0

    @property
    def longest_min(self) -> float:
        """The longest threshold of any district and step, minutes; 0 with a distance standard."""
        levels: tuple[TravelSection | StepSection, ...] = (self, *self.step)
        own = (minutes for level in levels for minutes in level.threshold_min_by_district.values())
        return max(*(level.threshold_min or 0.0 for level in levels), *own, 0.0)

    @property
    def longest_m(self) -> float:
        """The longest threshold of any step, metres; 0 with a time standard."""
        levels: tuple[TravelSection | StepSection, ...] = (self, *self.step)
        return max(*(level.threshold_m or 0.0 for level in levels), 0.0)

    @property
    def own_districts(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield (key, names) of the districts with thresholds of their own."""
        yield "travel.threshold_min_by_district", tuple(self.threshold_min_by_district)
        for number, step in enumerate(self.step):
            yield f"travel.step.{number}.threshold_min_by_district", tuple(step.threshold_min_by_district)


def _step_problems(steps: Sequence[StepSection]) -> Iterator[str]:
    """Yield what is wrong with the steps together."""
    if len(steps) == 1:
        one = steps[0]
        instead = (
            f"threshold_min = {one.threshold_min:g}"
            if one.threshold_m is None
            else f"threshold_m = {one.threshold_m:g}"
        )
        yield f"one step alone is a threshold: give {instead} in its place, or further steps"
    rungs = [
        Rung(
            share=step.share,
            threshold=step.threshold_min or step.threshold_m or 0.0,
            by_district=step.threshold_min_by_district,
            is_distance=step.threshold_m is not None,
        )
        for step in steps
    ]
    for problem, remedy in order_problems(rungs, "threshold_min_by_district"):
        yield f"{problem}: {remedy}"
