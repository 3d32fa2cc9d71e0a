"""What printers, phones and UPSes get to feel of SNMP, counted at their end."""

from dataclasses import replace

import pytest

from auditor.model.asset import Kind
from auditor.model.probe import Limits, Snmp
from auditor.transports.snmp import SnmpTransport
from tests.lab.snmpd import FalseAgent
from tests.transports.test_snmp import ASSET, LOOPBACK, Safe, access, replying

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("fast", [True, False], ids=["ours", "pysnmp"])
def test_a_fragile_device_that_never_ends_is_let_go_soon(fast):
    """A UPS or a printer is not walked through fifty thousand objects: it gets few requests, and the answer is cut."""
    asked = {}
    for kind in (Kind.UPS, Kind.SERVER):
        with (
            FalseAgent(replying("1.3.6.1.2.1.1.9.#")()) as agent,
            SnmpTransport(Safe(), LOOPBACK, timeout=0.5, retries=0, fast=fast) as transport,
        ):
            tree = Snmp(("1.3.6.1.2.1.1",), walk=True, limits=Limits(bytes=2000))
            (answer,) = transport.ask(replace(ASSET, kind=kind), access(agent.port, "community"), [tree])
        asked[kind] = agent.asked
        assert "cut after" in answer.problem

    assert (asked[Kind.UPS], asked[Kind.SERVER] > 60) == (40, True)
