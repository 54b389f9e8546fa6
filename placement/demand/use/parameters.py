"""What the transactions say of each parameter of the grid, beside what was assumed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from placement.demand.use.posterior import TAILS, Posterior
from placement.values.arrays import FloatArray

_ASSUMED = 0.15
"""A posterior that differs from its prior by less, in total variation, says nothing of its own."""
_NO_CATCHMENT = 0.2
_SPREAD_LEFT = 0.5


def marginals(posterior: Posterior, power: float = 1.0) -> pd.DataFrame:
    """Return one row a node: values of the parameters of the grid, `weight` and `prior`."""
    nodes, rows = posterior.nodes, []
    for part, weight in zip(posterior.parts, posterior.weights(power), strict=True):
        columns = {
            "exponent": part.family.exponent,
            "decay_per_min": nodes.decay,
            "outside": nodes.outside,
            "door_share": nodes.door,
            "spatial_share": part.family.share,
            "spatial_range_m": part.family.range_m if part.family.share > 0 else np.nan,
            "weight": weight,
            "prior": np.exp(part.log_prior),
        }
        columns |= {f"share_{number}": nodes.mix[:, number] for number in range(1, nodes.mix.shape[1])}
        rows.append(pd.DataFrame(columns, index=range(len(weight))))
    return pd.concat(rows, ignore_index=True)


def parameter_table(posterior: Posterior, sources: tuple[str, ...], attractions: dict[str, float]) -> pd.DataFrame:
    """Return `estimate` (posterior mean), `low`, `high` (90 %) and `assumed` of each parameter."""
    table, rows = marginals(posterior), {}
    names = {"exponent": "exponent", "decay_per_min": "decay_per_min", "outside": "outside"}
    if posterior.nodes.door.any():
        names["door_share"] = "door_share"
    names |= {f"share_{number}": f"share_{name}" for number, name in enumerate(sources) if number}
    if table["spatial_share"].any():
        names |= {"spatial_share": "spatial_share", "spatial_range_m": "spatial_range_m"}
    for column, name in names.items():
        rows[name] = _summary(table, column)
    for host, logarithm in attractions.items():
        rows[f"attraction_{host}"] = (float(np.exp(logarithm)), np.nan, np.nan, False)
    rows["station_sd"] = (*_scatter(posterior), False)
    columns = ["estimate", "low", "high", "assumed"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("parameter")


def _summary(table: pd.DataFrame, column: str) -> tuple[float, float, float, bool]:
    known = table[table[column].notna()]
    if column in {"decay_per_min", "outside", "door_share"} or column.startswith("share_"):
        known = known[known["exponent"] > 0] if (known["weight"][known["exponent"] > 0].sum() > 0) else known
    both = known.groupby(column)[["weight", "prior"]].sum()
    both = both / np.maximum(both.sum(), 1e-300)
    at = both.index.to_numpy(dtype=float)
    low, high = (at[np.searchsorted(np.cumsum(both["weight"].to_numpy()), tail)] for tail in TAILS)
    apart = 0.5 * float((both["weight"] - both["prior"]).abs().sum())
    logs = column in {"decay_per_min", "outside", "spatial_range_m"}
    mean = float(np.exp(both["weight"] @ np.log(at)) if logs else both["weight"] @ at)
    return mean, float(low), float(high), apart < _ASSUMED


def _scatter(posterior: Posterior) -> tuple[float, float, float]:
    """Return mean and 90 % limits of the standard deviation of the logarithm that neighbours and stations have."""
    priors, freedom = posterior.priors, posterior.freedom
    twice = 2.0 * priors.scatter_shape * priors.scatter_sd**2
    total = 0.0
    for part, weight in zip(posterior.parts, posterior.weights(), strict=True):
        total += float(weight @ (twice + part.square))
    low, high = np.sqrt(total / special.chdtri(freedom, TAILS))
    return float(np.sqrt(total / freedom)), float(low), float(high)


def competition_is_assumed(posterior: Posterior) -> bool:
    """Whether the transactions leave open how much a new station takes from others."""
    table = marginals(posterior)
    none = float(table["weight"][table["exponent"] == 0].sum())
    tempered = marginals(posterior, posterior.priors.temper)
    return none > _NO_CATCHMENT or _spread(tempered, "weight") > _SPREAD_LEFT * _spread(tempered, "prior")


def _spread(table: pd.DataFrame, column: str) -> float:
    logs, weight = np.log(table["outside"].to_numpy()), table[column].to_numpy()
    mean: FloatArray = np.average(logs, weights=weight)
    return float(np.sqrt(np.average((logs - mean) ** 2, weights=weight)))
