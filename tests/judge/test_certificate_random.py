import numpy as np
import pytest

from placement.errors import CertificateError
from placement.judge import check_certificate
from placement.values.certificate import SCALE
from tests.effort import cases
from tests.judge.random_programs import random_program
from tests.judge.reference import Draft, Maker, Prices, add_random_knapsack, best_plan, classes_of, evaluate


def random_prices(program, draft, rng):
    sizes = (len(classes_of(program)), len(draft.cuts), len(draft.knapsack))
    row, cut, knapsack = (
        {i: int(rng.integers(0, 8 * SCALE)) for i in range(size) if rng.random() < 0.7} for size in sizes
    )
    low = [-3 * SCALE if each.equality else 0 for each in program.linear]
    return Prices(
        objective=int(rng.random() < 0.8),
        row=row,
        cut=cut,
        knapsack=knapsack,
        linear=[int(rng.integers(start, 3 * SCALE)) for start in low],
        floor=[int(rng.integers(0, 2 * SCALE)) for _ in program.floors],
    )


@pytest.mark.parametrize("seed", range(cases(120)))
def test_any_prices_prove_exactly_what_the_formula_gives(seed):
    rng = np.random.default_rng(seed)
    program = random_program(rng)
    draft = Draft(program=program)
    classes = classes_of(program)
    if len(classes) >= 3:
        draft.cuts = [sorted(rng.choice(len(classes), 3, replace=False).tolist()) for _ in range(2)]
    for _ in range(2):
        add_random_knapsack(draft, rng)
    draft.prices = [random_prices(program, draft, rng)]
    draft.leaves = [(0, 0)]
    ones, zeros = set(np.flatnonzero(program.required)), set(np.flatnonzero(program.excluded))
    upper, _ = evaluate(draft, draft.prices[0], ones, zeros)
    best = best_plan(program)
    if not draft.prices[0].objective:
        draft.infeasible = True
        if upper < 0:
            assert best is None
            check_certificate(program, None, draft.seal())
        else:
            with pytest.raises(CertificateError, match="leaf 0 do not close it"):
                check_certificate(program, None, draft.seal())
        return
    draft.bound = upper // SCALE
    assert best is None or best[0] <= draft.bound
    assert check_certificate(program, None, draft.seal()) == draft.bound
    draft.bound -= 1
    with pytest.raises(CertificateError, match="leaf 0 do not close it"):
        check_certificate(program, None, draft.seal())


@pytest.mark.parametrize("seed", range(cases(150)))
def test_honest_certificates_prove_the_optimum(seed):
    rng = np.random.default_rng(1000 + seed)
    program = random_program(rng)
    draft = Maker(program, rng).make()
    plan = None if draft.plan is None else np.array(draft.plan)
    assert check_certificate(program, plan, draft.seal()) == draft.bound
    if draft.plan is not None:
        assert draft.bound == best_plan(program)[0]
