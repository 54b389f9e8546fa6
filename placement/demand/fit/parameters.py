"""The fitted parameters as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from placement.demand.fit.huff import HuffFit
from placement.demand.fit.intervals import TAILS


def parameter_table(found: HuffFit, names: list[str], n_sources: int, observed: int) -> pd.DataFrame:
    """Return estimates and intervals; all but the decay are positive and have intervals on the logarithm."""
    spread = float(special.stdtrit(max(observed - len(names), 1), TAILS[1]))
    se = np.sqrt(np.diag(found.covariance))
    rows = {}
    for place, name in enumerate(names):
        at, error = float(found.theta[place]), float(se[place])
        if place == n_sources:
            rows[name] = (at, error, at - spread * error, at + spread * error)
        else:
            rows[name] = _on_logarithm(at, error, spread)
    if found.dispersion > 0:
        half = 0.5 * found.dispersion_se
        rows["station_sd"] = _on_logarithm(0.5 * float(np.log(found.dispersion)), half, spread)
    return pd.DataFrame(rows, index=["estimate", "se", "low", "high"]).T.rename_axis("parameter")


def _on_logarithm(at: float, error: float, spread: float) -> tuple[float, float, float, float]:
    estimate = float(np.exp(at))
    with np.errstate(over="ignore"):
        return estimate, estimate * error, float(np.exp(at - spread * error)), float(np.exp(at + spread * error))
