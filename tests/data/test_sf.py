"""The published answer of the San Francisco case, by trying every set of stores on the tables as they are committed."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SF = Path(__file__).parents[2] / "data" / "sf"
PUBLISHED_PEOPLE, PUBLISHED_SHARE = 875_247, 0.9164


@pytest.fixture(scope="module")
def population():
    return pd.read_csv(SF / "population.csv", dtype={"demand_id": str}).set_index("demand_id")


@pytest.fixture(scope="module")
def metres(population):
    table = pd.read_csv(SF / "travel.csv", dtype={"demand_id": str})
    return table.pivot_table("metres", "demand_id", "site_id").loc[population.index]


def best_sets(near, people, size):
    """Return (people, set) of all best sets of `size` columns."""
    counted = [
        (int(people[near[:, list(sites)].any(axis=1)].sum()), sites)
        for sites in combinations(range(near.shape[1]), size)
    ]
    most = max(count for count, _ in counted)
    return [(count, sites) for count, sites in counted if count == most]


def test_tables_are_complete_and_ids_are_text(population, metres):
    sites = pd.read_csv(SF / "candidates.csv")
    assert population.index.is_unique
    assert population.index.str.fullmatch(r"0\d{8}\.\d{2}").all()
    assert metres.shape == (205, 16)
    assert not metres.isna().any().any()
    assert sorted(metres.columns) == sorted(sites["site_id"])
    assert population["people"].sum() == 955_113


def test_four_stores_within_5000_m_reach_the_published_people(population, metres):
    people = population["people"].to_numpy()
    best = best_sets((metres <= 5000).to_numpy(), people, 4)
    assert [(count, [metres.columns[site] for site in sites]) for count, sites in best] == [
        (PUBLISHED_PEOPLE, ["Store_11", "Store_12", "Store_15", "Store_2"])
    ]
    assert round(PUBLISHED_PEOPLE / people.sum(), 4) == PUBLISHED_SHARE


@pytest.mark.parametrize(
    ("size", "people"),
    [(1, 448_255), (2, 671_938), (3, 791_499), (5, 927_402), (6, 941_462), (7, 950_428), (8, 955_113)],
)
def test_other_numbers_of_stores_as_the_readme_says(population, metres, size, people):
    near = (metres <= 5000).to_numpy()
    assert best_sets(near, population["people"].to_numpy(), size)[0][0] == people


def test_no_distance_is_so_near_the_threshold_that_rounding_decides(metres):
    assert np.abs(metres.to_numpy() - 5000).min() > 0.01
