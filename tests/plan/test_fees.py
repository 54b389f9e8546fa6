"""Consumables and fees: a visit by hand, any tiers against page by page, a plan from study to verdict."""

import json
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import placement as pl
from placement.errors import InputError
from placement.judge import verify
from placement.report import PLAN_FILE
from placement.report.plan_json import plan_bytes
from placement.report.text import texts
from placement.report.view import budget
from placement.study import read_study
from placement.toy import write_study
from placement.values.use_cost import UseCost
from tests.effort import cases
from tests.judge.forger import SUMS, listed
from tests.written import write_outcome

FEES = """
[fees]
free_pages = 2
consumables_page = 0.05
consumables_visit = 0.1
pages_per_visit = 3.5

[[fees.tier]]
pages = 1
price = 0.5

[[fees.tier]]
price = 0.2
"""


def test_a_visit_by_hand():
    """3.5 pages: half of the visits print 3 and bring 0.5, half print 4 and bring 0.5 + 0.2; on average 0.6.

    Consumables are 0.1 + 3.5 * 0.05 = 0.275. Of 100 visits a month, 1,200 a year: 330 and 720 yuan.
    """
    use = UseCost.of(Fraction("3.5"), 2, [(1, 50), (None, 20)], 5, 10)
    assert (use.consumables, use.fee) == (Fraction(55, 2), Fraction(60))
    assert use.amounts(100.0) == (33_000, 72_000)
    assert use.amounts(0.0004) == (0, 0)  # no whole thousandth
    assert UseCost.of(Fraction(2), 2, [(None, 20)], 0, 0).fee == 0
    assert UseCost.of(Fraction("2.25"), 2, [(None, 20)], 0, 0).fee == 5


@settings(max_examples=cases(200), deadline=None, derandomize=True)
@given(
    st.fractions(0, 12, max_denominator=7),
    st.integers(0, 4),
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 60)), max_size=3),
    st.integers(0, 60),
)
def test_tiers_are_what_each_page_costs(pages, free, tiers, last):
    def paid(count: int) -> int:
        prices = [price for number, price in tiers for _ in range(number)] + [last] * 20
        return sum(prices[: max(0, count - free)])

    lower = math.floor(pages)
    expected = (1 - (pages - lower)) * paid(lower) + (pages - lower) * paid(lower + 1)
    assert UseCost.of(pages, free, [*tiers, (None, last)], 0, 0).fee == expected


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    root = tmp_path_factory.mktemp("fees")
    path = write_study(root / "study", seed=5)
    path.write_text(path.read_text(encoding="utf-8") + FEES, encoding="utf-8")
    outcome = pl.recommend(read_study(path))
    write_outcome(outcome, root / "plan")
    return root, outcome


def test_lines_add_up_to_the_fen_and_the_judge_confirms_them(town):
    root, outcome = town
    plan = outcome.plan
    lines = {line.name: (line.today_fen, line.amount_fen) for line in plan.budget_lines}
    assert list(lines)[-3:] == ["consumables", "fees", "net_running"]
    for at, covered in enumerate((plan.before, plan.after)):
        visits = 12 * Fraction(round(covered.total.use_covered * 1000), 1000)
        assert lines["consumables"][at] == math.floor(visits * Fraction(55, 2) + Fraction(1, 2))
        assert lines["fees"][at] == -math.floor(visits * 60 + Fraction(1, 2))
        assert lines["net_running"][at] == sum(lines[name][at] for name in ("running", "consumables", "fees"))
    verdict = verify(root / "plan")
    assert verdict.confirmed, verdict
    shown = {line.name for line in budget(plan, texts("zh"))}
    assert {"耗材费（按预期使用量），每年", "年运行费用（含耗材，扣除收费）"} <= shown


@pytest.mark.parametrize(
    ("name", "key"), [("consumables", "amount"), ("fees", "today"), ("net_running", "amount"), ("fees", "cap")]
)
def test_other_amounts_are_refuted(town, tmp_path, name, key):
    root, _ = town
    for file in (root / "plan").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    record = json.loads((tmp_path / PLAN_FILE).read_text(encoding="utf-8"))
    record["study"] = str(root / "study" / "study.toml")
    line = next(each for each in record["budget"] if each["name"] == name)
    line[key] = round((line[key] or 0) + 0.01, 2)
    (tmp_path / PLAN_FILE).write_bytes(plan_bytes(record))
    files = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.name != SUMS}
    (tmp_path / SUMS).write_bytes(listed(files))
    assert any(
        f"budget: {key} of {name}" in each or f"{name} has no cap" in each for each in verify(tmp_path).differences
    )


@pytest.mark.parametrize(
    ("fees", "says"),
    [
        ("[fees]\nfree_pages = 2\n", "free_pages has no effect without a tier"),
        ("[fees]\nconsumables_page = 0.1\n", "give fees.pages_per_visit, or inputs.usage"),
        ("[fees]\nconsumables_visit = 0.1\npages_per_visit = 2\n", "pages_per_visit has no effect without a price"),
        ("[fees]\npages_per_visit = 2\n[[fees.tier]]\npages = 2\nprice = 1\n", "give pages in every tier but the last"),
    ],
)
def test_fees_that_cannot_be_are_refused(tmp_path, fees, says):
    path = write_study(tmp_path, seed=5)
    path.write_text(path.read_text(encoding="utf-8") + fees, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        read_study(path)
