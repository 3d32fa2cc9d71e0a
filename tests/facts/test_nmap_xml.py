"""When a scan may say that there is no such service, and when it did not look closely enough."""

import pytest

from auditor.errors import NotPresent, Unreadable
from auditor.facts.nmap_xml import assert_finished, need, parse_scan


def scan(args: str = "", ports: str = "22,80", state: str = "open") -> str:
    return (
        f'<nmaprun{args}><scaninfo protocol="tcp" services="{ports}"/><host><ports><port protocol="tcp" portid="80">'
        f'<state state="{state}"/></port><extraports state="closed" count="1"/></ports></host>'
        '<runstats><finished exit="success"/></runstats></nmaprun>'
    )


@pytest.mark.parametrize("args", ["", ' args="nmap -p 22,80 -sV"'])
def test_what_was_asked_and_is_something_else_is_absent(args):
    with pytest.raises(NotPresent):
        need((), "TLS service", 22, parse_scan(scan(args)))


def test_an_open_port_that_nobody_asked_what_it_is_may_be_anything():
    with pytest.raises(Unreadable, match="port 80 is open and was not asked what it is: it may be a TLS service"):
        need((), "TLS service", 22, parse_scan(scan(' args="nmap -p 22,80 -sT"')))


def test_where_nothing_is_open_nobody_need_be_asked():
    with pytest.raises(NotPresent):
        need((), "TLS service", 22, parse_scan(scan(' args="nmap -p 22,80 -sT"', state="closed")))


def test_a_service_whose_usual_port_was_not_looked_at_may_be_there():
    with pytest.raises(Unreadable, match="port 443, usual for a TLS service, was not looked at"):
        need((), "TLS service", 443, parse_scan(scan()))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<nmaprun>", "not nmap's XML"),
        ("<nmaprun/>", "ends before the scan did"),
        ('<nmaprun><runstats><finished exit="error" errormsg="no"/></runstats></nmaprun>', "nmap failed: no"),
    ],
)
def test_a_run_that_did_not_finish_says_why(text, reason):
    with pytest.raises(Unreadable, match=reason):
        assert_finished(text)
