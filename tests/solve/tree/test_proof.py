"""How long sealing a proof takes is measured on the way, and measuring changes nothing."""

from dataclasses import replace

import numpy as np
import pytest

from placement.errors import CertificateError
from placement.judge import check_certificate
from placement.solve.deadline import Deadline
from placement.solve.settings import DEFAULTS, EngineSettings
from placement.solve.tree.proof import ProofLog
from tests.solve.tools import root_of, three_singles

AT_ONCE = EngineSettings.of({"tree": {"rehearse_after_s": 1e-9, "rehearse_share": 1e15}})


def logged(settings, sets=3):
    tools = three_singles(settings=settings)
    node = root_of(tools)
    for number in range(sets):
        prices = replace(node.prices, rows=np.array([number, 1, 0]))
        tools.log.add_fixing(0, prices, node.domain.limits, np.array([0]), np.array([1]))
    return tools, node


def sealed(tools):
    return tools.log.certificate(bound=30, infeasible=False, objective=0, chosen=None)


def test_nothing_is_kept_free_before_anything_was_tried():
    tools, _ = logged(DEFAULTS)
    tools.log.look_ahead()
    assert tools.log.reserve_s < 1e-3  # what writing three small price sets took, for one open node


def test_a_try_measures_and_open_nodes_add_to_it():
    tools, _ = logged(AT_ONCE)
    before = sealed(tools)
    tools.log.look_ahead(1)
    one = tools.log.reserve_s
    assert one > 0
    tools.log.look_ahead(1000)
    assert tools.log.reserve_s > 20 * one  # three sets are there, a thousand are to come
    assert sealed(tools).digest == before.digest


def test_stages_stop_by_so_much_earlier():
    tools, _ = logged(AT_ONCE)
    tools.log.reserve_s = 5.0
    whole = Deadline.after(100.0)
    stop = whole.leaving(lambda: tools.log.reserve_s)
    assert 94.0 < stop.left_s() <= 95.0
    assert 94.0 < stop.within(1000.0).left_s() <= 95.0
    assert stop.within(10.0).left_s() <= 10.0
    tools.log.reserve_s = 101.0
    assert stop.passed()
    assert stop.within(10.0).passed()
    assert not whole.passed()


def test_a_price_set_used_twice_is_written_once():
    tools, node = logged(DEFAULTS, sets=0)
    for _ in range(2):
        tools.log.add_fixing(0, node.prices, node.domain.limits, np.array([0]), np.array([1]))
    tools.log.add_leaf(0, node.prices, node.domain.limits)
    certificate = sealed(tools)
    assert certificate.prices.count == 1
    assert certificate.fixing_prices.tolist() == [0, 0]
    assert certificate.leaf_prices.tolist() == [0]


def test_a_log_with_one_leaf_proves_what_its_prices_say():
    """Prices of nothing cover all thirty, and prove no less."""
    tools = three_singles()
    node = root_of(tools)
    tools.log.add_leaf(0, node.prices, node.domain.limits)
    mark = sealed(tools).fingerprint
    log = ProofLog(tools.problem, tools.pool, fingerprint=mark, dominated=tools.log.dominated)
    assert not log.has_fixings
    log.add_leaf(0, node.prices, node.domain.limits)
    proof = log.certificate(bound=30, infeasible=False, objective=0, chosen=None)
    assert check_certificate(tools.program, None, proof) == 30
    low = log.certificate(bound=29, infeasible=False, objective=0, chosen=None)
    with pytest.raises(CertificateError):
        check_certificate(tools.program, None, low)
