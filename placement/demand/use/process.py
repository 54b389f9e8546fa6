r"""How stations scatter around their catchments: host kinds, covariates, neighbours, and the rest.

Under one set of parameters the logarithms of visits are linear and Gaussian. Their covariance, in units of the variance
:math:`\sigma^2` of the scatter, is

.. math::
    K_{jk} = \frac{\tau^2 [h_j = h_k] + c^2 x_j^\top x_k}{\sigma_0^2} + \rho\, m(d_{jk} / r) + (1 - \rho)[j = k]

with host kinds h, standardised covariates x, and Matérn's m of order 3/2
over the straight distance. The general level has a flat prior, so that with :math:`u = K^{-1} 1` all rests on
:math:`P = K^{-1} - u u^\top / 1^\top u`: the residuals of a model that has not seen the stations B are
:math:`e_B = (P_{BB})^{-1} (P r)_B`, and their covariance is :math:`\sigma^2 (P_{BB})^{-1}`.

Source: Dubrule (1983), Cross validation of kriging in a unique neighborhood. Mathematical Geology 15, 687-699.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from placement.demand.use.priors import UsePriors
from placement.values.arrays import BoolArray, FloatArray, IndexArray

_JITTER = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """What the covariance depends on.

    Parameters
    ----------
    exponent
        Of the catchment.
    share, range_m
        Part of the scatter that neighbours have in common, and how far it reaches.
    log_prior
        Logarithm of the prior weight.
    """

    exponent: float
    share: float = 0.0
    range_m: float = 1.0
    log_prior: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Places:
    """What is known of the sites beside their catchments.

    Parameters
    ----------
    host
        (sites,) number of the host kind.
    recorded_hosts
        Numbers of the kinds of which a station has transactions.
    covariates
        (sites, covariates), standardised.
    xy
        (sites, 2) metres, or None: no spatial effect.
    record_sd
        (sites,) standard error of the logarithm of the recorded visits; 0 without.
    folded
        Whether the pull of host kinds in the competition was fitted.
    """

    host: IndexArray
    recorded_hosts: IndexArray
    covariates: FloatArray
    xy: FloatArray | None
    record_sd: FloatArray
    folded: bool = False

    def covariance(self, rows: IndexArray, columns: IndexArray, family: Family, priors: UsePriors) -> FloatArray:
        """Return (rows, columns) covariances between sites, without the scatter that each has for itself."""
        unit = priors.scatter_sd**2
        alike = self.host[rows][:, None] == self.host[columns]
        kinds = np.square(self.host_sds(family, priors))[self.host[rows]][:, None] * alike
        found = (kinds + priors.covariate_sd**2 * (self.covariates[rows] @ self.covariates[columns].T)) / unit
        if family.share > 0 and self.xy is not None:
            found += family.share * matern(between(self.xy[rows], self.xy[columns]), family.range_m)
        return np.asarray(found)

    def host_sds(self, family: Family, priors: UsePriors) -> FloatArray:
        """Return (host kinds,) prior standard deviations of their effects on the logarithm of visits.

        Of a kind whose pull was fitted less is left, as far as visits follow the catchment; for one without a record
        see :meth:`unseen`.
        """
        found = np.zeros(int(self.host.max()) + 1)
        left = family.exponent * priors.folded_host_sd**2 + (1.0 - family.exponent) * priors.host_sd**2
        found[self.recorded_hosts] = np.sqrt(left) if self.folded else priors.host_sd
        return found

    def unseen(self, rows: IndexArray) -> BoolArray:
        """Return (rows,) whether no station of the site's kind has transactions.

        Such a kind has an effect of the prior's standard deviation, whatever the scatter between stations is.
        """
        return np.isin(self.host[rows], self.recorded_hosts, invert=True)

    def variances(self, rows: IndexArray, family: Family, priors: UsePriors) -> FloatArray:
        """Return (rows,) variances of sites without transactions."""
        kinds = np.square(self.host_sds(family, priors))[self.host[rows]]
        slopes = priors.covariate_sd**2 * np.square(self.covariates[rows]).sum(axis=1)
        return np.asarray((kinds + slopes) / priors.scatter_sd**2 + 1.0)

    def own(self, rows: IndexArray, family: Family, priors: UsePriors) -> FloatArray:
        """Return (rows,) the variance that each site has for itself: its scatter, and the error of its record."""
        return np.asarray(1.0 - family.share + (self.record_sd[rows] / priors.scatter_sd) ** 2)


def between(here: FloatArray, there: FloatArray) -> FloatArray:
    """Return straight distances."""
    return np.asarray(np.hypot(*(here[:, None, :] - there[None]).transpose(2, 0, 1)))


def matern(distance: FloatArray, range_m: float) -> FloatArray:
    """Return the correlation of order 3/2."""
    scaled = np.sqrt(3.0) * distance / range_m
    return np.asarray((1.0 + scaled) * np.exp(-scaled))


@dataclass(frozen=True, kw_only=True, eq=False)
class Solved:
    """One covariance of the observed stations, solved once.

    Parameters
    ----------
    inverse, residual
        (n, n) inverse of K, and P of the module.
    level
        (n,) weights of the estimate of the general level.
    level_variance, log_determinant
        Its variance in units of the scatter's; of K and of the precision of the level together.
    """

    inverse: FloatArray
    residual: FloatArray
    level: FloatArray
    level_variance: float
    log_determinant: float

    @classmethod
    def of(cls, covariance: FloatArray) -> Solved:
        """Solve a covariance, (n, n), own variances included."""
        factor = linalg.cholesky(covariance, lower=True)
        inverse = linalg.cho_solve((factor, True), np.eye(len(factor)))
        inverse = 0.5 * (inverse + inverse.T)
        ones = inverse.sum(axis=0)
        precision = float(ones.sum())
        return cls(
            inverse=inverse,
            residual=inverse - np.outer(ones, ones) / precision,
            level=ones / precision,
            level_variance=1.0 / precision,
            log_determinant=float(2.0 * np.log(np.diag(factor)).sum() + np.log(precision)),
        )

    def weights(self, across: FloatArray) -> FloatArray:
        """Return (targets, n) weights of the observed in predictions; `across` are (targets, n) covariances."""
        return np.asarray(across @ self.residual + self.level)

    def variances(self, across: FloatArray, own: FloatArray) -> FloatArray:
        """Return (targets,) variances of predictions; `own` are those without anything observed."""
        miss = 1.0 - across @ self.inverse.sum(axis=1)
        explained = np.einsum("ti,ij,tj->t", across, self.inverse, across, optimize=True)
        return np.asarray(np.maximum(own - explained + miss**2 * self.level_variance, _JITTER))
