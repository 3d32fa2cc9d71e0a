"""Static Ansible inventories: what ansible-inventory says of them (each expectation was compared with ansible-core)."""

from pathlib import Path

import pytest

from auditor.errors import ContentError, Place
from auditor.inventory import ansible
from auditor.inventory.ansible import Host
from auditor.inventory.ansible_groups import expanded, host_and_port
from auditor.model.asset import Access, Asset, Channel, Kind, Platform

RULES = """\
lone:2222
[2001:db8::1]:2022 x=1
2001:db8::2
[atlanta]
host1 ansible_host=10.0.0.1
host2
[raleigh]
host2
host3 x='{"a": 1}' y="['q']" port=0644
[southeast:children]
atlanta
raleigh   # a comment
[southeast:vars]
v=se
w=se
[usa:children]
southeast
deep
[usa:vars]
v=usa
u=usa
w=usa
[atlanta:vars]
v=atl
ansible_group_priority=10
[raleigh:vars]
v=ral
t=True
eq=a=b
number=22 # a comment
text=a # no comment
[deep]
host1
[deep:vars]
w=deep
[zeta]
host1 v=hostv
[alpha]
host1 k=2
[zeta:vars]
m=z
[alpha:vars]
m=a
[all:vars]
everywhere=#yes
"""


def hosts(tmp_path: Path, text: str, name: str = "hosts.ini") -> dict[str, Host]:
    file = tmp_path / name
    file.write_text(text)
    return {host.name: host for host in ansible.hosts(file)}


def problem(tmp_path: Path, text: str, name: str = "hosts.ini") -> str:
    with pytest.raises(ContentError) as caught:
        hosts(tmp_path, text, name)
    return str(caught.value).replace(f"{tmp_path}/", "")


def assets(tmp_path: Path, text: str, name: str = "hosts.ini") -> dict[str, Asset]:
    file = tmp_path / name
    file.write_text(text)
    return {entry.asset.name: entry.asset for entry in ansible.read(file).listed}


def test_the_deepest_group_wins_then_priority_then_name(tmp_path: Path) -> None:
    """The host's own variable wins over all of them; of `m`, the later name."""
    one = hosts(tmp_path, RULES)["host1"].variables

    assert {name: one[name] for name in "vwumk"} == {"v": "hostv", "w": "se", "u": "usa", "m": "z", "k": 2}


def test_a_priority_wins_over_a_name(tmp_path: Path) -> None:
    """Atlanta (10) wins over raleigh, although it comes first in the alphabet."""
    assert hosts(tmp_path, RULES)["host2"].variables["v"] == "atl"


def test_values_are_python_literals_or_text(tmp_path: Path) -> None:
    """0644 is not a Python number; a comment ends a literal and not a text."""
    three = hosts(tmp_path, RULES)["host3"].variables

    assert {name: three[name] for name in ("x", "y", "port", "t", "eq", "number", "text", "everywhere")} == {
        "x": {"a": 1}, "y": ["q"], "port": "0644", "t": True, "eq": "a=b", "number": 22, "text": "a # no comment",
        "everywhere": "#yes",
    }  # fmt: skip


def test_ports_stand_behind_names_and_bracketed_addresses(tmp_path: Path) -> None:
    """A bare IPv6 address has colons and no port."""
    found = hosts(tmp_path, RULES)

    assert [found[name].text("ansible_port") for name in ("lone", "2001:db8::1", "2001:db8::2")] == ["2222", "2022", ""]


def test_groups_are_those_that_name_the_host(tmp_path: Path) -> None:
    """The parents are known apart from them."""
    two = hosts(tmp_path, RULES)["host2"]

    assert (two.groups, set(two.ancestry)) == (("atlanta", "raleigh"), {"atlanta", "raleigh", "southeast", "usa"})


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        (
            "web[01:07:2].example.com",
            ["web01.example.com", "web03.example.com", "web05.example.com", "web07.example.com"],
        ),
        ("db-[a:c]", ["db-a", "db-b", "db-c"]),
        ("h[8:10]", ["h8", "h9", "h10"]),
        ("s[1:2]-[01:02]", ["s1-01", "s1-02", "s2-01", "s2-02"]),
        ("h[:2]", ["h0", "h1", "h2"]),
        ("plain", ["plain"]),
    ],
)
def test_ranges_stand_for_their_names(pattern: str, names: list[str]) -> None:
    """Both ends count; leading zeros stay."""
    assert expanded(pattern, Place("hosts")) == names


@pytest.mark.parametrize("pattern", ["h[01:100]", "h[5:1]", "h[c:a]", "h[1:999999999]", "h[1:999][1:999]", "h[a:9]"])
def test_a_wrong_or_endless_range_is_told(pattern: str) -> None:
    """A range of a thousand million hosts is a slip, not an inventory."""
    with pytest.raises(ContentError):
        expanded(pattern, Place("hosts"))


def test_a_port_is_parted_from_a_range() -> None:
    """Colons in a range are not ports."""
    assert host_and_port("www[01:50].example.com:2222") == ("www[01:50].example.com", 2222)
    assert host_and_port("www[01:50]") == ("www[01:50]", 0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[web]\nhost one two\n", "hosts.ini:2: 'one' is not name=value"),
        ("[web]\nhost a='b\n", "hosts.ini:2: a quote is not closed"),
        ("[web:foo]\n", "hosts.ini:1: there are no sections :foo"),
        ("[web]x]\n", "hosts.ini:1: [web]x] is not a section"),
        ("[gone:vars]\na=1\n", "hosts.ini:1: variables are said of the group gone"),
        ("[a:children]\nb\n", "hosts.ini:2: a has the child b, and there is no such group"),
        ("[a:children]\nb\n[b:children]\na\n", "is within itself"),
        ("[a:vars]\nnothing\n[a]\n", "hosts.ini:2: a line of variables needs name=value"),
    ],
)
def test_bad_ini_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    """As Ansible refuses it too."""
    assert told in problem(tmp_path, text)


YAML = """\
all:
  vars: {ansible_user: top, z: all}
  hosts:
    lone:
    "rng[1:3]": {a: 1}
    "p:2022":
  children:
    web:
      vars:
        z: web
        ansible_password: !vault |
          $ANSIBLE_VAULT;1.1;AES256
          33363965326261303234626266623963
      hosts: w1
      children:
        sub: {hosts: {w2: {z: own}}, vars: {z: sub}}
other:
  hosts: {w1: {q: 2}}
  vars: {z: other}
"""


def test_yaml_groups_are_read(tmp_path: Path) -> None:
    """Groups beside `all` count; a host may stand as a bare word."""
    found = hosts(tmp_path, YAML, "hosts.yml")

    assert list(found) == ["lone", "rng1", "rng2", "rng3", "p", "w1", "w2"]
    assert found["w1"].groups == ("other", "web")
    assert {name: found[name].variables["z"] for name in ("lone", "w1", "w2")} == {
        "lone": "all",
        "w1": "web",
        "w2": "own",
    }
    assert found["p"].variables["ansible_port"] == 2022


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("all:\n  host: {a: }\n", "hosts.yml:2:3: host: a group has hosts, children and vars"),
        ("all:\n  hosts: [a, b]\n", "hosts.yml:2:10: hosts: must be a mapping"),
        ("plugin: aws_ec2\n", "hosts.yml:1:1: this configures an inventory plugin"),
        ("[]\n", "is not an Ansible inventory"),
    ],
)
def test_bad_yaml_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    """With what to write instead."""
    assert told in problem(tmp_path, text, "hosts.yml")


def test_secrets_are_dropped_and_named(tmp_path: Path) -> None:
    """The name of the variable is told; its value is nowhere."""
    file = tmp_path / "hosts.ini"
    file.write_text("[web]\nw1 ansible_password=hunter2 ansible_become_pass=hunter3 ansible_ssh_private_key_file=k\n")
    read = ansible.read(file)

    assert any("ansible_become_pass, ansible_password" in warning for warning in read.warnings)
    assert "hunter" not in repr(read)
    assert "private_key_file" not in " ".join(read.warnings)


def test_a_linux_host_becomes_a_server_reached_by_ssh(tmp_path: Path) -> None:
    """A Python interpreter is a sign of a POSIX host; groups become tags."""
    text = (
        "[web]\nw1 ansible_host=192.0.2.1 ansible_port=2222 ansible_user=bob "
        "ansible_python_interpreter=/usr/bin/python3\n"
    )
    one = assets(tmp_path, text)["w1"]

    assert (one.kind, one.platform, one.addresses) == (Kind.SERVER, Platform.LINUX, ("192.0.2.1",))
    assert one.accesses == (Access(channel=Channel.SSH, port=2222, user="bob"),)
    assert (one.tags, one.declared_at.line) == (frozenset({"web"}), 2)


@pytest.mark.parametrize(
    ("system", "platform"),
    [("ios", Platform.CISCO_IOS), ("cisco.ios.ios", Platform.CISCO_IOS), ("arista.eos.eos", Platform.ARISTA_EOS),
     ("iosxr", Platform.CISCO_IOSXR), ("junipernetworks.junos.junos", Platform.JUNOS), ("nxos", Platform.CISCO_NXOS),
     ("made.up.thing", Platform.UNKNOWN)],
)  # fmt: skip
def test_a_network_device_is_asked_by_its_command_line(tmp_path: Path, system: str, platform: Platform) -> None:
    """Collections' full names count; groups called routers make routers."""
    text = f"[routers]\nr1 ansible_network_os={system} ansible_connection=ansible.netcommon.network_cli\n"
    one = assets(tmp_path, text)["r1"]

    assert (one.kind, one.platform, one.addresses) == (Kind.ROUTER, platform, ("r1",))
    assert one.accesses == (Access(channel=Channel.CLI),)


def test_local_is_this_machine_only(tmp_path: Path) -> None:
    """Old network playbooks ran with connection local; that says nothing of where the device is."""
    found = assets(
        tmp_path, "localhost ansible_connection=local\nr1 ansible_connection=local\nw ansible_connection=winrm\n"
    )

    assert [found[name].accesses for name in ("localhost", "r1", "w")] == [(Access(channel=Channel.LOCAL),), (), ()]
    assert found["w"].platform is Platform.WINDOWS


def test_a_simple_template_is_filled_and_another_is_no_address(tmp_path: Path) -> None:
    """What Ansible computes when it runs is not guessed."""
    text = (
        "a ansible_host={{inventory_hostname}}.{{zone}} zone=example.com\n"
        "b ansible_host={{lookup('env','X')}} zone=example.com\n"
        "c ansible_host={{d}} d={{ansible_host}}\n"
    )
    found = assets(tmp_path, text)

    assert [found[name].addresses for name in "abc"] == [("a.example.com",), (), ()]
