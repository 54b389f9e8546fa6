"""Lines of the budget and limits by site that a caller sets in Python: recorded, recounted, refused where altered."""

import json
from fractions import Fraction

import pytest

import placement as pl
from placement.judge.limits_used import limit_use_faults
from placement.judge.recount import reach
from placement.judge.rules import Claims, money_faults
from placement.pipeline.prepare import prepare_inputs


@pytest.fixture
def written(spoiled, tmp_path):
    case = pl.prepare(pl.read_study(spoiled.folder))
    policy = case.policy.but(
        max_by_host={"bank": 2}, spacing_m=Fraction(500, 3), min_reach_new=3, horizon_years=3,
        discount_rate=Fraction(1, 30), total_yuan=500_000, purchase_yuan=160_000,
    )  # fmt: skip
    pl.write(case, pl.optimise(case, policy), tmp_path / "plan")
    return tmp_path / "plan"


def test_limits_set_in_python_are_recounted(written):
    verdict = pl.verify(written)
    assert verdict.differences == ()
    assert verdict.proven
    record = json.loads((written / "plan.json").read_text(encoding="utf-8"))
    used = {each["key"] for each in record["overrides"]}
    assert used >= {"policy.spacing_m", "policy.max_by_host", "budget.total", "budget.discount_rate"}
    asked = {each["name"]: each["asked"] for each in record["limits"]}
    assert (asked["spacing_m"], asked["max_by_host.bank"], asked["min_reach_new"]) == (166.666667, 2, 3)
    assert [line["cap"] for line in record["budget"] if line["name"] in {"purchase", "total"}] == [160_000, 500_000]


def test_every_number_of_budget_and_limits_is_refused_where_altered(written):
    record = json.loads((written / "plan.json").read_text(encoding="utf-8"))
    used = {each["key"]: each["used"] for each in record["overrides"]}
    prepared = prepare_inputs(pl.read_study(written / record["study"]).with_settings(used))
    near, claims = reach(prepared), Claims.of(record)
    weights = (prepared.demand.weight * 1000).round().astype(int)

    def faults(altered):
        found = [*money_faults(altered, claims, prepared)]
        return [*found, *limit_use_faults(altered, claims, prepared, near, weights)]

    assert faults(record) == []
    tried = 0
    for part, names in (("budget", ("amount", "today", "cap")), ("limits", ("asked", "found"))):
        for number, line in enumerate(record[part]):
            for name in names:
                altered = json.loads(json.dumps(record))
                altered[part][number][name] = (line[name] or 0.0) + 0.01
                assert faults(altered), (part, line, name)
                tried += 1
    assert tried >= 3 * 12 + 2 * 5
