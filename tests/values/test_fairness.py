"""How evenly districts are covered: by hand, by what measures of inequality must do, and before the judge."""

import copy
import json
import math
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import placement as pl
from placement.judge import verify
from placement.judge.fairness import fairness_faults
from placement.report import PLAN_FILE
from placement.report.plan_fairness import fairness_rows
from placement.report.plan_json import plan_bytes
from placement.report.text import texts
from placement.study import read_study
from placement.toy import write_study
from placement.values.fairness import Fairness
from tests.effort import cases
from tests.judge.forger import SUMS, listed
from tests.there import there
from tests.written import write_outcome

DISTRICT = st.tuples(st.integers(0, 100), st.integers(0, 50))
"""Per cent covered, weight."""
some = settings(max_examples=cases(200), deadline=None, derandomize=True)


def districts(*parts):
    return {
        f"d{at}": SimpleNamespace(covered=share * weight / 100, all=weight) for at, (share, weight) in enumerate(parts)
    }


def recorded(parts):
    return {name: {"covered": part.covered, "all": part.all} for name, part in parts.items()}


def test_by_hand():
    """Of 300 in the north 60 % are covered, of 100 in the south 20 %: the mean is 1/2.

    Pairs: 2 * 3/4 * 1/4 * 0.4 = 0.15, over 2 * 1/2. kappa = 0.5 / (0.75 * 0.36 + 0.25 * 0.04) = 0.5 / 0.28 = 25/14.
    """
    fair = there(Fairness.of(districts((60, 300), (20, 100))))
    assert fair.worst == "d1"
    assert [fair.worst_share, fair.gini] == pytest.approx([0.2, 0.15])
    kappa = 25 / 14
    assert fair.ede == pytest.approx(-math.log(0.75 * math.exp(-0.6 * kappa) + 0.25 * math.exp(-0.2 * kappa)) / kappa)
    assert 0.2 < fair.ede < 0.5


@some
@given(st.lists(DISTRICT, min_size=2, max_size=6))
def test_measures_do_what_they_are_for(parts):
    found = Fairness.of(districts(*parts))
    peopled = [(share / 100, weight) for share, weight in parts if weight]
    if len(peopled) < 2:
        assert found is None
        return
    fair = there(found)
    mean = sum(share * weight for share, weight in peopled) / sum(weight for _, weight in peopled)
    assert fair.worst_share == pytest.approx(min(share for share, _ in peopled))
    assert 0 <= fair.gini < 1
    assert fair.worst_share - 1e-9 <= fair.ede <= mean + 1e-9
    if len({share for share, _ in peopled}) == 1:
        assert [fair.gini, fair.ede] == pytest.approx([0, mean], abs=1e-12)
    elif mean:
        assert fair.gini > 0
        assert fair.ede < mean
    halved = [part for share, weight in parts for part in ((share, weight / 2), (share, weight / 2))]
    assert there(Fairness.of(districts(*halved))).gini == pytest.approx(fair.gini)


@some
@given(st.lists(DISTRICT, min_size=1, max_size=5), st.sampled_from(["worst", "worst_share", "gini", "ede", None]))
def test_the_judge_counts_the_same_and_nothing_else(parts, altered):
    places = districts(*parts)
    found = Fairness.of(places)
    sides = {when: {"district": recorded(places)} for when in ("before", "after")}
    names = ("worst", "worst_share", "gini", "ede")
    said = None if found is None else {name: getattr(found, name) for name in names}
    record: dict[str, Any] = {"fairness": None if said is None else {"before": said, "after": copy.copy(said)}}
    assert [*fairness_faults(record, sides)] == []
    if said is None or altered is None:
        wrong: dict[str, Any] = {"fairness": None if said else {"before": {}, "after": {}}}
        assert len([*fairness_faults(wrong, sides)]) == 1
    else:
        record["fairness"]["after"][altered] = "nowhere" if altered == "worst" else said[altered] + 2e-6
        assert len([*fairness_faults(record, sides)]) == 1


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    root = tmp_path_factory.mktemp("fair")
    outcome = pl.recommend(read_study(write_study(root / "study", seed=5)))
    write_outcome(outcome, root / "plan")
    return root, outcome


def test_a_plan_says_it_everywhere(town):
    root, outcome = town
    before, after = outcome.plan.fairness
    shares = {name: part.share for name, part in outcome.plan.after.district.items()}
    assert (after.worst_share, after.worst) == min((share, name) for name, share in shares.items())
    said = json.loads((root / "plan" / PLAN_FILE).read_text(encoding="utf-8"))["fairness"]
    assert said["before"] == {
        "worst": before.worst,
        **{n: round(getattr(before, n), 6) for n in ("worst_share", "gini", "ede")},
    }
    report = (root / "plan" / "report.html").read_text(encoding="utf-8")
    for _, today, planned in fairness_rows(outcome.plan, texts("en")):
        assert today in report
        assert planned in report
    assert fairness_rows(outcome.plan, texts("zh"))[0][0] == "覆盖率最低的区域"


def test_another_number_is_refuted(town, tmp_path):
    root, _ = town
    for file in (root / "plan").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    record = json.loads((tmp_path / PLAN_FILE).read_text(encoding="utf-8"))
    record["study"] = str(root / "study" / "study.toml")
    record["fairness"]["after"]["gini"] += 0.01
    (tmp_path / PLAN_FILE).write_bytes(plan_bytes(record))
    files = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.name != SUMS}
    (tmp_path / SUMS).write_bytes(listed(files))
    assert any("fairness.after.gini" in each for each in verify(tmp_path).differences)
