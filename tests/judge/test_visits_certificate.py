"""Certificates of plans that count visits: what is changed is refused, or proves as much as it says all the same."""

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest

from placement.errors import CertificateError
from placement.judge.visits_certificate import check_visits_certificate
from placement.solve.capture.visits import maximise_visits
from placement.values.majorants import Majorants
from placement.values.visits_certificate import VisitsCertificate
from tests.solve.capture.towns import best_of_all, random_town, town_of_few_idle
from tests.there import there

SEEDS = (15, 23, 38, 45, 62, 88, 92)
"""Towns with floors, rules for new stations, several parts, and sets of both families among their proofs."""
OWN = ("numerator", "denominator", "floor", "bound", "objective")
ARRAYS = (
    "floors", "idle_site", "idle_indptr", "idle_beside", "priced", "fixed_indptr", "fixed_column", "fixed_value",
)  # fmt: skip


@cache
def proven(seed):
    town = random_town(seed)
    solution, _ = maximise_visits(town.program, town.capture, town.aim, time_limit_s=20.0, threads=1)
    return town, solution, best_of_all(town)


@cache
def with_few_idle():
    """Return a town whose proof goes by marks of idle stations, and by stations that are idle even alone."""
    for seed in range(60):
        town = town_of_few_idle(seed)
        if best_of_all(town) is None:
            continue
        solution, _ = maximise_visits(town.program, town.capture, town.aim, time_limit_s=20.0, threads=1)
        proof = there(solution.visits_certificate)
        if proof.below.size and proof.marked.size > 1 and proof.idle_counted.any():
            return town, solution
    raise AssertionError("no town of 60 has such a proof")


def test_forged_proofs_of_few_idle_stations_are_refused():
    town, solution = with_few_idle()
    proof = solution.visits_certificate

    def accepted(**changes):
        return check_visits_certificate(town.program, town.asked, solution.chosen, resealed(proof, **changes))

    assert accepted() == solution.bound
    number = int(np.flatnonzero(proof.idle_counted)[0])
    alone = proof.idle_beside[: proof.idle_indptr[number]], proof.idle_beside[proof.idle_indptr[number + 1] :]
    shorter = np.where(np.arange(proof.idle_indptr.size) > number, 1, 0) * int(np.diff(proof.idle_indptr)[number])
    free = np.setdiff1d(np.arange(town.program.n_sites), [*proof.below, *proof.marked])
    for changes, said in (
        ({"most_idle": proof.most_idle + 1}, "idle stations, the inputs"),
        ({"most_idle": -1}, "idle stations, the inputs"),
        ({"below": proof.marked, "marked": proof.below}, "sees enough alone"),
        ({"marked": np.sort(np.append(proof.marked, proof.below[0]))}, "twice"),
        ({"marked": np.append(proof.marked, town.program.n_sites)}, "are none"),
        ({"marked": np.delete(proof.marked, proof.marked == proof.idle_site[number])}, "has no mark"),
        ({"idle_counted": proof.idle_counted[1:]}, "wrong shape"),
        (
            {"idle_beside": np.concatenate(alone), "idle_indptr": proof.idle_indptr - shorter},
            "sees enough beside",
        ),
        ({"bound": solution.bound - 1}, "proves"),
    ):
        with pytest.raises(CertificateError, match=said):
            accepted(**changes)
    if free.size:  # a mark more than there need be proves less or as much, never more
        with pytest.raises(CertificateError):
            accepted(marked=np.sort(np.append(proof.marked, free[0])))
    everywhere = town.program.column_site >= 0
    asked = replace(town.asked, most_idle=0)
    with pytest.raises(CertificateError):
        check_visits_certificate(town.program, asked, everywhere, resealed(proof, most_idle=0))


def resealed(certificate, **changes):
    changed = replace(certificate, **changes)
    return replace(changed, digest=changed.content_digest())


def accepted(seed, certificate):
    town, solution, _ = proven(seed)
    return check_visits_certificate(town.program, town.asked, solution.chosen, certificate)


def mutated(certificate, rng):
    """Return the certificate with one number changed, sealed anew."""
    name = str(rng.choice([*OWN, *ARRAYS, *(each.name for each in fields(Majorants))]))
    delta = int(rng.choice([-1, 1])) * int(rng.choice([1, 7, 2**10, 2**19]))
    if name in OWN:
        return resealed(certificate, **{name: max(1, getattr(certificate, name) + delta)})
    holder = certificate if name in ARRAYS else certificate.majorants
    array = np.array(getattr(holder, name))
    if not array.size:
        return resealed(certificate, bound=certificate.bound - abs(delta))
    array.flat[int(rng.integers(array.size))] += delta
    if name in ARRAYS:
        return resealed(certificate, **{name: array})
    return resealed(certificate, majorants=replace(certificate.majorants, **{name: array}))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_forged_is_refused(seed):
    """Of 120 changes of single numbers each is refused, or the claim is still true of every plan."""
    _, solution, best = proven(seed)
    certificate, rng, refused = solution.visits_certificate, np.random.default_rng(seed), 0
    assert accepted(seed, certificate) == solution.bound
    for _ in range(120):
        forged = mutated(certificate, rng)
        try:
            bound = accepted(seed, forged)
        except CertificateError:
            refused += 1
        else:
            assert bound >= best
            assert abs(forged.objective - solution.objective) <= 1e-7 * solution.objective
    assert refused >= 80


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lower_bound_or_a_better_value_is_never_believed(seed):
    town, solution, best = proven(seed)
    certificate = solution.visits_certificate
    for bound in (best - 1, solution.bound - 1, 0):
        if bound < solution.bound:
            with pytest.raises(CertificateError):
                accepted(seed, resealed(certificate, bound=bound))
    with pytest.raises(CertificateError, match="is worth"):
        accepted(seed, resealed(certificate, objective=solution.objective + 2 + solution.objective // 10**6))
    with pytest.raises(CertificateError, match="digest"):
        accepted(seed, replace(certificate, bound=solution.bound + 1))
    other = np.zeros(town.program.n_columns, dtype=bool)
    with pytest.raises(CertificateError):
        check_visits_certificate(town.program, town.asked, other, certificate)


def test_parts_that_leave_plans_out_are_refused():
    divided = [seed for seed in SEEDS if len(proven(seed)[1].visits_certificate.inner) > 1]
    assert divided
    for seed in divided:
        certificate = proven(seed)[1].visits_certificate
        kept = certificate.fixed_indptr[1]
        cut = {
            "inner": certificate.inner[1:],
            "priced": certificate.priced[1:],
            "fixed_indptr": certificate.fixed_indptr[1:] - kept,
            "fixed_column": certificate.fixed_column[kept:],
            "fixed_value": certificate.fixed_value[kept:],
        }
        with pytest.raises(CertificateError, match="hold every plan"):
            accepted(seed, resealed(certificate, **cut))


@pytest.mark.parametrize("content", [b"", b"PK", b"\x00" * 100])
def test_what_is_no_file_of_a_certificate_is_refused(content):
    with pytest.raises((CertificateError, ValueError, OSError)):
        VisitsCertificate.from_bytes(content)
