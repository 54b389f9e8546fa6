"""Whether the inputs are still those that a plan was made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from placement.errors import Fault, InputError


def refuse_other_inputs(record: Mapping[str, Any], now: Mapping[str, str]) -> None:
    """Raise unless the inputs are those that a ``plan.json`` record was made from.

    Parameters
    ----------
    record
        Content of the file.
    now
        SHA-256 by input name.

    Raises
    ------
    InputError
        Naming every input that differs.
    """
    then = record["inputs"]
    faults = [
        Fault(table=name, problem="is not the file the plan was made from", remedy="restore it, or recommend again")
        for name in sorted(set(then) | set(now))
        if then.get(name) != now.get(name)
    ]
    if faults:
        raise InputError(faults)
