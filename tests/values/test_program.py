"""What a coverage program refuses, and what its fingerprint sees."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from placement.errors import InputError
from placement.values import CoverageProgram, Floor, LinearRow
from placement.values.rows import TOKENS


def program(**changes):
    parts = {
        "covers": sparse.csr_array(np.array([[1, 0], [1, 1]], dtype=bool)),
        "weights": [5, 7],
        "costs": [2, 1],
        "budget": 1,
    }
    parts |= changes
    return CoverageProgram.from_covers(parts.pop("covers"), parts.pop("weights"), parts.pop("costs"), **parts)


@pytest.mark.parametrize("limit", [1.5, "3", None])
def test_a_limit_is_a_whole_number(limit):
    with pytest.raises(InputError, match="give a whole number"):
        LinearRow(name="budget", columns=np.array([0]), coefficients=np.array([1]), limit=limit)


def test_numpy_integers_become_python_ones():
    row = LinearRow(name="budget", columns=np.array([0]), coefficients=np.array([1]), limit=np.int64(2**62))  # type: ignore[arg-type]  # any integer is taken
    assert type(row.limit) is int
    assert row.limit * 4 == 2**64


def test_what_a_row_is_called_and_means_is_part_of_no_fingerprint():
    row = LinearRow(name="budget", columns=np.array([0]), coefficients=np.array([1]), limit=1)
    other = replace(row, name="tokens", kind=TOKENS, base=7)
    plain, meant, looser = (
        replace(program(), linear=(each,)).fingerprint() for each in (row, other, replace(other, limit=2))
    )
    assert plain == meant
    assert meant != looser


@pytest.mark.parametrize("rows", [[1, 0], [0, 0]])
def test_floor_rows_increase(rows):
    with pytest.raises(InputError, match="rows do not increase"):
        Floor(name="north", rows=np.array(rows), minimum=1)


def test_negative_weights_and_costs_and_huge_totals_are_refused():
    for changes in ({"weights": [-1, 7]}, {"costs": [-2, 1]}, {"weights": [2**41, 2**41]}):
        with pytest.raises(InputError):
            program(**changes)


def test_the_fingerprint_sees_every_number_and_no_block_border():
    first = program()
    others = [
        program(weights=[5, 8]),
        program(costs=[2, 2]),
        program(budget=2),
        program(required=[True, False]),
        program(covers=sparse.csr_array(np.array([[1, 1], [1, 1]], dtype=bool))),
    ]
    prints = {other.fingerprint() for other in others}
    assert len(prints) == len(others)
    assert first.fingerprint() not in prints
    covers, weights = first.covers, np.array([5, 7])
    blocks = [(covers[:1], weights[:1]), (covers[1:], weights[1:])]
    assert program(covers=blocks, weights=None).fingerprint() == first.fingerprint()


def test_values_cannot_change_after_they_were_checked():
    made = program()
    with pytest.raises(ValueError, match="read-only"):
        made.weights[0] = 99
    with pytest.raises(ValueError, match="read-only"):
        made.covers.data[0] = False
