"""The mathematics of the model of use: closed forms against refits and scipy, catchments and folding by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse, special, stats

from placement.demand.use.baselines import blocks, constant_left_out, nearest_left_out, scores, spearman, widening
from placement.demand.use.data import UseData
from placement.demand.use.draws import _levels, draw_captures
from placement.demand.use.fit import fit_use, try_out
from placement.demand.use.folding import Folder, representative
from placement.demand.use.nodes import catchment_nodes, mixes
from placement.demand.use.posterior import Predicted, Record, families, fit_posterior
from placement.demand.use.priors import UsePriors
from placement.demand.use.process import Family, Places
from placement.demand.use.reach import Reach

SMALL = UsePriors(
    exponent=(0.0, 0.5, 1.0), decay_per_min=(0.05, 0.2), outside=(0.3, 3.0), door_share=(0.0, 0.35),
    spatial_share=(0.5,), spatial_range=(1.0, 3.0),
)  # fmt: skip


def reach_of(minutes, need):
    table = sparse.csc_array(np.where(np.isfinite(minutes), minutes + 1e-12, 0))
    return Reach(
        start=table.indptr.astype(np.int64), point=table.indices.astype(np.int64), minutes=table.data, need=need
    )


def drawn_data(seed, *, stations=10, others=4, hosts=3, record_sd=0.0, sources=2):
    rng = np.random.default_rng(seed)
    count = stations + others
    xy, homes = rng.uniform(0, 3000, (count, 2)), rng.uniform(0, 3000, (40, 2))
    minutes = np.linalg.norm(homes[:, None] - xy, axis=2) / 78
    host = rng.integers(hosts, size=count)
    host[:hosts] = np.arange(hosts)
    places = Places(
        host=host, recorded_hosts=np.unique(host[:stations]), covariates=rng.standard_normal((count, 2)), xy=xy,
        record_sd=np.where(np.arange(count) < stations, record_sd, 0.0),
    )  # fmt: skip
    return UseData(
        reach=reach_of(np.where(minutes < 30, minutes, np.inf), rng.gamma(1, 50, (40, sources))),
        standing=np.arange(count) < stations,
        places=places,
        doors=rng.gamma(1, 300, count),
        record=Record(sites=np.arange(stations), log_visits=6 + rng.standard_normal(stations)),
    )


def posterior_of(data, record=None):
    nodes = catchment_nodes(data.reach, data.standing, np.zeros(data.reach.n_sites), data.doors, SMALL)
    grid = families(data.places, np.flatnonzero(data.standing), SMALL)
    return fit_posterior(nodes, data.places, record or data.record, grid, SMALL)


def test_catchments_by_hand():
    # Pull: 1 at its door, 1/2 ten minutes away; site 1 pulls twice as much; site 2, not standing, is at both doors.
    minutes = np.array([[0.0, 10.0, 0.0], [10.0, 0.0, 0.0]])
    reach = reach_of(minutes, np.array([[60.0], [30.0]]))
    decay, attraction = np.log(2) / 10, np.log([1.0, 2.0, 1.0])
    found = reach.catchments(np.array([True, True, False]), (decay,), (2.0,), attraction)[0, 0, :, 0]
    # Point 0: 1 + 1 + stay 2 = 4; point 1: 1/2 + 2 + 2 = 4.5. Site 2 adds 1 to both.
    assert found == pytest.approx([60 / 4 + 30 * 0.5 / 4.5, 60 / 4 + 30 * 2 / 4.5, 60 / 5 + 30 / 5.5])


def test_mixes_and_doors_by_hand():
    priors = replace(SMALL, decay_per_min=(0.1,), outside=(1.0,), source_share=(0.35, 1.0), door_share=(0.0, 0.6))
    assert mixes(2, priors).tolist() == [[1, 0], [0.65, 0.35], [0, 1]]
    reach = reach_of(np.zeros((1, 2)), np.array([[8.0]]))
    nodes = catchment_nodes(reach, np.array([True, True]), np.zeros(2), np.array([300.0, 100.0]), priors)
    # Both draw the same: the mean. Doors: 1.5 and 0.5 of the mean.
    assert np.exp(nodes.log_h) == pytest.approx(np.array([[1, 1], [0.4 + 0.6 * 1.5, 0.4 + 0.6 * 0.5]]))
    assert nodes.at_door[1] == pytest.approx([0.9 / 1.3, 0.3 / 0.7])
    assert nodes.residents[1] == pytest.approx([0.4 / 1.3, 0.4 / 0.7])


@settings(deadline=None, max_examples=12, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_leaving_out_equals_a_refit(seed):
    data = drawn_data(seed)
    whole = posterior_of(data)
    areas = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3, 3])
    for labels in (np.arange(10), areas):
        found = whole.left_out(None if labels is not areas else areas)
        for label in np.unique(labels):
            out = np.flatnonzero(labels == label)
            kept = np.flatnonzero(labels != label)
            refit = posterior_of(data, Record(sites=kept, log_visits=data.record.log_visits[kept]))
            again = refit.predict(out)
            assert found.mean[out] == pytest.approx(again.mean, abs=1e-8)
            assert found.sd[out] == pytest.approx(again.sd, abs=1e-8)


def test_evidence_is_the_integral_over_scatter_and_level():
    """Against scipy's normal densities summed over the variance, under a very wide prior of the general level."""
    data = drawn_data(3, record_sd=0.2)
    nodes = catchment_nodes(data.reach, data.standing, np.zeros(14), data.doors, SMALL)
    one = replace(
        nodes, **{name: vars(nodes)[name][5:6] for name in vars(nodes) if name != "log_prior"}, log_prior=np.zeros(1)
    )
    rows, steps = data.record.sites, np.linspace(-5, 4, 600)
    prior = stats.invgamma(SMALL.scatter_shape, scale=SMALL.scatter_shape * SMALL.scatter_sd**2)

    def direct(family):
        shape = data.places.covariance(rows, rows, family, SMALL) + np.diag(data.places.own(rows, family, SMALL))
        mean = family.exponent * one.log_h[0, rows]
        parts = [
            prior.logpdf(np.exp(step)) + step
            + stats.multivariate_normal(mean, np.exp(step) * shape + 1e6).logpdf(data.record.log_visits)
            for step in steps
        ]  # fmt: skip
        return special.logsumexp(parts)

    a, b = Family(exponent=1.0, share=0.5, range_m=900.0), Family(exponent=0.0)
    found = [fit_posterior(one, data.places, data.record, [family], SMALL).log_evidence for family in (a, b)]
    assert found[0] - found[1] == pytest.approx(direct(a) - direct(b), abs=1e-4)


def test_prediction_is_generalised_least_squares():
    """One node: mean and variance of best linear unbiased prediction, written out with the level as a regressor."""
    data = drawn_data(5)
    family = Family(exponent=0.5, share=0.5, range_m=700.0)
    one = replace(SMALL, decay_per_min=(0.1,), outside=(1.0,), source_share=())
    nodes = catchment_nodes(data.reach, data.standing, np.zeros(14), None, one)
    posterior = fit_posterior(nodes, data.places, data.record, [family], SMALL)
    rows, target = data.record.sites, np.array([12])
    cov = data.places.covariance(rows, rows, family, SMALL) + np.diag(data.places.own(rows, family, SMALL))
    to = data.places.covariance(target, rows, family, SMALL)[0]
    own = data.places.covariance(target, target, family, SMALL)[0, 0] + 0.5
    log_h = posterior.nodes.log_h[0]
    residual = data.record.log_visits - 0.5 * log_h[rows]
    inverse = np.linalg.inv(cov)
    level = inverse.sum(0) @ residual / inverse.sum()
    mean = 0.5 * log_h[12] + level + to @ inverse @ (residual - level)
    left = own - to @ inverse @ to + (1 - to @ inverse.sum(0)) ** 2 / inverse.sum()
    twice = 2 * SMALL.scatter_shape * SMALL.scatter_sd**2 + (residual - level) @ inverse @ (residual - level)
    found = posterior.predict(target)
    assert found.mean[0] == pytest.approx(mean, abs=1e-10)
    assert found.sd[0] == pytest.approx(np.sqrt(left * twice / (2 * SMALL.scatter_shape + 10 - 1 - 2)), abs=1e-10)


def test_weights_of_an_exponent_of_0_do_not_hang_on_the_catchment():
    posterior = posterior_of(drawn_data(8))
    for part, weight in zip(posterior.parts, posterior.weights(), strict=True):
        if part.family.exponent == 0:
            assert weight / weight.sum() == pytest.approx(np.exp(posterior.nodes.log_prior), abs=1e-12)
    assert sum(each.sum() for each in posterior.weights(0.2)) == pytest.approx(1.0)
    prior = np.concatenate(posterior.weights(0.0))
    assert prior == pytest.approx(np.exp(np.concatenate([part.log_prior for part in posterior.parts])))


def fitted_folder(seed=1, **how):
    data = drawn_data(seed, record_sd=0.05, **how)
    tried = try_out(data, SMALL)
    fitted = fit_use(data, tried, SMALL)
    count = len(data.standing)
    folder = Folder(
        site_ids=pd.Index([f"S{j:02d}" for j in range(count)]), order=np.arange(count), reach=data.reach,
        standing=data.standing, nodes=fitted.posterior.nodes, attraction=fitted.attraction[data.places.host],
        priors=SMALL,
    )  # fmt: skip
    return data, fitted, folder


def at_one_point(priors):
    """One point with both sites at its door; only the first stands."""
    reach, standing = reach_of(np.zeros((1, 2)), np.array([[8.0]])), np.array([True, False])
    return Folder(
        site_ids=pd.Index(["a", "b"]), order=np.arange(2), reach=reach, standing=standing, attraction=np.zeros(2),
        priors=priors, nodes=catchment_nodes(reach, standing, np.zeros(2), None, priors),
    )  # fmt: skip


def test_folding_by_hand():
    """One point, one station beside the outside option 1: pull and mass give its visits, whatever is left is a door."""
    priors = replace(SMALL, decay_per_min=(0.1,), outside=(2.0,))
    folder = at_one_point(priors)
    capture = folder.capture(np.array([100.0, 60.0]), np.zeros(1, int), np.ones(1), np.ones(1))
    # Pull 1 of 3 draws 100: the mass is 300; b beside it draws 60 = 300 p / (3 + p): p = 3/4.
    assert capture.mass == pytest.approx([300.0])
    assert capture.pull.toarray() == pytest.approx(np.array([[1.0, 0.75]]) / 2.0)
    assert capture.door == pytest.approx([0.0, 0.0])
    # Half of the visits go by the catchment: the other half stay.
    half = folder.capture(np.array([100.0, 60.0]), np.zeros(1, int), np.ones(1), np.array([0.5]))
    both = np.array([True, True])
    assert half.visits(both) == pytest.approx([50 + 0.5 * 300 / 3.75, 30 + 0.5 * 300 * 0.75 / 3.75])


def test_sets_of_parameters_stack_with_their_weights():
    """Half of one and half of another is the mean of both, rows of points without need left out."""
    _, fitted, folder = fitted_folder(3)
    bare = replace(
        folder, reach=replace(folder.reach, need=folder.reach.need * (np.arange(len(folder.reach.need)) > 3)[:, None])
    )
    exponents, all_of_them = np.array([1.0, 0.5]), np.ones(14, dtype=bool)
    for each in (folder, bare):
        alone = [each.capture(fitted.visits, np.array([k]), np.ones(1), exponents[k : k + 1]) for k in (0, 1)]
        both = each.capture(fitted.visits, np.arange(2), np.full(2, 0.5), exponents)
        expected = (alone[0].visits(all_of_them) + alone[1].visits(all_of_them)) / 2
        assert both.visits(all_of_them) == pytest.approx(expected, rel=1e-12)
        assert (both.mass > 0).all()
        assert both.mass.size == alone[0].mass.size + alone[1].mass.size


def test_what_no_pull_explains_is_a_constant():
    priors = replace(SMALL, decay_per_min=(0.1,), outside=(2.0,), most_pull=0.5)
    folder = at_one_point(priors)
    capture = folder.capture(np.array([100.0, 290.0]), np.zeros(1, int), np.ones(1), np.ones(1))
    most = np.exp(0.5)
    assert capture.door == pytest.approx([0.0, 290 - 300 * most / (3 + most)])


@settings(deadline=None, max_examples=8, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_a_capture_has_the_visits_that_were_folded_in(seed):
    data, fitted, folder = fitted_folder(seed)
    capture = folder.capture(fitted.visits, *representative(fitted.posterior, 0.3))
    today = data.standing
    assert capture.visits(today)[today] == pytest.approx(fitted.visits[today], rel=1e-6)
    for site in np.flatnonzero(~today):
        beside = today | (np.arange(len(today)) == site)
        assert capture.visits(beside)[site] == pytest.approx(fitted.visits[site], rel=1e-6)
        assert capture.total(beside) <= capture.total(today) + fitted.visits[site] + 1e-6


def test_draws_are_the_same_for_fewer_and_for_some_sites():
    data, fitted, folder = fitted_folder()
    many = list(draw_captures(fitted, folder, np.ones(14, bool), n=9, seed=4))
    some = data.standing.copy()
    some[11] = True
    for a, b in zip(many, draw_captures(fitted, folder, some, n=4, seed=4), strict=False):
        assert a.visits(some) == pytest.approx(b.visits(some), rel=1e-9)
    other = next(draw_captures(fitted, folder, some, n=1, seed=5))
    assert other.total(some) != pytest.approx(many[0].total(some))


def test_drawn_levels_have_the_moments_of_the_prediction():
    """Matheron's rule with random waves, under one node: mean and covariance of 4,000 draws."""
    data, fitted, _ = fitted_folder(2, others=5)
    posterior = fitted.posterior
    number = next(n for n, part in enumerate(posterior.parts) if part.family.exponent == 0.5 and part.family.share > 0)
    part, node, others = posterior.parts[number], 3, np.flatnonzero(~fitted.recorded)
    weights = part.solved.weights(posterior.places.covariance(others, data.record.sites, part.family, SMALL))
    drawn = np.array(
        [
            _levels(fitted, part, node, np.random.default_rng([7, draw]), others=others, weights=weights)[others]
            for draw in range(4000)
        ]
    )
    mean, variance = posterior.conditional(part, np.array([node]), others)
    twice = 2 * SMALL.scatter_shape * SMALL.scatter_sd**2
    sd = np.sqrt(variance * (twice + part.square[node]) / (posterior.freedom - 2)) * fitted.widened
    assert np.abs(drawn.mean(axis=0) - mean[0]).max() < 0.06 * sd.max()
    assert drawn.std(axis=0) == pytest.approx(sd, rel=0.06)


def test_quantiles_are_of_students_t():
    found = Predicted(mean=np.array([1.0]), sd=np.array([2.0]), freedom=7.0)
    reference = stats.t(7, loc=1.0, scale=2.0 * np.sqrt(5 / 7))
    assert found.quantile(0.95)[0] == pytest.approx(reference.ppf(0.95))
    assert reference.std() == pytest.approx(2.0)
    assert found.quantile(0.95, 1.5)[0] - 1 == pytest.approx(1.5 * (reference.ppf(0.95) - 1))


def test_baselines_by_hand():
    logs, xy = np.array([1.0, 2.0, 4.0, 9.0]), np.array([[0.0, 0], [1, 0], [3, 0], [30, 0]])
    alone = np.arange(4)
    assert constant_left_out(logs, alone).mean == pytest.approx([5, 14 / 3, 4, 7 / 3])
    # Without the last, the nearest station is off by 1, 1, 2 and two by 2, 0.5, 2.5: one is taken.
    assert nearest_left_out(xy, logs, alone).mean[3] == pytest.approx(4.0)
    assert spearman(np.array([1.0, 1.0, 3.0]), np.array([4.0, 5.0, 6.0])) == pytest.approx(
        stats.spearmanr([1, 1, 3], [4, 5, 6]).statistic
    )
    table = scores(Predicted(mean=logs + np.array([0, 0, 0, 1.0]), sd=np.full(4, 0.1), freedom=30.0), logs)
    assert table["rmse_log"] == pytest.approx(0.5)
    assert table["held"] == pytest.approx(0.75)


def test_blocks_are_areas():
    rng = np.random.default_rng(0)
    centres = np.array([(x, y) for x in (0, 5000, 10_000, 15_000) for y in (0, 5000)])
    xy = (centres[:, None] + rng.uniform(-900, 900, (8, 6, 2))).reshape(-1, 2)
    labels = blocks(xy)
    assert [len(set(labels[6 * k : 6 * k + 6])) for k in range(8)] == [1] * 8
    assert len(set(labels)) == 8
    assert len(set(blocks(xy[:10]))) == 2
    assert blocks(xy[:5]).tolist() == [0, 1, 2, 3, 4]


def test_widening_holds_nine_tenths():
    rng = np.random.default_rng(3)
    logs = rng.standard_normal(400)
    tight = Predicted(mean=np.zeros(400), sd=np.full(400, 0.5), freedom=60.0)
    factor = widening(tight, logs)
    assert factor == pytest.approx(2.0, rel=0.15)
    assert scores(tight, logs, factor)["held"] == pytest.approx(0.9, abs=0.005)
    assert widening(Predicted(mean=np.zeros(400), sd=np.full(400, 3.0), freedom=60.0), logs) == 1.0
