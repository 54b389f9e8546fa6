"""Verdicts on stations: simulated networks that depart from what is assumed, and each rule by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from placement.demand.performance import PerformanceRules, StationLog, judge_stations
from placement.demand.performance.log import STOOD_BEFORE
from placement.demand.performance.ratios import likely_enough, ratios_of
from placement.errors import InputError
from tests.demand.networks import Town, network, score
from tests.effort import cases

SEEDS = range(cases(300))


def judged(log, expected, error):
    return judge_stations(log, expected, error=error).found


@pytest.mark.parametrize(
    ("town", "asked"),
    [
        (Town(months=12), {"idle": (0.10, 0.85), "overloaded": (0.15, 0.75), "faulty": (0.12, 0.80)}),
        (Town(months=18), {"idle": (0.10, 0.90), "overloaded": (0.15, 0.85), "faulty": (0.12, 0.90)}),
        (Town(error=0.45), {"overloaded": (0.20, 0.0)}),
    ],
    ids=["12 months", "18 months", "weak predictions"],
)
def test_few_are_wrong_among_those_called_and_few_are_missed(town, asked):
    """Share of false ones, and share found, by class, over the simulated networks; 0.03 for the sample's own noise."""
    noise = 0.03 if len(SEEDS) < 300 else 0.005
    found = score(town, SEEDS, judged)
    for name, (false, power) in asked.items():
        assert found.loc[name, "false"] <= false + noise, found
        assert found.loc[name, "power"] >= power - noise, found


def test_networks_in_order_are_left_alone():
    found = score(Town(idle=0, overloaded=0, faulty=0), SEEDS, judged)
    assert found["flagged"].sum() <= 0.01


def test_a_plain_ratio_is_worse():
    """What it replaces: visits over expected visits below 0.5 and above 1.5, a month of zero is faulty."""

    def plain(log, expected, _error):
        ratio = log.counts.sum(axis=1) / (expected * log.live.sum(axis=1).clip(1))
        ratio /= np.median(ratio)
        found = np.where(ratio < 0.5, "idle", np.where(ratio > 1.5, "overloaded", "normal")).astype(object)
        found[((log.counts == 0) & log.live).any(axis=1)] = "faulty"
        return found

    found = score(Town(), range(20), plain)
    assert found.loc["overloaded", "false"] > 0.3
    assert found.loc["faulty", "power"] < 0.2


def steady(months=12, stations=10, level=100):
    """Return a log in which every station sees `level` in each month, and what is expected of it: as much."""
    rows = [
        {"site_id": f"S{at}", "month": str(month), "transactions": level}
        for at in range(stations)
        for month in pd.period_range("2024-01", periods=months, freq="M")
    ]
    table = pd.DataFrame(rows)
    sites = pd.DataFrame(index=pd.Index([f"S{at}" for at in range(stations)], name="site_id"))
    return table, sites, np.full(stations, float(level))


def test_one_of_each_kind_by_hand():
    """Nine as expected; S1 sees a fifth, S2 three times as much, S3 nothing in two months of twelve."""
    table, sites, expected = steady(stations=12)
    of = table["site_id"]
    table.loc[of == "S1", "transactions"] = 20
    table.loc[of == "S2", "transactions"] = 300
    table.loc[(of == "S3") & table["month"].isin(["2024-05", "2024-06"]), "transactions"] = 0
    log = StationLog.of(table, sites)
    verdicts = judge_stations(log, expected)
    found = dict(zip(log.ids, verdicts.found, strict=True))
    assert {name: found.pop(name) for name in ("S1", "S2", "S3")} == {
        "S1": "idle", "S2": "overloaded", "S3": "faulty",
    }  # fmt: skip
    assert set(found.values()) == {"normal"}
    down = verdicts.down[list(log.ids).index("S3")]
    assert [month for month, is_down in zip(log.months, down, strict=True) if is_down] == ["2024-05", "2024-06"]
    at = list(log.ids).index("S1")
    assert verdicts.low[at] < 0.2 < verdicts.high[at] < 0.5
    assert verdicts.idle[at] > 0.99
    # The two months leave its level alone: it sees 100 a month when it works.
    assert verdicts.own[list(log.ids).index("S3")] == pytest.approx(np.full(12, 100.0), rel=0.05)


def test_its_own_log_never_finds_a_station_idle():
    """Why expectations must not know the station's own record."""
    table, sites, expected = steady(stations=12)
    table.loc[table["site_id"] == "S1", "transactions"] = 20
    log = StationLog.of(table, sites)
    expected[list(log.ids).index("S1")] = 20.0
    assert "idle" not in judge_stations(log, expected).found


def test_months_out_of_service_are_no_fault_of_the_station():
    """Half of the hours of each month out of order, half of the visits: nothing is wrong with who comes."""
    table, sites, expected = steady(stations=12)
    hours = pd.PeriodIndex(table["month"], freq="M").days_in_month * 24
    half = table["site_id"] == "S4"
    table["outage_hours"] = np.where(half, hours / 2, 0.0)
    table.loc[half, "transactions"] = 50
    log = StationLog.of(table, sites)
    verdicts = judge_stations(log, expected)
    assert set(verdicts.found) == {"normal"}
    assert verdicts.ratio[list(log.ids).index("S4")] == pytest.approx(1.0, abs=0.05)


def test_a_full_machine_is_overloaded_though_it_sees_what_was_expected():
    table, sites, expected = steady(stations=10)
    log = StationLog.of(table, sites)
    capacity = np.full(10, 1000.0)
    capacity[3] = 120.0
    found = judge_stations(log, expected, capacity=capacity).found
    assert [name for name, word in zip(log.ids, found, strict=True) if word == "overloaded"] == ["S3"]


def test_new_stations_short_logs_and_few_stations_get_no_verdict():
    table, sites, expected = steady(stations=10)
    young = (table["site_id"] == "S5") & (table["month"] < "2024-07")
    log = StationLog.of(table[~young], sites)
    # Six months on record, four of which are left out, and three would be needed.
    assert log.age[5].max() == 5
    assert (log.age[4] == STOOD_BEFORE).all()
    found = judge_stations(log, expected).found
    assert (found[5], set(found[:5])) == ("too new to tell", {"normal"})
    told = StationLog.of(table[~young], sites, opened={"S5": "2020-01"})
    assert judge_stations(told, expected).found[5] == "normal"
    short = StationLog.of(table[table["month"] < "2024-06"], sites)
    assert set(judge_stations(short, expected).found) == {"no verdict"}
    few = table["site_id"].isin(["S0", "S1", "S2"])
    assert set(judge_stations(StationLog.of(table[few], sites), expected[:3]).found) == {"no verdict"}
    unknown = np.where(np.arange(10) == 2, np.nan, expected)
    assert judge_stations(StationLog.of(table, sites), unknown).found[2] == "no verdict"


def test_the_mixture_draws_unsure_stations_towards_the_others():
    """One that seems to see a third, by a month or two, is less surely idle than one that is known to."""
    logs = np.concatenate([np.random.default_rng(1).normal(0, 0.2, 40), [np.log(1 / 3), np.log(1 / 3)]])
    errors = np.concatenate([np.full(40, 0.05), [0.05, 0.8]])
    found = ratios_of(logs, errors)
    sure, unsure = found.below(0.5)[-2:]
    assert sure > 0.95 > 0.6 > unsure
    low, middle, high = (found.quantile(tail)[-1] for tail in (0.05, 0.5, 0.95))
    assert 1 / 3 < middle < high
    assert low < middle
    assert found.below(middle)[-1] == pytest.approx(0.5, abs=1e-6)


def test_chosen_while_the_mean_chance_of_being_wrong_stays_small():
    # 0.01, then (0.01 + 0.15) / 2 = 0.08, then (0.01 + 0.15 + 0.3) / 3 = 0.153.
    assert likely_enough(np.array([0.85, 0.99, 0.7]), 0.10).tolist() == [True, True, False]
    assert likely_enough(np.array([0.4]), 0.9).tolist() == [False]


def test_rules_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="idle_below"):
        PerformanceRules(idle_below=-1)
    with pytest.raises(InputError, match="lie below 1"):
        PerformanceRules(overloaded_above=0.9)


def test_the_order_of_rows_means_nothing():
    log, expected, _ = network(Town(months=12), 3)
    station, month = np.nonzero(log.live)
    table = pd.DataFrame(
        {
            "site_id": log.ids[station],
            "month": np.array(log.months)[month],
            "transactions": log.counts[station, month].astype(int),
        }
    )
    sites = pd.DataFrame(index=log.ids)
    one, other = (StationLog.of(each, sites) for each in (table, table.sample(frac=1, random_state=1)))
    assert (one.counts == other.counts).all()
    assert judge_stations(one, expected).found == judge_stations(other, expected).found
