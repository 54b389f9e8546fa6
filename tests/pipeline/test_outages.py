"""How often machines are out of order, from the hours that stations report."""

from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from placement.errors import InputError
from placement.judge.facts import outage
from placement.pipeline.outages import outage_notes, usage_outage
from placement.study import Study
from placement.study.limits import PolicySection


def asking(**policy: Any) -> Study:
    about = SimpleNamespace(policy=PolicySection(**policy), file=SimpleNamespace(name="study.toml"))
    return cast("Study", about)  # these are the parts that are read


def usage(*hours: float) -> pd.DataFrame:
    """Return two months of S1 (744 and 696 hours) and one of S2 (744) with so many hours out of service."""
    rows = {"site_id": ["S1", "S1", "S2"], "month": ["2024-01", "2024-02", "2024-01"], "outage_hours": hours}
    return pd.DataFrame(rows)


def test_by_hand():
    """10 + 5 hours of 1440 at S1 and 94.2 of 744 at S2: 109.2 of 2184, 5 %; 1.04 % at S1, 12.66 % at S2."""
    study, table = asking(outage_from_usage=True), usage(10.0, 5.0, 94.2)
    assert usage_outage(study, table) == Fraction(1, 20)
    (note,) = outage_notes(study, table)
    assert str(note) == (
        "usage: machines are out of order 5.00% of the time, by outage_hours of 3 months of 2 stations: from 1.04% at "
        "S1 to 12.66% at S2"
    )
    prepared = SimpleNamespace(study=study, tables=SimpleNamespace(usage=table))
    assert outage(cast("Any", prepared)) == Fraction(1, 20)


def test_what_is_told_stands():
    told = asking(outage_probability=0.1)
    assert usage_outage(told, usage(10.0, 5.0, 94.2)) == Fraction(1, 10)
    assert outage_notes(told, usage(10.0, 5.0, 94.2)) == ()
    assert usage_outage(asking(), None) is None


@pytest.mark.parametrize("table", [None, usage(0, 0, 0), usage(744, 600, 0)])
def test_what_no_table_can_tell(table):
    with pytest.raises(InputError, match="outage_from_usage"):
        usage_outage(asking(outage_from_usage=True), table)


def test_both_contradict():
    with pytest.raises(ValueError, match="remove one"):
        asking(outage_probability=0.1, outage_from_usage=True)
