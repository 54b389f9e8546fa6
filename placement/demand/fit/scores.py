"""How far predictions are from what was observed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from placement.values.arrays import FloatArray


def rank_correlation(pair: pd.DataFrame) -> float:
    """Return Spearman's rank correlation of two columns; NaN where one is all the same."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.corrcoef(pair.rank().to_numpy(), rowvar=False)[1, 0])


def poisson_deviance(observed: FloatArray, predicted: FloatArray) -> float:
    """Return the mean Poisson deviance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(observed > 0, observed * np.log(observed / predicted), 0.0)
    return float(2.0 * (logs - (observed - predicted)).mean())
