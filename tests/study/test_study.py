"""`study.toml`: what is refused, and what its amounts and periods become."""

from fractions import Fraction

import pytest

from placement.errors import InputError
from placement.study import parse_period, read_study


def faults(spoiled) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_study(spoiled.folder)
    return [str(fault) for fault in caught.value.faults]


def test_amounts_are_whole_fen_and_shares_exact(spoiled):
    spoiled.setting("purchase = 80000", "purchase = 80000.37")
    spoiled.setting("elderly = 0.1\n", "elderly = 0.1\ndistrict = 0.3\n")
    study = read_study(spoiled.folder)
    assert study.costs["default"].purchase == 8_000_037
    assert study.budget.capital == 15_000_000
    assert study.policy.floors.by_age_group == {"elderly": Fraction(1, 10)}
    assert study.policy.floors.district == Fraction(3, 10)


def test_unknown_key_suggests_the_near_one(spoiled):
    spoiled.setting("max_moves = 3", "max_move = 3")
    assert faults(spoiled) == ["study.toml [policy.max_move]: unknown key -> did you mean max_moves?"]


def test_unknown_section(spoiled):
    spoiled.setting("[budget]", "[bugdet]")
    assert faults(spoiled) == ["study.toml [bugdet]: unknown key -> did you mean budget?"]


def test_every_fault_at_once(spoiled):
    spoiled.setting("capital = 150000", "capital = -5")
    spoiled.setting("need_share = 0.5", "need_share = 5")
    spoiled.setting('"survey.csv"', '"http://example.org/survey.csv"')
    found = faults(spoiled)
    assert {fault.split("]")[0].split("[")[1] for fault in found} == {
        "budget.capital",
        "demand.need_share",
        "inputs.survey.path",
    }


def test_a_total_needs_years(spoiled):
    spoiled.setting("running = 200000", "running = 200000\ntotal = 5")
    said = "total counts running costs of some years: give horizon_years, or no total"
    assert faults(spoiled) == [f"study.toml [budget]: {said} -> see: placement keys budget"]


def test_three_decimals_are_not_money(spoiled):
    spoiled.setting("rent = 6000", "rent = 6000.125")
    assert "costs.default.rent]: has more than two decimals" in faults(spoiled)[0]


def test_objective_that_does_not_exist_yet(spoiled):
    spoiled.setting("max_stations = 6", 'max_stations = 6\nobjective = "p_median"')
    assert "'p_median' is not an objective of this version; known: coverage" in faults(spoiled)[0]


def test_missing_file_is_named(spoiled):
    (spoiled.folder / "survey.csv").unlink()
    assert faults(spoiled)[0].startswith("study.toml [inputs.survey]: survey.csv does not exist")


def test_not_toml(spoiled):
    spoiled.toml.write_text("[study\nname=", encoding="utf-8")
    assert "is not valid TOML" in faults(spoiled)[0]


def test_no_such_study(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_study(tmp_path / "nowhere.toml")


def test_period_shares_must_sum_to_one(spoiled):
    spoiled.setting("night = 0.15", "night = 0.25")
    assert "period_share must sum to 1" in faults(spoiled)[0]


def test_need_share_without_survey(spoiled):
    spoiled.setting('survey = {path = "survey.csv", simulated = true}\n', "")
    assert "demand.need_share is below 1 but there is no survey" in faults(spoiled)[0]


def test_settings_on_visits_without_transactions(spoiled):
    spoiled.setting("max_stations = 6", "max_stations = 6\nvisits_floor = 1.0\nmin_visits_new = 300")
    said = "visits are predicted from inputs.usage: give it, or no policy.visits_floor, policy.min_visits_new"
    assert said in faults(spoiled)[0]


def test_streets_or_travel_not_both(spoiled):
    spoiled.setting("[demand]", 'travel = "x.csv"\n[demand]')
    assert "give streets or a travel table, not both" in faults(spoiled)[0]


@pytest.mark.parametrize("text", ["8:00-20:00", "08:00", "25:00-26:00", "08:00-08:00", "08:60-09:00", "24:30-01:00"])
def test_bad_periods(text):
    with pytest.raises(ValueError, match="is not a period"):
        parse_period(text)


def test_periods():
    assert parse_period("00:00-24:00") == (0, 1440)
    assert parse_period("20:00-08:00") == (1200, 480)


def test_a_byte_order_mark_is_no_fault(spoiled):
    spoiled.toml.write_text(spoiled.toml.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert read_study(spoiled.folder).study.name == "Toy town"


def test_an_amount_beyond_any_budget(spoiled):
    spoiled.setting("capital = 150000", "capital = 1e30")
    (fault,) = faults(spoiled)
    assert fault.startswith(
        "study.toml [budget.capital]: is beyond any budget; leave the key out for no limit (got 1E+30)"
    )


def test_a_threshold_beyond_a_day(spoiled):
    spoiled.setting("threshold_min = 5.0", "threshold_min = 1e9")
    assert "travel.threshold_min]: is above 240 minutes; are these seconds? (got 1E+9)" in faults(spoiled)[0]
