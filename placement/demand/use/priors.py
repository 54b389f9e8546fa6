"""The numbers that the model of use takes as given: grids, priors, and how its results are drawn."""

from __future__ import annotations

from dataclasses import dataclass

from placement.values.immutable import immutable


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class UsePriors:
    """Grids and priors of :mod:`placement.demand.use.posterior`.

    Parameters
    ----------
    exponent
        How strongly visits follow the catchment: 0 not at all, 1 in proportion; equally likely.
    decay_per_min, decay_centre, decay_log_sd
        Decay a minute of walking, and its lognormal prior.
    outside
        Pull of staying at home, in pulls of a station of the commonest kind at the door; equally likely. At the largest
        stations hardly compete.
    door_share
        Part of an average station's catchment that passes its door; equally likely, where doors are counted.
    source_share
        Part of the catchment that a further source of need makes, beside residents alone; equally likely.
    host_sd
        Standard deviation of the effect of a host kind on the logarithm of visits.
    folded_host_sd
        What is left of it where the kind's pull in the competition was fitted.
    covariate_sd
        Standard deviation of the effect of one standard deviation of a covariate.
    spatial_share, spatial_range, spatial_weight
        Part of the scatter between stations that neighbours share; its range in medians of the distance to the nearest
        station; prior probability that there is such a part.
    scatter_shape, scatter_sd
        Inverse gamma prior of the variance of the scatter: shape, and a typical standard deviation.
    temper
        Power to which the likelihood is raised where changes between plans are drawn: a cross-section tells who gets
        how much, hardly how much is taken from rivals.
    nodes
        Sets of parameters that stand for all in the program.
    host_rounds
        Rounds in which the pull of host kinds is fitted.
    least_pull, most_pull
        Limits of the logarithm of the pull that a single site's level is folded into; what is above is a constant.
    """

    exponent: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    decay_per_min: tuple[float, ...] = (0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.45)
    decay_centre: float = 0.12
    decay_log_sd: float = 0.9
    outside: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
    door_share: tuple[float, ...] = (0.0, 0.15, 0.35, 0.6)
    source_share: tuple[float, ...] = (0.35, 0.65, 1.0)
    host_sd: float = 0.7
    folded_host_sd: float = 0.25
    covariate_sd: float = 0.4
    spatial_share: tuple[float, ...] = (0.3, 0.6, 0.8)
    spatial_range: tuple[float, ...] = (1.0, 3.0, 8.0)
    spatial_weight: float = 0.6
    scatter_shape: float = 2.0
    scatter_sd: float = 0.45
    temper: float = 0.2
    nodes: int = 6
    host_rounds: int = 6
    least_pull: float = -6.0
    most_pull: float = 2.5


PRIORS = UsePriors()
