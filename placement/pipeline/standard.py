"""The service standard of a study, as the stages take it."""

from __future__ import annotations

from placement.standard import Standard
from placement.study import Study


def study_standard(study: Study) -> Standard:
    """Return the service standard of a study."""
    travel = study.travel
    if travel.threshold_min is None:
        return Standard(threshold_m=travel.threshold_m)
    by_district = {name: minutes * 60 for name, minutes in travel.threshold_min_by_district.items()}
    return Standard(threshold_s=travel.threshold_min * 60, threshold_s_by_district=by_district)
