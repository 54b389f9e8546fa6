"""Which sites may stand in for a station, one for one, under all limits."""

from __future__ import annotations

import numpy as np

from placement.analysis.exchange import Exchanges
from placement.plan.standing import Question
from placement.values.arrays import BoolArray

TRIED = 25
"""Sites that are tried in place of a station, from the best on, until enough keep all limits."""


def stand_ins(
    question: Question, exchanges: Exchanges, chosen: BoolArray, site: int, *, most: int, loses: float = np.inf
) -> list[tuple[str, float]]:
    """Return the sites that do best in a station's place, and what the plan is worth less, visits a month.

    Parameters
    ----------
    question, exchanges
        What plans are worth, and what exchanges of this one bring.
    chosen
        (columns,) the plan.
    site
        Position of the station in the table of sites.
    most
        How many sites to look for.
    loses
        What may be lost at most, visits a month.
    """
    ids, worth, unit = question.case.sites.ids, question.whole_worth(chosen), 1 / question.model.scale
    gains = np.where(question.may_exchange(chosen, site), exchanges.gains(site), -np.inf)
    found: list[tuple[str, float]] = []
    for tried, other in enumerate(np.argsort(-gains, kind="stable")):
        if len(found) == most or tried == TRIED or not gains[other] >= -loses - unit:
            break
        changed = question.exchanged(chosen, site, int(other))
        if changed is None or question.broken(changed):
            continue
        less = (worth - question.whole_worth(changed)) * unit
        if less <= loses:
            found.append((str(ids[other]), less))
    return sorted(found, key=lambda pair: (pair[1], pair[0]))
