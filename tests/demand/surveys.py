"""Simulated surveys with known truth: two ages that share a district effect, clusters, weights, few answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from placement.demand import Awareness

CITY = (0.3, -0.3)
"""Logits of the city's rates by age."""


@dataclass(frozen=True, kw_only=True)
class SurveyPlan:
    """How a survey is made: districts, ages, spreads of their effects, and whom it asks.

    `shared_sd` is of the logit and common to the ages, `own_sd` of the share of each; `asked` is the range of people a
    district and age; with an `icc` they stand in 3 to 6 clusters of `cluster_size`, ages mixed; `weights` may be
    ``answers`` (who knows answers twice as readily) or ``strata`` (two halves of each district 0.3 apart, one asked
    three times as often).
    """

    districts: int = 15
    ages: int = 2
    shared_sd: float = 0.33
    own_sd: float = 0.04
    asked: tuple[tuple[int, int], ...] = ((30, 60), (30, 60))
    icc: float = 0.0
    cluster_size: int = 10
    weights: str = ""

    def draw(self, rng: np.random.Generator) -> tuple[NDArray[np.float64], pd.DataFrame]:
        """Return (districts, ages) true shares and the survey, with clusters and weights where it has any."""
        effect = rng.normal(0, self.shared_sd, self.districts)
        mean = special.expit(np.array(CITY[: self.ages]) + effect[:, None])
        precision = mean * (1 - mean) / self.own_sd**2 - 1
        truth = rng.beta(mean * precision, (1 - mean) * precision)
        rows: list[tuple[object, ...]] = []
        for district in range(self.districts):
            if self.icc:
                rows += self._clusters(rng, district, truth[district])
                continue
            for age in range(self.ages):
                low, high = self.asked[age]
                rows += self._row(
                    rng, (f"d{district}", f"a{age}"), truth[district, age], int(rng.integers(low, high + 1))
                )
        frame = pd.DataFrame(rows, columns=["district", "age_group", "asked", "aware", "weight", "cluster"])
        frame = frame if self.weights else frame.drop(columns="weight")
        return truth, frame if self.icc else frame.drop(columns="cluster")

    def _clusters(
        self, rng: np.random.Generator, district: int, share: NDArray[np.float64]
    ) -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = []
        tight = 1 / self.icc - 1
        for cluster in range(rng.integers(3, 7)):
            at = float(rng.random())  # the ages of a place lie on the same side
            for age in range(self.ages):
                here = special.betaincinv(share[age] * tight, (1 - share[age]) * tight, at)
                size = self.cluster_size // self.ages
                rows.append((f"d{district}", f"a{age}", size, rng.binomial(size, here), 1.0, f"c{cluster}"))
        return rows

    def _row(
        self, rng: np.random.Generator, name: tuple[str, str], share: float, number: int
    ) -> list[tuple[object, ...]]:
        if self.weights == "answers":
            yes = int(rng.binomial(number, 2 * share / (1 + share)))
            return [(*name, yes, yes, 1.0, ""), (*name, number - yes, 0, 2.0, "")]
        if self.weights == "strata":
            apart = min(0.15, share, 1 - share)
            first = int(rng.binomial(number, 0.75))
            told = rng.binomial([first, number - first], [share + apart, share - apart])
            return [(*name, first, told[0], 1.0, ""), (*name, number - first, told[1], 3.0, "")]
        return [(*name, number, int(rng.binomial(number, share)), 1.0, "")]


def in_shape(awareness: Awareness, column: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return a column of the table as (districts, ages)."""
    return np.asarray(awareness.table[column].to_numpy(dtype=float).reshape(shape))


def holds(awareness: Awareness, truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (ages,) shares of the districts whose interval holds the truth."""
    low, high = in_shape(awareness, "low", truth.shape), in_shape(awareness, "high", truth.shape)
    return np.asarray(((truth > low) & (truth < high)).mean(axis=0))
