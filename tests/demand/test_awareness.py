"""Awareness: against brute-force integration on a fine grid, and by hand where a hand can do it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

from placement.demand import estimate_awareness
from placement.demand.fit import beta_binomial as _beta_binomial
from placement.demand.fit.beta_binomial import ENOUGH_ANSWERS, SLOPE_SCALE, SPREAD_SCALE
from placement.demand.survey import pool_survey
from placement.errors import AlignmentError, InputError

SURVEY = pd.DataFrame(
    {
        "district": ["A", "B", "C", "D", "E", "F"],
        "asked": [40, 12, 3, 55, 0, 31],
        "aware": [29, 5, 3, 26, 0, 14],
    }
)


def log_prior(asked, spread):
    """Half-normal, times a power of the spread where rows have few answers."""
    asked = np.asarray(asked, dtype=float)
    power = max(0.0, 1.0 - (asked**2).sum() / asked.sum() / ENOUGH_ANSWERS)
    return stats.halfnorm(scale=SPREAD_SCALE).logpdf(spread) + power * np.log(spread)


def fine_grid(asked, aware, means=160, spreads=200):
    """Nodes (mean, precision, weight) of the posterior by plain summation, with scipy's beta-binomial."""
    mean = (np.arange(means) + 0.5) / means
    spread = (np.arange(spreads) + 0.5) / spreads
    m, s = np.meshgrid(mean, spread, indexing="ij")
    precision = 1 / s**2 - 1
    log_weight = log_prior(asked, s)
    for n, k in zip(asked, aware, strict=True):
        log_weight = log_weight + stats.betabinom(n, m * precision, (1 - m) * precision).logpmf(k)
    weight = np.exp(log_weight - log_weight.max()).ravel()
    kept = weight > 1e-7
    return m.ravel()[kept], precision.ravel()[kept], weight[kept] / weight[kept].sum()


def quantile(tail, weight, a, b):
    return optimize.brentq(lambda x: float(weight @ special.betainc(a, b, x)) - tail, 0.0, 1.0)


@pytest.mark.parametrize(
    ("asked", "aware"),
    [
        (SURVEY["asked"], SURVEY["aware"]),
        ([50, 40, 0], [25, 20, 0]),  # two alike: much of the posterior says that all rows share one rate
        ([9, 3, 5, 7], [9, 0, 5, 1]),
    ],
)
def test_means_intervals_and_parameters_equal_a_fine_grid_to_1e4(asked, aware):
    frame = pd.DataFrame({"district": [f"d{i}" for i in range(len(asked))], "asked": asked, "aware": aware})
    awareness = estimate_awareness(frame)
    m, precision, weight = fine_grid(asked, aware, means=200, spreads=120)
    for row, (n, k) in enumerate(zip(asked, aware, strict=True)):
        a, b = m * precision + k, (1 - m) * precision + n - k
        expected = [float(weight @ (a / (a + b))), quantile(0.05, weight, a, b), quantile(0.95, weight, a, b)]
        found = awareness.table.iloc[row][["mean", "low", "high"]].to_numpy(dtype=float)
        assert found == pytest.approx(expected, abs=1e-4)
    expected = [weight @ m, weight @ np.sqrt(m * (1 - m) / (1 + precision))]
    assert awareness.parameters.loc["all", ["mean", "sd"]].to_numpy(dtype=float) == pytest.approx(expected, abs=1e-4)


def regression_grid(asked, aware, x, nodes=49):
    """Nodes (logits of the mean by row, precision, weight, coefficients) by plain summation over three parameters."""
    b0, b1 = np.linspace(-1.4, 1.8, nodes), np.linspace(-1.2, 1.8, nodes)
    b0, b1, s = (part.ravel() for part in np.meshgrid(b0, b1, (np.arange(60) + 0.5) / 75, indexing="ij"))
    precision = 1 / s**2 - 1
    log_weight = log_prior(asked, s) + stats.logistic.logpdf(b0)
    log_weight += stats.norm(scale=SLOPE_SCALE).logpdf(b1)
    for n, k, value in zip(asked, aware, x, strict=True):
        m = special.expit(b0 + b1 * value)
        a, b = m * precision, (1 - m) * precision
        log_weight += special.betaln(a + k, b + n - k) - special.betaln(a, b)
    weight = np.exp(log_weight - log_weight.max())
    kept = weight > 1e-7
    return b0[kept], b1[kept], precision[kept], weight[kept] / weight[kept].sum()


def test_regression_on_a_covariate_equals_a_fine_grid_to_1e4():
    rng = np.random.default_rng(11)
    x = rng.normal(size=13)
    x = (x - x.mean()) / x.std()
    asked = np.append(rng.integers(30, 61, 12), 0)
    aware = rng.binomial(asked, rng.beta(12 * special.expit(0.2 + 0.4 * x), 12 * special.expit(-0.2 - 0.4 * x)))
    names = [f"d{i}" for i in range(13)]
    survey = pd.DataFrame({"district": names, "asked": asked, "aware": aware})
    awareness = estimate_awareness(survey, covariates=pd.DataFrame({"income": 5 + 3 * x}, index=names))
    b0, b1, precision, weight = regression_grid(asked, aware, x)
    city = special.expit(b0)
    expected = [weight @ city, weight @ np.sqrt(city * (1 - city) / (1 + precision)), weight @ b1]
    found = awareness.parameters.loc["all", ["mean", "sd", "slope_income"]].to_numpy(dtype=float)
    assert found == pytest.approx(expected, abs=1e-4)
    for row in (0, 5, int(np.argmax(x)), 12):
        m = special.expit(b0 + b1 * x[row])
        a, b = m * precision + aware[row], (1 - m) * precision + asked[row] - aware[row]
        expected = [float(weight @ (a / (a + b))), quantile(0.05, weight, a, b), quantile(0.95, weight, a, b)]
        found = awareness.table.iloc[row][["mean", "low", "high"]].to_numpy(dtype=float)
        assert found == pytest.approx(expected, abs=1e-4)


def dense_regression(asked, aware, x, side=81, spreads=40):
    """Nodes as `regression_grid`, wide enough for thin surveys; Gauss-Legendre over the spread."""
    seen = asked > 0
    line = np.linspace(-4.5, 4.5, side)
    b0, b1 = (part.ravel() for part in np.meshgrid(line, line, indexing="ij"))
    mean = special.expit(b0[:, None] + b1[:, None] * x[seen])
    prior = stats.logistic.logpdf(b0) + stats.norm(scale=SLOPE_SCALE).logpdf(b1)
    nodes, rule = np.polynomial.legendre.leggauss(spreads)
    spread = (nodes + 1) / 2 * 0.9995
    log_weight = []
    for s, part in zip(spread, rule, strict=True):
        a, b = mean * (1 / s**2 - 1), (1 - mean) * (1 / s**2 - 1)
        beta = special.betaln(a + aware[seen], b + asked[seen] - aware[seen]) - special.betaln(a, b)
        log_weight.append(beta.sum(axis=1) + prior + np.log(part) + log_prior(asked, s))
    weight = np.exp(np.ravel(log_weight) - np.max(log_weight))
    kept = weight > 1e-9
    precision = np.repeat(1 / spread**2 - 1, len(b0))[kept]
    return np.tile(b0, spreads)[kept], np.tile(b1, spreads)[kept], precision, weight[kept] / weight[kept].sum()


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_thin_surveys_with_a_covariate_equal_a_dense_grid_to_1e4(seed):
    """Three to fifteen asked a district: posteriors are skew, and rows far out lean on the regression alone."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=13)
    x = (x - x.mean()) / x.std()
    asked = np.append(rng.integers(3, 16, 12), 0)
    aware = rng.binomial(asked, rng.beta(12 * special.expit(0.2 + 0.4 * x), 12 * special.expit(-0.2 - 0.4 * x)))
    names = [f"d{i}" for i in range(13)]
    survey = pd.DataFrame({"district": names, "asked": asked, "aware": aware})
    table = estimate_awareness(survey, covariates=pd.DataFrame({"income": x}, index=names)).table
    b0, b1, precision, weight = dense_regression(asked, aware, x)
    for row in sorted({0, int(np.argmax(x)), int(np.argmin(x)), 12}):
        m = special.expit(b0 + b1 * x[row])
        a, b = m * precision + aware[row], (1 - m) * precision + asked[row] - aware[row]
        assert table["mean"].iloc[row] == pytest.approx(float(weight @ (a / (a + b))), abs=2e-5)
        # The distribution function just inside and just outside of each limit: no root needs to be sought.
        for tail, limit in ((0.05, table["low"].iloc[row]), (0.95, table["high"].iloc[row])):
            inside, outside = (
                float(weight @ special.betainc(a, b, np.clip(limit + side, 0, 1))) for side in (-1e-4, 1e-4)
            )
            assert inside < tail < outside


@pytest.mark.parametrize("size", [3, 4])
def test_two_rules_of_integration_agree_on_several_covariates(size, monkeypatch):
    rng = np.random.default_rng(4)
    x = rng.normal(size=(30, size))
    asked = rng.integers(30, 61, 30)
    aware = rng.binomial(asked, special.expit(0.3 + x @ [0.3, -0.2, 0.1, 0.0][:size]))
    names = [f"d{i}" for i in range(30)]
    survey = pd.DataFrame({"district": names, "asked": asked, "aware": aware})
    covariates = pd.DataFrame(x, index=names, columns=list("abcd"[:size]))
    monkeypatch.setitem(_beta_binomial._LATTICE, 5, (1.08, 6.0))  # as the rule stands, four covariates have points
    by_lattice = estimate_awareness(survey, covariates=covariates)
    monkeypatch.setattr(_beta_binomial, "_LATTICE", {})
    by_points = estimate_awareness(survey, covariates=covariates)
    for found, other in ((by_lattice.parameters, by_points.parameters), (by_lattice.table, by_points.table)):
        columns = [name for name in found.columns if name not in ("ml_log_likelihood", "ml_precision")]
        assert found[columns].to_numpy() == pytest.approx(other[columns].to_numpy(), abs=1e-3)


def test_marginal_likelihood_maximum_equals_scipys():
    rng = np.random.default_rng(3)
    asked = rng.integers(30, 61, 60)
    aware = rng.binomial(asked, rng.beta(12, 9, 60))
    frame = pd.DataFrame({"district": [f"d{i}" for i in range(60)], "asked": asked, "aware": aware})
    found = estimate_awareness(frame).parameters.loc["all"]

    def loss(theta):
        a, b = np.exp(theta)
        return -stats.betabinom(asked, a, b).logpmf(aware).sum()

    fit = optimize.minimize(loss, np.log([10.0, 10.0]), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10})
    a, b = np.exp(fit.x)
    assert found["ml_mean"] == pytest.approx(a / (a + b), abs=1e-4)
    assert found["ml_precision"] == pytest.approx(a + b, rel=1e-4)
    choose = special.gammaln(asked + 1) - special.gammaln(aware + 1) - special.gammaln(asked - aware + 1)
    assert found["ml_log_likelihood"] + choose.sum() == pytest.approx(-fit.fun, abs=1e-4)


def test_equal_rates_have_infinite_precision_but_finite_intervals():
    frame = pd.DataFrame({"district": list("abcd"), "asked": [50] * 4, "aware": [25] * 4})
    awareness = estimate_awareness(frame, districts=["a", "b", "c", "d", "new"])
    assert awareness.parameters.loc["all", "ml_precision"] == np.inf
    new = awareness.table.loc[("new", "all")]
    assert new["high"] - new["low"] > 0.2
    assert new["mean"] == pytest.approx(0.5, abs=1e-6)


def test_small_samples_are_pulled_to_the_city_and_large_ones_keep_their_rate():
    frame = pd.DataFrame(
        {"district": ["big", "small", "x", "y"], "asked": [4000, 4, 300, 300], "aware": [800, 4, 180, 150]}
    )
    table = estimate_awareness(frame).table["mean"].droplevel("age_group")
    assert table["big"] == pytest.approx(0.2, abs=0.01)
    assert 0.4 < table["small"] < 0.9


def test_unsurveyed_districts_get_one_predictive_distribution():
    awareness = estimate_awareness(SURVEY, districts=[*"ABCDEF", "X", "Y"])
    table = awareness.table.droplevel("age_group")
    assert list(table.index) == [*"ABCDEF", "X", "Y"]
    assert table.loc["X", ["mean", "low", "high"]].tolist() == table.loc["E", ["mean", "low", "high"]].tolist()
    assert table.loc["X", "asked"] == 0
    assert np.isnan(table.loc["X", "raw"])
    width = table["high"] - table["low"]
    assert width["X"] > width.drop(["X", "Y", "E"]).max()


def test_draws_follow_the_table_and_the_seed():
    awareness = estimate_awareness(SURVEY)
    draws = awareness.draws(40_000, seed=1)
    table = awareness.table
    assert draws.shape == (40_000, 6)
    assert draws.mean(axis=0) == pytest.approx(table["mean"].to_numpy(), abs=0.004)
    assert np.quantile(draws, 0.05, axis=0) == pytest.approx(table["low"].to_numpy(), abs=0.01)
    assert np.quantile(draws, 0.95, axis=0) == pytest.approx(table["high"].to_numpy(), abs=0.01)
    assert (awareness.draws(5, seed=2) == awareness.draws(5, seed=2)).all()
    assert (awareness.draws(5, seed=2) != awareness.draws(5, seed=3)).any()


def test_draws_of_age_groups_stand_in_the_order_of_the_table():
    frame = pd.DataFrame(
        {
            "district": ["A", "A", "B", "B"],
            "age_group": ["general", "elderly"] * 2,
            "asked": [500] * 4,
            "aware": [450, 50, 350, 100],
        }
    )
    awareness = estimate_awareness(frame)
    assert list(awareness.table.index) == [("A", "general"), ("A", "elderly"), ("B", "general"), ("B", "elderly")]
    assert awareness.draws(4000).mean(axis=0) == pytest.approx([0.9, 0.1, 0.7, 0.2], abs=0.03)


def test_used_of_aware_becomes_uptake():
    frame = SURVEY.assign(used=[10, 5, 0, 20, 0, 7])
    uptake = estimate_awareness(frame).uptake
    assert uptake is not None
    assert uptake.table["asked"].tolist() == SURVEY["aware"].tolist()
    assert uptake.table["raw"].iloc[0] == pytest.approx(10 / 29)
    assert estimate_awareness(SURVEY).uptake is None


def test_weighted_rows_count_by_kish():
    frame = pd.DataFrame(
        {"district": ["A", "A", "B"], "asked": [30, 10, 20], "aware": [15, 10, 10], "weight": [1.0, 3.0, 2.0]}
    )
    pooled = pool_survey(frame).counts
    # A: sum w = 30 + 30 = 60, sum w^2 = 30 + 90 = 120, effective 3600 / 120 = 30; share (15 + 30) / 60 = 3 / 4. The
    # linearised variance is 15 (1/4)^2 + 15 (3/4)^2 + 10 x 9 (1/4)^2 = 15, below Kish's 120 x 3/4 x 1/4: that stands.
    assert pooled.loc[("A", "all")].tolist() == pytest.approx([40, 30, 22.5])
    # B: equal weights leave 20 people and their share alone.
    assert pooled.loc[("B", "all")].tolist() == pytest.approx([20, 20, 10])


@settings(deadline=None, max_examples=12, derandomize=True)
@given(
    counts=st.lists(
        st.integers(0, 80).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), min_size=1, max_size=9
    ),
    order=st.randoms(use_true_random=False),
)
def test_any_survey_gives_ordered_limits_whatever_the_order_of_its_rows(counts, order):
    asked, aware = (list(column) for column in zip(*counts, strict=True))
    if sum(asked) == 0:
        asked[0] = 1
    frame = pd.DataFrame({"district": [f"d{i}" for i in range(len(asked))], "asked": asked, "aware": aware})
    table = estimate_awareness(frame).table
    assert ((table["low"] >= 0) & (table["low"] < table["mean"]) & (table["mean"] < table["high"])).all()
    assert (table["high"] <= 1).all()
    shuffled = list(range(len(asked)))
    order.shuffle(shuffled)
    again = estimate_awareness(frame.iloc[shuffled]).table.loc[table.index]
    assert again["mean"].to_numpy() == pytest.approx(table["mean"].to_numpy(), abs=1e-7)
    assert again["low"].to_numpy() == pytest.approx(table["low"].to_numpy(), abs=1e-6)


def test_inputs_are_not_changed_and_table_is_a_copy():
    frame = SURVEY.copy()
    awareness = estimate_awareness(frame)
    pd.testing.assert_frame_equal(frame, SURVEY)
    for taken in (awareness.table, awareness.parameters):
        taken["mean"] = 0.0
    assert (awareness.parameters["mean"] > 0).all()
    assert (awareness.table["mean"] > 0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"aware": [41, 5, 3, 26, 0, 14]}, r"survey \[A\]: aware 41 exceeds asked 40"),
        ({"asked": [-1, 12, 3, 55, 0, 31]}, r"survey \[0\]: asked is -1"),
        ({"aware": [29, 5, 3, np.nan, 0, 14]}, r"survey \[3\]: aware is nan"),
        ({"asked": [40, 12.5, 3, 55, 0, 31]}, r"survey \[1\]: asked is 12.5 -> counts are whole people"),
        ({"asked": [0] * 6, "aware": [0] * 6}, "nobody was asked"),
        ({"district": list("AABCDE")}, r"survey \[A\]: stands in more than one row"),
        ({"district": ["A", "B", "", "D", "E", "F"]}, r"survey \[2\]: district is empty"),
        ({"used": [30, 0, 0, 0, 0, 0]}, r"survey \[A\]: used 30 exceeds aware 29"),
        ({"age_group": ["all"] * 5 + ["elderly"]}, "age_group all stands beside elderly"),
        ({"weight": [1, 1, 0, 1, 1, 1]}, r"survey \[2\]: weight is 0"),
    ],
)
def test_bad_surveys_are_named(change, message):
    with pytest.raises(InputError, match=message):
        estimate_awareness(SURVEY.assign(**change))


def test_all_faults_come_at_once():
    with pytest.raises(InputError) as caught:
        estimate_awareness(SURVEY.assign(asked=[-1, 12, 3, 55, 0, -2], aware=[29, np.nan, 3, 26, 0, 14]))
    assert len(caught.value.faults) == 3


def test_unknown_district_shows_both_lists_and_the_near_name():
    frame = SURVEY.assign(district=["Jiangan", "B", "C", "D", "E", "F"])
    with pytest.raises(
        AlignmentError, match=r"only in survey: Jiangan; only in population: G, Jiang'an.*mean Jiang'an\?"
    ):
        estimate_awareness(frame, districts=["Jiang'an", *"BCDEFG"])


def test_missing_column_is_named():
    with pytest.raises(InputError, match="column aware is missing"):
        estimate_awareness(SURVEY.drop(columns="aware"))
