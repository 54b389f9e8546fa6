"""What some sites cover: of everybody, of each segment, district and age group, and within each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from placement.values.immutable import immutable
from placement.values.shown import Shown, share


def of_whole(covered: float, everyone: float) -> str:
    """Return what is covered as a share, and of how much."""
    return f"{share(covered, everyone)} ({covered:,.1f} of {everyone:,.1f})"


@immutable
@dataclass(frozen=True, kw_only=True)
class Covered:
    """How much of one group is within reach.

    Parameters
    ----------
    covered, all
        Weight (visits a month in the declared mix) within reach, and in total.
    need_covered, need_all
        The same for need.
    use_covered, use_all
        The same for expected use.
    """

    covered: float
    all: float
    need_covered: float
    need_all: float
    use_covered: float
    use_all: float

    @property
    def share(self) -> float:
        """Share of the weight that is covered; 0 where there is no weight."""
        return self.covered / self.all if self.all else 0.0

    def _shown(self) -> Shown:
        parts = (
            ("need", self.need_covered, self.need_all),
            ("expected use", self.use_covered, self.use_all),
        )
        rows = [(name, of_whole(covered, of)) for name, covered, of in parts]
        return f"Covered: {of_whole(self.covered, self.all)} visits a month", rows


@immutable
@dataclass(frozen=True, kw_only=True)
class StepCovered:
    """Who is within one step of the standard, plainly: everybody there counts in full.

    Parameters
    ----------
    threshold_s, threshold_m
        How far the step reaches, seconds or metres (where no district has its own); one of them is None.
    share
        Part of the weight that counts there where no nearer step is reached.
    total
        Weight, need and expected use within this step or a nearer one.
    people
        As in :class:`Coverages`, within this step or a nearer one.
    """

    threshold_s: float | None
    threshold_m: float | None
    share: float
    total: Covered
    people: Mapping[str, tuple[float, float]]

    @property
    def within(self) -> str:
        """How far it reaches, in a few words: ``10 min`` or ``500 m``."""
        return f"{self.threshold_m:g} m" if self.threshold_s is None else f"{self.threshold_s / 60:g} min"

    def _shown(self) -> Shown:
        rows = [(f"people {name}", of_whole(*parts)) for name, parts in self.people.items()]
        return f"StepCovered: {of_whole(self.total.covered, self.total.all)} visits a month within {self.within}", rows


@immutable
@dataclass(frozen=True, kw_only=True)
class Coverages:
    """Coverage of one set of stations: in total, by segment name, by district, and people by age group and period.

    `district` groups by the real district (the survey areas' ``parent``). `people` maps ``age_group/period`` to
    (people within reach, all people), counting a resident as within reach where any station open for the whole
    period and offering any service stands within the threshold at the age group's speed.

    Where the standard has `steps`, all weights are graded: each counts the share of its nearest step. People are those
    within the farthest one. `steps` has both plainly within each of them, from near to far.
    """

    total: Covered
    segment: Mapping[str, Covered]
    district: Mapping[str, Covered]
    people: Mapping[str, tuple[float, float]]
    steps: tuple[StepCovered, ...] = ()

    def frame(self) -> pd.DataFrame:
        """Return a row a group: `kind`, `group`, `unit`, `covered`, `all`, `share`.

        `kind` is ``all``, ``segment`` or ``district`` (weight, visits a month) or ``people`` (residents); `share` is
        0..1, NaN where there is nothing to cover. Of steps there are rows of kind ``within 10 min``: all weight, and
        people, plainly within the step.
        """
        weights = [("all", "all", self.total)]
        weights += [("segment", name, part) for name, part in self.segment.items()]
        weights += [("district", name, part) for name, part in self.district.items()]
        rows = [(kind, name, "visits a month", part.covered, part.all) for kind, name, part in weights]
        rows += [("people", name, "people", *parts) for name, parts in self.people.items()]
        for step in self.steps:
            kind = f"within {step.within}"
            rows.append((kind, "all", "visits a month", step.total.covered, step.total.all))
            rows += [(kind, name, "people", *parts) for name, parts in step.people.items()]
        frame = pd.DataFrame(rows, columns=["kind", "group", "unit", "covered", "all"])
        return frame.assign(share=frame["covered"] / frame["all"].where(frame["all"] > 0))

    def _shown(self) -> Shown:
        districts = sorted(self.district.items(), key=lambda item: item[1].share)
        rows = [(f"within {step.within}", of_whole(step.total.covered, step.total.all)) for step in self.steps]
        rows += [(f"{self.people_word} {name}", of_whole(*parts)) for name, parts in self.people.items()]
        rows += [(f"district {name}", of_whole(part.covered, part.all)) for name, part in districts]
        graded = " counted by steps" if self.steps else ""
        return f"Coverages: {of_whole(self.total.covered, self.total.all)} visits a month{graded}", rows

    @property
    def people_word(self) -> str:
        """What those counted in `people` are called: of steps, how far the farthest reaches."""
        return f"people within {self.steps[-1].within}," if self.steps else "people"
