"""A zone or a site is scanned at no more hosts at once than it bears, as the runs of nmap show."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.model.probe import Nmap
from auditor.settings import LimitSettings
from auditor.transports.nmap import NmapTransport
from tests.transports.test_nmap_ahead import LOOPBACK, addresses, asset

pytestmark = [pytest.mark.lab, pytest.mark.skipif(shutil.which("nmap") is None, reason="nmap is not installed")]


def runs(tmp_path: Path, limits: LimitSettings, hosts: list[tuple[str, str]]) -> list[list[str]]:
    """Scan hosts, each in a zone and on a port, and return the words of each run, and `end` where one ended."""
    log, program = tmp_path / "runs", tmp_path / "nmap"
    log.unlink(missing_ok=True)
    program.write_text(f'#!/bin/sh\necho "$@" >>{log}\nsleep 2\nnmap "$@"\necho end >>{log}\n')
    program.chmod(0o755)
    wanted = [
        (replace(asset(host, host), zone=zone, site=f"site of {zone}"), [Nmap(ports=port)])
        for host, (zone, port) in zip(addresses(len(hosts)), hosts, strict=True)
    ]
    told = list(NmapTransport(LOOPBACK, str(program), limits=limits).scan_ahead(wanted))

    assert [(one.name, "") for one, _ in wanted] == sorted(
        ((one.name, answer.problem) for one, answers in told for answer in answers),
        key=lambda pair: [int(part) for part in pair[0].split(".")],
    )
    return [line.split() for line in log.read_text().splitlines()]


def group(words: list[str]) -> str:
    """Return how many hosts a run looks at at once."""
    assert words[words.index("--min-hostgroup") + 1] == words[words.index("--max-hostgroup") + 1]
    return words[words.index("--max-hostgroup") + 1]


@pytest.mark.parametrize("limits", [LimitSettings(zones={"dmz": 2}), LimitSettings(per_site=2, per_zone=50)])
def test_what_shares_a_zone_or_a_site_is_scanned_by_one_run_at_a_time(tmp_path: Path, limits: LimitSettings) -> None:
    """And by groups of so many, without a look at everybody first."""
    lines = runs(tmp_path, limits, [("dmz", "1"), ("dmz", "2-99")] * 3)

    assert [line == ["end"] for line in lines] == [False, True, False, True]
    assert [group(words) for words in (lines[0], lines[2])] == ["2", "2"]
    assert all("-Pn" in words for words in (lines[0], lines[2]))


def test_where_nothing_is_limited_runs_go_on_side_by_side(tmp_path: Path) -> None:
    """A limit of another zone is none of theirs."""
    lines = runs(tmp_path, LimitSettings(zones={"lab": 2}), [("dmz", "1"), ("dmz", "2-9")] * 3)

    assert [line == ["end"] for line in lines] == [False, False, True, True]
    assert [group(words) for words in lines[:2]] == ["3", "3"]


def test_zones_that_share_nothing_do_not_wait_for_one_another(tmp_path: Path) -> None:
    """Each by its own limit."""
    hosts = [("dmz", "1")] * 2 + [("lab", "1")] * 4 + [("office", "1")] * 3
    lines = runs(tmp_path, LimitSettings(zones={"dmz": 1, "lab": 3}), hosts)

    assert sorted(group(words) for words in lines[:3]) == ["1", "3", "3"]
    assert lines[3:] == [["end"]] * 3
