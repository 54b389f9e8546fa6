"""A certificate with one thing changed: refused, or still a proof of something true."""

from dataclasses import fields, replace

import numpy as np
import pytest

from placement.errors import CertificateError
from placement.judge import check_certificate
from placement.values import Certificate, PriceSets
from placement.values.certificate import SCALE
from tests.effort import cases
from tests.judge.random_programs import random_program
from tests.judge.reference import Maker, best_plan, plan_value

ARRAYS = [
    f.name
    for f in fields(Certificate)
    if f.name not in {"fingerprint", "scale", "bound", "infeasible", "has_plan", "objective", "prices", "digest"}
]
PRICES = [f.name for f in fields(PriceSets)]
STEPS = (-1, 1, 2, -2, SCALE, -SCALE, SCALE // 3, 2**40, -(2**62))


def honest(seed):
    """A program with its optimum, an honest certificate, and the plan."""
    rng = np.random.default_rng(5000 + seed)
    program = random_program(rng)
    draft = Maker(program, rng).make()
    return rng, program, best_plan(program), draft.seal(), None if draft.plan is None else np.array(draft.plan)


def changed_array(array, rng):
    """The array with one entry changed, dropped, doubled, or two entries swapped."""
    kind = rng.integers(0, 5)
    array = array.copy()
    if not array.size:
        return np.ones((1, *array.shape[1:]), dtype=array.dtype)
    where = tuple(int(rng.integers(0, n)) for n in array.shape)
    if array.dtype == bool:
        array[where] = not array[where]
    elif kind <= 2:
        with np.errstate(over="ignore"):
            array[where] += np.int64(rng.choice(STEPS))
    elif kind == 3:
        array = (
            np.delete(array, where[0], axis=0)
            if rng.random() < 0.5
            else np.insert(array, where[0], array[where[0]], axis=0)
        )
    else:
        other = tuple(int(rng.integers(0, n)) for n in array.shape)
        array[where], array[other] = array[other], array[where]
    return array


def mutated(certificate, rng):
    """One random change anywhere; the digest is left as it was."""
    choice = rng.integers(0, 10)
    if choice < 5:
        name = str(rng.choice(PRICES))
        part = changed_array(getattr(certificate.prices, name), rng)
        return replace(certificate, prices=replace(certificate.prices, **{name: part}))
    if choice < 9:
        name = str(rng.choice(ARRAYS))
        return replace(certificate, **{name: changed_array(getattr(certificate, name), rng)})
    name = str(rng.choice(["bound", "objective", "infeasible", "has_plan", "fingerprint", "scale"]))
    value = getattr(certificate, name)
    if isinstance(value, bool):
        return replace(certificate, **{name: not value})
    if isinstance(value, str):
        return replace(certificate, **{name: value[::-1]})
    return replace(certificate, **{name: value + int(rng.choice([-1, 1]))})


def resealed(certificate):
    return replace(certificate, digest=certificate.content_digest())


def differs(one, other):
    return one.content_digest() != other.content_digest()


@pytest.mark.parametrize("seed", range(cases(60)))
def test_every_single_change_is_refused(seed):
    rng, program, _, certificate, plan = honest(seed)
    refused = 0
    while refused < 25:
        other = mutated(certificate, rng)
        if not differs(other, certificate):
            continue
        with pytest.raises(CertificateError):
            check_certificate(program, plan, other)
        refused += 1


@pytest.mark.parametrize("seed", range(cases(60)))
def test_a_resealed_change_proves_nothing_false(seed):
    """A forger who also renews the digest gets either a refusal or a true bound."""
    rng, program, best, certificate, plan = honest(seed)
    accepted = 0
    for _ in range(80):
        other = certificate
        for _ in range(int(rng.integers(1, 4))):
            other = mutated(other, rng)
        other = resealed(other)
        at_hand = other.chosen if rng.random() < 0.5 else plan
        try:
            bound = check_certificate(program, at_hand, other)
        except CertificateError:
            continue
        accepted += 1
        if other.infeasible:
            assert best is None
        else:
            assert best is None or bound >= best[0]
    assert accepted < 80


@pytest.mark.parametrize("seed", range(cases(60)))
def test_a_forged_bound_below_the_optimum_is_refused(seed):
    _, program, best, certificate, _ = honest(seed)
    if best is None:
        return
    without = {"has_plan": False, "chosen": np.zeros(program.n_columns, dtype=bool)}
    for forged in (
        {"bound": certificate.bound - 1},
        {"bound": certificate.bound - 1, **without},
        {"bound": certificate.bound - 1, "objective": certificate.objective - 1},
        {"infeasible": True, **without},
    ):
        other = resealed(replace(certificate, **forged))
        with pytest.raises(CertificateError):
            check_certificate(program, other.chosen if other.has_plan else None, other)


@pytest.mark.parametrize("seed", range(cases(40)))
def test_a_certificate_does_not_serve_another_program(seed):
    _, program, _, certificate, plan = honest(seed)
    changes = [
        {"weights": program.weights + np.eye(1, program.weights.size, dtype=np.int64)[0]},
        {"column_values": program.column_values + 1},
        {"column_site": np.roll(program.column_site + 1, 1) % (program.n_sites + 1) - 1},
        {"linear": (*program.linear[1:], replace(program.linear[0], limit=program.linear[0].limit + 1))},
        {"floors": tuple(replace(floor, minimum=floor.minimum - 1) for floor in program.floors)},
        {"required": ~program.required},
    ]
    for change in changes:
        other = replace(program, **change)
        if other.fingerprint() == program.fingerprint():
            continue
        if "weights" in change and not program.covers[[0]].nnz:
            continue  # a row that nobody covers has no part in any proof
        with pytest.raises(CertificateError, match="another program"):
            check_certificate(other, plan, certificate)


@pytest.mark.parametrize("seed", range(20))
def test_another_plan_is_refused(seed):
    _, program, _, certificate, plan = honest(seed)
    for column in range(program.n_columns):
        other = np.zeros(program.n_columns, dtype=bool) if plan is None else plan.copy()
        other[column] = not other[column]
        with pytest.raises(CertificateError, match="another plan"):
            check_certificate(program, other, certificate)
        if plan is None or plan_value(program, other) != certificate.objective:
            with pytest.raises(CertificateError):
                check_certificate(program, other, resealed(replace(certificate, chosen=other)))
