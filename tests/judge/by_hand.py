"""Certificates worked out by hand, and how the tests submit them."""

import numpy as np
import pytest
from scipy import sparse

from placement.errors import CertificateError
from placement.judge import check_certificate
from placement.values import CoverageProgram
from placement.values.certificate import SCALE
from tests.judge.reference import Draft, Prices


def one_station():
    """Row 0 sees site 0, row 1 both, row 2 site 1; weights 5, 4, 3; money for one. Best: site 0, worth 9."""
    return CoverageProgram.from_covers(sparse.csr_array([[1, 0], [1, 1], [0, 1]]), [5, 4, 3], [1, 1], 1)


def one_station_draft(**changes):
    """lambda = (5, 4, 3), theta = 9: rho = (9 - 9, 7 - 9), so that U = 9 x 1 + 0."""
    prices = Prices(row={0: 5 * SCALE, 1: 4 * SCALE, 2: 3 * SCALE}, linear=[9 * SCALE])
    draft = Draft(program=one_station(), bound=9, plan=(True, False), objective=9, prices=[prices], leaves=[(0, 0)])
    for name, value in changes.items():
        setattr(draft, name, value)
    return draft


def triangle(**changes):
    """Three rows of weight 1, each seen by two of three sites; a station costs 1. Best: any one station, 2 - 1 = 1.

    Half of each station gives the linear program 3 - 3/2 = 1.5, so that a cut or a branching is needed.
    """
    parts = {
        "covers": sparse.csr_array([[1, 1, 0], [0, 1, 1], [1, 0, 1]]),
        "weights": [1, 1, 1],
        "n_sites": 3,
        "column_site": [0, 1, 2],
        "column_values": [-1, -1, -1],
        "required": np.zeros(3, dtype=bool),
        "excluded": np.zeros(3, dtype=bool),
    }
    return CoverageProgram(**(parts | changes))


def cut_draft(**changes):
    """nu = 1 on the cut of all three rows: every site covers 2 of them, so that rho = -1 + ceil(2 / 2) = 0, U = 1."""
    draft = Draft(
        program=triangle(),
        bound=1,
        plan=(False, True, False),
        objective=1,
        cuts=[[0, 1, 2]],
        prices=[Prices(cut={0: SCALE})],
        leaves=[(0, 0)],
    )
    for name, value in changes.items():
        setattr(draft, name, value)
    return draft


def tree_draft(**changes):
    """Branch on column 0.

    x0 = 0: lambda = (1, 0, 1): U = 1 (row 1) + max(0, 1 - 1) + max(0, 1 - 1) = 1.
    x0 = 1: lambda = (0, 1, 0): U = 2 (rows 0 and 2) - 1 (column 0) + 0 + 0 = 1.
    """
    draft = Draft(
        program=triangle(),
        bound=1,
        plan=(False, True, False),
        objective=1,
        nodes=[(-1, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 1, 0, 1, 0)],
        prices=[Prices(row={0: SCALE, 2: SCALE}), Prices(row={1: SCALE})],
        leaves=[(1, 0), (2, 1)],
    )
    for name, value in changes.items():
        setattr(draft, name, value)
    return draft


def group_draft(**changes):
    """Branch on x0 + x1 + x2 <= 1 (node 1) or >= 2 (node 2).

    <= 1: lambda = (1, 1, 1), kappa = 1: rho_k = -1 + 2 - 1 = 0, U = kappa x 1 = 1.
    >= 2: lambda = 0, kappa = 1: rho_k = -1 + 1 = 0, U = 3 - kappa x 2 = 1.
    """
    draft = Draft(
        program=triangle(),
        bound=1,
        plan=(False, True, False),
        objective=1,
        groups=[[0, 1, 2]],
        nodes=[(-1, 0, 0, 0, 0), (0, 2, 0, 0, 1), (0, 2, 0, 1, 1)],
        prices=[Prices(row={0: SCALE, 1: SCALE, 2: SCALE}, branch={1: SCALE}), Prices(branch={2: SCALE})],
        leaves=[(1, 0), (2, 1)],
    )
    for name, value in changes.items():
        setattr(draft, name, value)
    return draft


def fixing_draft(**changes):
    """One station, bound 9: theta = 7 and lambda = (5, 4, 3) give U = 7 + 2 with rho = (2, 0).

    Forcing column 0 to 0 leaves 7 <= 9, so that it may be fixed to 1; then U is still 9 and closes the root.
    """
    prices = Prices(row={0: 5 * SCALE, 1: 4 * SCALE, 2: 3 * SCALE}, linear=[7 * SCALE])
    return one_station_draft(prices=[prices], fixings=[(0, 0, [(0, 1)])], **changes)


def check(draft):
    return check_certificate(
        draft.program, None if draft.plan is None else np.array(draft.plan, dtype=bool), draft.seal()
    )


def refused(draft, message):
    with pytest.raises(CertificateError, match=message):
        check(draft)


def replace_draft(draft, **changes):
    for name, value in changes.items():
        setattr(draft, name, value)
    return draft


def tampered(**changes):
    """A sealed certificate with attributes overwritten behind its constructor's back, its digest renewed."""
    certificate = one_station_draft().seal()
    for name, value in changes.items():
        target, _, inner = name.partition("__")
        object.__setattr__(certificate.prices if inner else certificate, inner or target, value)
    object.__setattr__(certificate, "digest", certificate.content_digest())
    return certificate
