"""nmap's output as it comes: cut anywhere, cut off, too large, damaged; by a program that only says that it is nmap."""

import stat
import time
from contextlib import closing
from pathlib import Path

import pytest

from auditor.facts.nmap_xml import parse_scan
from auditor.model.asset import Asset, Kind
from auditor.model.probe import Answer, Limits, Nmap
from auditor.transports.nmap import NmapTransport
from auditor.transports.nmap_stream import Parts
from auditor.transports.scope import Scope

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nmaprun>\n<nmaprun scanner="nmap" args="nmap -sV">\n'
    '<scaninfo type="connect" protocol="tcp" numservices="1" services="7"/>\n<debugging level="0"/>\n'
)
HINT = '<hosthint><status state="up"/>\n<address addr="127.9.9.9" addrtype="ipv4"/>\n</hosthint>\n'
END = '<runstats><finished time="9" exit="success"/><hosts up="2" down="0" total="2"/>\n</runstats>\n</nmaprun>\n'
FAILED = '<runstats><finished time="9" exit="error" errormsg="it rained"/></runstats>\n</nmaprun>\n'
ONE, TWO = "127.9.9.1", "127.9.9.2"


def host(address: str, inside: str = "", attributes: str = 'starttime="1795315800" endtime="1795315809"') -> str:
    state = '<status state="up" reason="user-set" reason_ttl="0"/>'
    ports = f'<ports><port protocol="tcp" portid="7"><state state="open"/>{inside}</port></ports>'
    return f'<host {attributes}>{state}\n<address addr="{address}" addrtype="ipv4"/>\n{ports}\n</host>\n'


def fake(folder: Path, script: str) -> str:
    """Return a program that takes nmap's options and runs this instead, with the file `said` to print from."""
    program = folder / "nmap"
    program.write_text(f"#!/bin/sh\ncd {folder}\necho $$ >> started\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def printing(folder: Path, *texts: str, then: str = "") -> str:
    for number, text in enumerate(texts):
        (folder / f"said{number}").write_bytes(text.encode("utf-8", "surrogateescape"))
    return fake(folder, f"cat {' '.join(f'said{number}' for number in range(len(texts)))}\n{then}")


def ahead(program: str, *, ports: str = "7", limits: Limits = Limits(), grace: float = 60.0) -> dict[str, Answer]:
    wanted = [
        (Asset(name=name, kind=Kind.SERVER, addresses=(name,)), [Nmap(ports=ports, limits=limits)])
        for name in (ONE, TWO)
    ]
    told = NmapTransport(Scope(), program, grace=grace).scan_ahead(wanted)
    return {asset.name: answer for asset, (answer,) in told}


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1000])
def test_where_the_output_is_cut_into_pieces_makes_no_difference(size):
    output = (HEAD + HINT + host(ONE) + HINT + host(TWO) + END).encode()
    parts = Parts(10_000)
    hosts = [part for at in range(0, len(output), size) for part in parts.take(output[at : at + size])]

    assert [host(ONE).strip().encode(), host(TWO).strip().encode()] == hosts
    assert HEAD.encode() == parts.head
    assert END.encode() == bytes(parts.rest).lstrip()


def test_each_host_becomes_a_document_with_what_stood_above_the_first(tmp_path):
    told = ahead(printing(tmp_path, HEAD, HINT, host(ONE), host(TWO), END))

    assert (HEAD + host(TWO)).strip() == told[TWO].text.partition("<runstats>")[0].strip()
    assert {""} == {answer.problem for answer in told.values()}
    assert (9.0, 1795315800.0) == (told[ONE].seconds, told[ONE].asked_at.timestamp())
    assert parse_scan(HEAD + host(TWO) + END) == parse_scan(told[TWO].text)


@pytest.mark.parametrize(
    ("rest", "then", "reason"),
    [
        (
            "",
            "echo Segmentation fault >&2; exit 3",
            "nmap ended before it was done (exit status 3): Segmentation fault",
        ),
        ("", "kill -9 $$", "(exit status -9)"),
        (host(TWO)[:80], "", "nmap ended before it was done (exit status 0)"),
        (FAILED, "echo QUITTING! >&2", "nmap failed: it rained (exit status 0): QUITTING!"),
        (END, "", "nmap ended without a word about it"),
    ],
)
def test_what_was_finished_before_a_run_was_cut_off_is_kept(tmp_path, rest, then, reason):
    told = ahead(printing(tmp_path, HEAD, host(ONE), rest, then=then))

    assert ("", [7]) == (told[ONE].problem, [port.number for port in parse_scan(told[ONE].text).open])
    assert reason in told[TWO].problem
    assert told[TWO].text == ""


def test_a_run_that_falls_silent_is_ended_and_what_it_had_finished_is_kept(tmp_path):
    program = printing(tmp_path, HEAD, host(ONE), then="exec sleep 600")
    told = ahead(program, limits=Limits(seconds=0.1), grace=0.5)

    assert told[ONE].problem == ""
    assert "nmap said nothing for" in told[TWO].problem
    assert not any(Path(f"/proc/{pid}").exists() for pid in (tmp_path / "started").read_text().split())


def test_hosts_are_told_before_the_run_is_over_and_closing_ends_it(tmp_path):
    program = printing(tmp_path, HEAD, host(ONE), then="exec sleep 600")
    wanted = [(Asset(name=n, kind=Kind.SERVER, addresses=(n,)), [Nmap(ports="7")]) for n in (ONE, TWO)]
    with closing(NmapTransport(Scope(), program).scan_ahead(wanted)) as told:
        first, _ = next(told)
        (pid,) = (tmp_path / "started").read_text().split()
        ran = Path(f"/proc/{pid}").exists()

    assert (ONE, True) == (first.name, ran)
    assert not Path(f"/proc/{pid}").exists()


def test_whoever_takes_the_answers_slowly_loses_none(tmp_path):
    program = printing(tmp_path, HEAD, host(ONE), host(TWO), END)
    wanted = [(Asset(name=n, kind=Kind.SERVER, addresses=(n,)), [Nmap(ports=p, limits=Limits(seconds=0.1))])
              for n, p in ((ONE, "7"), (TWO, "8"))]  # fmt: skip
    problems = []
    for _, (answer,) in NmapTransport(Scope(), program, grace=0.0).scan_ahead(wanted):
        problems.append(answer.problem)
        time.sleep(1.5)  # longer than both runs are waited for

    assert ["", ""] == problems


def test_a_host_that_nmap_gave_up_has_no_ports_that_are_closed(tmp_path):
    given_up = host(ONE, attributes='starttime="1" endtime="2" timedout="true"')
    told = ahead(printing(tmp_path, HEAD, given_up, host(TWO), END))

    assert ("nmap gave it up after 20 s", "") == (told[ONE].problem, told[ONE].text)
    assert told[TWO].problem == ""


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("&#x1;", "not nmap's XML"),
        ("<", "not nmap's XML"),
        ("&evil;", "not nmap's XML"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]>", "not nmap's XML"),
        ("\x00\udcff", "not nmap's XML"),
        ("x" * 400_000, "larger than 300000 bytes"),
    ],
)
def test_one_hosts_damage_is_its_own(tmp_path, inside, reason):
    told = ahead(printing(tmp_path, HEAD, host(ONE, inside), host(TWO), END), limits=Limits(bytes=300_000))

    assert reason in told[ONE].problem
    assert ("", [7]) == (told[TWO].problem, [port.number for port in parse_scan(told[TWO].text).open])


def test_an_endless_host_is_not_held_in_memory():
    parts = Parts(1000)
    for _ in range(100):
        assert [] == list(parts.take(b"<host>" + b"x" * 65536))
    (part,) = parts.take(host(TWO).encode())

    assert 1000 < len(part) < 140_000


def test_those_who_answer_on_no_usual_port_get_a_second_look(tmp_path):
    (tmp_path / "answering").write_text(HEAD + host(ONE) + END)
    gone = host(TWO, attributes='timedout="true" starttime="1" endtime="2"')
    (tmp_path / "silent").write_text(HEAD + gone + END)
    script = 'case "$*" in *-PS*) cat answering;; *-Pn*) cat > asked; cat silent;; esac'
    told = ahead(fake(tmp_path, script), ports="1-100")

    assert told[ONE].problem == ""
    assert TWO == (tmp_path / "asked").read_text()
    assert "no answer on the usual ports" in told[TWO].problem


def test_a_scan_ends_with_the_audit_s_time_and_keeps_what_was_told(tmp_path):
    """Who was not told about has the reason, be it that a run was cut off or never began."""
    program = printing(tmp_path, HEAD + host(ONE), then="exec sleep 60")
    others = [
        Asset(name=f"127.9.9.{number}", kind=Kind.SERVER, addresses=(f"127.9.9.{number}",)) for number in range(3, 9)
    ]
    wanted = [(Asset(name=name, addresses=(name,)), [Nmap(ports="7")]) for name in (ONE, TWO)]
    wanted += [(one, [Nmap(ports=str(8 + number))]) for number, one in enumerate(others)]

    told = {
        asset.name: answer for asset, (answer,) in NmapTransport(Scope(), program, audit_seconds=3).scan_ahead(wanted)
    }

    assert told.keys() == {ONE, TWO, *(one.name for one in others)}
    assert told.pop(ONE).problem == ""
    assert {answer.problem for answer in told.values()} == {
        "the time for the audit was up before nmap was done with it"
    }
    assert len((tmp_path / "started").read_text().split()) == 4
    assert not [pid for pid in (tmp_path / "started").read_text().split() if Path("/proc", pid).exists()]
