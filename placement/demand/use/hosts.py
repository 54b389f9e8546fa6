"""How strongly host kinds pull in the competition: rounds of fitting, and folding what is found into the catchments."""

from __future__ import annotations

import numpy as np

from placement.demand.use.data import UseData
from placement.demand.use.nodes import catchment_nodes
from placement.demand.use.posterior import fit_posterior
from placement.demand.use.priors import UsePriors
from placement.demand.use.process import Family
from placement.values.arrays import FloatArray


def host_attractions(data: UseData, priors: UsePriors) -> FloatArray:
    """Return (host kinds,) logarithms of the pull, of the commonest of the stations 0; so too kinds without record.

    Visits in proportion to the catchment, no spatial effect. `data` are of the stations that stand.
    """
    places, record = data.places, data.record
    kinds = int(places.host.max()) + 1
    found = np.zeros(kinds)
    if len(places.recorded_hosts) < 2:
        return found
    commonest = int(np.bincount(places.host[record.sites], minlength=kinds).argmax())
    family = Family(exponent=1.0)
    for _ in range(priors.host_rounds):
        nodes = catchment_nodes(data.reach, data.standing, found[places.host], data.doors, priors)
        posterior = fit_posterior(nodes, places, record, [family], priors)
        mean = posterior.parts[0].scaled @ posterior.weights()[0]
        effect = (priors.host_sd / priors.scatter_sd) ** 2 * np.bincount(
            places.host[record.sites], mean, minlength=kinds
        )
        recorded = places.recorded_hosts
        found[recorded] += effect[recorded] - effect[commonest]
    return found
