"""A jump is found among the assets or written out; what leads nowhere is an error at the asset that says it."""

from pathlib import Path

import pytest

from auditor.errors import ContentError
from auditor.inventory import load
from auditor.inventory.rendered import as_yaml
from auditor.model.asset import Access, Channel

GOOD = """
assets:
  - name: bastion-01
    aliases: [jump]
    addresses: [192.0.2.1]
    transports:
      ssh: {port: 2222, user: hop, credential: bastion}
  - name: web-01
    addresses: [198.51.100.7]
    transports:
      ssh: {credential: linux, jump: JUMP}
"""


def inventory(folder: Path, text: str) -> Path:
    (folder / "inventory.yaml").write_text(text)
    return folder / "inventory.yaml"


def way(folder: Path, text: str, name: str = "web-01", channel: Channel = Channel.SSH) -> Access:
    """Return how one asset of an inventory is asked."""
    found = next(asset for asset in load(inventory(folder, text)).assets if asset.name == name)
    access = found.access(channel)
    assert access is not None
    return access


def test_an_asset_is_found_by_any_of_its_names(tmp_path: Path) -> None:
    """With its own addresses, port, user and credential."""
    jump = way(tmp_path, GOOD).jump_host

    assert jump is not None
    assert (jump.name, jump.addresses) == ("bastion-01", ("192.0.2.1",))
    assert (jump.access.port, jump.access.user, jump.access.credential) == (2222, "hop", "bastion")


@pytest.mark.parametrize(
    ("written", "user", "host", "port", "credential"),
    [
        ("hop@192.0.2.1:2222", "hop", "192.0.2.1", 2222, "linux"),
        ("hop@gate.example.com", "hop", "gate.example.com", 0, "linux"),
        ("hop@[2001:db8::1]:22", "hop", "2001:db8::1", 22, "linux"),
        ("gate.example.com:22, jump-credential: gate", "", "gate.example.com", 22, "gate"),
    ],
)
def test_a_jump_may_be_written_out(
    tmp_path: Path, written: str, user: str, host: str, port: int, credential: str
) -> None:
    """With the asset's own credential unless another is named."""
    text, _, more = written.partition(",")
    jump = way(tmp_path, GOOD.replace("JUMP", f'"{text}"{"," + more if more else ""}')).jump_host

    assert jump is not None
    assert jump.addresses == (host,)
    assert (jump.access.user, jump.access.port, jump.access.credential) == (user, port, credential)


def test_jumps_follow_each_other(tmp_path: Path) -> None:
    """A jump host may itself lie behind one."""
    text = GOOD.replace("credential: bastion}", "credential: bastion, jump: outer@203.0.113.9:22}")
    jump = way(tmp_path, text).jump_host

    assert jump is not None
    assert jump.access.jump_host is not None
    assert jump.access.jump_host.addresses == ("203.0.113.9",)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (GOOD.replace("jump: JUMP", "jump: nobody"), "web-01: jump names nobody, and there is no such asset"),
        (GOOD.replace("jump: JUMP", "jump: web-01"), "web-01: its jumps lead in a circle: web-01 -> web-01"),
        (
            GOOD.replace("credential: bastion}", "credential: bastion, jump: web-01}"),
            "bastion-01: its jumps lead in a circle: bastion-01 -> web-01 -> bastion-01",
        ),
        (GOOD.replace("ssh: {port", "cli: {port"), "web-01: jump names bastion-01, which has no `ssh:`"),
        (GOOD.replace("JUMP", "JUMP, legacy: true"), "web-01: legacy and jump do not go together"),
        (GOOD.replace("credential: bastion}", "credential: bastion, legacy: true}"), "web-01: bastion-01 is legacy"),
        (GOOD.replace("JUMP", '"hop@192.0.2.0/24"'), "web-01: jump is not of the form user@host:port"),
        (GOOD.replace("JUMP", '"hop@192.0.2.1:70000"'), "web-01: jump is not of the form user@host:port"),
        (GOOD.replace("JUMP", '"hop:Tr0ub4dor@192.0.2.1"'), ": "),
    ],
)
def test_a_jump_that_leads_nowhere_is_an_error_with_its_line(tmp_path: Path, wrong: str, why: str) -> None:
    """Before anything is asked; and a password that stands there is not repeated."""
    with pytest.raises(ContentError) as caught:
        load(inventory(tmp_path, wrong))

    assert why in str(caught.value)
    assert "Tr0ub4dor" not in str(caught.value)
    assert caught.value.place.line in {3, 8, 11}


def test_jump_and_legacy_are_written_as_they_are_read(tmp_path: Path) -> None:
    """Assets that are printed as an inventory are asked the same way."""
    text = GOOD.replace("JUMP", '"hop@192.0.2.1:22", jump-credential: gate') + "      cli: {legacy: true}\n"
    again = as_yaml(load(inventory(tmp_path, text)).assets)

    assert way(tmp_path, again) == way(tmp_path, text)
    assert way(tmp_path, again, channel=Channel.CLI).legacy
