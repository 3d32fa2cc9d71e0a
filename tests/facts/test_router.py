"""What a Cisco IOS configuration says of its management plane: whole blocks, ranges, defaults that are certain."""

import pytest

from auditor.collect.redact import Redactor
from auditor.errors import FactError
from auditor.facts.ios_management import access, identity, login_rules, secrets
from auditor.facts.ios_services import logging, services, snmp, time_sources
from auditor.facts.router import (
    Community,
    DeviceIdentity,
    DeviceSecrets,
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
from auditor.facts.secrets import SecretToken, parse, secret_at, words
from tests.make import ROOT, fact, refused

START = "version 17.9\nhostname rt-01\n"
VTY = "line vty 0 4\n transport input ssh\n"


def config(*lines: str, start: str = START) -> RunningConfig:
    """Return the configuration that these lines make."""
    text = start + "".join(line if line.endswith("\n") else f"{line}\n" for line in lines) + "end\n"
    read = fact(saved_ios, text)
    assert isinstance(read, RunningConfig)
    return read


def reached(*lines: str) -> ManagementAccess:
    """Return how a device with these lines is reached."""
    return access.read(config(*lines))


def vty(*lines: str) -> list[Line]:
    """Return its vty lines."""
    return [line for line in reached(*lines).lines if line.kind is LineKind.VTY]


def kept(*lines: str) -> DeviceSecrets:
    """Return its secrets."""
    return secrets.read(config(*lines))


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


# --- access lists -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "anybody"),
    [
        (("access-list 10 permit 192.0.2.0 0.0.0.255",), False),
        (("access-list 10 permit any",), True),
        (("access-list 10 permit 0.0.0.0 255.255.255.255",), True),
        (("access-list 10 deny any", "access-list 10 permit any"), False),
        (("access-list 10 deny host 192.0.2.7", "access-list 10 permit any log"), True),
        (("ip access-list standard 10", " 10 permit host 192.0.2.1", " 20 deny any log"), False),
        (("ip access-list standard 10", " 10 permit host 192.0.2.1", " 20 permit any"), True),
        (("ip access-list extended 10", " permit tcp any any eq 22"), True),
        (("ip access-list extended 10", " permit ip any any"), True),
        (("ip access-list extended 10", " permit tcp 192.0.2.0 0.0.0.255 any eq 22", " deny ip any any log"), False),
        (("ip access-list extended 10", " permit tcp any any established"), False),
        (("ip access-list extended 10", " permit icmp any any", " permit udp any any"), False),
        (("ip access-list extended 10", " permit tcp any any eq 443"), None),
        (("ip access-list extended 10", " permit tcp object-group ADMINS any eq 22"), None),
        (("ip access-list extended 10", " permit tcp object-group ADMINS any", " deny ip any any"), None),
        (("ip access-list extended 10", " permit tcp object-group ADMINS any", " permit ip any any"), True),
        (("object-group network ADMINS", " 192.0.2.0 255.255.255.0", "ip access-list extended 10",
          " permit tcp object-group ADMINS any eq 22"), False),
        (("object-group network ALL", " any", "ip access-list extended 10", " permit ip object-group ALL any"), True),
        (("ip access-list standard 10", " remark nothing yet"), True),
        (("ipv6 access-list 10", " permit tcp 2001:db8::/32 any", " sequence 20 permit ipv6 any any"), True),
    ],
)  # fmt: skip
def test_an_access_list_lets_anybody_in_or_not_or_cannot_be_told(lines: tuple[str, ...], anybody: bool | None) -> None:  # noqa: FBT001
    """Order, protocols, remarks and groups count; an empty list filters nothing."""
    assert reached(*lines).access_lists["10"].anybody is anybody


def test_a_list_that_is_not_defined_is_not_there() -> None:
    """Using a name defines nothing."""
    assert reached("line vty 0 4", " access-class GONE in").access_lists == {}


# --- secrets ----------------------------------------------------------------------------------------------------------

T5, T7, T9 = "<secret type5 0a1b2c3d>", "<secret type7 1a1b2c3d>", "<secret type9 2a1b2c3d>"
PLAIN = "<secret plain 3a1b2c3d>"


def test_a_token_is_one_word_and_tells_its_class() -> None:
    """Spaces inside a token part no words; nothing else is a token."""
    assert words(f"username ada secret 9 {T9} x") == ["username", "ada", "secret", "9", T9, "x"]
    assert parse("<secret default-community:public 0a>") == SecretToken("default-community", "public", "0a")
    assert [parse(word) for word in ("secret", "<secret>", "<b>", "")] == [None] * 4


def test_a_value_that_was_not_redacted_counts_by_its_digit_and_is_not_kept() -> None:
    """Nothing echoes it."""
    assert secret_at(["7", "0822455D0A16"]) == SecretToken("type7")
    assert secret_at(["hunter2"]) == SecretToken("plain")
    assert secret_at([]) is None


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        (f"enable secret 9 {T9}", {15: "type9"}),
        (f"enable secret level 5 5 {T5}", {5: "type5"}),
        (f"enable secret {PLAIN}", {15: "plain"}),
        (f"enable algorithm-type scrypt secret {PLAIN}", {15: "type9"}),
        (f"enable password 7 {T7}", {}),
        ("enable last-resort password", {}),
    ],
)
def test_enable_secrets_are_told_by_level_and_class(line: str, kinds: dict[int, str]) -> None:
    """What is typed in clear behind an algorithm is stored hashed by it."""
    assert {level: token.kind for level, token in kept(line).enable_secrets.items()} == kinds


def test_an_enable_password_is_something_else_than_the_secret() -> None:
    """Both may stand there at once."""
    found = kept(f"enable secret 9 {T9}", f"enable password 7 {T7}")

    assert (found.enable_secrets[15].kind, found.enable_passwords[15].kind) == ("type9", "type7")


@pytest.mark.parametrize(
    ("line", "kind", "reversible"),
    [
        (f"username ada privilege 15 secret 9 {T9}", "type9", False),
        (f"username ada password 7 {T7}", "type7", True),
        (f"username ada common-criteria-policy password password 7 {T7}", "type7", True),
        (f"username ada privilege 15 algorithm-type scrypt secret {PLAIN}", "type9", False),
        (f"username ada privilege 15\nusername ada secret 5 {T5}", "type5", False),
        (f"username ada secret 9 {T9}\nusername ada autocommand show password", "type9", False),
        (f"user-name ada\n privilege 15\n secret 9 {T9}", "type9", False),
        ("username ada privilege 15", None, False),
    ],
)
def test_a_local_account_s_secret_is_found_whatever_stands_around_it(
    line: str,
    kind: str | None,
    reversible: bool,  # noqa: FBT001
) -> None:
    """Options in any order, several lines an account, the newer sub-mode; option values are not keywords."""
    (user,) = kept(line).users

    assert (user.name, user.secret.kind if user.secret else None, user.reversible) == ("ada", kind, reversible)


def test_an_account_without_a_password_says_so() -> None:
    """`nopassword` is not the same as showing none."""
    (user,) = kept("username ada privilege 15 nopassword").users

    assert (user.no_password, user.privilege) == (True, 15)


def test_secrets_are_placed_by_what_stands_around_them() -> None:
    """The place is stable and holds no secret; communities are another check's matter; text in banners is text."""
    placed = kept(
        f"key chain OSPF\n key 1\n  key-string 7 {T7}",
        "snmp-server community <secret default-community:public 0a> RO",
        "banner motd ^C",
        f"password 7 {T7}",
        "^C",
        "wlan test\n security wpa psk set-key ascii 0 hunter2",
    ).placed

    assert [(secret.place, secret.token.kind) for secret in placed] == [
        ("key chain OSPF / key 1 / key-string 7", "type7")
    ]


def test_a_type_that_is_named_behind_the_secret_counts() -> None:
    """NTP keys are the one place where IOS writes it last."""
    (placed,) = kept(f"ntp authentication-key 1 md5 {PLAIN} 7").placed

    assert (placed.place, placed.token.kind) == ("ntp authentication-key 1 md5", "type7")


def test_a_readable_secret_that_slipped_through_redaction_is_still_reported() -> None:
    """By its place and class, and never by its text."""
    (placed,) = kept("aaa server radius dynamic-author\n client 192.0.2.7 server-key 7 070C285F").placed

    assert (placed.place, placed.token.kind) == (
        "aaa server radius dynamic-author / client 192.0.2.7 server-key 7",
        "type7",
    )


def test_passwords_are_obscured_only_where_it_says_so() -> None:
    """Off is the default of every release."""
    assert [kept(line).obscured for line in ("service password-encryption", "no service password-encryption", "")] == [
        True,
        False,
        False,
    ]


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
            f"ntp authentication-key 2 md5 {PLAIN} 7",
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
        "line vty 0 4\n exec-timeout 99999999999999999999 0", "line vty ²", f"line vty 0 {'9' * 5000}",
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
