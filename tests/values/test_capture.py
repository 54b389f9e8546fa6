"""Predicted visits of a set of stations: a case by hand, the shape of the function, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from placement.errors import AlignmentError, InputError
from placement.values.capture import Capture


def capture(seed: int = 0, *, rows: int = 7, sites: int = 5) -> Capture:
    rng = np.random.default_rng(seed)
    pull = rng.uniform(0.1, 3, (rows, sites)) * (rng.random((rows, sites)) < 0.6)
    door = rng.uniform(0, 4, sites) * (rng.random(sites) < 0.5)
    return Capture(
        site_ids=[f"s{k}" for k in range(sites)], mass=rng.uniform(0, 50, rows), pull=sparse.csr_array(pull), door=door
    )


def test_by_hand():
    """Two people-groups of 100 and 60: A pulls 1 and 3, B pulls 3 on the first only; B has 5 at the door."""
    pull = sparse.csr_array([[1.0, 3.0], [3.0, 0.0]])
    town = Capture(site_ids=["A", "B"], mass=np.array([100.0, 60.0]), pull=pull, door=np.array([0.0, 5.0]))
    both = town.visits(np.array([True, True]))
    np.testing.assert_allclose(both, [100 * 1 / 5 + 60 * 3 / 4, 100 * 3 / 5 + 5])
    assert town.total(np.array([True, True])) == pytest.approx(130.0)
    assert town.total(np.array([False, True])) == pytest.approx(80.0)
    assert town.total(np.array([False, False])) == 0.0


@given(seed=st.integers(0, 10**6))
def test_stations_add_up_and_more_stations_take_from_each_other(seed):
    town, rng = capture(seed), np.random.default_rng(seed + 1)
    small = rng.random(5) < 0.4
    large = small | (rng.random(5) < 0.4)
    assert town.visits(small).sum() == pytest.approx(town.total(small))
    assert town.total(small) <= town.total(large) + 1e-9
    assert (town.visits(large)[small] <= town.visits(small)[small] + 1e-9).all()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"mass": [-1.0] * 7}, "mass has a number that is negative"),
        ({"door": [np.nan] * 5}, "door has a number"),
        ({"site_ids": ["a"] * 5}, "one unique id a site"),
        ({"door": [0.0] * 4}, "mass and door make"),
    ],
)
def test_faults_are_named(changes, says):
    town = capture()
    parts = {"site_ids": town.site_ids, "mass": town.mass, "pull": town.pull, "door": town.door}
    with pytest.raises(InputError, match=says):
        Capture(**{**parts, **changes})


def test_a_redrawn_one_is_one_made_anew():
    town, other, mask = capture(1), capture(2), np.array([True, False, True, True, False])
    mass, door, pull = other.mass.copy(), other.door.copy(), other.pull.copy()
    redrawn = town.redrawn(mass, pull, door)
    assert (redrawn.visits(mask) == other.visits(mask)).all()
    assert list(redrawn.site_ids) == list(town.site_ids)
    for part in (redrawn.mass, redrawn.door, redrawn.pull.data, redrawn.pull.indices, redrawn.pull.indptr):
        assert not part.flags.writeable
    with pytest.raises(InputError, match="door has a number that is negative"):
        town.redrawn(mass, pull, door - 100.0)


@pytest.mark.parametrize("standing", [np.ones(4, dtype=bool), np.ones(5), [True] * 6])
def test_only_a_mask_of_the_sites_is_taken(standing):
    with pytest.raises(AlignmentError, match="mask of the sites"):
        capture().total(standing)
