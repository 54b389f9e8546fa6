"""Virtual counters: kriging and leave-one-out against dense systems, the lattice by rule, totals, joint draws."""

import dataclasses

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg, stats
from scipy.spatial import distance

from placement.demand import estimate_demand, fill_counters, interpolate_footfall, spread_footfall
from placement.errors import AlignmentError, CrsError, InputError
from tests.effort import cases
from tests.there import there

CRS = "EPSG:32650"
NUGGETS = (0.001, 0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.0)


def frame(xy, prefix="C", **columns):
    xy = np.asarray(xy, dtype=float).reshape(-1, 2)
    ids = [f"{prefix}{number}" for number in range(len(xy))]
    return gpd.GeoDataFrame(columns, index=ids, geometry=gpd.points_from_xy(*xy.T), crs=CRS)


def town(seed, counters=14, side=3000.0):
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, side, (counters, 2))
    field = np.linalg.cholesky(np.exp(-distance.cdist(xy, xy) / 800) + 0.1 * np.eye(counters))
    people = np.exp(8 + 0.7 * field @ rng.standard_normal(counters))
    return frame(xy, people_per_day=people, night_share=rng.uniform(0.1, 0.3, counters))


def matrix(one, other, range_m, nugget, same):
    found = (1 - nugget) * np.exp(-distance.cdist(one, other) / range_m)
    if same:
        np.fill_diagonal(found, 1.0)
    return found


def dense_fit(xy, logs, ranges):
    """Return range, nugget and variance of the highest restricted likelihood, by the textbook's formula."""
    best: tuple[float, ...] = (-np.inf,)
    ones = np.ones((len(logs), 1))
    for range_m in ranges:
        for nugget in NUGGETS:
            cov = matrix(xy, xy, range_m, nugget, same=True)
            inner = ones.T @ linalg.solve(cov, ones)
            projector = linalg.inv(cov) - linalg.solve(cov, ones) @ linalg.solve(inner, ones.T) @ linalg.inv(cov)
            variance = logs @ projector @ logs / (len(logs) - 1)
            level = -0.5 * ((len(logs) - 1) * np.log(variance) + np.linalg.slogdet(cov)[1] + np.log(inner[0, 0]))
            best = max(best, (float(level), range_m, nugget, variance))
    return best[1:]


def bordered(xy, there, range_m, nugget):
    """Return the kriging weights (there, here) from the system with a Lagrange multiplier."""
    count = len(xy)
    system = np.ones((count + 1, count + 1))
    system[:count, :count] = matrix(xy, xy, range_m, nugget, same=True)
    system[count, count] = 0
    right = np.ones((count + 1, len(there)))
    right[:count] = matrix(xy, there, range_m, nugget, same=False)
    return linalg.solve(system, right)[:count].T


def grid_of_ranges(xy):
    apart = distance.pdist(xy)
    return np.geomspace(max(np.quantile(apart, 0.02) / 2, apart.max() / 1000), apart.max(), 12)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_numbers_and_joint_errors_are_those_of_a_dense_system(seed):
    counters = town(seed)
    xy, logs = counters.get_coordinates().to_numpy(), np.log(counters["people_per_day"].to_numpy())
    there = np.random.default_rng(seed + 9).uniform(0, 3000, (5, 2))
    found = interpolate_footfall(counters, frame(there, "P"))
    range_m, nugget, variance = dense_fit(xy, logs, grid_of_ranges(xy))
    assert (found.range_m, found.nugget_share) == pytest.approx((range_m, nugget))
    weights = bordered(xy, there, range_m, nugget)
    assert np.log(found.places["people_per_day"]).to_numpy() == pytest.approx(weights @ logs, abs=1e-9)
    cross = matrix(there, xy, range_m, nugget, same=False)
    errors = weights @ matrix(xy, xy, range_m, nugget, same=True) @ weights.T - weights @ cross.T - cross @ weights.T
    errors = variance * (errors + matrix(there, there, range_m, nugget, same=True))
    assert found.model.error_covariance(there) == pytest.approx(errors, abs=1e-9)
    assert found.places["log_sd"].to_numpy() == pytest.approx(np.sqrt(np.diag(errors)), abs=1e-9)
    expected = np.exp(weights @ logs + np.diag(errors) / 2)
    assert found.places["mean"].to_numpy() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", [3, 4])
def test_leaving_out_is_what_the_others_say_when_fitted_without(seed):
    counters = town(seed, counters=9)
    xy, logs = counters.get_coordinates().to_numpy(), np.log(counters["people_per_day"].to_numpy())
    table = interpolate_footfall(counters, counters).leave_one_out
    for place in range(len(logs)):
        rest = np.arange(len(logs)) != place
        range_m, nugget, _ = dense_fit(xy[rest], logs[rest], grid_of_ranges(xy))
        weights = bordered(xy[rest], xy[place : place + 1], range_m, nugget)[0]
        assert np.log(table["predicted"].iloc[place]) == pytest.approx(weights @ logs[rest], abs=1e-8)
        assert np.log(table["mean_of_others"].iloc[place]) == pytest.approx(logs[rest].mean())
        assert table["observed"].iloc[place] == pytest.approx(np.exp(logs[place]))


def lattice(low, high, spacing):
    """Return every place of the hexagonal lattice within a square, row by row."""
    height = spacing * np.sqrt(3) / 2
    rows = range(int(np.floor(low / height)) - 1, int(np.ceil(high / height)) + 2)
    columns = range(int(np.floor(low / spacing)) - 1, int(np.ceil(high / spacing)) + 2)
    return np.array([((column + row % 2 / 2) * spacing, row * height) for row in rows for column in columns])


def by_the_rule(places, here, lonely):
    """Return where virtual counters stand, and whether no near tie makes that a matter of rounding."""
    stands: set[tuple[float, ...]] = set()
    clear = True
    if not len(lonely):
        return stands, clear
    to_places = np.sort(distance.cdist(lonely, places), axis=1)
    clear = bool((to_places[:, 1] - to_places[:, 0] > 1e-6).all())
    for place in set(distance.cdist(lonely, places).argmin(axis=1)):
        from_counters = distance.cdist(places[[place]], here).min()
        clear = clear and abs(from_counters - 100) > 1e-6
        if from_counters > 100:
            apart = distance.cdist(places[[place]], lonely)[0]
            nearest = {tuple(point) for point in lonely[apart < apart.min() + 1e-6]}
            clear = clear and len(nearest) == 1
            stands |= nearest
    return stands, clear


coordinate = st.floats(-900, 900)


@settings(deadline=None, max_examples=cases(40), derandomize=True)
@given(
    counters=st.lists(st.tuples(coordinate, coordinate, st.floats(1, 1e5)), min_size=4, max_size=7),
    points=st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=12),
)
def test_virtual_counters_stand_by_the_rule_and_totals_are_kept(counters, points):
    real = frame([row[:2] for row in counters], people_per_day=[row[2] for row in counters])
    people = frame(points, "D")
    filled = fill_counters(real, people, bandwidth_m=100)
    table = filled.counters
    virtual = table[table["interpolated"]].get_coordinates().to_numpy()
    here, there = real.get_coordinates().to_numpy(), people.get_coordinates().to_numpy()
    lonely = there[distance.cdist(there, here).min(axis=1) > 100]
    stands, clear = by_the_rule(lattice(-1000, 1000, 100 * np.sqrt(3)), here, lonely)
    if clear:
        assert sorted(map(tuple, virtual)) == sorted(stands)
    assert table["people_per_day"].le(real["people_per_day"].max()).all()
    footfall = spread_footfall(table, people, bandwidth_m=100, nearest_within_m=1e5, errors=filled.errors)
    counted = (footfall.counters["counted"] * table["people_per_day"]).sum()  # real ones may stand on one street
    assert footfall.points["people_per_day"].sum() == pytest.approx(counted, rel=1e-9)
    assert table.loc[real.index, "people_per_day"].tolist() == real["people_per_day"].tolist()
    assert table["people_per_day"].gt(0).all()


def test_night_shares_are_the_citys_where_every_counter_tells_its_own():
    points = frame([(0, 0), (2000, 0)], "D")
    columns = {"people_per_day": [100.0, 300, 400, 200], "night_share": [0.1, 0.2, 0.3, 0.2]}
    counters = frame([(0, 0), (50, 0), (0, 50), (50, 50)], **columns)
    table = fill_counters(counters, points, bandwidth_m=100).counters
    virtual = table[table["interpolated"]]
    assert virtual.get_coordinates().to_numpy().tolist() == [[2000, 0]]
    assert virtual["night_share"].tolist() == pytest.approx([(10 + 60 + 120 + 40) / 1000])
    assert (virtual["low"] < virtual["people_per_day"]).all()
    assert (virtual["people_per_day"] < virtual["high"]).all()
    assert table.loc[counters.index, ["low", "high", "se"]].isna().all(axis=None)
    untold = counters.assign(night_share=[0.1, np.nan, 0.3, 0.2])
    assert fill_counters(untold, points, bandwidth_m=100).counters["night_share"].isna().sum() == 2
    untold = fill_counters(counters.drop(columns="night_share"), points, bandwidth_m=100)
    spread = spread_footfall(untold.counters, points, bandwidth_m=100).points
    assert spread["unsplit_per_day"].tolist() == pytest.approx(spread["people_per_day"].tolist())


def test_no_virtual_counter_is_busier_than_the_busiest_real_one():
    # Four counters of 10 to 100,000 people a day: the lognormal mean of a place far from them is in the billions.
    counters = frame([(0, 0), (900, 0), (0, 900), (900, 900)], people_per_day=[10.0, 100_000, 12, 90_000])
    points = frame([(x, y) for x in range(0, 6000, 300) for y in range(0, 1500, 300)], "D")
    filled = fill_counters(counters, points, bandwidth_m=300)
    table = filled.counters[filled.counters["interpolated"]]
    places = interpolate_footfall(counters, table[["geometry"]]).places
    assert places["mean"].max() > 1e7
    assert filled.capped == (places["mean"] > 100_000).sum() > 0
    assert f"{filled.capped} held to the busiest counter" in filled.note
    assert (table[["people_per_day", "low", "high"]] <= 100_000).all(axis=None)
    # E min(F, c), by quadrature over the normal logarithm.
    grid = np.linspace(-9, 9, 20_001)
    density = stats.norm.pdf(grid) / stats.norm.pdf(grid).sum()
    for name, place in places.iterrows():
        number = np.minimum(place["people_per_day"] * np.exp(place["log_sd"] * grid), 100_000)
        assert table.loc[name, "people_per_day"] == pytest.approx(number @ density, rel=1e-4)
        spread = np.sqrt(number**2 @ density - (number @ density) ** 2)
        assert table.loc[name, "se"] == pytest.approx(spread, rel=1e-3)


def test_where_every_point_is_counted_nothing_is_added():
    counters = town(5)
    filled = fill_counters(counters, counters, bandwidth_m=300)
    assert filled.errors is None
    assert not filled.counters["interpolated"].any()
    assert filled.counters[counters.columns].equals(counters)


def test_draws_keep_the_errors_of_virtual_counters_together_and_above_zero():
    counters = town(1, counters=40).assign(se=np.nan)
    points = frame([(x, y) for x in range(3100, 5100, 200) for y in (0, 300)], "D", district="A", people=1)
    filled = fill_counters(counters, points, bandwidth_m=150)
    table = filled.counters
    virtual = table["interpolated"].to_numpy()
    assert virtual.sum() >= 3
    # A point that gets people of one counter only tells by its need what was drawn for that counter.
    footfall = spread_footfall(table, points, bandwidth_m=150, nearest_within_m=1e5, errors=filled.errors)
    gets = footfall.weights.toarray() > 0
    single = gets & (gets.sum(axis=0) == 1)
    told = single[virtual].any(axis=1)
    sole = single[virtual].argmax(axis=1)[told]
    assert told.sum() >= 3
    rates = {"general": 1e-9}
    demand = estimate_demand(points, trips_per_month=rates, footfall=footfall, footfall_capture=1.0, need_share=1)
    passing = np.array([one.need[:, 0] for one in demand.draws(1000, seed=3)])
    drawn = passing[:, sole]
    assert (drawn > 0).all()
    # No draw of a virtual counter is above the busiest real one, and the numbers given are the means of the draws.
    share = footfall.weights.toarray()[virtual][told, sole] * 365 / 12
    assert (drawn / share).max() == pytest.approx(counters["people_per_day"].max(), rel=1e-5)
    assert passing.mean(axis=0) == pytest.approx(demand.need[:, 0], rel=0.06)
    free = dataclasses.replace(footfall, errors=dataclasses.replace(there(filled.errors), most=np.inf))
    demand = estimate_demand(points, trips_per_month=rates, footfall=free, footfall_capture=1.0, need_share=1)
    drawn = np.array([one.need[sole, 0] for one in demand.draws(1000, seed=3)])
    logs = np.log(drawn / share) - there(filled.errors).log_median[told]
    covariance = there(filled.errors).covariance().to_numpy()[np.ix_(told, told)]
    assert np.cov(logs.T) == pytest.approx(covariance, abs=0.1 * covariance.max())
    assert logs.mean(axis=0) == pytest.approx(np.zeros(told.sum()), abs=0.05)
    assert covariance[0, 1] > 0.2 * covariance[0, 0]


def test_one_sentence_says_how_far_to_trust_it():
    rng = np.random.default_rng(0)
    points = frame([(9000, 0)], "D")
    noise = frame(rng.uniform(0, 3000, (12, 2)), people_per_day=np.exp(rng.normal(8, 1, 12)))
    filled = fill_counters(noise, points, bandwidth_m=300)
    assert not filled.better_than_mean
    assert filled.note.endswith("interpolation is NO BETTER than the mean here")
    scores = filled.scores
    assert f"by a factor of {scores['median_factor']:.2f}" in filled.note
    assert "1 virtual counter set out" in filled.note
    alike = town(1, counters=60)
    assert fill_counters(alike, points, bandwidth_m=300).better_than_mean


def test_bad_counters_are_named():
    points = frame([(0, 0)], "D")
    with pytest.raises(InputError, match=r"footfall \[C1\]: people_per_day is 0: interpolation goes by ratios"):
        fill_counters(frame(np.eye(4, 2), people_per_day=[1.0, 0, 2, 3]), points)
    with pytest.raises(InputError, match="3 counters are too few"):
        fill_counters(frame(np.eye(3, 2), people_per_day=[1.0, 2, 3]), points)
    with pytest.raises(InputError, match="bandwidth_m is 0"):
        fill_counters(town(0), points, bandwidth_m=0)
    with pytest.raises(CrsError, match="another CRS"):
        fill_counters(town(0).set_crs("EPSG:32649", allow_override=True), points)
    filled = fill_counters(town(0), frame([(9000, 0)], "D"))
    with pytest.raises(AlignmentError, match="virtual 1"):
        spread_footfall(town(0), frame([(0, 0)], "D"), nearest_within_m=1e5, errors=filled.errors)
