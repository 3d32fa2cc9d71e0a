"""Of no secret in any known form do four characters in a row survive, whatever the secret is made of.

`@@` stands for the secret. The lines marked NAPALM are of the kinds that the sanitising filters of network tools are
known to leave readable, or to hide: all of them have to go.
"""

import random
import re
import string

import pytest

from auditor.collect.redact import Redactor
from auditor.collect.secret_forms import AGENT_COMMUNITIES, ASSIGNED, COMMUNITIES
from auditor.collect.secret_forms import CONFIGURED as CONFIGURED_FORMS
from auditor.collect.secret_forms import HOSTED as HOSTED_FORMS
from auditor.model.probe import Cli
from tests.collect.test_redact import FORMS, HARMLESS
from tests.collect.test_secret_forms import CONFIGURED, CONFIGURED_SAID, HOSTED, MARK, SAID

REDACTOR = Redactor(b"a key of this test")
RUN = 4

NAPALM = """\
enable secret 5 @@
enable secret 9 @@
enable password @@
enable password 7 @@
username a password @@
username a password 7 @@
username a secret 5 @@
username a privilege 15 secret 9 @@
username a privilege 15 password 0 @@
snmp-server community @@ RO 10
snmp-server community @@ view V RW
snmp-server host 192.0.2.1 version 2c @@
snmp-server host 192.0.2.1 @@
snmp-server user u g v3 auth sha @@ priv aes 128 @@
tacacs-server key 7 @@
tacacs-server host 192.0.2.1 key @@
radius-server host 192.0.2.1 auth-port 1812 acct-port 1813 key @@
radius-server key @@
 server-key 7 @@
 key 7 @@
ntp authentication-key 1 md5 @@
ntp authentication-key 1 md5 @@ 7
crypto isakmp key @@ address 192.0.2.1
  pre-shared-key local @@
 path ftp://backup:@@@192.0.2.1/$h
ip ftp password 7 @@
vtp password @@
 neighbor 192.0.2.1 password 7 @@
event manager environment _password @@
 description uplink, password: @@
banner motd ^C maintenance password is @@ ^C
"""
MORE_CONFIGURED = """\
enable password level 5 @@
enable secret sha512 @@
snmp-server user u g v3 auth md5 encrypted @@ priv aes 128 encrypted @@
snmp-server user u network-admin auth md5 @@ priv @@ localizedkey
snmpv3 user u auth sha @@ priv aes @@
snmp-agent community read cipher @@
snmp-agent usm-user v3 u authentication-mode sha cipher @@
local-user u password irreversible-cipher @@
super password level 3 cipher @@
 isis password md5 @@
 area-password clear @@
 domain-password md5 @@
 ip rip authentication string @@
 neighbor 192.0.2.1 password encrypted @@
failover key @@
 encryption key 1 size 128bit 7 @@ transmit-key
snmp-server user u g v3 priv aes256-c auth sha256 7 @@ @@
failover ipsec pre-shared-key @@
passwd @@ encrypted
username u password @@ encrypted privilege 15
 ldap-login-password @@
vpdn username u password @@
 exec /usr/bin/TerminAttr -ingestauth=key,@@ -taillogs
/ppp secret add name=u password=@@ service=l2tp
/interface wireguard add name=wg private-key="@@"
add wpa2-pre-shared-key=@@ mode=dynamic-keys
set radius-server 192.0.2.1 secret "@@"
        secret "@@"; ## SECRET-DATA
        simple-password "@@"; ## SECRET-DATA
set service snmp community @@ authorization ro
set vpn ipsec authentication psk p secret @@
set system login user u authentication plaintext-password @@
            <private-key>@@</private-key>
            <snmp-community-string>@@</snmp-community-string>
! pw: @@
! Psk : @@
remark the passcode: @@
"""
MORE_HOSTED = """\
 password @@
requirepass @@
masterauth @@
"auth": "@@"
SECRET_KEY_BASE=@@
APP_KEY=@@
SMTP_PASS=@@
DefaultEndpointsProtocol=https;AccountKey=@@;EndpointSuffix=x
https://192.0.2.1/blob?sv=2020&sig=@@&se=1
https://192.0.2.1/login?user=u&password=@@
https://192.0.2.1/?access_token=@@&x=1
    client-key-data: @@
Set-Cookie: session=@@; HttpOnly
Cookie: @@
job: sent with bearer @@
0 3 * * * root snmpget -v 2c -c @@ 192.0.2.1 sysUpTime.0
<Connector keystorePass="@@" />
<password>@@</password>
amqp://guest:@@@192.0.2.1:5672/vhost
postgresql+psycopg://u:@@@db/x
Authorization: Basic @@
Proxy-Authorization: Digest @@
"""
DEVICE_LINES = [
    *NAPALM.splitlines(),
    *MORE_CONFIGURED.splitlines(),
    *CONFIGURED.splitlines(),
    *(re.sub('«("?)[^»]*?("?)»', r"\1@@\2", line[1:]) for _, line in FORMS),
]
HOST_LINES = [*MORE_HOSTED.splitlines(), *HOSTED.splitlines()]

HEXADECIMAL = string.hexdigits
LETTERS = string.ascii_letters + string.digits
BASE64 = LETTERS + "+/="
SIGNS = LETTERS + "!#$%&*+,-.;<=>?^_`{|}~()[]"  # blanks, colons, quotation marks, @ and / end some forms
ALPHABETS = {"hexadecimal": HEXADECIMAL, "letters": LETTERS, "base64": BASE64, "signs": SIGNS}


# What stands in lines whose form gives some signs a meaning of their own: quoted, or one assignment behind another.
NARROW = (
    '"', "'", "=@@", "= @@", ",@@", "HEX:", "eyJ", "grub",
    "{SSHA}", "</", "Cookie", "Bearer", "bearer", "Basic", "Digest",
    "@@;", "@@,",
)  # fmt: skip


def survivors(secret: str, text: str) -> list[str]:
    """Return the runs of a secret that stand in a text."""
    return [secret[n : n + RUN] for n in range(len(secret) - RUN + 1) if secret[n : n + RUN] in text]


def made(alphabet: str, length: int, chance: random.Random) -> str:
    """Return a secret that no line holds anyway, and that no keyword or switch is."""
    return "Qz" + "".join(chance.choices(alphabet, k=length - 4)) + "Xv"


def fits(line: str, secret: str) -> bool:
    """Whether a form can hold these signs: an URL has no room for a stroke, an assignment none for a semicolon."""
    if "://" in line or "eyJ" in line or "pat" in line:
        return secret.isalnum()
    return secret.isalnum() or not set(secret) - set(BASE64) or not any(one in line for one in NARROW)


@pytest.mark.parametrize("alphabet", ALPHABETS)
@pytest.mark.parametrize("line", DEVICE_LINES)
def test_no_run_of_a_devices_secret_survives(line: str, alphabet: str) -> None:
    """In configurations of every system whose forms are known."""
    chance = random.Random(line)
    for length in (6, 8, 11, 20, 60):
        secret = made(ALPHABETS[alphabet], length, chance)
        if fits(line, secret):
            assert survivors(secret, REDACTOR.configuration(f"one\n{line.replace('@@', secret)}\ntwo")) == [], secret


@pytest.mark.parametrize("alphabet", ALPHABETS)
@pytest.mark.parametrize("line", HOST_LINES)
def test_no_run_of_a_hosts_secret_survives(line: str, alphabet: str) -> None:
    """In files, environments, command lines and what services say."""
    chance = random.Random(line)
    for length in (20, 40, 60):
        secret = made(ALPHABETS[alphabet], length, chance)
        if fits(line, secret):
            assert survivors(secret, REDACTOR.host(f"one\n{line.replace('@@', secret)}\ntwo")) == [], secret


SECTIONS = """\
config system snmp community
    edit 1
        set name "@@"
        config hosts
            edit 1
                set ip 192.0.2.1 255.255.255.255
            next
        end
    next
end
config firewall address
    edit "a"
        set name "harmless-name"
    next
end
/snmp community
set [ find default=yes ] addresses=192.0.2.0/24 name=@@
add addresses=::/0 name=@@
/system identity
set name=harmless-name
"""


def test_communities_that_only_their_section_gives_away() -> None:
    """In FortiOS and RouterOS; other names stay, and a well-known one is said to be one."""
    redacted = REDACTOR.configuration(SECTIONS.replace("@@", "S3kr1tC0mm"))

    assert survivors("S3kr1tC0mm", redacted) == []
    assert redacted.count("<secret community ") == 3
    assert redacted.count("harmless-name") == 2
    assert "<secret default-community:public " in REDACTOR.configuration(SECTIONS.replace("@@", "public"))


BODY = "\n".join("".join(random.Random(n).choices(BASE64[:64], k=64)) for n in range(8))
INDENTED = "\n".join(f"  {line}" for line in BODY.split("\n"))
KEYS = {
    "whole": f"-----BEGIN PRIVATE KEY-----\n{BODY}\n-----END PRIVATE KEY-----\n",
    "without its end": f"-----BEGIN RSA PRIVATE KEY-----\n{BODY[:300]}",
    "without its beginning": f"{BODY[30:]}\n-----END EC PRIVATE KEY-----\nmore\n",
    "indented": f"  -----BEGIN PRIVATE KEY-----\n{INDENTED}\n  -----END PRIVATE KEY-----\n",
    "indented without its beginning": f"{INDENTED}\n  -----END PRIVATE KEY-----\n",
    "on one line": f'"key": "-----BEGIN PRIVATE KEY-----{BODY}-----END PRIVATE KEY-----"'.replace("\n", "\\n"),
    "from PuTTY": f"PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 8\n{BODY}\nPrivate-MAC: 00\n",
    "from Windows": f"-----BEGIN PRIVATE KEY-----\r\n{BODY}\r\n-----END PRIVATE KEY-----\r\n".replace("\n", "\r\n"),
    "of PGP": f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{BODY}\n-----END PGP PRIVATE KEY BLOCK-----\n",
}


@pytest.mark.parametrize("name", KEYS)
def test_no_run_of_a_private_key_survives(name: str) -> None:
    """Wherever an answer was cut off, on hosts and on devices."""
    for redacted in (REDACTOR.host(f"one:\n{KEYS[name]}"), REDACTOR.configuration(f"one:\n{KEYS[name]}")):
        assert [run for line in BODY[30:].split("\n") for run in survivors(line, redacted) if run in BODY[30:300]] == []
        assert redacted.startswith("one:\n")


def test_a_public_key_or_certificate_stays() -> None:
    """It is what checks of certificates rest on."""
    text = f"-----BEGIN CERTIFICATE-----\n{BODY}\n-----END CERTIFICATE-----\n-----BEGIN PUBLIC KEY-----\n{BODY}\n"

    assert REDACTOR.host(text) == text


TOKENS = (
    "ghp_" + "a1B2" * 9, "AKIA" + "ABCD1234" * 2, "npm_" + "a1B2" * 9, "hvs." + "a1B2c3" * 5, "AIza" + "x-Y_z" * 7,
    "xoxb-123456789012-abcdefABCDEF", "sk_live_" + "a1B2" * 6, "AGE-SECRET-KEY-1" + "QPZRY9X8" * 7,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "eyJhbGciOiJkaXIifQ.eyJzdWIiOiIxIn0",
    "eyJhbGciOiJkaXIiLCJlbmMi.QUFBQUFBQUE.aXZpdml2aXY.Y2lwaGVydGV4dA.dGFndGFndGFn",
    "eyJhbGciOiJIUzI1NiJ9..c2lnbmF0dXJl",
)  # fmt: skip


@pytest.mark.parametrize("token", TOKENS)
def test_no_run_of_a_token_survives(token: str) -> None:
    """Wherever it stands: in a log, an URL, a header."""
    for text in (token, f"a log line says {token} and goes on", f"https://192.0.2.1/x?y={token}#z", f"'{token}'"):
        assert survivors(token, REDACTOR.host(text)) == []


def test_a_webhook_keeps_only_its_host() -> None:
    """The path is the secret."""
    redacted = REDACTOR.host("curl https://hooks.slack.com/services/T0000ABCD/B0000EFGH/XyZ0123456789abc")

    assert survivors("T0000ABCD/B0000EFGH/XyZ0123456789abc", redacted) == []
    assert "hooks.slack.com" in redacted


FORMS_OF_LINES = (*CONFIGURED_FORMS, *ASSIGNED, *COMMUNITIES, *AGENT_COMMUNITIES, *HOSTED_FORMS)


def test_the_words_that_are_looked_for_first_leave_nothing_out() -> None:
    """Whatever a pattern finds, in capitals too, stands in a line that holds one of its words."""
    lines = [line.replace("@@", MARK) for line in (*DEVICE_LINES, *HOST_LINES)]
    said = [*HARMLESS.splitlines(), *SAID.splitlines(), *CONFIGURED_SAID.splitlines()]
    found = 0
    for line in (*lines, *said, *map(str.upper, lines)):
        for form in FORMS_OF_LINES:
            if form.pattern.search(line):
                found += 1
                assert any(hint in line.lower() for hint in form.hints), (line, form)
                assert form.also in line.lower(), (line, form)
    assert found > len(lines)


@pytest.mark.parametrize("form", FORMS_OF_LINES, ids=lambda form: form.pattern.pattern[:60])
def test_no_form_is_there_for_nothing(form) -> None:
    """Each of them finds the secret of some line of these tests."""
    assert any(form.pattern.search(line.replace("@@", MARK)) for line in (*DEVICE_LINES, *HOST_LINES))


def test_letters_whose_size_changes_shift_nothing() -> None:
    """A capital I with a dot is two letters when it is small."""
    assert REDACTOR.host("\u0130\u0130\u0130 PASSWORD=hunter22\nlast").startswith(
        "\u0130\u0130\u0130 PASSWORD=<secret "
    )


def test_a_stopped_credential_is_no_secret() -> None:
    """Whatever it is called: reports know the reason again by its words."""
    said = "credential password stopped after 3 refusals"

    assert REDACTOR.said_to(Cli("show version"), said) == said
