"""Costs of stations from amounts in yuan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from placement.economics import StationCosts, station_costs
from placement.errors import InputError
from placement.study import CostSection
from placement.study.fields import MOST_STATION_FEN
from placement.study.names import near_name
from placement.tables.cells import NOT_MONEY, as_fen
from placement.values import Sites
from placement.values.checks import Faults, is_number, shown
from placement.values.sites import COST_KEYS

COSTS = "costs"


def read_costs(costs: StationCosts | Mapping[str, Any] | None) -> StationCosts | dict[str, CostSection]:
    """Return amounts in yuan as fen by host; costs of stations as they are.

    Parameters
    ----------
    costs
        ``{"purchase": 80_000, "move": 9_000}`` for every site, or ``{"bank": {"purchase": ...}, "default": {...}}``
        by host. None: no amounts.

    Raises
    ------
    InputError
        Naming every item that is none, and amounts that are none or must be fen.
    """
    if isinstance(costs, StationCosts):
        return costs
    if costs is not None and not isinstance(costs, Mapping):
        raise InputError.single(COSTS, f"costs is {shown(costs)}", remedy="give StationCosts, or a mapping of yuan")
    given = costs or {}
    by_host = given if any(isinstance(part, Mapping) for part in given.values()) else {"default": given}
    wrong = Faults(COSTS)
    sections = {str(host): _section(wrong, str(host), amounts) for host, amounts in by_host.items()}
    wrong.raise_any()
    return sections


def costs_at(sites: Sites, costs: StationCosts | dict[str, CostSection]) -> StationCosts:
    """Return what a station costs at each site: its own amounts, else those of its host.

    Raises
    ------
    InputError
        Naming every host that lacks an item which others have.
    """
    if isinstance(costs, StationCosts):
        return costs
    try:
        return station_costs(sites, costs)
    except InputError as error:  # in the words of a study's file
        remedy = "give it for the host, or for default"
        raise InputError(
            replace(fault, table=COSTS, row=fault.row.removeprefix("costs."), remedy=remedy) for fault in error.faults
        ) from error


def _section(wrong: Faults, host: str, amounts: object) -> CostSection:
    """Return the amounts of one host as fen."""
    if not isinstance(amounts, Mapping):
        wrong.add(f"is {shown(amounts)}", row=host, remedy="give a mapping of items to yuan")
        return CostSection()
    fen: dict[str, Any] = {}
    for item, yuan in amounts.items():
        row = f"{host}.{item}"
        if item not in COST_KEYS:
            near = near_name(str(item).removesuffix("_fen"), COST_KEYS)
            remedy = f"did you mean {near}, in yuan?" if near else f"known: {', '.join(COST_KEYS)}"
            wrong.add("is no item of the costs of a station", row=row, remedy=remedy)
            continue
        amount = as_fen(yuan) if is_number(yuan) else NOT_MONEY
        if not isinstance(amount, int) or amount == NOT_MONEY:
            wrong.add(f"is {shown(yuan)}, no amount in yuan", row=row, remedy="e.g. 8000.50")
        elif amount > MOST_STATION_FEN:
            problem = f"is {shown(yuan)}, above {MOST_STATION_FEN // 100:,} yuan a station"
            wrong.add(problem, row=row, remedy=f"amounts are yuan; fen? then {amount / 10_000:g}")
        else:
            fen[item] = amount
    return CostSection.model_construct(**fen)
