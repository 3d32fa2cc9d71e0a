"""What a Cisco IOS configuration says of its management plane: whole blocks, ranges, defaults that are certain."""

import pytest

from auditor.collect.redact import Redactor
from auditor.errors import FactError
from auditor.facts.ios_management import access, identity, login_rules, secrets
from auditor.facts.ios_services import logging, services, snmp, time_sources
from auditor.facts.router import (
    Community,
    DeviceIdentity,
    DeviceServices,
    Line,
    LineKind,
    LoginBlock,
    LoginRules,
    ManagementAccess,
    NtpConfig,
    NtpServer,
    RunningConfig,
    SnmpConfig,
    SyslogConfig,
    TrapHost,
    saved_ios,
    shown_ios,
)
from auditor.facts.secrets import SecretToken
from tests.facts.routers import START, config
from tests.make import ROOT, fact, refused

VTY = "line vty 0 4\n transport input ssh\n"


def reached(*lines: str) -> ManagementAccess:
    """Return how a device with these lines is reached."""
    return access.read(config(*lines))


def vty(*lines: str) -> list[Line]:
    """Return its vty lines."""
    return [line for line in reached(*lines).lines if line.kind is LineKind.VTY]


def serves(*lines: str, start: str = START) -> DeviceServices:
    """Return its services."""
    return services.read(config(*lines, start=start))


@pytest.mark.parametrize("text", ["", "garbage", "<html>", START, START + "end\n" + START + "end\n"])
@pytest.mark.parametrize("probe", [saved_ios, shown_ios])
def test_what_is_no_whole_configuration_is_no_fact(probe: object, text: str) -> None:
    """Both ways of getting the text refuse alike."""
    assert isinstance(refused(probe, text), FactError)


# --- lines ------------------------------------------------------------------------------------------------------------


def test_ranges_are_told_apart_and_joined() -> None:
    """Numbers with equal settings are one run; a range that differs stands alone."""
    lines = vty("line vty 0 4", " transport input ssh", "line vty 5 15", " transport input telnet ssh")

    assert [(line.name, line.protocols) for line in lines] == [
        ("line vty 0 4", frozenset({"ssh"})),
        ("line vty 5 15", frozenset({"ssh", "telnet"})),
    ]


def test_a_later_block_over_the_same_numbers_changes_only_what_it_says() -> None:
    """The last statement wins, for the numbers that it is about."""
    lines = vty("line vty 0 4", " transport input ssh", " exec-timeout 5 0", "line vty 3", " transport input telnet")

    assert [(line.name, sorted(line.protocols or ()), line.idle_seconds) for line in lines] == [
        ("line vty 0 2", ["ssh"], 300),
        ("line vty 3", ["telnet"], 300),
        ("line vty 4", ["ssh"], 300),
    ]


@pytest.mark.parametrize(
    ("statement", "protocols"),
    [
        ("transport input ssh", {"ssh"}),
        ("transport input telnet ssh", {"ssh", "telnet"}),
        ("transport input none", set()),
        ("no transport input", set()),
        ("transport output telnet", None),
        ("transport preferred none", None),
        ("", None),
    ],
)
def test_transport_input_is_what_is_shown(statement: str, protocols: set[str] | None) -> None:
    """Without the statement the default of the release holds, which is not claimed."""
    (line,) = vty("line vty 0 4", f" {statement}")

    assert line.protocols == (None if protocols is None else frozenset(protocols))


def test_transport_input_all_takes_telnet() -> None:
    """`all` means what it says."""
    (line,) = vty("line vty 0 4", " transport input all")

    assert {"ssh", "telnet"} <= (line.protocols or frozenset())


def test_console_and_aux_take_nothing_from_the_network_unless_told_to() -> None:
    """DISA's text says so too (CISC-RT-000230); `line con 0` and `line aux 0` differ from vty."""
    lines = reached("line con 0", " stopbits 1", "line aux 0", " transport input telnet", " no exec", VTY).lines

    assert [(line.name, line.protocols, line.open) for line in lines] == [
        ("line con 0", frozenset(), True),
        ("line aux 0", frozenset({"telnet"}), False),
        ("line vty 0 4", frozenset({"ssh"}), True),
    ]


@pytest.mark.parametrize(
    ("statement", "seconds"),
    [
        ("exec-timeout 5", 300), ("exec-timeout 0 30", 30), ("exec-timeout 0 0", 0), ("no exec-timeout", 0),
        ("exec-timeout 5 30", 330), ("session-timeout 1", 600), ("", 600),
    ],
)  # fmt: skip
def test_idle_time_is_in_seconds_and_ten_minutes_by_default(statement: str, seconds: int) -> None:
    """0 0 and `no` mean never; a session timeout is something else."""
    (line,) = vty("line vty 0 4", f" {statement}")

    assert line.idle_seconds == seconds


def test_only_lists_for_incoming_sessions_guard_a_line() -> None:
    """`out` is about sessions that start on the device."""
    (line,) = vty("line vty 0 4", " access-class OUT out", " access-class 23 in vrf-also", " ipv6 access-class V6 in")
    (bare,) = vty("line vty 0 4", " access-class OUT out")

    assert (line.acl, line.acl6) == ("23", "V6")
    assert (bare.acl, bare.acl6) == (None, None)


@pytest.mark.parametrize(
    ("lines", "logins"),
    [
        (("line con 0", VTY), [("none",), ("line",)]),
        (("line con 0", " login local", VTY, " login local"), [("local",), ("local",)]),
        (("line con 0", VTY, " no login"), [("none",), ("none",)]),
        (("aaa new-model", "line con 0", VTY), [("none",), ("local",)]),
        (("aaa new-model", "aaa authentication login default group tacacs+ local", "line con 0", VTY),
         [("group tacacs+", "local"), ("group tacacs+", "local")]),
        (("aaa new-model", "aaa authentication login default local", "aaa authentication login CON none", "line con 0",
          " login authentication CON", VTY), [("none",), ("local",)]),
        (("aaa new-model", "line con 0", " login authentication GONE", VTY), [(), ("local",)]),
        (("aaa new-model", "no aaa new-model", "line con 0", VTY), [("none",), ("line",)]),
    ],
)  # fmt: skip
def test_how_a_line_asks_follows_from_aaa_and_the_line(lines: tuple[str, ...], logins: list[tuple[str, ...]]) -> None:
    """With AAA the default list is inherited silently; without one the console asks nothing."""
    assert [line.login for line in reached(*lines).lines] == logins


def test_no_vty_in_the_configuration_is_no_vty_in_the_fact() -> None:
    """Nothing is made up for lines that are not shown."""
    assert vty("line con 0") == []


def test_ipv6_and_banners_and_ssh_are_seen() -> None:
    """Any interface with IPv6 makes IPv6 reachable; a hidden SSH version is unknown."""
    seen = reached(
        "interface Gi0/0", " ipv6 address 2001:db8::1/64", "banner login ^C", "Hi", "^C", "ip ssh version 2", VTY
    )

    assert (seen.ipv6, seen.ssh_version, seen.banners[0].text) == (True, 2, "Hi")
    assert (reached(VTY).ipv6, reached(VTY).ssh_version) == (False, None)


# --- identity, logins, services --------------------------------------------------------------------------------------


def test_identity_is_what_the_configuration_shows() -> None:
    """Model and serial stand in the licence line, if anywhere."""
    shown = identity.read(config("license udi pid ISR4331/K9 sn FDO0000TEST"))

    assert shown == DeviceIdentity("rt-01", "17.9", "ISR4331/K9", "FDO0000TEST")
    assert identity.read(config()) == DeviceIdentity("rt-01", "17.9", None, None)


def test_login_rules_are_read() -> None:
    """Method lists keep their order, groups are one method; without AAA there are no lists."""
    rules = login_rules.read(
        config(
            "aaa new-model",
            "aaa authentication login default group T local",
            "login block-for 900 attempts 3 within 120",
        )
    )

    assert rules == LoginRules(True, {"default": ("group T", "local")}, LoginBlock(900, 3, 120))
    assert login_rules.read(config("aaa authentication login default local")) == LoginRules(False, {}, None)


def test_services_are_on_off_or_not_shown() -> None:
    """A hidden web server is unknown; on 12.x source routing is on unless switched off."""
    on = serves(
        "ip http server", "no ip http secure-server", "ip http access-class ipv4 MGMT", "vstack director 192.0.2.1"
    )

    assert (on.http, on.https, on.http_acl, on.smart_install) == (True, False, "MGMT", True)
    assert (serves().http, serves().source_route, serves().smart_install) == (None, None, None)
    assert serves("no vstack", "no ip source-route").smart_install is False
    assert serves(start="version 12.4\nhostname x\n").source_route is True
    assert serves("no ip source-route", start="version 12.4\nhostname x\n").source_route is False


def test_extras_are_what_is_switched_on() -> None:
    """`no` of a service, and text that only resembles one, is none."""
    found = serves(
        "service tcp-small-servers", "no service udp-small-servers", "ip finger", "no ip finger", "tftp-server flash:x"
    )

    assert found.extras == {"service tcp-small-servers": 3, "tftp-server": 7}


@pytest.mark.parametrize(
    ("line", "write", "acl"),
    [
        ("RO 10", False, "10"), ("RW", True, None), ("", False, None), ("view ALL RO ipv6 V6 NMS", False, "NMS"),
        ("view rw ro 10", False, "10"), ("ro", False, None),
    ],
)  # fmt: skip
def test_a_community_s_rights_and_list_are_told_apart(line: str, write: bool, acl: str | None) -> None:  # noqa: FBT001
    """A view may be called like a right; the list comes last."""
    (found,) = snmp.read(config(f"snmp-server community <secret community 9f12> {line}")).communities

    assert (found.name, found.write, found.acl) == ("9f12", write, acl)


def test_groups_and_trap_receivers_are_read() -> None:
    """Levels, write views and versions; traps go out in version 1 unless another is named."""
    found = snmp.read(
        config(
            "snmp-server group ADM v3 priv read R write W access NMS",
            "snmp-server group OLD v2c",
            "snmp-server host 192.0.2.9 vrf MGMT informs version 2c <secret community 9f12>",
            "snmp-server host 192.0.2.8 <secret community 9f12>",
            "snmp-server host 192.0.2.7 version 3 priv nms",
        )
    )

    assert [(g.name, g.model, g.level, g.write_view, g.acl) for g in found.groups] == [
        ("ADM", "v3", "priv", "W", "NMS"),
        ("OLD", "v2c", "noauth", None, None),
    ]
    assert found.hosts == (TrapHost("192.0.2.9", "2c"), TrapHost("192.0.2.8", "1"), TrapHost("192.0.2.7", "3"))
    assert not snmp.read(config()).configured


def test_a_default_community_keeps_its_word() -> None:
    """It is no secret, and a finding wants to name it."""
    (found,) = snmp.read(config("snmp-server community <secret default-community:private 0a> RW")).communities

    assert found == Community(token=SecretToken("default-community", "private", "0a"), write=True, acl=None)
    assert found.name == "private"


def test_time_sources_and_keys_are_read() -> None:
    """VRFs and families come before the address; trusted keys may be a range; peers count."""
    found = time_sources.read(
        config(
            "ntp authenticate",
            f"ntp authentication-key 2 md5 {'<secret plain 3a1b2c3d>'} 7",
            "ntp trusted-key 1 - 3",
            "ntp server vrf MGMT 192.0.2.1 prefer key 2",
            "ntp server ip pool.example.com",
            "ntp peer 192.0.2.2 key 9",
        )
    )

    assert found == NtpConfig(
        servers=(NtpServer("192.0.2.1", 2), NtpServer("pool.example.com", None), NtpServer("192.0.2.2", 9, True)),
        authenticate=True,
        keys=frozenset({2}),
        trusted=frozenset({1, 2, 3}),
    )
    assert snmp.read(config("ntp server")) == SnmpConfig((), (), ())


@pytest.mark.parametrize(
    ("lines", "log"),
    [
        (("logging host 192.0.2.5", "logging host 192.0.2.6 vrf M"),
         SyslogConfig(("192.0.2.5", "192.0.2.6"), True, None)),
        (("logging 192.0.2.5", "logging buffered 4096", "logging host ipv6 2001:db8::5"),
         SyslogConfig(("192.0.2.5", "2001:db8::5"), True, None)),
        (("no logging on", "logging host log.example.com"), SyslogConfig(("log.example.com",), False, None)),
        (("service timestamps log datetime msec",), SyslogConfig((), True, True)),
        (("service timestamps log uptime",), SyslogConfig((), True, False)),
        (("no service timestamps log",), SyslogConfig((), True, False)),
        (("service timestamps debug datetime",), SyslogConfig((), True, None)),
    ],
)  # fmt: skip
def test_the_log_s_receivers_and_dates_are_read(lines: tuple[str, ...], log: SyslogConfig) -> None:
    """Old and new spellings; buffers are no receivers."""
    assert logging.read(config(*lines)) == log


@pytest.mark.parametrize(
    "line",
    [
        "line vty 0 4\n exec-timeout 99999999999999999999 0", "line vty 0 4\n exec-timeout",
        "line vty ²", f"line vty 0 {'9' * 5000}",
        f"enable secret level {'9' * 5000} 5 x", "enable secret level", f"username a privilege {'9' * 5000}",
        f"login block-for {'9' * 5000} attempts 1 within 1", f"ntp server 192.0.2.1 key {'9' * 5000}",
        "ntp trusted-key 1 - 999999999", "ntp server vrf", "snmp-server group", "snmp-server community",
        "snmp-server host", "username", "access-list", "ip access-list standard", "logging", "object-group network",
        "username a " + "privilege " * 10_000,
    ],
)  # fmt: skip
def test_hostile_statements_harm_nobody(line: str) -> None:
    """Absurd numbers, missing words and endless options are passed over, quickly and without a crash."""
    read = config(line)

    for way in (access, login_rules, secrets, services, snmp, time_sources, logging, identity):
        assert way.read(read) is not None


@pytest.mark.parametrize("name", ["edge-rt-01", "core-sw-01"])
def test_the_example_s_configurations_are_read_whole(name: str) -> None:
    """What a newcomer audits first shows its name, its vty lines and its secrets, all of them redacted."""
    text = (ROOT / "inventory" / "example" / f"{name}.cfg").read_text()
    read = fact(saved_ios, Redactor(b"a key for this test").configuration(text))
    assert isinstance(read, RunningConfig)

    assert read.tree.hostname == name
    assert [line.name for line in access.read(read).lines][-2:] == ["line vty 0 4", "line vty 5 15"]
    assert all(secret.token.digest for secret in secrets.read(read).placed)
