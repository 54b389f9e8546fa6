"""The objective and the limits of a study, as the stages take them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from placement.economics import Policy
from placement.economics.policy import COUNTED
from placement.study import Study


def study_policy(study: Study, parents: pd.Series) -> Policy:
    """Return the limits of a study; `parents` are the (parent) districts of its demand points."""
    floors = study.policy.floors
    district = floors.district
    if district is None:
        by_district = {}
    elif isinstance(district, Mapping):
        by_district = dict(district)
    else:
        by_district = dict.fromkeys(sorted(set(parents)), district)
    return Policy(
        objective=study.policy.objective,
        **{f"{line}_fen": cap for line, cap in study.budget},
        **{name: getattr(study.policy, name) for name in COUNTED},
        district_floors=by_district,
        age_floors=floors.by_age_group,
    )
