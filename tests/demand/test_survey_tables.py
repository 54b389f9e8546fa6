"""Questionnaires, reports and post-stratification, by hand and against independent formulas."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from placement.demand import (
    awareness_levels,
    awareness_report,
    estimate_awareness,
    level_draws,
    post_stratify,
    tabulate_questionnaires,
)
from placement.errors import AlignmentError, InputError
from tests.there import there

ANSWERS = pd.DataFrame(
    [
        # district, age, heard, used, satisfied, weight
        ["A", 30, "yes", "yes", "no", 1.0],
        ["A", 45, "是", "no", None, 1.0],
        ["A", 59, "no", "", None, 2.0],
        ["A", 60, "Yes ", "yes", "yes", 1.0],
        ["B", 80, "否", None, None, 1.0],
        ["", 30, "yes", "no", None, 1.0],
        ["A", 30, "maybe", "no", None, 1.0],
        ["A", "old", "yes", "no", None, 1.0],
        ["A", 30, "no", "yes", None, 1.0],
        ["A", 30, "yes", "", None, 1.0],
        ["A", 30, "yes", "no", None, 0.0],
        ["A", 30, "", "", None, 1.0],
    ],
    columns=["district", "age", "heard", "used", "satisfied", "weight"],
)


def test_questionnaires_become_counts():
    table = tabulate_questionnaires(ANSWERS, age_bands={"elderly": 60}).survey
    rows = table.set_index(["district", "age_group", "weight"])[["asked", "aware", "used", "satisfied"]]
    assert rows.loc[("A", "general", 1.0)].tolist() == [2, 2, 1, 0]
    assert rows.loc[("A", "general", 2.0)].tolist() == [1, 0, 0, 0]
    assert rows.loc[("A", "elderly", 1.0)].tolist() == [1, 1, 1, 1]
    assert rows.loc[("B", "elderly", 1.0)].tolist() == [1, 0, 0, 0]
    assert rows["asked"].sum() == 5


def test_unusable_respondents_are_listed_with_reason():
    unusable = tabulate_questionnaires(ANSWERS, age_bands={"elderly": 60}).unusable
    assert unusable["reason"].to_dict() == {
        5: "no district",
        6: "neither yes nor no",
        7: "age is not within 0..120",
        8: "used but never heard of",
        9: "no answer",
        10: "weight is not above 0",
        11: "no answer",
    }
    assert unusable.loc[6, ["column", "value"]].tolist() == ["heard", "maybe"]


def test_tabulated_questionnaires_feed_the_estimate():
    rng = np.random.default_rng(0)
    district = rng.choice(list("ABCDEF"), 400)
    heard = rng.random(400) < 0.6
    answers = pd.DataFrame(
        {"district": district, "heard": np.where(heard, "yes", "no"), "weight": rng.choice([1.0, 3.0], 400)}
    )
    awareness = estimate_awareness(tabulate_questionnaires(answers).survey)
    table = awareness.table
    weighted = answers.assign(heard=heard).groupby("district")[["weight"]].sum()["weight"]
    yes = answers[heard].groupby("district")["weight"].sum()
    assert table["raw"].droplevel("age_group").sort_index().to_numpy() == pytest.approx((yes / weighted).to_numpy())
    # Weights of 1 and 3 in equal numbers leave about (1 + 3)^2 / (2 * (1 + 9)) = 0.8 of the respondents (Kish).
    assert awareness.effective_counts()[0].sum() == pytest.approx(0.8 * 400, rel=0.03)
    assert table["asked"].sum() == 400


def test_no_usable_questionnaire_is_an_error():
    with pytest.raises(InputError, match="no questionnaire is usable"):
        tabulate_questionnaires(pd.DataFrame({"district": [None], "heard": ["yes"]}))
    with pytest.raises(InputError, match="column age is missing"):
        tabulate_questionnaires(pd.DataFrame({"district": ["A"], "heard": ["yes"]}), age_bands={"elderly": 60})


SURVEY = pd.DataFrame(
    {
        "district": ["A", "A", "B", "B", "C", "C"],
        "age_group": ["general", "elderly"] * 3,
        "asked": [50, 10, 40, 5, 0, 8],
        "aware": [30, 3, 30, 0, 0, 8],
        "used": [15, 1, 20, 0, 0, 2],
    }
)


def test_report_shows_raw_beside_shrunk():
    report = awareness_report(estimate_awareness(SURVEY))
    assert report["asked"].tolist() == [0, 5, 8, 10, 40, 50]
    for (district, age), row in report.iterrows():
        asked, aware = SURVEY.set_index(["district", "age_group"]).loc[(district, age), ["asked", "aware"]]
        if asked:
            expected = proportion_confint(aware, asked, alpha=0.1, method="beta")
            assert (row["raw_low"], row["raw_high"]) == pytest.approx(expected, abs=1e-6)
        else:
            assert np.isnan(row["raw_low"])
            assert row["pull"] == 1
    assert report.loc[("B", "elderly"), "pull"] > report.loc[("A", "elderly"), "pull"]


def test_levels_sum_to_one_and_multiply():
    awareness = estimate_awareness(SURVEY)
    levels = awareness_levels(awareness)
    assert levels[["used", "aware_not_used", "never_heard"]].sum(axis=1).to_numpy() == pytest.approx(np.ones(6))
    assert levels["used"].to_numpy() == pytest.approx(
        (awareness.table["mean"] * there(awareness.uptake).table["mean"]).to_numpy()
    )
    assert (levels["used_low"] < levels["used"]).all()
    assert (levels["used"] < levels["used_high"]).all()
    with pytest.raises(InputError, match="no column used"):
        awareness_levels(estimate_awareness(SURVEY.drop(columns="used")))


def test_draws_at_hand_give_the_same_tables():
    awareness = estimate_awareness(SURVEY)
    drawn = level_draws(awareness, 3)
    pd.testing.assert_frame_equal(awareness_levels(awareness, drawn=drawn), awareness_levels(awareness, 3))


def test_post_stratified_by_hand():
    awareness = estimate_awareness(SURVEY)
    mean = awareness.table["mean"]
    people = pd.Series(
        [300, 100, 50, 50],
        index=pd.MultiIndex.from_tuples([("A", "general"), ("A", "elderly"), ("B", "general"), ("C", "elderly")]),
    )
    table = post_stratify(awareness, people)
    assert table.loc["A", "mean"] == pytest.approx(0.75 * mean["A", "general"] + 0.25 * mean["A", "elderly"])
    assert table.loc["B", "mean"] == pytest.approx(mean["B", "general"])
    expected = (
        300 * mean["A", "general"] + 100 * mean["A", "elderly"] + 50 * mean["B", "general"] + 50 * mean["C", "elderly"]
    ) / 500
    assert table.loc["total", ["people", "mean"]].tolist() == pytest.approx([500, expected])
    assert (table["low"] < table["mean"]).all()
    assert (table["mean"] < table["high"]).all()
    with pytest.raises(AlignmentError, match="A/young"):
        post_stratify(awareness, pd.Series([1.0], index=pd.MultiIndex.from_tuples([("A", "young")])))


def test_covariates_explain_small_districts():
    rng = np.random.default_rng(4)
    x = rng.standard_normal(60)
    rate = 1 / (1 + np.exp(-(0.3 + 0.9 * x)))
    asked = np.where(np.arange(60) < 50, 40, 0)
    frame = pd.DataFrame({"district": [f"d{i}" for i in range(60)], "asked": asked, "aware": rng.binomial(asked, rate)})
    covariates = pd.DataFrame({"income": 100 + 15 * x}, index=frame["district"])
    plain, fitted = estimate_awareness(frame), estimate_awareness(frame, covariates=covariates)
    hidden = slice(50, 60)
    error = np.abs(fitted.table["mean"].to_numpy() - rate)
    assert error[hidden].mean() < 0.3 * np.abs(plain.table["mean"].to_numpy() - rate)[hidden].mean()
    assert error.mean() < np.abs(plain.table["mean"].to_numpy() - rate).mean()
    spread = x.std()
    assert fitted.parameters.loc["all", "slope_income"] == pytest.approx(0.9 * spread, abs=0.2)
    inside = (fitted.table["low"].to_numpy() < rate) & (rate < fitted.table["high"].to_numpy())
    assert inside.mean() > 0.8


def test_covariates_left_out_are_noted():
    covariates = pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=list("ABC"))
    found = estimate_awareness(SURVEY, covariates=covariates)
    assert found.notes == ("covariates (x) left out: 2 surveyed districts, 10 needed",)
    with pytest.raises(InputError, match=r"covariates \[B\]: x is nan"):
        estimate_awareness(SURVEY, covariates=pd.DataFrame({"x": [1.0, np.nan, 3.0]}, index=list("ABC")))
    with pytest.raises(AlignmentError, match="only in survey: C"):
        estimate_awareness(SURVEY, covariates=covariates.iloc[:2])
