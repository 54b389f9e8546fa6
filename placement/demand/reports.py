"""What the awareness estimate says, in tables: raw beside shrunk, levels of knowledge, and totals by people."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy import special

from placement.demand.awareness import Awareness
from placement.demand.checks import number_faults, raise_faults, require_known
from placement.demand.rates import TAILS
from placement.demand.settings import survey_group
from placement.errors import Fault, InputError
from placement.values.arrays import FloatArray
from placement.values.demand import Demand

Draws: TypeAlias = tuple[FloatArray, FloatArray | None]
"""(draws, rows of the table) of awareness and of uptake; None where that was not asked."""
_DRAWS = 4000
_INTERVAL = ["mean", "low", "high"]


def awareness_report(awareness: Awareness) -> pd.DataFrame:
    """Return raw and shrunk awareness side by side.

    Returns
    -------
    pandas.DataFrame
        By (district, age_group), fewest asked first: `asked`, `raw` with its exact 90 % interval `raw_low`,
        `raw_high` (Clopper and Pearson 1934; NaN where nobody was asked), `mean`, `low`, `high`, and `pull`: how far
        the estimate moved from the raw share towards the mean of the age group, 0 = not at all, 1 = all the way.
    """
    table = awareness.table
    asked, yes = awareness.effective_counts()
    some = asked > 0
    no = np.where(some, asked - yes, np.nan)
    yes = np.where(some, yes, np.nan)
    low = special.betaincinv(np.maximum(yes, 1e-9), no + 1.0, TAILS[0])
    high = special.betaincinv(yes + 1.0, np.maximum(no, 1e-9), TAILS[1])
    table.insert(2, "raw_low", np.where(yes > 0, low, np.where(some, 0.0, np.nan)))
    table.insert(3, "raw_high", np.where(no > 0, high, np.where(some, 1.0, np.nan)))
    centre = table.index.get_level_values("age_group").map(awareness.parameters["mean"]).to_numpy(dtype=float)
    apart = (table["raw"] - centre).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = (table["raw"].to_numpy() - table["mean"].to_numpy()) / apart
    table["pull"] = np.where(some, np.clip(pull, 0.0, 1.0), 1.0)
    return table.sort_values("asked", kind="stable")


def level_draws(awareness: Awareness, seed: int = 0) -> Draws:
    """Return the draws of awareness and uptake that the intervals of these tables rest on."""
    return awareness.joint_draws(_DRAWS, seed)


def awareness_levels(awareness: Awareness, seed: int = 0, *, drawn: Draws | None = None) -> pd.DataFrame:
    """Return the shares of those who use the service, who know it without using it, and who never heard of it.

    `drawn` is :func:`level_draws` of the same seed, where it is at hand.

    Returns
    -------
    pandas.DataFrame
        By (district, age_group): `used`, `aware_not_used`, `never_heard` (posterior means that sum to one) and their
        90 % intervals ``<level>_low``, ``<level>_high``.

    Raises
    ------
    InputError
        If the survey had no column `used`.
    """
    if awareness.uptake is None:
        raise InputError.single("survey", "has no column used", remedy="ask who uses the service")
    table = awareness.table
    levels = _levels(awareness, drawn or level_draws(awareness, seed)).set_index(table.index)
    limits = [name for name in levels.columns if name.endswith(("_low", "_high"))]
    # Districts with the same data have the same posterior: one set of draws speaks for all of them.
    both = pd.concat([table[_INTERVAL], awareness.uptake.table[_INTERVAL].add_prefix("used_")], axis=1).round(9)
    levels[limits] = levels.groupby([both[name] for name in both], sort=False)[limits].transform("first")
    return levels.assign(**_never_heard(table))


def _never_heard(table: pd.DataFrame) -> pd.DataFrame:
    """Return the complement of awareness, whose quantiles are exact."""
    names = {"never_heard": "mean", "never_heard_low": "high", "never_heard_high": "low"}
    return pd.DataFrame({name: 1.0 - table[column] for name, column in names.items()})


def awareness_rows(awareness: Awareness, seed: int = 0, *, drawn: Draws | None = None) -> pd.DataFrame:
    """Return everything that is known by (district, age_group): counts, estimate and levels, as in ``awareness.csv``.

    `drawn` is :func:`level_draws` of the same seed, where it is at hand.

    Returns
    -------
    pandas.DataFrame
        `asked`, `raw`, `mean`, `low`, `high`, and the columns of :func:`awareness_levels`; where the survey has no
        `used`, only `never_heard` of these and its interval.
    """
    table = awareness.table
    levels = _never_heard(table) if awareness.uptake is None else awareness_levels(awareness, seed, drawn=drawn)
    return table.join(levels)


def residents_by_group(awareness: Awareness, demand: Demand) -> pd.Series:
    """Return residents by (district, age group of the survey), for :func:`post_stratify`.

    An age group that the survey did not tell apart counts with its group ``all``.

    Raises
    ------
    InputError
        If an age group of the demand was not surveyed, nor everybody.
    """
    groups = [survey_group(awareness, age) for age in demand.age_groups]
    remedy = "survey it, or everybody"
    raise_faults(
        [
            Fault(table="survey", row=age, problem="age group was not surveyed", remedy=remedy)
            for age, group in zip(demand.age_groups, groups, strict=True)
            if group is None
        ]
    )
    frame = pd.DataFrame(demand.people, columns=pd.Index(groups)).T.groupby(level=0, sort=False).sum().T
    by_district = frame.groupby(demand.points["district"].astype(str).to_numpy()).sum()
    return by_district.stack().rename_axis(["district", "age_group"])  # noqa: PD013 -- a series, not a table


def _levels(awareness: Awareness, drawn: Draws, shares: FloatArray | None = None) -> pd.DataFrame:
    """Return the three levels with intervals, by row of the table or by row of `shares` of its rows."""
    assert awareness.uptake is not None  # noqa: S101 -- callers have looked
    known, used = drawn
    assert used is not None  # noqa: S101 -- there is uptake
    mean_known = awareness.table["mean"].to_numpy()
    mean_used = mean_known * awareness.uptake.table["mean"].to_numpy()
    levels = {
        "used": (mean_used, known * used),
        "aware_not_used": (mean_known - mean_used, known * (1.0 - used)),
        "never_heard": (1.0 - mean_known, 1.0 - known),
    }
    if shares is not None:
        levels = {name: (shares @ mean, each @ shares.T) for name, (mean, each) in levels.items()}
    columns = {}
    for name, (mean, each) in levels.items():
        columns[name] = mean
        columns[f"{name}_low"], columns[f"{name}_high"] = np.quantile(each, TAILS, axis=0)
    return pd.DataFrame(columns)


def post_stratify(
    awareness: Awareness, people: pd.Series, seed: int = 0, *, drawn: Draws | None = None
) -> pd.DataFrame:
    """Return awareness of whole districts and of the city, weighted by how many people of each age live there.

    A survey seldom asks the ages in the proportion in which they live; the estimates by age do not mind, and their
    mean by the population's age mix is the district's awareness.

    Parameters
    ----------
    awareness
        By district and age group.
    people
        Residents by (district, age_group).
    seed, drawn
        Of the draws, and :func:`level_draws` of that seed, where it is at hand.

    Returns
    -------
    pandas.DataFrame
        By district, and a last row ``total``: `people`, `mean`, `low`, `high` (90 %); and the levels of
        :func:`awareness_levels` with their intervals where the survey has `used`.

    Raises
    ------
    InputError
        If a number is negative or missing, or nobody lives anywhere.
    AlignmentError
        If a district or age group of `people` is unknown to the estimate.
    """
    frame = people.to_frame("people")
    raise_faults(number_faults("population", frame, "people"))
    found = [f"{district}/{age}" for district, age in people.index]
    known = [f"{district}/{age}" for district, age in awareness.table.index]
    require_known("population", found, "survey", known, "district/age group")
    weight = pd.Series(people.to_numpy(dtype=float), index=people.index).groupby(level=[0, 1]).sum()
    weight = weight.reindex(awareness.table.index).fillna(0.0)
    if not weight.sum() > 0:
        raise InputError.single("population", "nobody lives in any district", remedy="check the counts")
    districts = [*awareness.districts, "total"]
    codes = awareness.districts.get_indexer(weight.index.get_level_values("district"))
    shares = np.zeros((len(districts), len(weight)))
    shares[codes, np.arange(len(weight))] = weight
    shares[-1] = weight
    totals = shares.sum(axis=1)
    shares = shares / np.where(totals > 0, totals, 1.0)[:, None]
    drawn = drawn or level_draws(awareness, seed)
    low, high = np.quantile(drawn[0] @ shares.T, TAILS, axis=0)
    table = pd.DataFrame(
        {"people": totals, "mean": shares @ awareness.table["mean"].to_numpy(), "low": low, "high": high},
        index=pd.Index(districts, name="district"),
    )
    if awareness.uptake is not None:
        table = pd.concat([table, _levels(awareness, drawn, shares).set_index(table.index)], axis=1)
    return table[table["people"] > 0]
