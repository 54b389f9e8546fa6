"""A plan in yuan and people: what is done, what it costs and whom it reaches, against numbers by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest

from placement.values import BudgetLine
from tests.report.conftest import make_plan


def test_changes_are_the_actions_that_are_not_keep():
    changes = make_plan().changes
    assert list(changes.columns) == [
        "site_id", "action", "from_site_id", "machines_before", "machines_after", "cost_yuan",
    ]  # fmt: skip
    assert changes["site_id"].tolist() == ["S03", "S07", "S09", "S06", "S11"]
    assert changes["action"].tolist() == ["close", "move", "move", "open", "open"]
    assert changes["from_site_id"].tolist() == ["", "S04", "S05", "", ""]
    assert changes["cost_yuan"].tolist() == [3000.0, 9000.0, 9000.0, 80000.05, 80000.0]
    assert list(changes.index) == [0, 1, 2, 3, 4]


def test_a_plan_that_keeps_everything_changes_nothing():
    plan = make_plan()
    kept = replace(plan, actions=plan.actions[plan.actions["action"] == "keep"])
    assert kept.changes.empty
    assert "cost_yuan" in kept.changes.columns
    assert replace(plan, actions=plan.actions.iloc[:0]).changes.empty


def test_the_budget_is_in_yuan_with_what_is_left():
    budget = make_plan().budget
    assert list(budget.columns) == ["line", "today_yuan", "amount_yuan", "cap_yuan", "left_yuan"]
    assert budget.loc[0].tolist() == ["capital", 0.0, 181000.05, 200000.0, 18999.95]
    assert budget.loc[1].tolist()[:3] == ["running", 0.0, 98000.0]
    assert budget.loc[1, ["cap_yuan", "left_yuan"]].isna().all()


@pytest.mark.parametrize("fen", [0, 1, 7, 29, 115, 100_000_007, 10**14 - 1])
def test_yuan_have_no_noise(fen):
    lines = (BudgetLine(name="capital", amount_fen=fen, cap_fen=fen + 1),)
    row = replace(make_plan(), budget_lines=lines).budget.loc[0]
    assert [repr(float(row[name])) for name in ("amount_yuan", "left_yuan")] == [
        repr(float(f"{fen / 100:.2f}")),
        "0.01",
    ]


def test_coverage_has_a_row_a_group_before_and_after():
    coverage = make_plan().coverage
    assert coverage["kind"].tolist() == ["all", *["segment"] * 4, *["district"] * 3, *["people"] * 4]
    whole = coverage.iloc[0]
    assert (whole["before"], whole["after"], whole["all"]) == pytest.approx((410.0, 612.345, 1000.0))
    assert (whole["share_before"], whole["share_after"]) == pytest.approx((0.41, 0.612345))
    people = coverage.set_index(["kind", "group"]).loc[("people", "elderly/night")]
    assert people["unit"] == "people"
    assert (people["before"], people["after"], people["all"]) == pytest.approx((0.41 * 1400, 0.612345 * 1400, 2000))
    assert people["share_after"] == pytest.approx(0.612345 * 0.7)
    assert not coverage.isna().any(axis=None)


def test_a_group_without_weight_has_no_share():
    plan = make_plan()
    nobody = replace(plan.before.total, covered=0.0, all=0.0)
    none = [replace(side, district={"empty": nobody}) for side in (plan.before, plan.after)]
    row = replace(plan, before=none[0], after=none[1]).coverage.query("kind == 'district'").iloc[0]
    assert row["group"] == "empty"
    assert math.isnan(row["share_before"])
    assert math.isnan(row["share_after"])


def test_a_plan_shows_itself():
    said = repr(make_plan(study="Hankou", simulated=True))
    lines = said.splitlines()
    assert lines[0] == "Plan Hankou: proven optimal, as the solver says (SIMULATED DATA)"
    assert "6 -> 7: 3 keep, 2 move, 1 close, 2 open" in said
    assert "41.0% -> 61.2% (612.3 of 1,000.0) visits a month" in said
    assert "181,000.05 yuan, of 200,000.00" in said
    assert "98,000.00 yuan a year, no cap" in said
    assert len(lines) <= 15
    assert "<table>" in make_plan()._repr_html_()
    assert "&lt;b&gt;" in make_plan(study="<b>")._repr_html_()


def test_money_stays_in_sight_among_many_groups():
    plan = make_plan()
    people = {f"group {number}/day": (1.0, 2.0) for number in range(40)}
    many = replace(plan, before=replace(plan.before, people=people), after=replace(plan.after, people=people))
    lines = repr(many).splitlines()
    assert len(lines) <= 15
    assert any(line.strip().startswith("capital") for line in lines)
    assert lines[-1].strip().startswith("value")


def test_words_say_how_good_a_plan_is_known_to_be():
    def headline(**changes):
        return repr(make_plan(**changes)).splitlines()[0]

    assert headline(proof="certificate") == "Plan Hankou: proven optimal"
    assert headline(bound=620.0) == "Plan Hankou: proven within 1.23% of the best, as the solver says"
    assert headline(status="feasible", bound=700.0) == "Plan Hankou: not proven, at most 12.52% from the best"
    assert headline(interrupted=True).endswith(", interrupted")


def test_frames_of_a_plan_are_the_caller_s_own():
    plan = make_plan()
    for name in ("actions", "changes", "budget", "coverage"):
        frame = getattr(plan, name)
        before = frame.copy()
        frame.iloc[0, 0] = "edited"
        pd.testing.assert_frame_equal(getattr(plan, name), before)
