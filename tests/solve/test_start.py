"""A plan to begin with: counted anew, never lost, refused where it is none."""

import numpy as np
import pytest
from scipy import sparse

from placement.errors import InputError
from placement.judge import check_certificate
from placement.solve import maximise_coverage
from placement.values import CoverageProgram
from tests.effort import cases
from tests.solve.instances import brute_force, layered, random_relocation, value_of

TINY_S = 1e-9


@pytest.mark.parametrize("backend", ["auto", "highs"])
@pytest.mark.parametrize("seed", range(cases(40)))
def test_no_run_ends_below_its_start(seed, backend):
    """Even without any time; and with time the optimum is the optimum wherever a run begins."""
    program = random_relocation(seed)
    program = layered(program, seed) if seed % 3 == 0 else program
    best, plan = brute_force(program)
    if best is None:
        return
    begun = maximise_coverage(program, start=plan, time_limit_s=TINY_S, backend=backend)
    assert begun.objective == best == value_of(program, begun.chosen)
    assert begun.bound >= best
    if backend == "auto":
        assert begun.certificate is not None
        check_certificate(program, begun.chosen, begun.certificate)
    ended = maximise_coverage(program, start=plan, backend=backend)
    assert (ended.status, ended.objective, ended.bound) == ("optimal", best, best)


def test_a_start_may_choose_what_others_dominate():
    """A covers all that B does and more, for the same money; the known plan is B."""
    program = CoverageProgram.from_covers(sparse.csr_array([[1, 1], [1, 0]]), [5, 2], [1, 1], 1)
    begun = maximise_coverage(program, start=np.array([False, True]), time_limit_s=TINY_S)
    assert begun.objective >= 5
    assert maximise_coverage(program, start=np.array([False, True])).objective == 7


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (np.array([True, True]), "row budget: 2 where at most 1 is allowed"),
        (np.array([True]), "shape"),
        (np.array([1, 0]), "int64"),
    ],
)
def test_what_is_no_plan_is_refused(start, says):
    program = CoverageProgram.from_covers(sparse.csr_array([[1, 1], [1, 0]]), [5, 2], [1, 1], 1)
    with pytest.raises(InputError, match=says):
        maximise_coverage(program, start=start)
