"""Limits that bind nothing, and columns that nothing reads, are told; names that no site has are refused."""

import re

import pytest

from placement.errors import InputError
from placement.pipeline.prepare import prepare_inputs, restated
from placement.study import read_study


def column(spoiled, name, stations, candidates):
    for table, values in (("stations", stations), ("candidates", candidates)):
        frame = spoiled.frame(table)
        frame[name] = [*values, *[""] * (len(frame) - len(values))]
        spoiled.write(table, frame)


def notes(spoiled):
    return prepare_inputs(read_study(spoiled.folder)).notes


def test_what_binds_nothing_is_told(spoiled):
    spoiled.setting("max_moves = 3\n", "max_moves = 3\nmax_by_host = {bank = 50}\nspacing_m = 0.5\nmin_reach_new = 0\n")
    column(spoiled, "chain", ["red"], [])
    column(spoiled, "exclusive", ["hall"], ["yard", "yard"])
    column(spoiled, "action_fixed", ["keep"], [])
    spoiled.cell("stations", 0, "status", "required") if "status" in spoiled.frame("stations") else column(
        spoiled, "status", ["required", *["existing"] * 3], ["candidate"] * 8
    )
    prepared = prepare_inputs(read_study(spoiled.folder))
    told = [re.sub(r"\d+ sites may", "N sites may", note) for note in prepared.notes]
    for wanted in (
        "study.toml: policy.max_by_host.bank has no effect: N sites may have a station there",
        "study.toml: the column chain of the sites has no effect: no policy.max_by_chain",
        "study.toml: exclusive hall has no effect: S00 alone has it",
        "study.toml: action_fixed keep has no effect at S00: a required station is kept",
        "study.toml: policy.spacing_m has no effect: no site without a station is less than 0.5 m from another",
        "study.toml: policy.min_reach_new has no effect: every site without a station has as much within reach",
    ):
        assert told.count(wanted) == 1, told
    free = prepared.study.with_settings({"policy.spacing_m": None, "policy.min_reach_new": 10**6})
    again = restated(prepared, free).notes
    assert not any("spacing_m" in note for note in again)
    assert "study.toml: policy.min_reach_new rules out 8 of 8 sites without a station" in again


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("max_by_host = {bnak = 1}", "policy.max_by_host.bnak.*did you mean bank"),
        ("max_by_chain = {red = 1}", "policy.max_by_chain.red"),
        ("spacing_m = 300000", "policy.spacing_m.*above 200,000 metres"),
    ],
)
def test_names_that_no_site_has_are_refused(spoiled, setting, said):
    spoiled.setting("max_moves = 3\n", f"max_moves = 3\n{setting}\n")
    with pytest.raises(InputError, match=said):
        notes(spoiled)


def test_fixed_actions_that_cannot_be_are_refused_at_their_rows(spoiled):
    column(spoiled, "action_fixed", ["open", "keep"], ["keep"])
    found = spoiled.faults()
    assert any(re.search(r"stations \[S00\]: action_fixed is unknown.*use one of keep, close", each) for each in found)
    assert any(re.search(r"candidates \[C00\]: action_fixed is unknown.*use one of open", each) for each in found)
