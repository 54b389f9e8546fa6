"""The checker of certificates: integers and numpy, no solver, no code of the solver.

:mod:`placement.values.certificate` says what a certificate is and what makes it a proof. This module follows that text
step by step: it derives the row classes from the program's covers anew, recounts the plan, recomputes the coefficients
of every cut, replays every fixing and closes every leaf. What it accepts is a theorem about the program at hand: *no
feasible plan is worth more than the returned integer*.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placement.errors import CertificateError
from placement.judge.certificate_bound import Prices
from placement.judge.certificate_classes import RowClasses, derive_classes, exact_sum
from placement.judge.certificate_shape import check_shape, children_of
from placement.judge.certificate_tree import Walk
from placement.values import Certificate, CoverageProgram, classes_fingerprint
from placement.values.arrays import BoolArray
from placement.values.certificate import SCALE


def check_certificate(program: CoverageProgram, chosen: ArrayLike | None, certificate: Certificate) -> int:
    """Return the integer bound that `certificate` proves for `program`, or raise.

    Parameters
    ----------
    program
        The program; its covers are read once, in blocks if they come in blocks.
    chosen
        (columns,) bool, the plan at hand; None, or nothing chosen, where the certificate has no plan.
    certificate
        The proof.

    Returns
    -------
    int
        No feasible plan is worth more. Of a certificate with ``infeasible``, which proves that there is no feasible
        plan at all, the (then empty) claim `bound` is returned.

    Raises
    ------
    CertificateError
        If anything is wrong; the message says what, and where.
    """
    if type(certificate) is not Certificate:
        raise CertificateError("this is not a certificate")
    classes = derive_classes(program)
    check_shape(program, certificate, classes.count)
    if certificate.digest != certificate.content_digest():
        raise CertificateError("the digest does not fit the content: the certificate was changed")
    if certificate.fingerprint != _fingerprint(program, classes):
        raise CertificateError("the certificate was issued for another program")
    _check_plan(program, classes, chosen, certificate)
    if (program.required & program.excluded).any():
        return certificate.bound
    prices = Prices(program, classes, certificate)
    state = np.full(program.n_columns, -1, dtype=np.int8)
    state[program.required] = 1
    state[program.excluded] = 0
    _apply_dominated(program, certificate, prices, state)
    children = children_of(program, certificate)
    Walk(certificate=certificate, prices=prices, children=children, state=state).run()
    return certificate.bound


def plan_faults(program: CoverageProgram, chosen: BoolArray) -> list[str]:
    """Return everything that keeps the columns `chosen` from being a plan of `program`, in words."""
    return _broken(program, derive_classes(program), chosen)


def _fingerprint(program: CoverageProgram, classes: RowClasses) -> str:
    return classes_fingerprint(
        program,
        class_indptr=classes.indptr,
        class_sites=classes.sites,
        class_weights=classes.weights,
        floor_indptr=classes.floor_indptr,
        floor_index=classes.floor_index,
        floor_only=np.flatnonzero(classes.alone),
        once=np.flatnonzero(classes.once),
    )


def _check_plan(
    program: CoverageProgram, classes: RowClasses, chosen: ArrayLike | None, certificate: Certificate
) -> None:
    at_hand = np.zeros(program.n_columns, dtype=np.bool_) if chosen is None else np.asarray(chosen)
    if at_hand.dtype != np.bool_ or at_hand.shape != (program.n_columns,):
        raise CertificateError(f"the plan is not {program.n_columns} times true or false")
    if not np.array_equal(at_hand, certificate.chosen):
        raise CertificateError("the certificate was issued with another plan")
    if certificate.infeasible and certificate.has_plan:
        raise CertificateError("a certificate that no plan is feasible comes with a plan")
    if not certificate.has_plan:
        if at_hand.any():
            raise CertificateError("the certificate says that it has no plan, and has one")
        return
    for fault in _broken(program, classes, at_hand):
        raise CertificateError(f"the plan is not feasible: {fault}")
    value = _worth(program, classes, at_hand) + exact_sum(program.column_values[at_hand])
    if value != certificate.objective:
        raise CertificateError(f"the plan is worth {value}, not {certificate.objective}")
    if certificate.objective > certificate.bound:
        raise CertificateError(f"the plan is worth {certificate.objective}, more than the bound {certificate.bound}")


def _covered(program: CoverageProgram, classes: RowClasses, chosen: BoolArray) -> BoolArray:
    """Return (classes,) bool: the classes that a chosen column covers."""
    sites = program.column_site[chosen]
    stands = np.zeros(program.n_sites, dtype=np.bool_)
    stands[sites[sites >= 0]] = True
    if not classes.count:
        return np.zeros(0, dtype=np.bool_)
    return np.asarray(np.logical_or.reduceat(stands[classes.sites], classes.indptr[:-1]))


def _worth(program: CoverageProgram, classes: RowClasses, chosen: BoolArray) -> int:
    """Return what a plan covers: of each class as many layers as columns provide there, rounded down at the end."""
    if _is_plain(program):
        return exact_sum(classes.gains[_covered(program, classes, chosen)])
    providing = np.zeros(program.n_sites, dtype=np.int64)
    for site in program.column_site[chosen].tolist():
        if site >= 0:
            providing[site] += 1
    owner = np.repeat(np.arange(classes.count), np.diff(classes.indptr))
    counts = np.zeros(classes.count, dtype=np.int64)
    np.add.at(counts, owner, providing[classes.sites])
    layered = np.where(classes.once, 0, classes.gains)
    worth = sum(share * exact_sum(layered[counts > n]) for n, share in enumerate(program.layers.tolist()))
    return int(worth + program.once_worth * exact_sum(classes.gains[classes.once & (counts > 0)])) // SCALE


def _is_plain(program: CoverageProgram) -> bool:
    return program.layers.tolist() == [SCALE] and not program.once.size


def _broken(program: CoverageProgram, classes: RowClasses, chosen: BoolArray) -> list[str]:
    broken = []
    for row in program.linear:
        amount = sum(row.coefficients[chosen[row.columns]].tolist())
        if amount > row.limit or (row.equality and amount < row.limit):
            broken.append(f"row {row.name} holds {amount} against {row.limit}")
    if (program.required & ~chosen).any() or (program.excluded & chosen).any():
        broken.append("a required column is missing or an excluded one is chosen")
    covered = _covered(program, classes, chosen)
    owner = np.repeat(np.arange(classes.count), np.diff(classes.floor_indptr))
    for number, floor in enumerate(program.floors):
        members = owner[classes.floor_index == number]
        amount = exact_sum(classes.weights[members[covered[members]]])
        if amount < floor.minimum:
            broken.append(f"floor {floor.name} holds {amount} against {floor.minimum}")
    return broken


def _apply_dominated(
    program: CoverageProgram, certificate: Certificate, prices: Prices, state: NDArray[np.int8]
) -> None:
    """Fix to 0, in order, every column that another, still free, can replace at no loss."""
    by_column = prices.linear.T.tocsr()
    equality = prices.is_equality()
    if certificate.dominated.size and not _is_plain(program):
        raise CertificateError("it says that columns are dominated, where a second one in reach counts")
    for number, (loser, winner) in enumerate(certificate.dominated.tolist()):
        if loser == winner or state[loser] != -1 or state[winner] != -1:
            raise CertificateError(f"dominated pair {number} names a column that is not free")
        gain, other = int(program.column_values[loser]), int(program.column_values[winner])
        if gain > other or gain > 0:
            raise CertificateError(f"dominated pair {number}: column {loser} is worth more")
        covered = prices.classes_of_site(int(program.column_site[loser]))
        if not np.isin(covered, prices.classes_of_site(int(program.column_site[winner]))).all():
            raise CertificateError(f"dominated pair {number}: column {loser} covers what {winner} does not")
        mine, theirs = (by_column[[column]].toarray()[0] for column in (loser, winner))
        takes_less = (mine < theirs) | (mine < 0)
        tied = (mine != 0) | (theirs != 0)
        if np.where(equality, tied, takes_less).any():
            raise CertificateError(f"dominated pair {number}: column {loser} takes less of a row than {winner}")
        state[loser] = 0
