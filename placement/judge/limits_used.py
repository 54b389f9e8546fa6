"""What a plan says that it makes of each limit that is no money, counted again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.judge.recount import Reach
from placement.judge.rules import Claims, limited_counts
from placement.judge.site_limits import named_limits, shared_texts, weight_within
from placement.judge.targets import targets
from placement.pipeline.prepare import Prepared
from placement.values.immutable import held

_SCALE = 1000
_DECIMALS = 6
"""Of the numbers in ``plan.json``."""


def limit_use_faults(
    record: Mapping[str, Any], claims: Claims, prepared: Prepared, reach: Reach, weights: NDArray[np.int64]
) -> Iterator[str]:
    """Yield that the list is another, or every number of it that is."""
    right = [
        *_counts(claims, prepared),
        *_of_sites(claims, prepared, reach, weights),
        *_idle(record, prepared),
        *_of_everybody(claims, prepared, reach, weights),
    ]
    said = [(each["name"], each["asked"], each["found"]) for each in record["limits"]]
    if [name for name, _, _ in said] != [name for name, _, _ in right]:
        yield f"limits: should be {', '.join(name for name, _, _ in right) or 'none'}"
        return
    for (name, asked, found), (_, right_asked, right_found) in zip(said, right, strict=True):
        if asked != round(right_asked, _DECIMALS):
            yield f"limits: {name} is {right_asked:g} in the study, not {asked:g}"
        if found != right_found:
            yield f"limits: of {name} the plan makes {right_found}, not {found}"


def _of_everybody(
    claims: Claims, prepared: Prepared, reach: Reach, weights: NDArray[np.int64]
) -> Iterator[tuple[str, float, float | None]]:
    asked = [*targets(reach, weights, prepared.study.policy)]
    if asked:
        stands = held(prepared.sites, "table").index.isin(claims.standing)
        covered = int(reach.worth(weights, reach.by(np.asarray(stands))).sum())
        for name, share, of in asked:
            yield name, float(share), round(covered / of, _DECIMALS) if of else None


def _counts(claims: Claims, prepared: Prepared) -> Iterator[tuple[str, float, float | None]]:
    for name, (count, most) in limited_counts(claims, prepared).items():
        yield name, most, count


def _idle(record: Mapping[str, Any], prepared: Prepared) -> Iterator[tuple[str, float, float | None]]:
    """Yield the limit on idle stations; how many there are is recounted with the visits of the plan."""
    most = prepared.study.policy.max_idle
    if most is not None:
        yield "max_idle", most, None if record["visits"] is None else record["visits"]["idle"]["after"]


def _of_sites(
    claims: Claims, prepared: Prepared, reach: Reach, weights: NDArray[np.int64]
) -> Iterator[tuple[str, float, float | None]]:
    table, policy = held(prepared.sites, "table"), prepared.study.policy
    standing = list(claims.standing)
    for key, column, limits in named_limits(policy):
        for name in sorted(limits):
            yield f"{key}.{name}", limits[name], sum(table.loc[site, column] == name for site in standing)
    for text in shared_texts(table):
        yield f"exclusive {text}", 1, sum(table.loc[site, "exclusive"] == text for site in standing)
    fixed = {site: action for site, action in table["action_fixed"].items() if action}
    if fixed:
        done = [("keep", claims.keep), ("close", claims.close), ("open", claims.open)]
        kept = sum(fixed.get(site) == action for action, sites in done for site in sites)
        yield "action_fixed", len(fixed), kept
    if policy.spacing_m is not None:
        yield "spacing_m", float(policy.spacing_m), None
    if policy.min_reach_new is not None:
        within = dict(zip(table.index, weight_within(reach, weights), strict=True))
        new = [within[site] for site in (*claims.open, *(to for _, to in claims.move))]
        yield "min_reach_new", policy.min_reach_new, min(new) / _SCALE if new else None
