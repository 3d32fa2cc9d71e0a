"""Secrets leave an answer, their class stays, and nothing else changes."""

import pytest

from auditor.collect.redact import Redactor

REDACTOR = Redactor(b"a key of this test")

# One line a form; the secret stands between guillemets, the class that must stay stands before the bar.
CONFIGURATION = r"""
type5    | enable secret 5 «$1$abcd$0123456789abcdefghijkl»
type9    | enable secret 9 «$9$nhEmQVczB7dqsO$X.HsgL6x1il0RxkOSSvyQYwucySCt7qFm4v7pqCxkKM»
type9    | enable secret level 5 9 «$9$nhEmQVczB7dqsO$X»
type9    | enable algorithm-type scrypt secret 9 «$9$nhEmQVczB7dqsO$X»
plain    | enable password «cisco123»
type7    | enable password 7 «0822455D0A16»
type9    | username bob privilege 15 secret 9 «$9$abcdefghijk»
type8    | username bob  privilege 15  secret  8  «$8$abcdefghijk»
plain    | username alice password «hunter2»
type7    | username alice privilege 15 password 7 «094F471A1A0A»
type7    | username carol privilege 1 common-criteria-policy P password 7 «0945»
hash-sha512 | username admin secret sha512 «$6$salt$abcdefgh»
type5    | username admin password 5 «$5$FAKE$abcdefgh»  role network-admin
community | snmp-server community «S3cr3t» view V RW ipv6 A 10
community | snmp-server host 192.0.2.1 version 2c «publ1c»
type7    | client 192.0.2.9 server-key 7 «0011»
type0    | security wpa psk set-key ascii 0 «swordfish»
type0    | dot1x username bob password 0 «swordfish»
type0    | mgmtuser username bob password 0 «swordfish»
type7    | credentials username bob password 7 «0011» realm r
type7    | authentication username bob password 7 «0011» realm r
community | snmp-server host 192.0.2.1 informs «s3cr3t» bgp
plain    | snmp-server user bob grp v3 auth sha «AuthPass1»
plain    | snmp-server user bob grp v3 encrypted priv aes 128 «PrivPass1»
type7    | tacacs-server host 192.0.2.5 key 7 «0011223344»
plain    | tacacs-server key «myk3y»
type6    | key 6 «abcdefgh»
plain    | radius-server host 192.0.2.4 auth-port 1812 acct-port 1813 key «hmm»
type7    |  server-key 7 «0011»
type7    |   key-string 7 «04480E051A33490E»
plain    | ntp authentication-key 1 md5 «0011223344» 7
type7    |  ip ospf message-digest-key 1 md5 7 «070C285F4D06»
plain    |  ip ospf authentication-key «cisco»
type7    |  neighbor 192.0.2.2 password 7 «1234»
type7    |  standby 1 authentication md5 key-string 7 «00112233»
plain    |  standby 1 authentication «ciscosec»
type7    |  password 7 «13061E010803»
plain    | crypto isakmp key «S3cretPSK» address 0.0.0.0
type0    |  pre-shared-key local 0 «abc123»
type7    | ip ftp password 7 «0011»
plain    | vtp password «foo»
plain    |  path ftp://user:«passw0rd»@192.0.2.9/$h
encrypted | set password ENC «AK1Vd0LyIUqmzYZNlZJQ2mBqZbBkwZ6MRdW»
plain    | set psksecret «swordfish»
plain    | set system ntp authentication-key 1 type md5 value «"swordfish"»
hash-sha512 | set system login user bob authentication encrypted-password «"$6$salt$abcdefgh"»
hash-sha512 | encrypted-password «"$6$salt$abcdefgh"»; ## SECRET-DATA
community | community «swordfish» {
community | set snmp community «swordfish» authorization read-only
plain    | add name=vpn secret=«swordfish» service=l2tp
"""
FORMS = [line.split("|", 1) for line in CONFIGURATION.strip().splitlines()]

HARMLESS = """\
service password-encryption
no enable password
security passwords min-length 12
aaa authentication login default group tacacs+ local
aaa authentication enable default group tacacs+ enable
crypto key generate rsa
ip ssh rsa keypair-name ssh-key
snmp-server group grp v3 priv read V
snmp-server host 192.0.2.1 traps version 3 priv bob
ntp server 192.0.2.1 key 5 prefer
key chain OSPF
 key 1
ntp server 192.0.2.1 key 1 prefer
ntp trusted-key 1
line vty 0 4
 login
 description my key word
"""


@pytest.mark.parametrize(("kind", "line"), FORMS, ids=[line.strip() for _, line in FORMS])
def test_no_byte_of_a_secret_survives_and_its_class_does(kind: str, line: str) -> None:
    """The token stands exactly where the secret stood, and the rest of the line is untouched."""
    before, secret, after = line[1:].replace("»", "«").split("«")

    redacted = REDACTOR.configuration(before + secret + after)

    assert secret.strip('"') not in redacted
    assert redacted.startswith(f"{before}<secret {kind.strip()} ")
    assert redacted.endswith(">" + after)


def test_a_default_community_keeps_its_word_because_it_is_no_secret() -> None:
    """The check for default communities judges redacted text."""
    assert "<secret default-community:public " in REDACTOR.configuration("snmp-server community public RO 10")


def test_what_is_no_secret_stays_as_it_is() -> None:
    """A keyword that merely mentions passwords or keys is not one."""
    assert REDACTOR.configuration(HARMLESS) == HARMLESS


def test_redacting_twice_changes_nothing() -> None:
    """Stored evidence may pass through again."""
    once = REDACTOR.configuration("\n".join(line[1:].replace("«", "").replace("»", "") for _, line in FORMS))

    assert REDACTOR.configuration(once) == once


def test_the_same_secret_has_the_same_digest_and_another_key_another() -> None:
    """Reuse across devices shows, and digests mean nothing in another workspace."""
    first, second = REDACTOR.configuration("enable password a1b2c3"), REDACTOR.configuration("tacacs-server key a1b2c3")
    other = Redactor(b"another key").configuration("enable password a1b2c3")

    assert first.split()[-1] == second.split()[-1]
    assert first.split()[-1] != other.split()[-1]


SHADOW = """\
root:$y$j9T$abcdefghijk$0123456789:19000:0:99999:7:::
locked:!$6$salt$0123456789:19000:0:99999:7:::
old:abcdefghijklm:19000:0:99999:7:::
never:!:19000:0:99999:7:::
star:*:19000:0:99999:7:::
empty::19000:0:99999:7:::
x:x:0:0:x:/root:/bin/bash
"""


def test_shadow_keeps_locks_empty_fields_and_the_scheme() -> None:
    """What accounts are judged by stays: who is locked, who has no password, how the others are hashed."""
    fields = [line.split(":")[1].rsplit(" ", 1)[0] for line in REDACTOR.host(SHADOW).splitlines()]

    assert fields == ["<secret hash-yescrypt", "!<secret hash-sha512", "<secret hash-des", "!", "*", "", "x"]


def test_a_private_key_goes_whole_even_when_it_is_cut_off() -> None:
    """A truncated PEM block has no end line."""
    text = "before\n-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\nmore"

    redacted = REDACTOR.host(text)

    assert redacted.startswith("before\n<secret pem ")
    assert "b3BlbnNz" not in redacted


def test_ordinary_host_output_is_untouched() -> None:
    """Colons and dollar signs do not make a secret."""
    text = "permitrootlogin no\nPATH=$HOME/bin:$PATH\nfe80::1:2:3\nabcdefghijklm:x\nsource:directory:files:dns\n"

    assert REDACTOR.host(text) == text
