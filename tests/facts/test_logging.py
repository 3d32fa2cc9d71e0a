"""What is read of a host's logs: rsyslog's two languages, journald, and which daemons run."""

import pytest

from auditor.errors import Unreadable
from auditor.facts.logging import LogKeeping, log_keeping
from auditor.facts.rsyslog import LogForward, file_modes, forwards, inputs, rsyslog
from tests.make import fact, refused

FULL = "000001ffffffffff"
DOCKER = "00000000a80425fb"
MAIN = "/etc/rsyslog.conf"


def text(
    *daemons: str, files: dict[str, str] | None = None, more: str = "", may: str = FULL, seen: str = "seen"
) -> str:
    shown = "".join(
        f"[file {path}]\n" + "".join(f"|{line}\n" for line in content.splitlines())
        for path, content in (files or {}).items()
    )
    running = "".join(f"|{name}\n" for name in daemons)
    return f"[processes {seen}]\n[may {may}]\n[running]\n{running}{more}{shown}[end]\n"


def logs(
    *daemons: str, files: dict[str, str] | None = None, more: str = "", may: str = FULL, seen: str = "seen"
) -> LogKeeping:
    read = fact(log_keeping, text(*daemons, files=files, more=more, may=may, seen=seen))
    assert isinstance(read, LogKeeping)
    return read


def sent(config: str) -> list[tuple[str, str, str]]:
    """Return host, protocol and share of what a configuration forwards."""
    return [(way.host, way.protocol, way.share) for way in forwards(rsyslog({MAIN: tuple(config.split("\n"))}))]


ALL, SOME, CONDITION = "everything", "some facilities", "under a condition"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("*.* @@loghost.example:6514", [("loghost.example", "tcp", ALL)]),
        ("*.* @192.0.2.5", [("192.0.2.5", "udp", ALL)]),
        ("*.info @@(o,z9)[2001:db8::5]:514;RSYSLOG_ForwardFormat", [("2001:db8::5", "tcp", ALL)]),
        ("*.* :omrelp:loghost:2514", [("loghost", "relp", ALL)]),
        ("#*.* @@loghost", []),
        ("  # *.* @@loghost", []),
        ("*.* /var/log/all # @@loghost", []),
        ("/*\n*.* @@loghost\n*/", []),
        ("$IncludeConfig /etc/rsyslog.d/*.conf\n*.* @@loghost\nmail.* /var/log/*/mail", [("loghost", "tcp", ALL)]),
        ("mail.* @@loghost", [("loghost", "tcp", SOME)]),
        ("*.*;auth,authpriv.none @@loghost", [("loghost", "tcp", SOME)]),
        ("*.err @@loghost", [("loghost", "tcp", SOME)]),
        ("*.=info @@loghost", [("loghost", "tcp", SOME)]),
        ("*.* /var/log/all\n& @@loghost", [("loghost", "tcp", ALL)]),
        (':programname, isequal, "x" @@loghost', [("loghost", "tcp", CONDITION)]),
        ('*.* action(type="omfwd" target="LogHost" port="514" protocol="tcp")', [("loghost", "tcp", ALL)]),
        ('action(\n  type="omfwd"   # to the archive\n  Target="192.0.2.5"\n)', [("192.0.2.5", "udp", ALL)]),
        ('action(type="omfwd" target="2001:db8::5")', [("2001:db8::5", "udp", ALL)]),
        ('action(type="omfwd" target=["a", "b"])', [("a", "udp", ALL), ("b", "udp", ALL)]),
        ('action(type="omrelp" target="loghost")', [("loghost", "relp", ALL)]),
        ('action(type="omfile" file="/var/log/x")', []),
        ('if $programname == "x" then action(type="omfwd" target="loghost")', [("loghost", "udp", CONDITION)]),
        ('ruleset(name="r") {\n action(type="omfwd" target="loghost")\n}', [("loghost", "udp", CONDITION)]),
        ('if $x == "y" then {\n *.* @@loghost\n}', [("loghost", "tcp", CONDITION)]),
        ('#action(type="omfwd" target="loghost")', []),
        ('template(name="t" string="it\'s {%msg%")\n*.* @@loghost', [("loghost", "tcp", ALL)]),
        ("*.* stop\n*.* @@loghost", []),
        ('*.* /var/log/all\n& ~\n*.* action(type="omfwd" target="loghost")', []),
        ('*.* action(type="omfile" file="/var/log/all")\n& stop\n*.* @@loghost', []),
        ("stop\n*.* @@loghost", []),
        ("*.* @@loghost\n*.* stop", [("loghost", "tcp", ALL)]),
        ("#*.* stop\n*.* @@loghost", [("loghost", "tcp", ALL)]),
        ("auth,authpriv.* stop\n*.* @@loghost", [("loghost", "tcp", SOME)]),
        (':msg, contains, "x" /var/log/x\n& stop\n*.* @@loghost', [("loghost", "tcp", ALL)]),
        ('if $msg contains "x" then {\n stop\n}\n*.* @@loghost', [("loghost", "tcp", ALL)]),
        ('if $msg contains "x" then\n\n stop\n*.* @@loghost', [("loghost", "tcp", ALL)]),
        ('$template t,"left open\n#*.* @@old\n*.* @@new', [("new", "tcp", ALL)]),
    ],
)
def test_where_rsyslog_sends_what(config: str, expected: list[tuple[str, str, str]]):
    """Both languages; comments, lists, IPv6, selectors that leave something out, conditions."""
    assert expected == sent(config)


def test_includes_are_followed_in_both_languages():
    """A file that nothing includes counts for nothing, whatever its folder."""
    files = {
        MAIN: '$IncludeConfig /etc/rsyslog.d/*.conf\ninclude(file="/etc/rsyslog.d/extra.inc" mode="optional")',
        "/etc/rsyslog.d/10.conf": "*.* @@one",
        "/etc/rsyslog.d/extra.inc": "*.* @@two",
        "/etc/rsyslog.d/old.bak": "*.* @@three",
    }

    assert [way.host for way in logs(files=files).forwards] == ["one", "two"]


def test_an_include_out_of_sight_is_named():
    """It may hold the forwarding."""
    read = logs(files={MAIN: "$IncludeConfig /srv/rsyslog/*.conf"}, more="[unread /etc/rsyslog.d/secret.conf]\n")

    assert read.unread == ("/etc/rsyslog.d/secret.conf", "/srv/rsyslog/*.conf")


def test_a_file_that_includes_itself_ends():
    """An Include of the whole folder from within it."""
    files = {
        MAIN: "$IncludeConfig /etc/rsyslog.d/*.conf",
        "/etc/rsyslog.d/a.conf": "$IncludeConfig /etc/rsyslog.d/*.conf\n*.* @h",
    }

    assert tuple(way.host for way in logs(files=files).forwards) == ("h",)


@pytest.mark.parametrize(
    ("storage", "kept", "expected"),
    [
        ("", True, "persistent"),
        ("", False, "volatile"),
        ("#Storage=persistent", False, "volatile"),
        ("Storage=persistent", False, "persistent"),
        ("Storage=volatile", True, "volatile"),
        ("Storage=none", True, "none"),
        ("Storage=persistent\nStorage=volatile", True, "volatile"),
        ("[Other]\nStorage=persistent", False, "volatile"),
        ("Storage = persistent ", False, "persistent"),
    ],
)
def test_where_the_journal_is_kept(storage: str, kept: bool, expected: str):  # noqa: FBT001
    """Auto, the default, follows the folder; the last assignment in the section counts."""
    more = "[journald]\n" + ("[kept]\n" if kept else "")

    assert expected == logs(files={"/etc/systemd/journald.conf": f"[Journal]\n{storage}"}, more=more).journal


def test_drop_ins_overrule_the_main_file_by_the_order_of_their_names():
    """Whatever folder they lie in; a file of the same name in /etc replaces the vendor's."""
    files = {
        "/etc/systemd/journald.conf": "[Journal]\nStorage=persistent",
        "/usr/lib/systemd/journald.conf.d/90-z.conf": "[Journal]\nStorage=none",
        "/etc/systemd/journald.conf.d/10-a.conf": "[Journal]\nStorage=volatile",
    }
    masked = {**files, "/etc/systemd/journald.conf.d/90-z.conf": ""}

    assert (
        logs(files=files, more="[journald]\n").journal,
        logs(files=masked, more="[journald]\n").journal,
    ) == ("none", "volatile")


@pytest.mark.parametrize(
    ("journald", "syslog", "expected"),
    [
        ("", "", None),
        ("ForwardToSyslog=no", "", False),
        ("ForwardToSyslog=no", 'module(load="imjournal")', True),
        ("ForwardToSyslog=0", "$ModLoad imjournal", True),
        ("ForwardToSyslog=Yes", "", True),
    ],
)
def test_whether_rsyslog_gets_the_journal(journald: str, syslog: str, expected: bool | None):  # noqa: FBT001
    """Journald hands it on, or rsyslog reads it itself."""
    files = {"/etc/systemd/journald.conf": f"[Journal]\n{journald}", MAIN: syslog}

    assert expected is logs(files=files, more="[journald]\n").journal_to_syslog


def test_uploading_counts_only_while_the_service_runs():
    """A URL without the service sends nothing."""
    files = {"/etc/systemd/journal-upload.conf": "[Upload]\nURL=https://loghost.example:19532"}

    assert (
        logs(files=files, more="[uploading]\n").uploads_to,
        logs(files=files).uploads_to,
    ) == ("https://loghost.example:19532", "")


def test_daemons_and_what_the_system_may_do():
    """Known daemons by name; hidden processes; a container's missing right to audit."""
    assert frozenset({"rsyslog", "auditd"}) == logs("rsyslogd", "auditd", "bash").running
    assert logs(seen="hidden").running is None
    assert (logs().may_audit, logs(may=DOCKER).may_audit, logs(may="").may_audit) == (True, False, None)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "<html>",
        "[processes seen]\n[may ff]\n[running]\n",
        text(files={"/etc/systemd/journald.conf": "[Journal]\nStorage=disk"}, more="[journald]\n"),
        text(files={"/etc/systemd/journald.conf": "[Journal]\nStorage=Persistent"}, more="[journald]\n"),
    ],
)
def test_anything_else_is_unknown(broken: str):
    """Half an answer, another one, and a storage that journald does not know."""
    assert isinstance(refused(log_keeping, broken), Unreadable)


def test_the_same_way_twice_is_one():
    """A value, compared by what it says."""
    assert (LogForward("h", "udp", "everything"),) == forwards(rsyslog({MAIN: ("*.* @h", "*.* @h")}))


TLS = 'streamdriver="gtls" streamdrivermode="1"'
OLD_TLS = "$DefaultNetstreamDriver gtls\n$ActionSendStreamDriverMode 1"
OSSL = 'global(DefaultNetstreamDriver="ossl")'


@pytest.mark.parametrize(
    ("config", "encrypted", "verified"),
    [
        ("*.* @@h", False, False),
        (f'action(type="omfwd" target="h" protocol="tcp" {TLS})', True, False),
        (f'action(type="omfwd" target="h" protocol="tcp" {TLS} StreamDriverAuthMode="x509/name")', True, True),
        (f'action(type="omfwd" target="h" protocol="tcp" {TLS} StreamDriverAuthMode="anon")', True, False),
        (f'action(type="omfwd" target="h" {TLS})', False, False),
        ('action(type="omfwd" target="h" protocol="tcp" StreamDriver="gtls")', False, False),
        ('action(type="omfwd" target="h" protocol="tcp" StreamDriver="ptcp" StreamDriverMode="1")', False, False),
        (
            f'{OSSL}\naction(type="omfwd" target="h" protocol="tcp" StreamDriverMode="1")',
            True,
            False,
        ),
        (
            f"{OLD_TLS}\n$ActionSendStreamDriverAuthMode x509/name\n*.* @@h",
            True,
            True,
        ),
        ("$DefaultNetstreamDriver gtls\n*.* @@h\n$ActionSendStreamDriverMode 1", False, False),
        (f"{OLD_TLS}\n*.* @h", False, False),
        ("#$DefaultNetstreamDriver gtls\n$ActionSendStreamDriverMode 1\n*.* @@h", False, False),
        ('action(type="omrelp" target="h" tls="on")', True, False),
        ('action(type="omrelp" target="h" tls="on" tls.authmode="name")', True, True),
        ('action(type="omrelp" target="h")', False, False),
    ],
)
def test_what_is_encrypted(config: str, encrypted: bool, verified: bool):  # noqa: FBT001
    """TLS is on with a driver that can, mode 1 and TCP; directives of the old syntax hold for what stands below."""
    (way,) = forwards(rsyslog({MAIN: tuple(config.split("\n"))}))

    assert (way.encrypted, way.verified) == (encrypted, verified)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("*.* /var/log/all", ("0644",)),
        ("$FileCreateMode 0640\n*.* -/var/log/all", ("0640",)),
        ("*.* /var/log/all\n$FileCreateMode 0640", ("0644",)),
        ("$FileCreateMode 0640\nauth.* /a\n$FileCreateMode 0600\n*.* ?dynamic", ("0640", "0600")),
        ("# $FileCreateMode 0640\n*.* /a", ("0644",)),
        ('action(type="omfile" file="/a")', ("0644",)),
        ('action(type="omfile" file="/a" FileCreateMode="0600")', ("0600",)),
        ('module(load="builtin:omfile" fileCreateMode="0640")\naction(type="omfile" file="/a")', ("0640",)),
        ('$FileCreateMode 0640\naction(type="omfile" file="/a")', ("0644",)),
        ("*.* @@h\n*.emerg :omusrmsg:*", ()),
    ],
)
def test_how_files_are_made(config: str, expected: tuple[str, ...]):
    """The two syntaxes have a default each."""
    assert expected == file_modes(rsyslog({MAIN: tuple(config.split("\n"))}))


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ('module(load="imtcp")', ()),
        ('module(load="imtcp")\ninput(type="imtcp" port="514")', ("tcp",)),
        ('input(type="imudp" port="514")\ninput(type="imrelp" port="2514")', ("udp", "relp")),
        ("$ModLoad imudp\n$UDPServerRun 514", ("udp",)),
        ("$InputTCPServerRun 514", ("tcp",)),
        ("#$UDPServerRun 514", ()),
        ('input(type="imfile" file="/a")', ()),
    ],
)
def test_what_is_taken_from_other_hosts(config: str, expected: tuple[str, ...]):
    """A module that is loaded takes nothing by itself."""
    assert expected == inputs(rsyslog({MAIN: tuple(config.split("\n"))}))


def test_what_journald_conf_says_last():
    """A later drop-in takes the place of what stands before."""
    files = {
        "/etc/systemd/journald.conf": "[Journal]\nCompress=no\nSystemMaxUse=1G",
        "/etc/systemd/journald.conf.d/a.conf": "[Journal]\nCompress=yes",
    }

    assert logs(files=files, more="[journald]\n").journal_settings == {"Compress": "yes", "SystemMaxUse": "1G"}
    assert logs(files=files).journal_settings == {}
    assert not logs(files=files).rsyslog
    assert logs(files={MAIN: ""}).rsyslog
