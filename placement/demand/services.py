"""Services a station may offer: how often people need them, and what a host must be to offer them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from placement.demand.checks import require_columns
from placement.errors import Fault, InputError, listed
from placement.values.immutable import immutable


@immutable
@dataclass(frozen=True, kw_only=True)
class Service:
    """One public service.

    Parameters
    ----------
    name
        As in study files and tables.
    label_zh
        As in Chinese output.
    trips_per_month
        Visits a person and month by age group.
    hosts
        Host kinds that may offer it; empty = all.
    """

    name: str
    label_zh: str
    trips_per_month: Mapping[str, float]
    hosts: tuple[str, ...] = ()


SERVICES = (
    Service(
        name="social_security",
        label_zh="社会保障",
        trips_per_month={"general": 0.06, "elderly": 0.16},
        hosts=("bank", "community"),
    ),
    Service(
        name="provident_fund",
        label_zh="公积金",
        trips_per_month={"general": 0.03, "elderly": 0.0},
        hosts=("bank", "community"),
    ),
    Service(
        name="administrative_approval",
        label_zh="行政审批",
        trips_per_month={"general": 0.05, "elderly": 0.02},
        hosts=("community",),
    ),
    Service(name="employment", label_zh="就业服务", trips_per_month={"general": 0.04, "elderly": 0.0}),
    Service(name="bill_payment", label_zh="生活缴费", trips_per_month={"general": 0.12, "elderly": 0.27}),
)
"""A starting point: the rates are assumptions (a visit every three months in all), to be replaced by a city's own."""


def service_rates(services: Sequence[Service] = SERVICES) -> dict[str, dict[str, float]]:
    """Return `trips_per_month` of :func:`placement.demand.estimate_demand` by age group and service.

    Raises
    ------
    InputError
        If names repeat or services do not name the same age groups.

    Examples
    --------
    >>> service_rates()["elderly"]["bill_payment"]
    0.27
    """
    names = [service.name for service in services]
    ages = [tuple(sorted(service.trips_per_month)) for service in services]
    faults = [
        Fault(table="services", row=name, problem="is named twice", remedy="join them")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    if len(set(ages)) != 1:
        problem = "; ".join(f"{name}: {listed(age)}" for name, age in zip(names, ages, strict=True)) or "there are none"
        faults.append(Fault(table="services", problem=f"age groups differ ({problem})", remedy="name all, 0 for none"))
    if faults:
        raise InputError(faults)
    groups = services[0].trips_per_month
    return {age: {service.name: float(service.trips_per_month[age]) for service in services} for age in groups}


def offered_services(sites: pd.DataFrame, services: Sequence[Service] = SERVICES) -> pd.Series:
    """Return the services each site can offer, as a tuple of names.

    Parameters
    ----------
    sites
        Indexed by ``site_id``: `host`, and optional `services` (tuple of names, empty = whatever its host allows).
    services
        All services.

    Raises
    ------
    InputError
        If a site names a service that is unknown or that its host must not offer.
    """
    require_columns("sites", sites, ["host"])
    known = {service.name: service for service in services}
    wanted = sites["services"] if "services" in sites.columns else pd.Series([()] * len(sites), index=sites.index)
    faults, offers = [], []
    for site, host, named in zip(sites.index, sites["host"], wanted, strict=True):
        allowed = tuple(name for name, service in known.items() if not service.hosts or host in service.hosts)
        wrong = [name for name in named if name not in allowed]
        faults += [
            Fault(
                table="sites",
                row=str(site),
                problem=f"{name} is unknown" if name not in known else f"a {host} must not offer {name}",
                remedy=f"known: {listed(known)}" if name not in known else f"allowed: {listed(allowed)}",
            )
            for name in wrong
        ]
        offers.append(tuple(named) or allowed)
    if faults:
        raise InputError(faults)
    return pd.Series(offers, index=sites.index, name="services", dtype=object)
