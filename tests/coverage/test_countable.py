"""Studies in which nothing, or part of it, can count: what makes them empty, in numbers."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from placement.countable import count_pairs
from placement.coverage import Standard, cover
from placement.errors import InputError
from placement.pipeline.prepare import prepare_inputs
from placement.pipeline.recommend import recommend
from placement.standard import rules_of
from placement.study import read_study
from placement.values import Segment, Sites
from tests.towns import make_demand, make_sites, make_times

NAN = np.nan


def part(period="day", service="all", *, starts=480, ends=1200, age="general", speed=1.0):
    return Segment(age_group=age, period=period, service=service, speed_m_s=speed, starts_min=starts, ends_min=ends)


def counted(*, need=None, segments=None, metres=None, table=None, threshold_s=900, sites=None):
    """One point 'D0' and two candidates (100 m and 2,530 m east of it), unless said otherwise."""
    xy = np.array([[100.0, 0.0], [2530.0, 0.0]])
    sites = make_sites(0, 2, xy=xy) if sites is None else sites
    if table is not None:
        sites = Sites(table=sites.table.assign(**table))
    segments = segments or (part(),)
    need = np.ones((1, len(segments))) if need is None else np.array(need, dtype=float)
    demand = make_demand(need, ["a"] * len(need), segments)
    metres = np.array([[100.0, 2530.0]]) if metres is None else np.array(metres)
    times = make_times(metres, demand, sites)
    standard = Standard(threshold_s=threshold_s)
    return demand, sites, times, standard


EMPTY: dict[str, tuple[dict[str, Any], str]] = {
    "closed": (
        {"table": {"opens_min": [540, 600], "closes_min": [1020, 1080]}},
        (
            "sites [day]: no site is open during the whole of the period day (08:00-20:00): the longest opening is "
            "09:00-17:00 at C0"
        ),
    ),
    "closed at night": (
        {"segments": (part("night", starts=1200, ends=480),), "table": {"opens_min": 1260, "closes_min": 420}},
        "no site is open during the whole of the period night (20:00-08:00): the longest opening is 21:00-07:00 at C0",
    ),
    "no service": (
        {"segments": (part(service="pension"),), "table": {"services": [("bills",), ("bills", "visas")]}},
        "sites [pension]: no site offers pension (offered: bills, visas)",
    ),
    "no service while it is wanted": (
        {
            "segments": (part(service="pension"),),
            "table": {"services": [("pension",), ("bills",)], "opens_min": [600, 0], "closes_min": [660, 1440]},
        },
        "no site that offers pension is open during the whole of the period day",
    ),
    "too far": (
        {"metres": [[1240.0, NAN]], "threshold_s": 120},
        (
            "travel [threshold]: no pair is within reach: the nearest pair is 1,240 m apart (D0 to C0), the threshold "
            "allows 120 m"
        ),
    ),
    "farther than was looked": (
        {"metres": [[NAN, NAN]], "threshold_s": 120},
        "the nearest pair is farther than was looked, 100 m apart in a straight line (D0 to C0), the threshold allows",
    ),
    "the near one does not count": (
        {"metres": [[10.0, 2530.0]], "table": {"status": ["excluded", "candidate"]}},
        "the nearest pair is 2,530 m apart (D0 to C1), the threshold allows 900 m",
    ),
    "no weight": (
        {"need": [[0.0]]},
        "demand: nothing has any weight: 10 people at 1 demand points, need 0 and expected use 0 visits a month",
    ),
    "all excluded": ({"table": {"status": "excluded"}}, "sites [status]: all 2 sites are excluded: no station may"),
}


@pytest.mark.parametrize("name", EMPTY)
def test_what_makes_a_study_empty(name):
    changes, says = EMPTY[name]
    with pytest.raises(InputError) as caught:
        cover(*counted(**changes))
    assert len(caught.value.faults) == 1
    assert says in str(caught.value.faults[0])
    assert caught.value.faults[0].remedy


def test_every_reason_is_told():
    # By day nobody offers what is wanted, by night nobody is open.
    segments = (part(service="pension"), part("night", starts=1200, ends=480))
    with pytest.raises(InputError) as caught:
        cover(*counted(segments=segments, table={"services": [("bills",)] * 2, "opens_min": 480, "closes_min": 1200}))
    assert [fault.row for fault in caught.value.faults] == ["pension", "night"]


def notes(**changes):
    demand, sites, times, standard = counted(**changes)
    return count_pairs(demand, sites, times, rules_of(demand, sites, standard), every_site=True).notes


def test_what_is_empty_in_part_is_noted():
    segments = (part(), part("night", starts=1200, ends=480), part(service="pension"))
    said = notes(segments=segments, table={"opens_min": 480, "closes_min": 1200, "services": [("bills",)] * 2})
    closed = "no site is open during the whole of the period night (20:00-08:00): the longest opening is"
    assert said == (
        f"nothing can count for general/night/all: {closed} 08:00-20:00 at C0",
        "nothing can count for general/day/pension: no site offers pension (offered: bills)",
        "1 of 2 sites has no demand within the standard: C1",
    )


def test_a_group_that_walks_too_slowly_is_noted():
    said = notes(segments=(part(speed=1.0), part(age="elderly", speed=0.5)), metres=[[500.0, 500.0]])
    why = "no pair is within reach: the nearest pair is 500 m apart (D0 to C0), the threshold allows 450 m"
    assert said == (f"nothing can count for elderly/day/all: {why}",)


def test_a_segment_without_weight_is_noted():
    said = notes(segments=(part(), part("night")), need=[[1.0, 0.0]], metres=[[100.0, 100.0]])
    assert said == ("nothing can count for general/night/all: it has no weight: no demand point has need there",)


def test_sites_that_are_never_open_are_noted():
    said = notes(table={"opens_min": [0, 600], "closes_min": [1440, 660]}, metres=[[1.0, 1.0]])
    assert said == ("1 of 2 sites serves nobody: open in no whole period, or without a service that is asked for: C1",)


def test_excluded_sites_and_full_studies_are_not_noted():
    assert notes(table={"status": ["candidate", "excluded"]}) == ()
    assert notes(metres=[[1.0, 1.0]]) == ()


def test_pairs_are_found_in_any_block(monkeypatch):
    monkeypatch.setattr("placement.countable._POINTS_A_BLOCK", 2)
    metres = np.full((7, 2), NAN)
    metres[6, 1], metres[3, 0] = 5.0, 5.0
    demand, sites, times, standard = counted(need=np.ones((7, 1)), metres=metres)
    rules = rules_of(demand, sites, standard)
    assert count_pairs(demand, sites, times, rules, every_site=True).notes == ()
    away = dataclasses.replace(times, matrix=type(times.matrix)(times.matrix.shape, dtype=times.matrix.dtype))
    assert count_pairs(demand, sites, away, rules).nothing


def test_point_without_weight_is_no_reason_to_count():
    demand, sites, times, standard = counted(need=[[0.0], [1.0]], metres=[[5.0, 5.0], [NAN, NAN]])
    with pytest.raises(InputError, match="the nearest pair is farther than was looked"):
        cover(demand, sites, times, standard)


def test_check_and_recommend_say_so_too(spoiled):
    spoiled.setting("threshold_min = 5.0", "threshold_min = 1.0")
    for table in ("stations", "candidates"):
        frame = spoiled.frame(table)
        frame["opens"], frame["closes"] = "09:00", "17:00"
        spoiled.write(table, frame)
    study = read_study(spoiled.folder)
    for run in (prepare_inputs, recommend):
        with pytest.raises(InputError) as caught:
            run(study)
        assert [fault.row for fault in caught.value.faults] == ["day", "night"]
        assert "the longest opening is 09:00-17:00" in str(caught.value)


def test_the_toy_town_has_nothing_to_note(spoiled):
    assert not [note for note in prepare_inputs(read_study(spoiled.folder)).notes if "count" in note]


def test_max_moves_of_0_is_said_to_limit_moves_only(spoiled):
    spoiled.setting("max_moves = 3", "max_moves = 0")
    said = [
        note for note in prepare_inputs(read_study(spoiled.folder)).notes if note.startswith("max_moves counts moved")
    ]
    assert len(said) == 1
    spoiled.setting("max_moves = 0", "max_moves = 0\nmax_changes = 2")
    assert not [note for note in prepare_inputs(read_study(spoiled.folder)).notes if note.startswith("max_moves")]
