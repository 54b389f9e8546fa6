r"""What weights and clusters leave of the number of people asked.

Unequal weights: a row counts as :math:`n_\mathrm{eff} = (\sum w)^2 / (\gamma \sum w^2)` people (Kish 1965). Kish
supposes that weights have nothing to do with answers; where they have, the variance of a weighted share
:math:`\hat p` is :math:`\sum w^2 (y - \hat p)^2 / (\sum w)^2` (Taylor linearisation), and :math:`\gamma` is how many
times Kish's that is, over all rows of unequal weights (single ones are too small to
tell), and at least 1.

Clusters: people asked in one place (a block, an office, an hour at one gate) answer alike. With m people a place and an
intraclass correlation :math:`\rho` a sample counts as :math:`n / (1 + (m - 1) \rho)`, places of unequal size by
:math:`m = \sum m_c^2 / \sum m_c`. :math:`\rho` is one for the whole survey: its posterior mean under clusters that are
beta-binomial around the rate of their district and age group, that rate integrated out, and a prior that falls
exponentially with mean :data:`ICC_MEAN`, which takes in what household surveys find of knowledge and attitudes.

References
----------
Kish, L. (1965). Survey Sampling. Wiley.
Särndal, C.-E., Swensson, B., Wretman, J. (1992). Model Assisted Survey Sampling. Springer.
Rao, J. N. K., Scott, A. J. (1992). A simple method for the analysis of clustered binary data. Biometrics 48.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

ROW = ["district", "age_group"]
ICC_MEAN = 0.1
_MOST_ICC = 0.6
_ICC_NODES, _RATE_NODES = 32, 48


def weight_factors(frame: pd.DataFrame) -> pd.Series:
    """Return gamma by (district, age_group): how many times Kish's the variance is; 1 where weights are equal.

    Parameters
    ----------
    frame
        `district`, `age_group`, `asked`, `yes`, `weight`; several rows a district and age group.
    """
    keys = [frame[name] for name in ROW]
    some = frame[frame["asked"] > 0]
    unequal = some.groupby(ROW, sort=False)["weight"].nunique().reindex(frame.groupby(ROW, sort=False).size().index)
    unequal = unequal.fillna(1) > 1
    total = (frame["weight"] * frame["asked"]).groupby(keys).transform("sum")
    share = (frame["weight"] * frame["yes"]).groupby(keys).transform("sum") / total.where(total > 0)
    share = share.fillna(0.0)
    squares = frame["weight"] ** 2
    found = squares * (frame["yes"] * (1 - share) ** 2 + (frame["asked"] - frame["yes"]) * share**2)
    kish = squares * frame["asked"] * share * (1 - share)
    part = total.where(total > 0, 1.0) ** 2
    counts = unequal.reindex(pd.MultiIndex.from_arrays(keys)).to_numpy()
    found, supposed = (float((each / part * total)[counts].sum()) for each in (found, kish))
    return pd.Series(np.where(unequal, max(found / supposed, 1.0) if supposed > 0 else 1.0, 1.0), index=unequal.index)


def intraclass_correlation(frame: pd.DataFrame) -> float:
    """Return the posterior mean of the intraclass correlation.

    Parameters
    ----------
    frame
        `district`, `age_group`, `cluster`, `asked`, `yes`.
    """
    cells = frame.groupby([*ROW, "cluster"], sort=True)[["asked", "yes"]].sum()
    cells = cells[cells["asked"] > 0]
    row = cells.groupby(level=[0, 1], sort=True).ngroup().to_numpy()
    asked, yes = (cells[name].to_numpy(dtype=float)[:, None] for name in ("asked", "yes"))
    nodes, rule = np.polynomial.legendre.leggauss(_RATE_NODES)
    rate = (nodes + 1.0) / 2.0
    at, width = np.polynomial.legendre.leggauss(_ICC_NODES)
    icc = _MOST_ICC * ((at + 1.0) / 2.0) ** 2  # more nodes where it is small
    log_weight = np.log(width) + 0.5 * np.log(icc) - icc / ICC_MEAN
    for place, value in enumerate(icc):
        precision = 1.0 / value - 1.0
        alpha, beta = rate * precision, (1.0 - rate) * precision
        level = special.betaln(alpha + yes, beta + asked - yes) - special.betaln(alpha, beta)
        by_row = np.zeros((row.max() + 1, len(rate)))
        np.add.at(by_row, row, level)
        log_weight[place] += special.logsumexp(by_row, axis=1, b=rule).sum()
    weight = np.exp(log_weight - log_weight.max())
    return float(weight @ icc / weight.sum())


def cluster_effects(frame: pd.DataFrame, icc: float) -> pd.Series:
    """Return the design effect of clusters by (district, age_group); see :func:`intraclass_correlation`.

    A cluster's size counts everybody who was asked in it, of whatever age: the ages of a place err together.
    """
    cells = frame.groupby([*ROW, "cluster"], sort=False)["asked"].sum()
    whole = frame.groupby(["district", "cluster"], sort=False)["asked"].sum()
    size = whole.reindex(pd.MultiIndex.from_arrays([cells.index.get_level_values(i) for i in (0, 2)])).to_numpy()
    sums = pd.DataFrame({"asked": cells, "squares": cells * size}).groupby(level=[0, 1], sort=False).sum()
    mean = (sums["squares"] / sums["asked"].where(sums["asked"] > 0)).fillna(1.0)
    return 1.0 + (mean.clip(lower=1.0) - 1.0) * icc
