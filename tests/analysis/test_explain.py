"""Why each action: a street worked out on paper, and random towns whose every number is counted by loops."""

from __future__ import annotations

import functools
import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, assume, given, settings
from scipy import sparse

import placement as pl
from placement.case import Case
from placement.cli import main
from placement.errors import InfeasibleError, InputError
from placement.values import Capture, Sites
from tests.doorstep import write_doorstep
from tests.effort import cases
from tests.plan.brute_force import best_actions, covered_sets, steps_of, taken, value_of
from tests.strategies import towns
from tests.test_case_from_frames import SITES_M, case


def street():
    """89,000 yuan buy one station and move S: T serves a (9), U b and c (11); d (4) loses S and walks 900 m to U."""
    return case(policy=pl.Policy.from_yuan(capital=89_000))


def test_a_move_and_an_open_by_hand():
    asked = street()
    plan = pl.optimise(asked)
    table = pl.explain(asked, plan).table.set_index("site_id")
    moved, bought = (table[table["action"] == action].iloc[0] for action in ("move", "open"))
    assert moved["from_site_id"] == "S"
    reach = {"T": 9, "U": 11}
    assert (table["reach_only"] == table.index.map(reach)).all()
    assert moved["reach_lost"] == 4
    assert (moved["lost_to"], moved["lost_to_min"], moved["lost_beyond"]) == ("U", 15, 0)
    assert (moved["cost_yuan"], bought["cost_yuan"]) == (9_000, 80_000)
    assert (table["next_best"] == "").all(), "S gives its machines; nobody else may stand in for T or U"


def test_the_next_best_site_by_hand():
    """9,000 yuan move S to U (11); T in its place covers 9, 2 less. Without the move nothing can be paid: 4, 7 less."""
    asked = case(policy=pl.Policy.from_yuan(capital=9_000))
    plan = pl.optimise(asked)
    found = pl.explain(asked, plan, left_out=["U"])
    row = found.table.iloc[0]
    assert (row["next_best"], row["next_best_loses"]) == ("T", 2)
    # The best plan without a station at U is T, 9.
    assert (row["left_out_loses_least"], row["left_out_loses_most"]) == (2, 2)
    said = found.lines[0]
    assert said.startswith("U: moves here from S for 9,000 yuan: ")
    assert said.endswith("next best T, 2 visits a month less; without it the best plan is worth 2 less")


def test_an_action_that_no_plan_can_do_without_is_noted():
    asked = case(policy=pl.Policy(max_moves=0, max_opens=0, max_stations=0))
    plan = pl.optimise(asked)
    found = pl.explain(asked, plan, left_out=["close"])
    assert found.notes == ("S: no plan without this action keeps all limits",)
    assert np.isnan(found.table["left_out_loses_most"].iloc[0])
    assert found.table[["action", "reach_lost", "lost_to"]].to_numpy().tolist() == [["close", 4.0, ""]]


def test_an_action_that_is_fixed_is_noted():
    """That S closes is decided; asking for it to stay once was an error of the table, not an answer."""
    street = case()
    table = street.sites.table
    table.loc["S", "action_fixed"] = "close"
    asked = street.but(sites=Sites(table=table))
    plan = pl.optimise(asked)
    found = pl.explain(asked, plan, left_out=["close"])
    assert found.notes == ("S: its action is fixed to close",)
    assert pl.what_if(asked, plan, add=["S"], around=True).why_none == "S: its action is fixed"


def test_visits_by_hand():
    """Doors alone: S sees 40, U 10. Worth r = 1: S 4 + 40, U 11 + 10, T 9. Under one station S stays."""
    capture = Capture(
        site_ids=list(SITES_M), mass=np.zeros(1), pull=sparse.csr_array((1, 3)), door=np.array([40.0, 0, 10])
    )
    asked = case(capture=capture, policy=pl.Policy(max_stations=2, max_changes=1, max_closes=0))
    plan = pl.optimise(asked.but(policy=asked.policy.but(visits_weight=1)))
    asked = asked.but(policy=plan.policy)
    row = pl.explain(asked, plan).table.set_index("site_id").loc["U"]
    assert (row["visits"], row["visits_only"]) == (10, 10)
    assert (row["next_best"], row["next_best_loses"]) == ("T", 11 + 10 - 9)


def test_why_not_tells_the_price():
    asked = street()
    plan = pl.optimise(asked)
    answer = pl.why_not(asked, plan, "S")
    assert answer.best is not None
    assert plan.objective - answer.best.objective == 5
    assert [each.name for each in answer.broken] == ["capital"]


def test_what_cannot_be_asked():
    asked = street()
    with pytest.raises(InputError, match="is no action of the plan"):
        pl.explain(asked, pl.optimise(asked), left_out=["S"])


@settings(
    max_examples=cases(60),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(town=towns())
def test_every_number_equals_a_count_by_loops(town):
    asked = Case(**town.stages())
    try:
        plan = pl.optimise(asked)
    except InfeasibleError:
        assume(False)
    ids = [str(each) for each in town.sites.ids]
    standing = {ids.index(each) for each in plan.open}
    actions = taken(plan, town.sites.ids)
    reach, weight = covered_sets(town), np.rint(town.demand.need * 1000).astype(int) / 1000
    shares = [float(share) for _, share in steps_of(town)]

    def counts(at, sites):
        """Return the share of the nearest step within which one of some sites is."""
        return max((shares[step] for site, step in reach[at].items() if site in sites), default=0.0)

    for row in pl.explain(asked, plan).table.to_dict("records"):
        site = ids.index(row["site_id"])
        went = ids.index(row["from_site_id"] or row["site_id"])
        only = sum(weight[at] * (counts(at, standing) - counts(at, standing - {site})) for at in reach)
        lost = sum(weight[at] * max(0.0, counts(at, {went}) - counts(at, standing)) for at in reach)
        leaves = row["action"] in {"move", "close"}
        assert row["reach_only"] == pytest.approx(0 if row["action"] == "close" else only, abs=0.01)
        assert row["reach_lost"] == pytest.approx(lost if leaves else 0, abs=0.01)
        if row["action"] in {"move", "open"}:
            _check_next_best(town, actions, site, row, ids)


def _check_next_best(town, actions, site, row, ids):
    """All sites without a station are tried in its place."""
    now = value_of(town, actions)
    tried = {}
    for other, action in enumerate(actions):
        if action == "none" and other != site and not town.sites.standing[other]:
            changed = list(actions)
            changed[site], changed[other] = "none", actions[site]
            tried[other] = value_of(town, tuple(changed))
    allowed = {other: value for other, value in tried.items() if value is not None}
    if not allowed:
        assert row["next_best"] == ""
        return
    assert now is not None
    assert round(row["next_best_loses"] * 1000) == now - max(allowed.values())
    assert allowed[ids.index(row["next_best"])] == max(allowed.values())


@settings(
    max_examples=cases(5),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(town=towns())
def test_what_is_lost_without_an_action_equals_all_plans_tried(town):
    asked = Case(**town.stages())
    try:
        plan = pl.optimise(asked)
    except InfeasibleError:
        assume(False)
    ids = [str(each) for each in town.sites.ids]
    found = pl.explain(asked, plan, left_out=["move", "close", "open", "keep"])
    for row in found.table.to_dict("records"):
        site, stands = ids.index(row["site_id"]), row["action"] != "close"
        best = best_actions(town, allows=functools.partial(_without, site, stands))
        if best is None:
            assert any(note.startswith(f"{row['site_id']}:") for note in found.notes)
        else:
            less = round(plan.objective * 1000) - best[0]
            assert round(row["left_out_loses_least"] * 1000) <= less <= round(row["left_out_loses_most"] * 1000)
            assert round(row["left_out_loses_most"] * 1000) == less


def _without(site, stands, _, actions):
    return (actions[site] in {"keep", "open", "move"}) != stands


def test_the_command(tmp_path):
    write_doorstep(tmp_path / "study", policy="visits_weight = 0")
    run = CliRunner().invoke
    assert run(main, ["recommend", str(tmp_path / "study"), "--out", str(tmp_path / "out"), "--quiet"]).exit_code == 0
    said = run(main, ["explain", str(tmp_path / "out"), "--json"])
    assert said.exit_code == 0, said.output
    record = json.loads(said.output)
    plan = json.loads((tmp_path / "out" / "plan.json").read_text(encoding="utf-8"))
    assert [row["site_id"] for row in record["actions"]] == sorted(row["site_id"] for row in plan["actions"])
    moved = next(row for row in record["actions"] if row["action"] == "move")
    assert (moved["site_id"], moved["from_site_id"]) == ("C", "S00")
    assert moved["people_lost"] == 1000
    assert moved["people_only"] == 2000
    words = run(main, ["explain", str(tmp_path / "out")])
    assert "C: moves here from S00 for 10,000 yuan: 2,000 people" in words.output
