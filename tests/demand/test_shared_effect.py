"""Ages that share a district effect, clusters, weights and joint draws: by plain summation, by hand, by simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from placement.demand import estimate_awareness
from placement.demand.design_effect import cluster_effects, intraclass_correlation, weight_factors
from placement.demand.fit.shared_effect import SPREAD_SCALE
from placement.demand.survey import pool_survey
from placement.errors import InputError
from tests.demand.surveys import SurveyPlan, holds, in_shape

ASKED = np.array([[40, 9], [35, 0], [52, 12], [0, 0], [31, 6]])
AWARE = np.array([[30, 6], [15, 0], [22, 3], [0, 0], [19, 5]])


def as_survey(asked, aware, **columns):
    """A survey of arrays (districts, ages)."""
    names = [(f"d{d}", f"a{a}") for d in range(asked.shape[0]) for a in range(asked.shape[1])]
    frame = pd.DataFrame(names, columns=["district", "age_group"])
    return frame.assign(asked=asked.ravel(), aware=aware.ravel(), **columns)


def plain_sums(asked, aware):
    """Posterior means and second moments (districts, ages) by summing over a plain grid of all five parameters."""
    rate = (aware.sum() + 0.5) / (asked.sum() + 1)
    scale = np.sqrt(rate * (1 - rate))
    spreads = (np.arange(14) + 0.5) / 14
    beta = np.linspace(-2.2, 2.4, 32)
    total, first, second = 0.0, np.zeros(asked.shape), np.zeros(asked.shape)
    for own in 1.2 * spreads[spreads < 1 / 1.2]:
        precision = 1 / own**2 - 1
        for shared in 1.2 * spreads:
            tau = shared / scale
            effect = np.linspace(-4, 4, 41) * tau
            prior = stats.norm(scale=SPREAD_SCALE).logpdf([own, shared]).sum()
            tables = []
            for age in (0, 1):
                mean = special.expit(beta[:, None] + effect)
                a, b = mean * precision, (1 - mean) * precision
                n, k = asked[:, age, None, None], aware[:, age, None, None]
                likelihood = np.exp(special.betaln(a + k, b + n - k) - special.betaln(a, b))
                place = (a + k) / (a + b + n)
                tables.append((likelihood, place, place * (a + k + 1) / (a + b + n + 1)))
            weight = stats.norm.pdf(effect / tau)
            weight /= weight.sum()
            both = np.einsum("dxu,dyu,u->dxy", tables[0][0], tables[1][0], weight)
            level = stats.logistic.pdf(beta)[:, None] * stats.logistic.pdf(beta) * np.exp(prior)
            joint = level * both.prod(axis=0)
            total += joint.sum()
            for age in (0, 1):
                for power in (1, 2):
                    own_part = [tables[0][0], tables[1][0]]
                    own_part[age] = own_part[age] * tables[age][power]
                    inner = np.einsum("dxu,dyu,u->dxy", *own_part, weight) / both
                    found = np.einsum("xy,dxy->d", joint, inner)
                    put = np.zeros(asked.shape)
                    put[:, age] = found
                    first, second = (first + put, second) if power == 1 else (first, second + put)
    return first / total, second / total


def test_means_and_variances_equal_plain_sums():
    found = estimate_awareness(as_survey(ASKED, AWARE))
    mean, square = plain_sums(ASKED, AWARE)
    assert in_shape(found, "mean", ASKED.shape) == pytest.approx(mean, abs=2e-3)
    draws = found.draws(20_000, seed=3)
    assert draws.mean(axis=0) == pytest.approx(mean.ravel(), abs=0.006)
    assert draws.std(axis=0) == pytest.approx(np.sqrt(square - mean**2).ravel(), rel=0.04)
    for tail, column in ((0.05, "low"), (0.95, "high")):
        assert np.quantile(draws, tail, axis=0) == pytest.approx(found.table[column].to_numpy(), abs=0.012)


def test_districts_that_nobody_was_asked_in_have_one_interval_wherever_they_stand():
    found = estimate_awareness(as_survey(ASKED, AWARE), districts=["x", *(f"d{d}" for d in range(5)), "y"])
    by_age = found.table.drop(columns="asked").unstack("age_group")  # noqa: PD010 -- columns by age are wanted
    assert by_age.loc["x"].equals(by_age.loc["y"])
    assert by_age.loc["x", "mean"].tolist() == by_age.loc["d3", "mean"].tolist()
    assert found.effects()[1][[0, 4, 6]] == pytest.approx([0.0, 0.0, 0.0], abs=0.02)


def test_the_old_of_a_district_follow_its_young_and_gain_a_fifth():
    plan = SurveyPlan(asked=((30, 60), (5, 12)), shared_sd=0.5, districts=25)
    rng = np.random.default_rng(5)
    errors, alone, held = [], [], []
    for _ in range(4):
        truth, survey = plan.draw(rng)
        found = estimate_awareness(survey)
        errors.append((in_shape(found, "mean", truth.shape) - truth) ** 2)
        old = estimate_awareness(survey[survey["age_group"] == "a1"]).table["mean"].to_numpy(dtype=float)
        alone.append((old - truth[:, 1]) ** 2)
        held.append(holds(found, truth))
    young, elderly = np.sqrt(np.mean(errors, axis=(0, 1)))
    assert elderly < 0.8 * np.sqrt(np.mean(alone))
    assert young < elderly
    assert np.mean(held) == pytest.approx(0.9, abs=0.04)
    assert found.parameters["shared"].between(0.6, 1.0).all()


@pytest.mark.parametrize(
    ("plan", "surveys"),
    [
        (SurveyPlan(ages=1, icc=0.1), 25),
        (SurveyPlan(ages=1, weights="answers"), 25),
        (SurveyPlan(ages=1, districts=30, asked=((1, 8), (1, 8)), shared_sd=0.4), 12),
    ],
    ids=["clusters", "weights", "few"],
)
def test_intervals_hold(plan, surveys):
    rng = np.random.default_rng(8)
    held = []
    for _ in range(surveys):
        truth, survey = plan.draw(rng)
        held.append(holds(estimate_awareness(survey), truth))
    assert 0.84 <= np.mean(held) <= 0.96


def test_clusters_count_by_their_size_and_by_how_alike_they_answer():
    alike = pd.DataFrame(
        {"district": "A", "age_group": "all", "cluster": list("abcd"), "asked": 10, "yes": [9, 1, 8, 2]}
    )
    mixed = alike.assign(yes=[5, 5, 6, 4])
    assert intraclass_correlation(alike) > 0.2
    assert intraclass_correlation(mixed) < 0.06
    # Clusters of 10, 10, 10 and 10: n / (1 + 9 rho).
    assert cluster_effects(alike, 0.1).tolist() == pytest.approx([1.9])
    # Of 4 and 16: m = (16 + 256) / 20 = 13.6. Both ages of a place count: those of 4 young stand among 4 + 4.
    uneven = pd.DataFrame(
        {"district": "A", "age_group": ["y", "y", "o"], "cluster": ["a", "b", "a"], "asked": [4, 16, 4], "yes": 1}
    )
    assert cluster_effects(uneven, 0.1).tolist() == pytest.approx([1 + (4 * 8 + 16 * 16) / 20 * 0.1 - 0.1, 1.7])


def test_intraclass_correlation_finds_the_truth():
    rng = np.random.default_rng(2)
    for truth in (0.02, 0.2):
        rows = []
        for district in range(40):
            share = rng.uniform(0.3, 0.8)
            tight = 1 / truth - 1
            for cluster in range(6):
                here = rng.beta(share * tight, (1 - share) * tight)
                rows.append((f"d{district}", "all", f"c{cluster}", 12, rng.binomial(12, here)))
        frame = pd.DataFrame(rows, columns=["district", "age_group", "cluster", "asked", "yes"])
        assert intraclass_correlation(frame) == pytest.approx(truth, abs=0.03)


def test_a_cluster_column_of_one_each_and_a_deff_of_one_change_nothing():
    frame = as_survey(ASKED, AWARE)
    plain = estimate_awareness(frame).table
    assert estimate_awareness(frame, deff=1.0).table.equals(plain)
    halved = pool_survey(frame, deff=2.0).counts
    assert halved["effective"].tolist() == pytest.approx((ASKED.ravel() / 2).tolist())
    assert halved["yes"].tolist() == pytest.approx((AWARE.ravel() / 2).tolist())


def test_weights_that_follow_the_answers_are_told_from_those_that_do_not():
    equal = pd.DataFrame({"district": "A", "age_group": "all", "asked": [6, 4], "yes": [3, 2], "weight": [2.0, 2.0]})
    assert weight_factors(equal).tolist() == [1.0]
    # 8 who know (weight 1), 2 who do not (weight 2): share 8/12, squares 8 (4/12)^2 + 4 x 2 (8/12)^2 against
    # (8 + 8) (8/12) (4/12) of Kish: a quarter more.
    follow = pd.DataFrame({"district": "A", "age_group": "all", "asked": [8, 2], "yes": [8, 0], "weight": [1.0, 2.0]})
    expected = 1.25
    assert weight_factors(follow).tolist() == pytest.approx([expected])
    # Rows of equal weights have nothing to correct.
    both = pd.concat([follow, equal.assign(district="B")])
    assert weight_factors(both).tolist() == pytest.approx([expected, 1.0])


def test_awareness_and_uptake_are_drawn_together_where_districts_say_so():
    rng = np.random.default_rng(4)
    effect = rng.normal(0, 0.8, 40)
    asked = np.full(40, 80)
    aware = rng.binomial(asked, special.expit(effect))
    frame = pd.DataFrame({"district": [f"d{i}" for i in range(40)], "asked": asked, "aware": aware})
    names = [*frame["district"], "new"]
    together = estimate_awareness(frame.assign(used=rng.binomial(aware, special.expit(effect))), districts=names)
    apart = estimate_awareness(frame.assign(used=rng.binomial(aware, 0.5)), districts=names)
    assert together.correlation > 0.6
    assert abs(apart.correlation) < 0.35
    known, used = together.joint_draws(8000, seed=1)
    assert used is not None
    new = np.corrcoef(known[:, -1], used[:, -1])[0, 1]
    assert new == pytest.approx(together.correlation_of_errors[-1], abs=0.06)
    assert new > 0.5
    assert abs(np.corrcoef(known[:, 0], used[:, 0])[0, 1]) < 0.35  # its own data speak
    assert known.mean(axis=0) == pytest.approx(together.table["mean"].to_numpy(), abs=0.01)
    assert together.uptake is not None
    assert used.mean(axis=0) == pytest.approx(together.uptake.table["mean"].to_numpy(), abs=0.012)


@pytest.mark.parametrize(
    ("change", "deff", "message"),
    [
        ({}, 0.9, "deff is 0.9 -> give 1 or more"),
        ({"cluster": "a"}, 2.0, "deff 2 stands beside a column cluster"),
        ({"cluster": ""}, None, "cluster is empty"),
    ],
)
def test_bad_design_effects_are_named(change, deff, message):
    with pytest.raises(InputError, match=message):
        estimate_awareness(as_survey(ASKED, AWARE, **change), deff=deff)
