"""Visits learnt from transactions: towns of known truth, when to speak, one number whatever the order, bad input."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from placement.demand import fit_usage
from placement.demand.fit.transactions import station_totals
from placement.errors import AlignmentError, InputError
from placement.travel import TravelTimes
from tests.demand.cities import TRUTH, simulated_city
from tests.demand.use_towns import WORLDS, town
from tests.there import there


def fit(found, **how):
    return fit_usage(found.transactions, found.times, found.need, found.sites, **how)


def test_outages_and_seasons_are_exposure():
    months = ["2025-04", "2025-06"]
    table = pd.DataFrame(
        {
            "site_id": ["a", "a", "b", "b", "c"],
            "month": [*months, *months, "2025-06"],
            "transactions": [100, 200, 40, 60, 30],
            "outage_hours": [0.0, 0.0, 0.0, 180.0, 0.0],
        }
    )
    totals = station_totals(table, pd.DataFrame(index=list("abc")))
    # b lost a quarter of June (720 hours): 60 / 0.75 = 80, June is twice April everywhere.
    assert totals.season.tolist() == pytest.approx([2 / 3, 4 / 3], rel=1e-8)
    assert (totals.visits / totals.exposure).tolist() == pytest.approx([150, 60, 22.5], rel=1e-8)
    # Months are as level and season say: nothing above Poisson's variance.
    assert totals.log_sd.tolist() == pytest.approx([300**-0.5, 100**-0.5, 30**-0.5], rel=1e-3)


def test_the_error_of_a_record_is_found():
    rng = np.random.default_rng(0)
    months = [str(month) for month in pd.period_range("2025-01", periods=12, freq="M")]
    ids = [f"S{number}" for number in range(60)]
    level = rng.uniform(50, 900, 60)
    counts = rng.poisson(level[:, None] * rng.gamma(1 / 0.04, 0.04, (60, 12)))
    table = pd.DataFrame({"site_id": np.repeat(ids, 12), "month": months * 60, "transactions": counts.ravel()})
    totals = station_totals(table, pd.DataFrame(index=ids))
    assert totals.log_sd == pytest.approx(np.sqrt(1 / (12 * level) + 0.04 / 12), rel=0.12)
    off = np.log(totals.visits / totals.exposure / level) / totals.log_sd
    assert 0.85 < off.std() < 1.15


DRAWN = [(world, seed) for world in WORLDS for seed in (1, 2) if (world, seed) != ("around", 2)]


@pytest.fixture(scope="module")
def towns():
    return {(world, seed): (found := town(seed, world, 40), fit(found)) for world, seed in DRAWN}


def test_unbuilt_sites_are_predicted_where_there_is_something_to_see(towns):
    """60 candidates a town: far better than the mean where people choose among stations, no worse where none do."""
    better: dict[str, list[float]] = {}
    held = []
    for (world, _), (found, usage) in towns.items():
        true = np.log(found.visits(found.standing))[~found.standing]
        seen = np.log(found.visits(found.standing))[found.standing]
        table = usage.sites[~found.standing]
        middle = 0.5 * (np.log(table["low"]) + np.log(table["high"])).to_numpy()
        ratio = np.sqrt(np.mean((middle - true) ** 2) / np.mean((seen.mean() - true) ** 2))
        better.setdefault(world, []).append(ratio)
        held.append(np.mean((table["low"] < np.exp(true)) & (np.exp(true) < table["high"])))
    assert max(better["huff"]) < 0.6
    assert max(better["misstated"]) < 0.8
    assert max(better["around"]) < 1.0
    assert max(better["noise"]) < 1.05
    assert 0.85 <= np.mean(held) <= 0.97


def test_noise_is_refused_and_signal_is_not(towns):
    for (world, _), (_, usage) in towns.items():
        evidence = usage.evidence
        if world == "noise":
            assert evidence.verdict == "not predictable"
            assert evidence.log_bayes_factor <= 0
            assert usage.capture is None
            assert evidence.lines()[0].startswith("not predictable from these data: one level for each host kind")
            unbuilt = usage.sites[usage.sites["basis"] != "own record"]
            assert np.ptp(unbuilt["visits"].to_numpy()) < 1e-9 * unbuilt["visits"].iloc[0]
            with pytest.raises(InputError, match="not predictable from these data"):
                next(usage.draws(1))
            with pytest.raises(InputError, match="not predictable from these data"):
                usage.predict(["S000"])
        elif world != "around":
            assert evidence.predicts
            assert evidence.why() == ""
            scores = usage.scores["rmse_log"]
            assert scores["model", "block"] < 0.8 * min(scores["constant", "block"], scores["nearest", "block"])


def test_changes_between_plans_are_held(towns):
    """Opened, closed, moved: paired draws hold the true change of the whole network, and are of its size."""
    held, errors, spread, width = [], [], [], []
    for (world, seed), (found, usage) in towns.items():
        if world not in {"huff", "misstated"}:
            continue
        plans = found.plans(np.random.default_rng(seed))
        capture, today = usage.capture, found.standing
        true, somewhere = found.changes(plans), np.any(plans, axis=0) | today
        expected = np.array([capture.total(plan) / capture.total(today) - 1 for plan in plans])
        drawn = [
            [each.total(plan) / each.total(today) - 1 for plan in plans] for each in usage.draws(60, among=somewhere)
        ]
        low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
        held += list((low <= true) & (true <= high))
        errors += list(expected - true)
        spread += list(true)
        width += list(high - low)
    assert np.mean(held) >= 0.87
    assert np.std(errors) < 0.75 * np.std(spread)
    assert np.mean(width) < 0.15


def test_one_number_for_plan_table_and_headline(towns):
    found, usage = towns["huff", 1]
    today, capture = found.standing, usage.capture
    table = usage.sites
    np.testing.assert_allclose(capture.visits(today)[today], table["visits"][today], rtol=1e-6)
    plan = today.copy()
    plan[[1, 2, 50, 60]] = ~plan[[1, 2, 50, 60]]
    ids = found.sites.index[plan]
    predicted = usage.predict(list(ids), draws=40)
    np.testing.assert_allclose(predicted["visits"], capture.visits(plan)[plan], rtol=1e-12)
    assert ((predicted["low"] < predicted["visits"]) & (predicted["visits"] < predicted["high"])).mean() > 0.95
    own = table.loc[ids, "basis"] == "own record"
    wide = predicted["high"] / predicted["low"]
    assert wide[own].max() < wide[~own].min()


def test_row_order_changes_nothing():
    found = town(3, "huff", 15, candidates=10)
    usage = fit(found)
    rng = np.random.default_rng(0)
    points, places = rng.permutation(len(found.need)), rng.permutation(len(found.sites))
    times = TravelTimes(
        point_ids=found.times.point_ids[points], site_ids=found.times.site_ids[places],
        matrix=sparse.csr_array(found.times.matrix.tocsr()[points][:, places]), unit="ms", cutoff_s=2100.0, mode="x",
    )  # fmt: skip
    other = fit_usage(
        found.transactions.sample(frac=1, random_state=1), times, found.need.sample(frac=1, random_state=2),
        found.sites.iloc[rng.permutation(len(found.sites))],
    )  # fmt: skip
    pd.testing.assert_frame_equal(other.parameters, usage.parameters, rtol=0, atol=0)
    pd.testing.assert_frame_equal(other.sites.loc[usage.sites.index], usage.sites, rtol=0, atol=0)
    pd.testing.assert_frame_equal(other.scores, usage.scores, rtol=0, atol=0)
    assert other.evidence.lines() == usage.evidence.lines()
    one, two = there(usage.capture), there(other.capture)
    order = two.site_ids.get_indexer(one.site_ids)
    assert (two.pull[:, order] != one.pull).nnz == 0
    assert (two.door[order] == one.door).all()
    pair = zip(usage.draws(3, 1), other.draws(3, 1), strict=True)
    assert all((a.pull != b.pull[:, order]).nnz == 0 and (a.mass == b.mass).all() for a, b in pair)


def test_leaving_one_out_does_not_see_its_transactions():
    found = town(5, "huff", 20)
    changed = found.transactions.copy()
    # All months alike: the season does not move.
    changed.loc[changed["site_id"] == "S004", "transactions"] *= 3
    before, after = (
        fit_usage(each, found.times, found.need, found.sites).leave_one_out.loc["S004"]
        for each in (found.transactions, changed)
    )
    assert after["observed"] == pytest.approx(3 * before["observed"], rel=0.02)
    assert after[["model", "constant", "nearest"]].tolist() == pytest.approx(
        before[["model", "constant", "nearest"]].tolist(), rel=0.02
    )


def test_few_stations_are_refused():
    found = town(1, "huff", 30)
    few = found.transactions[found.transactions["site_id"] < "S007"]
    usage = fit_usage(few, found.times, found.need, found.sites)
    assert usage.capture is None
    assert usage.evidence.why() == "not predictable from these data: 7 stations with transactions, 8 are the least"
    assert len(usage.unobserved) == 23
    fewer = found.transactions[found.transactions["site_id"] < "S002"]
    with pytest.raises(InputError, match="2 stations with transactions tell nothing of others"):
        fit_usage(fewer, found.times, found.need, found.sites)


def test_hosts_are_told_apart_and_unseen_ones_named():
    """Attractions of 0.6 and 1.8; a kind that no station has is a wide guess, not one of the others."""
    ratios = []
    for seed in range(4):
        transactions, times, need, stations, _ = simulated_city(seed, stations=60, points=200, station_sd=0.1)
        sites = stations.assign(existing=np.arange(60) < 54)
        known = transactions[transactions["site_id"].isin(stations.index[:54])]
        sites.loc["S59", "host"] = "airport"
        usage = fit_usage(known, times, need["residents"] + need["passers"] * 0.0625, sites)
        found = usage.parameters["estimate"]
        ratios.append([found[f"attraction_{host}"] / found["attraction_bank"] for host in ("community", "mall")])
        assert usage.evidence.unseen_hosts == ("airport",)
        assert "no station of these host kinds has transactions: airport" in usage.evidence.lines()
        assert usage.hosts == ("bank", "community", "mall")
        table = usage.sites
        assert table.loc["S59", "basis"] == "no station of its kind"
        assert table.loc["S58", "basis"] == "stations of its kind"
        wide = table["high"] / table["low"]
        assert wide["S59"] > 2 * wide["S58"]
    truth = [TRUTH["attraction_community"], TRUTH["attraction_mall"]]
    assert np.mean(ratios, axis=0) == pytest.approx(truth, rel=0.25)


def test_a_covariate_that_matters_is_used():
    found = town(4, "noise", 40)
    rng = np.random.default_rng(1)
    hours = rng.uniform(2.0, 4.0, len(found.sites))
    scale = found.sites.index.to_series().map(dict(zip(found.sites.index, np.exp(hours - 3), strict=True)))
    counts = found.transactions.assign(
        transactions=(found.transactions["transactions"] * found.transactions["site_id"].map(scale)).round()
    )
    sites = found.sites.assign(log_hours=hours, nothing=7.0)
    usage = fit_usage(counts, found.times, found.need, sites, covariates=["log_hours", "nothing"])
    plain = fit_usage(counts, found.times, found.need, sites)
    assert usage.evidence.log_bayes_factor > plain.evidence.log_bayes_factor + 2
    errors = [each.scores.loc[("model", "station"), "rmse_log"] for each in (usage, plain)]
    assert errors[0] < 0.95 * errors[1]
    with pytest.raises(InputError, match="column floor is missing"):
        fit_usage(counts, found.times, found.need, sites, covariates=["floor"])
    sites.loc["S003", "log_hours"] = np.nan
    with pytest.raises(InputError, match=r"sites \[S003\]: log_hours is nan"):
        fit_usage(counts, found.times, found.need, sites, covariates=["log_hours"])


def test_people_at_the_door_are_told_from_people_around():
    """Passers-by make 40 % of the visits: the share at the door is found, and level is told without them."""
    found = town(6, "huff", 40)
    rng = np.random.default_rng(2)
    passing = pd.Series(rng.gamma(1, 40_000, len(found.sites)), index=found.sites.index)
    seen = found.visits(found.standing)[found.standing]
    rate = seen.mean() * 0.4 / 0.6 / passing[found.standing].mean()
    months = found.transactions["month"].unique()
    counts = rng.poisson(np.repeat(seen + rate * passing[found.standing].to_numpy(), len(months)))
    usage = fit_usage(
        found.transactions.assign(transactions=counts), found.times, found.need, found.sites, passing=passing
    )
    assert usage.parameters.loc["door_share", "low"] <= 0.4 <= usage.parameters.loc["door_share", "high"] + 0.1
    near = found.need.to_numpy()[(found.minutes[:, found.standing] <= 15).any(axis=1)].sum()
    level = usage.level
    assert level.expected == pytest.approx(near)
    assert level.seen == pytest.approx(seen.sum(), rel=0.25)
    assert level.low < level.factor < level.high
    assert level.line() in usage.evidence.lines()
    with pytest.raises(AlignmentError, match="lacks S000"):
        fit(found, passing=passing.drop("S000"))


def test_what_is_assumed_is_called_so():
    """In noise the decay is the prior's; where people choose by distance it is not."""
    found = town(2, "misstated", 90, candidates=5)
    usage = fit(found)
    assert not usage.evidence.decay_assumed
    lines = fit(town(9, "around", 15)).evidence
    assert lines.competition_assumed
    told = "how much a new station takes from others is assumed, not measured"
    assert (told in lines.lines()) == (lines.verdict != "not predictable")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"transactions": -1}, r"usage \[0\]: transactions is -1"),
        ({"month": "2025-13"}, r"usage \[0\]: month is 2025-13"),
        ({"outage_hours": 800.0}, r"usage \[S0/2025-01\]: outage of 800 hours exceeds"),
        ({"month": "2025-02"}, r"usage \[S0/2025-02\]: stands in more than one row"),
    ],
)
def test_bad_transactions_are_named(change, message):
    transactions, times, need, stations, _ = simulated_city(0, stations=12, points=30)
    for column, value in change.items():
        transactions.loc[0, column] = value
    with pytest.raises(InputError, match=message):
        fit_usage(transactions, times, need, stations)


def test_ids_must_fit():
    transactions, times, need, stations, _ = simulated_city(0, stations=12, points=30)
    with pytest.raises(AlignmentError, match=r"usage \[S11\]: site S11 is not in stations .*did you mean S1"):
        fit_usage(transactions, times, need, stations.drop("S11"))
    with pytest.raises(AlignmentError, match=r"missing: D3; without times: "):
        fit_usage(transactions, times, need.drop("D3"), stations)
    with pytest.raises(AlignmentError, match="have no travel times: new"):
        fit_usage(transactions, times, need, pd.concat([stations, pd.DataFrame({"host": ["bank"]}, index=["new"])]))
    with pytest.raises(InputError, match=r"need \[D0\]: residents is -1"):
        fit_usage(transactions, times, need.assign(residents=-1.0), stations)
    with pytest.raises(InputError, match="no station has transactions"):
        fit_usage(transactions.assign(transactions=0), times, need, stations)
    found = town(1, "huff", 20, candidates=2)
    usage = fit(found)
    with pytest.raises(InputError, match="are no sites of the fit: S99"):
        usage.predict(["S000", "S99"])
    with pytest.raises(AlignmentError, match="is no mask of 22 sites"):
        next(usage.draws(1, among=np.ones(3, dtype=bool)))


def test_station_out_of_reach_is_named():
    transactions, times, need, stations, _ = simulated_city(0, stations=12, points=30)
    cut = times.matrix.tolil()
    cut[:, 3] = 0
    lone = TravelTimes(
        point_ids=times.point_ids, site_ids=times.site_ids, matrix=sparse.csr_array(cut), unit="ms", mode="x"
    )
    with pytest.raises(InputError, match=r"stations \[S3\]: no need lies within reach"):
        fit_usage(transactions, lone, need, stations)
