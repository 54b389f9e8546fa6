"""What a plan uses of every limit that is no money."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from placement.case import Case
from placement.economics import Action
from placement.models.model import STANDING, WEIGHT_SCALE
from placement.models.parts import covered_rows, whole_weights
from placement.values import LimitUse, Policy
from placement.values.limits import BY_KIND, COUNTED, TARGETS
from placement.values.visits import as_told

DECIMALS = 6
"""Of shares, as ``plan.json`` has them."""


def limits_used(
    case: Case, actions: tuple[Action, ...], stations: tuple[Action, ...] | None = None
) -> tuple[LimitUse, ...]:
    """Return every limit of a case's policy and sites beside what some actions make of it, in the order of rows.

    `stations` is what becomes of stations where `actions` are of machines; None: the same.
    """
    there = actions if stations is None else stations
    return (
        *counts_used(case.policy, actions),
        *(() if stations is None else _stations(case, stations)),
        *_site_limits(case, there),
        *_idle(case, there),
        *_targets(case, there),
    )


def _stations(case: Case, stations: tuple[Action, ...]) -> Iterator[LimitUse]:
    """Yield by how many the stations grow and fall, at least 0, where the policy limits it."""
    grown = int(_at(case, stations, STANDING).sum()) - int(case.standing.sum())
    for name, most, found in (
        ("max_opens", case.policy.max_opens, grown),
        ("max_closes", case.policy.max_closes, -grown),
    ):
        if most is not None:
            yield LimitUse(name=f"{name}.stations", asked=most, found=max(0, found))


def _targets(case: Case, actions: tuple[Action, ...]) -> Iterator[LimitUse]:
    """Yield the least coverage of everybody together, as shares of the program's whole weights."""
    policy, points = case.policy, case.coverage.by_ids().points
    if all(getattr(policy, name) is None for name in TARGETS):
        return
    weights = whole_weights(case, points)
    covered, today = (
        int(weights[covered_rows(case, points, standing)].sum())
        for standing in (_at(case, actions, STANDING), case.standing)
    )
    for name, of in (("coverage_floor", int(weights.sum())), ("keep_share", today)):
        asked = getattr(policy, name)
        if asked is not None:
            yield LimitUse(name=name, asked=float(asked), found=round(covered / of, DECIMALS) if of else None)


def counts_used(policy: Policy, actions: tuple[Action, ...]) -> Iterator[LimitUse]:
    """Yield every limit on numbers beside what some actions make of it."""
    for name, counted in COUNTED.items():
        most = getattr(policy, name)
        if most is not None:
            yield LimitUse(name=name, asked=most, found=sum(action in counted for action, _ in actions))


def _site_limits(case: Case, actions: tuple[Action, ...]) -> Iterator[LimitUse]:
    policy, table = case.policy, case.sites.table
    stands = _at(case, actions, STANDING)
    for name, column in BY_KIND.items():
        for kind, most in sorted(getattr(policy, name).items()):
            here = stands & (table[column] == kind).to_numpy()
            yield LimitUse(name=f"{name}.{kind}", asked=most, found=int(here.sum()))
    texts = table["exclusive"]
    for text in sorted(set(texts[texts.duplicated()]) - {""}):
        yield LimitUse(name=f"exclusive {text}", asked=1, found=int((stands & (texts == text).to_numpy()).sum()))
    fixed = table["action_fixed"]
    if (fixed != "").any():
        kept = sum(fixed.iloc[site] == action for action, site in actions)
        yield LimitUse(name="action_fixed", asked=int((fixed != "").sum()), found=kept)
    if policy.spacing_m is not None:
        yield LimitUse(name="spacing_m", asked=float(policy.spacing_m), found=None)
    if policy.min_reach_new is not None:
        order = case.coverage.by_ids()
        reach = case.coverage.weight_at_sites(whole_weights(case, order.points), order)
        new = reach[_at(case, actions, {"open", "move"})]
        found = float(new.min()) / WEIGHT_SCALE if new.size else None
        yield LimitUse(name="min_reach_new", asked=policy.min_reach_new, found=found)


def _idle(case: Case, actions: tuple[Action, ...]) -> Iterator[LimitUse]:
    policy, stands = case.policy, _at(case, actions, STANDING)
    if policy.max_idle is not None and case.capture is not None:
        seen = as_told(case.capture.visits(stands)[stands])
        yield LimitUse(name="max_idle", asked=policy.max_idle, found=int((seen < policy.idle_below).sum()))


def _at(case: Case, actions: tuple[Action, ...], wanted: frozenset[str] | set[str]) -> NDArray[np.bool_]:
    """Return (sites,) where one of some actions happens."""
    here = np.zeros(len(case.sites), dtype=np.bool_)
    here[[site for action, site in actions if action in wanted]] = True
    return here
