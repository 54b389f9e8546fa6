"""Usage calibration: the likelihood against statsmodels and scipy, shares by hand, bad input by name."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from placement.demand.fit.huff import Pairs, nb_log_likelihood
from scipy import optimize, sparse, stats

from placement.demand import fit_usage
from placement.demand.fit.transactions import station_totals
from placement.errors import AlignmentError, InputError
from placement.travel import TravelTimes
from tests.demand.cities import TRUTH, simulated_city


def pairs(outside=False, minutes=((0.0, 10.0), (10.0, 0.0)), need=((60.0,), (30.0,)), host=(0, 1)):
    matrix = np.array(minutes)
    row, column = np.nonzero(np.isfinite(matrix))
    return Pairs(
        row=row, column=column, minutes=matrix[row, column], host=np.array(host), need=np.array(need),
        n_hosts=max(host) + 1, outside=outside,
    )  # fmt: skip


def test_shares_by_hand():
    # Pull: 1 at the door of station 0; 2 at the door of station 1; exp(-10 * ln 2 / 10) = 1/2 of that from the other.
    theta = np.array([0.0, np.log(2) / 10, np.log(2)])
    mean, _ = pairs().mean(theta)
    # Point 0: pulls 1 and 2 x 1/2, half each. Point 1: pulls 1/2 and 2, a fifth and four fifths.
    assert mean == pytest.approx([30 + 6, 30 + 24])


def test_outside_option_by_hand():
    theta = np.array([np.log(0.5), np.log(2) / 10, np.log(2), np.log(2)])
    mean, _ = pairs(outside=True).mean(theta)
    # Staying pulls 2: point 0 has 1 + 1 + 2 = 4, point 1 has 1/2 + 2 + 2 = 4.5; half of all need is real.
    assert mean == pytest.approx([0.5 * (60 / 4 + 30 / 9), 0.5 * (60 / 4 + 30 * 2 / 4.5)])


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    seed=st.integers(0, 999),
    decay=st.floats(-0.5, 3),
    attraction=st.floats(-20, 20),
    outside=st.none() | st.floats(-20, 20),
)
def test_need_is_shared_out_whole(seed, decay, attraction, outside):
    """Visits and those who stay at home add up to the need of the points that reach a station, at any parameters."""
    rng = np.random.default_rng(seed)
    minutes = np.where(rng.random((12, 4)) < 0.4, rng.uniform(0, 60, (12, 4)), np.inf)
    minutes[0] = np.inf
    need = rng.gamma(1, 50, (12, 2))
    rates = np.log([0.7, 0.2])
    theta = np.concatenate([rates, [decay, attraction], [] if outside is None else [outside]])
    mean, _ = pairs(outside is not None, minutes, need, (0, 1, 0, 1)).mean(theta)
    within = (need @ np.exp(rates))[np.isfinite(minutes).any(axis=1)].sum()
    assert (mean >= 0).all()
    if outside is None:
        assert mean.sum() == pytest.approx(within, rel=1e-9)
    else:
        assert mean.sum() <= within * (1 + 1e-9)


@pytest.mark.parametrize("outside", [False, True])
def test_derivatives_equal_differences(outside):
    rng = np.random.default_rng(0)
    minutes = np.where(rng.random((30, 7)) < 0.6, rng.uniform(0, 40, (30, 7)), np.inf)
    many = pairs(outside, minutes, rng.gamma(1, 50, (30, 2)), (0, 1, 2, 0, 1, 2, 0))
    theta = np.concatenate([[0.1, -1.0, 0.12, 0.4, -0.3], [-0.5] * outside])
    jacobian = many.mean(theta)[1]
    for place in range(len(theta)):
        move = np.zeros(len(theta))
        move[place] = 1e-6
        difference = (many.mean(theta + move)[0] - many.mean(theta - move)[0]) / 2e-6
        assert jacobian[:, place] == pytest.approx(difference, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("dispersion", [0.0, 0.3])
def test_likelihood_is_scipys(dispersion):
    counts, mean = np.array([0.0, 3.0, 250.0]), np.array([0.5, 4.0, 240.0])
    size = 1 / dispersion if dispersion else None
    reference = stats.nbinom(size, size / (size + mean)) if size else stats.poisson(mean)
    assert nb_log_likelihood(counts, mean, dispersion) == pytest.approx(reference.logpmf(counts).sum())


def separate_stations(counts, months, hosts, need):
    """Every demand point reaches one station: rates by host are then a log-linear regression."""
    count = len(counts)
    ids = [f"S{j}" for j in range(count)]
    times = TravelTimes(
        point_ids=pd.Index([f"D{j}" for j in range(count)]),
        site_ids=pd.Index(ids),
        matrix=sparse.csr_array(np.diag(np.full(count, 60_000, dtype=np.int32))),
        unit="ms",
        mode="straight line",
    )
    names = [str(month) for month in pd.period_range("2025-01", periods=months, freq="M")]
    table = pd.DataFrame(
        {"site_id": np.repeat(ids, months), "month": np.tile(names, count), "transactions": np.repeat(counts, months)}
    )
    stations = pd.DataFrame({"host": hosts}, index=ids)
    return table, times, pd.DataFrame({"a": need, "b": need[::-1]}, index=times.point_ids), stations


def test_parameters_equal_a_direct_maximisation_with_scipy():
    """Poisson: rates, decay and attractions of a city by Nelder-Mead on scipy's own likelihood."""
    transactions, times, need, stations, _ = simulated_city(3, stations=25, points=80)
    fit = fit_usage(transactions, times, need, stations, family="poisson", leave_one_out=False)
    totals = station_totals(transactions, stations)
    minutes = np.full((80, 25), np.inf)
    coo = times.seconds.tocoo()
    minutes[coo.row, coo.col] = coo.data / 60
    kinds = stations["host"].map({"bank": 0, "community": 1, "mall": 2}).to_numpy()

    def loss(theta):
        pull = np.exp(np.concatenate([[0], theta[3:]])[kinds] - theta[2] * minutes)
        share = pull / np.maximum(pull.sum(axis=1, keepdims=True), 1e-300)
        mean = totals.exposure * ((need.to_numpy() @ np.exp(theta[:2])) @ share)
        prior = ((theta[2:] - [0.1, 0, 0]) / [0.3, 1, 1]) ** 2
        return 0.5 * prior.sum() - stats.poisson(mean).logpmf(totals.visits).sum()

    names = ["rate_residents", "rate_passers", "decay_per_min", "attraction_community", "attraction_mall"]
    start = np.array([np.log(0.7), np.log(0.04), 0.12, np.log(0.7), np.log(1.5)])
    best = optimize.minimize(
        loss, start, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-8, "maxiter": 9999, "adaptive": True}
    )
    found = fit.parameters["estimate"][names].to_numpy()
    expected = np.where(np.arange(5) == 2, best.x, np.exp(best.x))
    assert found == pytest.approx(expected, rel=2e-4)


def test_standard_errors_equal_statsmodels_where_the_model_is_a_regression():
    """One station a demand point and one source: host effects vanish (no rivals), the rate is a Poisson regression."""
    rng = np.random.default_rng(5)
    need = rng.gamma(2, 50, 12)
    counts = rng.poisson(need * 0.7)
    table, times, frame, stations = separate_stations(counts, 3, ["bank"] * 12, need)
    many = Pairs(
        row=np.arange(12), column=np.arange(12), minutes=np.ones(12), host=np.zeros(12, dtype=int),
        need=frame[["a"]].to_numpy(), n_hosts=1, outside=False,
    )  # fmt: skip
    mean, jacobian = many.mean(np.array([np.log(0.7), 0.1]))
    assert mean == pytest.approx(0.7 * need)
    assert jacobian[:, 1] == pytest.approx(np.zeros(12), abs=1e-9)
    totals = station_totals(table, stations)
    glm = sm.GLM(
        totals.visits, np.ones((12, 1)), family=sm.families.Poisson(), offset=np.log(need * totals.exposure)
    ).fit()
    rate = totals.visits.sum() / (need * totals.exposure).sum()
    assert np.exp(glm.params[0]) == pytest.approx(rate, rel=1e-8)
    information = (jacobian[:, :1] ** 2 / mean[:, None] * totals.exposure[:, None]).sum() * rate / 0.7
    assert glm.bse[0] == pytest.approx(information**-0.5, rel=1e-6)
    with pytest.raises(InputError, match=r"cannot tell (rate_a, )?(rate_b, )?decay_per_min apart"):
        fit_usage(table, times, frame, stations)


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


def test_leaving_one_out_does_not_see_its_transactions():
    transactions, times, need, stations, _ = simulated_city(1, stations=20, points=60)
    fit = fit_usage(transactions, times, need, stations)
    changed = transactions.copy()
    mine = changed["site_id"] == "S4"
    # All months alike: the season does not move.
    changed.loc[mine, "transactions"] *= 3
    other = fit_usage(changed, times, need, stations)
    for method in ("calibrated", "within_15_min", "nearest"):
        assert other.leave_one_out.loc["S4", method] == pytest.approx(fit.leave_one_out.loc["S4", method], rel=0.02)
    assert other.leave_one_out.loc["S4", "observed"] == pytest.approx(
        3 * fit.leave_one_out.loc["S4", "observed"], rel=0.02
    )
    within = times.within(900).toarray()
    base = need["residents"].to_numpy() @ within
    months = fit.leave_one_out["months"].to_numpy()
    rest = np.arange(20) != 4
    visits = fit.leave_one_out["observed"].to_numpy() * months
    expected = base[4] * visits[rest].sum() / (base * months)[rest].sum()
    assert fit.leave_one_out.loc["S4", "within_15_min"] == pytest.approx(expected)


def test_predictions_of_a_new_plan():
    transactions, times, need, stations, _ = simulated_city(7, stations=45)
    old = stations.iloc[:36]
    known = transactions[transactions["site_id"].isin(old.index)]
    fit = fit_usage(known, times, need, old, leave_one_out=False)
    today = fit.predict(times, need, old)
    observed = known.groupby("site_id")["transactions"].sum().reindex(old.index) / 12
    assert today["visits"].to_numpy() == pytest.approx(observed.to_numpy(), rel=0.12)
    model = fit.predict(times, need, old, history=False)
    assert ((model["high"] / model["low"]) > 1.5 * (today["high"] / today["low"])).all()
    plan = fit.predict(times, need, stations)
    new = plan.loc[stations.index[36:]]
    old_after = plan.loc[old.index, "visits"]
    assert (old_after < today["visits"] + 1e-9).all(), "a new rival takes visits and gives none"
    assert ((new["low"] < new["visits"]) & (new["visits"] < new["high"])).all()
    assert model["visits"].sum() == pytest.approx(
        fit.predict(times, need, stations, history=False)["visits"].sum(), rel=0.02
    )


def test_stations_without_transactions_compete():
    transactions, times, need, stations, _ = simulated_city(2)
    silent = transactions[transactions["site_id"] != "S0"]
    fit = fit_usage(silent, times, need, stations, leave_one_out=False)
    assert fit.unobserved == ("S0",)
    alone = fit_usage(silent, times, need, stations.drop("S0"), leave_one_out=False)
    assert alone.parameters["estimate"].tolist() != fit.parameters["estimate"].tolist()


def test_outside_option_is_found():
    found = []
    for seed in range(6):
        transactions, times, need, stations, _ = simulated_city(
            seed, stations=60, outside=0.5, station_sd=0.05, points=300
        )
        fit = fit_usage(
            transactions,
            times,
            need[["residents"]] + need[["passers"]].to_numpy() * 0.05 / 0.8,
            stations,
            outside=True,
            leave_one_out=False,
        )
        found.append(fit.parameters["estimate"])
    median = pd.DataFrame(found).median()
    assert median["outside"] == pytest.approx(0.5, rel=0.25)
    assert median["decay_per_min"] == pytest.approx(TRUTH["decay_per_min"], rel=0.1)


def test_capture_of_passers_by_is_found():
    passing = pd.Series(np.random.default_rng(0).gamma(1, 40_000, 40), index=[f"S{j}" for j in range(40)])
    captures, decays = [], []
    for seed in range(20):
        walk_in = 0.004 * passing.to_numpy()
        transactions, times, need, stations, _ = simulated_city(seed, walk_in=walk_in)
        fit = fit_usage(transactions, times, need, stations, passing=passing, leave_one_out=False)
        captures.append(fit.parameters.loc["capture", "estimate"])
        decays.append(fit.parameters.loc["decay_per_min", "estimate"])
    assert np.mean(captures) == pytest.approx(0.004, rel=0.05)
    assert np.mean(decays) == pytest.approx(TRUTH["decay_per_min"], rel=0.05)
    busier = fit.predict(times, need, stations, passing=2 * passing, history=False)["visits"]
    usual = fit.predict(times, need, stations, passing=passing, history=False)["visits"]
    assert (busier - usual).to_numpy() == pytest.approx(captures[-1] * passing.to_numpy())
    with pytest.raises(InputError, match="passing: is missing"):
        fit.predict(times, need, stations)
    with pytest.raises(AlignmentError, match="lacks S0"):
        fit_usage(transactions, times, need, stations, passing=passing.drop("S0"))


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
    few = stations.iloc[:5]
    of_few = transactions[transactions["site_id"].isin(few.index)]
    with pytest.raises(InputError, match="5 stations with transactions cannot tell 5 parameters"):
        fit_usage(of_few, times, need, few)
    fit = fit_usage(transactions, times, need, stations, leave_one_out=False)
    with pytest.raises(InputError, match="host kinds without transactions: airport"):
        fit.predict(times, need, stations.assign(host="airport"))
    with pytest.raises(InputError, match="fitted with leave_one_out=False"):
        fit.leave_one_out  # noqa: B018


def test_station_out_of_reach_is_named():
    transactions, times, need, stations, _ = simulated_city(0, stations=12, points=30)
    cut = times.matrix.tolil()
    cut[:, 3] = 0
    lone = TravelTimes(
        point_ids=times.point_ids, site_ids=times.site_ids, matrix=sparse.csr_array(cut), unit="ms", mode="x"
    )
    with pytest.raises(InputError, match=r"stations \[S3\]: no need lies within reach"):
        fit_usage(transactions, lone, need, stations)


def test_sources_that_are_one_cannot_be_told_apart():
    transactions, times, need, stations, _ = simulated_city(0)
    twin = need.assign(passers=2 * need["residents"])
    with pytest.raises(InputError, match="cannot tell rate_residents, rate_passers apart"):
        fit_usage(transactions, times, twin, stations, leave_one_out=False)
