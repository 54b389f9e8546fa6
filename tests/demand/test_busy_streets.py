"""Counters that see the same people, and counters that stand where many pass: by hand, by formula, by simulation."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import special

from placement.demand import fill_counters, interpolate_footfall, spread_footfall
from placement.demand.fit.kriging import TREND_MEAN, TREND_VARIANCE, fit_kriging, leave_one_out
from placement.demand.same_street import street_shares
from placement.errors import InputError
from placement.streets import Streets

CRS = "EPSG:32650"


def at(xy, ids="C", **columns):
    names = [f"{ids}{i}" for i in range(len(xy))]
    return gpd.GeoDataFrame(columns, index=names, geometry=gpd.points_from_xy(*np.transpose(xy)), crs=CRS)


def test_two_counters_ten_metres_apart_count_one_street():
    counters = at([(0, 0), (10, 0), (400, 0)], people_per_day=[5000.0, 5000.0, 700.0])
    points = at([(0, 20), (60, 0), (390, 0)], "D")
    footfall = spread_footfall(counters, points)
    assert footfall.counters["counted"].tolist() == [0.5, 0.5, 1.0]
    assert footfall.points["people_per_day"].sum() == pytest.approx(5700)


def test_overlap_falls_evenly_from_25_to_100_metres():
    assert street_shares(at([(0, 0), (62.5, 0)])).tolist() == pytest.approx([1 / 1.5, 1 / 1.5])
    assert street_shares(at([(0, 0), (100, 0)])).tolist() == [1.0, 1.0]
    # The middle of three sees both others, which do not see each other.
    assert street_shares(at([(0, 0), (60, 0), (120, 0)])).tolist() == pytest.approx(
        [1 / (1 + 40 / 75), 1 / (1 + 80 / 75), 1 / (1 + 40 / 75)]
    )
    assert street_shares(at([(0, 0)])).tolist() == [1.0]


def test_counters_of_one_way_each_add_up():
    counters = at([(0, 0), (10, 0), (10, 5)], direction=["north", "south", ""])
    assert street_shares(counters).tolist() == pytest.approx([0.5, 0.5, 1 / 3])


def test_the_next_street_is_another_street():
    """Two parallel streets 20 m apart that meet far away: straight lines see one street, the network two."""
    nodes = pd.DataFrame({"node_id": ["a", "b", "c", "d"], "x": [0, 600, 600, 0], "y": [0, 0, 20, 20]})
    edges = pd.DataFrame({"u": ["a", "b", "c"], "v": ["b", "c", "d"], "length_m": [600.0, 20.0, 600.0]})
    streets = Streets.from_tables(nodes, edges, crs=CRS)
    counters = at([(100, 0), (100, 20), (110, 0)])
    assert street_shares(counters).tolist() == pytest.approx([1 / 3] * 3)
    assert street_shares(counters, streets).tolist() == pytest.approx([0.5, 1.0, 0.5])


def ranked_field(rng, slope, chosen, *, sited=1.0, number=500):
    """A town of places with a class each, sited by their people: places, ranks, logs, counters, other places."""
    xy = rng.uniform(0, 6000, (number, 2))
    rank = rng.choice([1.0, 2.0, 3.0, 4.0], number, p=[0.6, 0.2, 0.12, 0.08])
    apart = np.linalg.norm(xy[:, None] - xy, axis=2)
    root = np.linalg.cholesky(0.25 * np.exp(-apart / 600) + 1e-9 * np.eye(number))
    logs = 6 + slope * rank + root @ rng.normal(size=number) + rng.normal(0, 0.3, number)
    weight = np.exp(sited * logs)
    counters = rng.choice(number, chosen, replace=False, p=weight / weight.sum())
    return xy, rank, logs, counters, rng.choice(np.setdiff1d(np.arange(number), counters), 150, replace=False)


@pytest.mark.parametrize(("slope", "chosen"), [(0.45, 20), (0.45, 40), (0.9, 20)])
def test_places_without_counters_do_not_inherit_the_level_of_busy_streets(slope, chosen):
    ratios, plain, held = [], [], []
    for seed in range(12):
        xy, rank, logs, here, there = ranked_field(np.random.default_rng(seed), slope, chosen)
        middle, most = logs[here].mean(), np.exp(logs[here].max())
        fitted = fit_kriging(xy[here], logs[here] - middle, rank[here], sited_high=True)
        centre, sd = fitted.predict(xy[there], rank[there])
        truth = np.exp(logs[there]).sum()
        ratios.append(np.minimum(np.exp(centre + middle + sd**2 / 2), most).sum() / truth)
        reach = special.stdtrit(chosen - 1, 0.95) * sd
        held.append((np.abs(logs[there] - centre - middle) < reach).mean())
        bare = fit_kriging(xy[here], logs[here] - middle)
        centre, sd = bare.predict(xy[there])
        plain.append(np.minimum(np.exp(centre + middle + sd**2 / 2), most).sum() / truth)
    assert np.mean(plain) > 1.5
    assert 0.8 < np.mean(ratios) < 1.2
    assert np.mean(held) >= 0.85


def test_the_trend_is_generalised_least_squares_with_a_prior():
    """The formula of one inverse, against a system with the slope written out."""
    rng = np.random.default_rng(1)
    here, rank = rng.uniform(0, 1000, (9, 2)), rng.integers(0, 5, 9).astype(float)
    values = rng.normal(size=9) + 0.6 * rank
    fitted = fit_kriging(here, values, rank)
    apart = rank - rank.mean()
    metres = np.linalg.norm(here[:, None] - here, axis=2)
    field = (1 - fitted.nugget_share) * np.exp(-metres / fitted.range_m)
    np.fill_diagonal(field, 1.0)
    # Unknowns: mean (flat) and slope (normal around its mean), by their joint normal equations.
    lines, inner = np.column_stack([np.ones(9), apart]), np.linalg.inv(field)
    equations = lines.T @ inner @ lines + np.diag([0, 1 / TREND_VARIANCE])
    mean, slope = np.linalg.solve(equations, lines.T @ inner @ values + [0, TREND_MEAN / TREND_VARIANCE])
    there, new = np.array([[5000.0, 5000.0], here[0]]), np.array([4.0, 1.0])
    cross = (1 - fitted.nugget_share) * np.exp(-np.linalg.norm(there[:, None] - here, axis=2) / fitted.range_m)
    expected = mean + slope * (new - rank.mean()) + cross @ inner @ (values - lines @ [mean, slope])
    assert fitted.predict(there, new)[0] == pytest.approx(expected)
    assert fitted.predict(there, new)[1] == pytest.approx(np.sqrt(np.diag(fitted.error_covariance(there, new))))


def test_leaving_out_a_counter_keeps_the_trend():
    """On a square of nine, ranges to choose from do not change with a counter less."""
    rng = np.random.default_rng(3)
    here = np.array([(100.0 * i, 100.0 * j) for i in range(3) for j in range(3)])
    rank = rng.integers(0, 5, 9).astype(float)
    values = rng.normal(size=9) + 0.6 * rank
    centre, sd = leave_one_out(here, values, rank)
    for place in range(9):
        others = np.arange(9) != place
        alone = fit_kriging(here[others], values[others], rank[others])
        predicted = [part[0] for part in alone.predict(here[[place]], rank[[place]])]
        assert (centre[place], sd[place]) == pytest.approx(tuple(predicted), rel=1e-6)


def main_street(kinds=("primary", "residential")):
    """A main street from west to east and ten side streets, as streets with classes."""
    xs = np.arange(0, 2200, 200.0)
    names = [f"m{i}" for i in range(11)] + [f"s{i}" for i in range(11)]
    nodes = pd.DataFrame(
        {"node_id": names, "x": np.concatenate([xs, xs]), "y": np.concatenate([0 * xs, 0 * xs + 1500])}
    )
    main = [(f"m{i}", f"m{i + 1}", 200.0, kinds[0]) for i in range(10)]
    side = [(f"m{i}", f"s{i}", 1500.0, kinds[1]) for i in range(11)]
    edges = pd.DataFrame([*main, *side], columns=["u", "v", "length_m", "highway"])
    return Streets.from_tables(nodes, edges, crs=CRS)


def test_virtual_counters_in_side_streets_are_quieter_than_the_main_street():
    counters = at(
        [(x, 5) for x in (100, 500, 900, 1300, 1700)], people_per_day=[8000.0, 9000.0, 10000.0, 9000.0, 8500.0]
    )
    points = at([(200 * i + 3, y) for i in range(11) for y in (800, 1400)], "D")
    without = fill_counters(counters, points).counters
    filled = fill_counters(counters, points, streets=main_street())
    with_classes = filled.counters
    virtual = with_classes["interpolated"].to_numpy(dtype=bool)
    assert filled.sited_busy
    assert "expected lower" in filled.note
    assert with_classes.loc[virtual, "people_per_day"].max() < 0.5 * without.loc[virtual, "people_per_day"].min()
    fair = fill_counters(counters, points, streets=main_street(), siting="anywhere").counters
    assert (with_classes.loc[virtual, "people_per_day"] < fair.loc[virtual, "people_per_day"]).all()
    assert (fair.loc[virtual, "people_per_day"] < without.loc[virtual, "people_per_day"]).all()
    untold = fill_counters(counters, points, streets=main_street(("", ""))).counters
    assert untold["people_per_day"].tolist() == without["people_per_day"].tolist()


def test_an_unknown_siting_is_named():
    counters = at([(0, 0), (50, 0), (0, 50), (50, 50)], people_per_day=[1.0, 2.0, 3.0, 4.0])
    with pytest.raises(InputError, match="siting is 'quiet' -> known: auto, anywhere, busy"):
        interpolate_footfall(counters, counters, siting="quiet")
