"""What a firewall will do after the next start, by the files of ufw, firewalld, nftables and iptables."""

import pytest

from auditor.errors import Unreadable
from auditor.facts.filter_script import refused_by
from auditor.facts.firewall_at_boot import KeptRules, kept_rules
from tests.facts.test_host_firewall import RECORDED, host
from tests.make import fact, refused

UFW = {
    "/etc/ufw/ufw.conf": "ENABLED=yes\nLOGLEVEL=low\n",
    "/etc/default/ufw": 'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\n',
    "/etc/ufw/user.rules": (RECORDED / "firewall_ufw_user.txt").read_text(),
    "/etc/ufw/user6.rules": "*filter\n:ufw6-user-input - [0:0]\nCOMMIT\n",
}
DEBIAN = """#!/usr/sbin/nft -f

flush ruleset

table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		iif lo accept
		tcp dport { 22, 80 } accept # { accept
	}
	chain output {
		type filter hook output priority filter;
	}
}
"""
FLAT = "add chain inet t i { type filter hook input priority 0; policy drop; }\n"
ZONE = '<?xml version="1.0"?>\n<zone{}>\n  <short>Public</short>\n  <service name="ssh"/>\n</zone>\n'
YES, NO, BOTH = (("ip", True), ("ip6", True)), (("ip", False), ("ip6", False)), (True, True)


def told(files: dict[str, str], **parts: str) -> KeptRules:
    """Return what a host with these files has."""
    shown = "".join(f"\n#== file {path}\n{text}" for path, text in files.items())
    return fact(kept_rules, shown + host(**parts))


def refuses(files: dict[str, str]) -> tuple[tuple[str, bool | None], ...]:
    """Return what the only service of these files refuses."""
    (kept,) = told(files).kept
    return kept.refuses


@pytest.mark.parametrize(
    ("wanted", "changed"),
    [
        (YES, {}),
        ((), {"/etc/ufw/ufw.conf": "# ENABLED=yes\nENABLED=no\n"}),
        ((), {"/etc/ufw/ufw.conf": ""}),
        (NO, {"/etc/default/ufw": "IPV6=yes\nDEFAULT_INPUT_POLICY=ACCEPT\n"}),
        (YES, {"/etc/default/ufw": "IPV6=no\nDEFAULT_INPUT_POLICY=reject\n"}),
        (
            (("ip", False), ("ip6", True)),
            {"/etc/ufw/user.rules": "*filter\n:ufw-user-input - [0:0]\n-A ufw-user-input -j ACCEPT\nCOMMIT\n"},
        ),
        ((("ip", None), ("ip6", True)), {"/etc/ufw/user.rules": "garbage\n"}),
    ],
)
def test_ufw(wanted: object, changed: dict[str, str]) -> None:
    """Its service may be enabled and load nothing; IPv6 that it does not manage it drops."""
    assert refuses({**UFW, **changed}) == wanted


@pytest.mark.parametrize(
    ("wanted", "files"),
    [
        (True, {"usr/lib": ("public", ZONE.format(""))}),
        (True, {"usr/lib": ("public", ZONE.format(' target="DROP"'))}),
        (
            False,
            {"usr/lib": ("public", ZONE.format("")), "etc": ("public", ZONE.format(' version="1" target="ACCEPT"'))},
        ),
        (None, {"usr/lib": ("other", ZONE.format(""))}),
        (
            None,
            {
                "usr/lib": ("public", ZONE.format("")),
                "etc": ("trusted", '<zone target="ACCEPT"><interface name="eth1"/></zone>'),
            },
        ),
        (True, {"usr/lib": ("public", ZONE.format("")), "etc": ("trusted", '<zone target="ACCEPT"></zone>')}),
    ],
)
def test_firewalld(*, wanted: bool | None, files: dict[str, tuple[str, str]]) -> None:
    """The default zone decides: of two files that in /etc; another zone with an interface may let in all."""
    zones = {f"/{root}/firewalld/zones/{name}.xml": text for root, (name, text) in files.items()}

    assert refuses({"/etc/firewalld/firewalld.conf": "# DefaultZone=drop\nDefaultZone=public\n", **zones}) == (
        ("ip", wanted),
        ("ip6", wanted),
    )


@pytest.mark.parametrize(
    ("wanted", "script"),
    [
        (BOTH, DEBIAN),
        ((False, False), DEBIAN.replace("policy drop;", "")),
        ((False, False), DEBIAN.replace("policy drop", "policy accept")),
        ((False, False), DEBIAN.replace("input priority", "output priority")),
        (BOTH, DEBIAN.replace("policy drop", "policy accept").replace("# { accept", '\n counter log prefix "no" drop')),
        (BOTH, DEBIAN.replace("policy drop;", "").replace("# { accept", "\n reject with icmpx x\n accept")),
        ((False, False), DEBIAN.replace("iif lo", "# iif lo\n")),
        ((True, False), DEBIAN.replace("table inet", "table ip")),
        ((True, False), DEBIAN.replace("table inet", "table")),
        ((None, None), DEBIAN.replace("iif lo accept", "jump more")),
        (BOTH, "table inet t {\n set s { elements = { 192.0.2.1 } }\n" + FLAT.removeprefix("add ") + "}\n"),
        (BOTH, f"add table inet t\n{FLAT}"),
        ((None, None), FLAT.replace("policy drop", "policy accept") + "add rule inet t i drop\n"),
        (BOTH, DEBIAN.replace("\n", "\n\n").replace("policy drop;", "policy drop")),
        ((False, False), ""),
    ],
)  # fmt: skip
def test_scripts_of_nft(wanted: tuple[object, object], script: str) -> None:
    """Sets on a line, comments, families, last rules that drop, commands one by one; a jump is not followed."""
    assert tuple(refused_by(script).values()) == wanted


def test_nftables_with_includes() -> None:
    """The files that a script includes count; one that was not shown may say anything."""
    red_hat = {"/etc/sysconfig/nftables.conf": 'include "/etc/nftables/main.nft"\n', "/etc/nftables/main.nft": DEBIAN}

    assert refuses(red_hat) == YES
    assert refuses({**red_hat, "/etc/sysconfig/nftables.conf": "# include\n"}) == NO
    assert refuses({"/etc/sysconfig/nftables.conf": '# include "/etc/nftables/main.nft"\n'}) == NO
    assert refuses({"/etc/nftables.conf": 'include "/srv/rules.nft"\n'}) == (("ip", None), ("ip6", None))
    assert refuses({"/etc/nftables.conf": DEBIAN + 'include "/etc/nftables.d/*.nft"\n'}) == YES


@pytest.mark.parametrize(
    ("wanted", "rules"),
    [
        (True, ":INPUT DROP [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT\n"),
        (
            True,
            ":INPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -j REJECT --reject-with icmp-host-prohibited\n",
        ),
        (False, ":INPUT ACCEPT [0:0]\n"),
        (False, ":INPUT DROP [0:0]\n-A INPUT -j ACCEPT\n"),
        (None, ":INPUT DROP [0:0]\n-A INPUT -m mark --mark 1 -j ACCEPT\n"),
        (None, "rubbish\n"),
    ],
)
def test_saved_rules(*, wanted: bool | None, rules: str) -> None:
    """Followed like those that are loaded; each file is for one family."""
    assert refuses({"/etc/iptables/rules.v6": f"# saved\n*filter\n{rules}COMMIT\n"}) == (("ip6", wanted),)


def test_nothing_and_others() -> None:
    """No file is an answer; so are scripts of the network that load rules."""
    assert told({}) == KeptRules(())
    assert told({}, scripts="/etc/network/if-pre-up.d/iptables\n").scripts == ("/etc/network/if-pre-up.d/iptables",)


def test_hidden_files_and_garbage_are_unreadable() -> None:
    """Never taken for files that are missing."""
    hidden = "\n#== unreadable /etc/ufw/ufw.conf" + host()

    assert isinstance(refused(kept_rules, hidden), Unreadable)
    assert isinstance(refused(kept_rules, "\n#== file nft\n{}\n#== end\n"), Unreadable)
