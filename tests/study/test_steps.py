"""`[[travel.step]]`: what is read, and what is refused with the keys that do not fit."""

from __future__ import annotations

from fractions import Fraction

import pytest

from placement.errors import InputError
from placement.pipeline.policy import study_standard
from placement.study import overrides_of, read_study
from placement.tables import read_tables
from placement.toy import toy_study

STANDARD = "threshold_min = 5.0"
DISORDER = (
    "the share of the first step is 0.5: the nearest step counts in full (share = 1), the others are parts of it; "
    "step 2 has the share 0.6 after 0.5: shares fall from step to step; "
    "step 2 has the threshold 2 after 3: thresholds grow from step to step"
)


def steps(*said: str) -> str:
    """Return steps as they stand within `[travel]`."""
    return f"step = [{', '.join('{' + each + '}' for each in said)}]"


def test_steps_are_exact(tmp_path):
    study = toy_study(tmp_path, steps=[(3, 1), (5.5, 0.6), (7, 0.25)])
    standard = study_standard(study)
    assert [(step.threshold_s, step.share) for step in standard.steps] == [
        (180.0, Fraction(1)),
        (330.0, Fraction(3, 5)),
        (420.0, Fraction(1, 4)),
    ]
    assert study.travel.longest_min == 7
    assert not overrides_of(study)
    nearer = [{"threshold_min": 2, "share": 1}, {"threshold_min": 3, "share": 0.5}]
    changed = study.with_settings({"travel.step": nearer})
    assert study_standard(changed).steps[1].share == Fraction(1, 2)
    assert [each.key for each in overrides_of(changed)] == ["travel.step"]
    assert overrides_of(changed)[0].used[1] == {"threshold_min": 3.0, "share": 0.5}


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (
            STANDARD + "\n" + steps("threshold_min = 3, share = 1", "threshold_min = 5, share = 0.5"),
            "[travel]: step and threshold_min are both given: give one",
        ),
        (
            "threshold_min_by_district = {west = 4}\n"
            + steps("threshold_min = 3, share = 1", "threshold_min = 5, share = 0.5"),
            "[travel]: step and threshold_min_by_district are both given: give one, districts within each step",
        ),
        ("", "[travel]: give threshold_min or threshold_m, or steps ([[travel.step]])"),
        (
            steps("threshold_min = 3, share = 1"),
            "one step alone is a threshold: give threshold_min = 3 in its place, or further steps",
        ),
        (
            steps("threshold_min = 3, share = 0.5", "threshold_min = 2, share = 0.6"),
            DISORDER,
        ),
        (
            steps("threshold_min = 3, share = 1", "threshold_m = 500, share = 0.6"),
            "some steps are times and some are distances: give all in one of them",
        ),
        (
            steps("threshold_min = 3, share = 1", "threshold_min = 5, share = 0.33333"),
            "travel.step.1.share]: must be above 0, with at most four decimals",
        ),
        (
            steps("threshold_min = 3, share = 1", "threshold_min = 5, share = 60"),
            "travel.step.1.share]: must be a share between 0 and 1: 0.5 is 50 %",
        ),
        (
            steps("threshold_min = 180, share = 1", "threshold_min = 300, share = 0.6"),
            "travel.step.1.threshold_min]: is above 240 minutes; are these seconds?",
        ),
        (steps("share = 1", "threshold_min = 5, share = 0.6"), "travel.step.0]: give threshold_min or threshold_m"),
        (steps("threshold_min = 3", "threshold_min = 5, share = 0.6"), "travel.step.0.share]: is missing"),
        (
            steps("threshold_min = 3, share = 1", "threshold_min = 5, shares = 0.6"),
            "travel.step.1.shares]: unknown key -> did you mean share?",
        ),
        (
            "cutoff_min = 4\n" + steps("threshold_min = 3, share = 1", "threshold_min = 5, share = 0.5"),
            "cutoff_min is below the threshold of 5 minutes",
        ),
        (
            steps(
                "threshold_min = 3, share = 1, threshold_min_by_district = {west = 4}", "threshold_min = 5, share = 0.5"
            ),
            "name the same districts in threshold_min_by_district of every step",
        ),
        (
            "slope = 'tobler'\n" + steps("threshold_m = 300, share = 1", "threshold_m = 500, share = 0.5"),
            "threshold_m is a length; with slopes or stairs give minutes",
        ),
        ("step = 3", "travel.step]"),
        ("step = [3]", "travel.step.0]"),
        ("[travel.step]\nthreshold_min = 3\nshare = 1", "travel.step"),
    ],
)
def test_what_is_refused(spoiled, said, problem):
    spoiled.setting(STANDARD, said)
    with pytest.raises(InputError) as caught:
        read_study(spoiled.folder)
    assert problem in str(caught.value)


def test_districts_of_steps_are_read_as_the_tables_spell_them(spoiled):
    near = "threshold_min = 3, share = 1, threshold_min_by_district = {west = 6}"
    far = "threshold_min = 5, share = 0.5, threshold_min_by_district = {'we\u200bst' = 7}"
    spoiled.setting(STANDARD, steps(near, far))
    study = read_study(spoiled.folder)
    assert [dict(step.threshold_min_by_district) for step in study.travel.step] == [{"west": 6.0}, {"west": 7.0}]
    assert any("travel.step.1.threshold_min_by_district names" in note for note in study.notes)
    read_tables(study)


def test_a_district_that_does_not_exist(spoiled):
    own = "threshold_min_by_district = {atlantis = %d}"
    both = ("threshold_min = 3, share = 1, " + own % 4, "threshold_min = 5, share = 0.5, " + own % 6)
    spoiled.setting(STANDARD, steps(*both))
    with pytest.raises(InputError) as caught:
        read_tables(read_study(spoiled.folder))
    rows = [fault.row for fault in caught.value.faults if "atlantis" in str(fault)]
    assert rows == ["travel.step.0.threshold_min_by_district", "travel.step.1.threshold_min_by_district"]


def test_what_a_distance_makes_useless_is_noted(spoiled):
    lengths = steps("threshold_m = 300, share = 1", "threshold_m = 500, share = 0.5")
    spoiled.setting(STANDARD, f"cutoff_min = 9\n{lengths}")
    said = "study.toml: travel.cutoff_min has no effect: the standard is a distance, threshold_m in travel.step"
    assert said in read_study(spoiled.folder).notes
