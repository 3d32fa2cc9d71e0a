"""Forms of secrets beyond the everyday ones, and what redaction costs when a device tries to make it cost much."""

import time

import pytest

from auditor.collect.redact import Redactor

REDACTOR = Redactor(b"a key of this test")
MARK = "S3kr1tS3kr1tS3kr1t99"

# `@@` stands for the secret.
CONFIGURED = """\
 ldap-login-password @@
 ikev2 remote-authentication pre-shared-key @@
aaa-server TAC (inside) host 192.0.2.4 @@
snmp-server host inside 192.0.2.1 poll community @@ version 2c
snmp-server host 192.0.2.1 version 1 0 @@
ntp authentication-key 1 md5 7 @@
key config-key password-encrypt @@
 ip nhrp authentication @@
 isis authentication key @@
 l2tp tunnel password @@
ip sftp password @@
 bind authenticate root-dn CN=x password @@
event manager environment _password @@
snmp mib community-map @@ engineid 123
 authentication text @@
  pre-shared-key address 192.0.2.1 key @@
 server-private 192.0.2.1 key @@
 client 192.0.2.1 server-key @@
 key-string password @@ cryptographic-algorithm hmac
 lsp-password hmac-md5 encrypted @@
 neighbor 192.0.2.1 password encrypted @@
 wep key 1 @@
set protocols ospf area 0 interface x authentication md5 1 key @@
set protocols ospf area 0 interface x authentication simple-password @@
set interfaces wireguard wg0 private-key @@
set wpa passphrase '@@ of three words'
        set auth-pwd ENC @@
        set token @@
        set password "@@ and \\" the rest @@"
        set password "@@ without an end
/snmp community add addresses=192.0.2.0/24 name=@@
 path ftp://user:a@@@b@192.0.2.1/x
"""
HOSTED = """\
rocommunity @@ 192.0.2.0/24
rwcommunity6 @@
com2sec -Cn ctx local localhost @@
createUser bob SHA "@@" AES "@@"
createUser -e 0x80001f88 bob SHA @@ AES @@
trap2sink 192.0.2.1 @@
trapsess -v 3 -u u -a SHA -A @@ -x AES -X @@ 192.0.2.1
DB_PASSWORD=@@
export PGPASSWORD="@@ and more"
MYSQL_PWD='@@'
Environment=API_TOKEN=@@
aws_secret_access_key = @@
{"db": {"passwd":"@@", "clientSecret": "@@"}}
  password: @@
0 3 * * * root mysqldump -u root -p@@ db
0 3 * * * root job --password @@ db
0 3 * * * root curl -u bob:@@ https://192.0.2.1
0 3 * * * root sshpass -p @@ ssh a
0 3 * * * root curl -H "Authorization: Bearer @@"
0 3 * * * root curl -H 'X-Api-Key: @@'
0 3 * * * root wget http://u:@@@192.0.2.1/
Jan 1 job: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.@@
glpat-@@
github_pat_@@
auth required pam_mysql.so user=root passwd=@@ host=x
auth sufficient pam_ldap.so bindpw=@@
bindpw @@
*.* :ommysql:127.0.0.1,Syslog,rsys,@@
action(type="ommysql" server="x" db="y" uid="u" pwd="@@")
net.ipv6.conf.all.stable_secret = @@
//server/share /mnt cifs username=bob,password=@@,uid=0 0 0
1 SHA256 HEX:@@
password_pbkdf2 root grub.pbkdf2.sha512.10000.@@.@@
machine h login u password @@
olcRootPW: {SSHA}@@
"""
# What a host says in such words and is no secret: losing it would change verdicts.
SAID = """\
passwd:         files systemd
shadow:         files
password requisite pam_pwquality.so retry=3 minlen=14
password [success=1 default=ignore] pam_unix.so obscure use_authtok try_first_pass yescrypt
password required pam_passwdqc.so min=disabled,24,11,8,7 passphrase=3
Defaults passwd_timeout=1, passwd_tries=3, passprompt="Password for %u:"
passwordauthentication no
permitemptypasswords no
PASS_MAX_DAYS 365
Last password change : Jan 01, 2026
hashed-password: '*'
PWD=/root
OLDPWD=/home/alice
key /etc/ssl/private/ssl-cert-snakeoil.key
docker run -u 1000:1000 image
ssh -p 2222 host
password:x:1001:1001::/home/password:/bin/sh
"""
CONFIGURED_SAID = """\
password strength-check
no password strength-check
 password minimum length 12
password-policy minimum-length 12
set system login password format sha512
set system login password minimum-length 15
username bob nopassword
"""


@pytest.mark.parametrize("line", CONFIGURED.splitlines())
def test_no_secret_of_a_configuration_survives(line: str) -> None:
    """Forms of ASA, NX-OS, IOS XR, EOS, Junos, FortiOS, VyOS and RouterOS."""
    redacted = REDACTOR.configuration(f"first\n{line.replace('@@', MARK)}\nlast\n")

    assert "S3kr1t" not in redacted
    assert "<secret " in redacted
    assert redacted.startswith("first\n")
    assert redacted.endswith("\nlast\n")
    assert REDACTOR.configuration(redacted) == redacted


@pytest.mark.parametrize("line", HOSTED.splitlines())
def test_no_secret_of_a_host_survives(line: str) -> None:
    """Files of daemons, the environment, command lines in crontabs and process lists, tokens."""
    redacted = REDACTOR.host(f"first\n{line.replace('@@', MARK)}\nlast\n")

    assert "S3kr1t" not in redacted
    assert "<secret " in redacted
    assert redacted.startswith("first\n")
    assert redacted.endswith("\nlast\n")
    assert REDACTOR.host(redacted) == redacted


def test_what_verdicts_rest_on_stays() -> None:
    """Settings about passwords are no passwords."""
    assert REDACTOR.host(SAID) == SAID
    assert REDACTOR.configuration(CONFIGURED_SAID) == CONFIGURED_SAID


@pytest.mark.parametrize("text", ["\ufdd05\ufdd1", "\ufdd0" + "9" * 5000 + "\ufdd1", "\ufdd0\ufdd0\ufdd1\ufdd1 x"])
def test_a_device_cannot_write_the_marks_that_redaction_uses(text: str) -> None:
    """Else its answer would bring redaction down, or show another secret's token."""
    redacted = REDACTOR.host(f"{text}\nrocommunity hunter2\n<secret plain 0123abcd>\n")

    assert "hunter2" not in redacted
    assert redacted.count("<secret ") == 2


def test_only_our_own_tokens_are_left_alone() -> None:
    """An element that is called `secret` hides nothing."""
    assert "hunter2" not in REDACTOR.configuration('<secret name="x" password="hunter2">')


@pytest.mark.parametrize(
    "piece",
    ["snmp-server user ", "snmp-server user a auth b ", "ppp chap ", "a:", "a://", "key 7 ", "x:x:", "\n", "key\n", " ",
     "-----BEGIN A PRIVATE KEY-----", "PRIVATE KEY", "eyJ-", 'key "', "password ", "http://a:b@", "trapsess ", "\\",
     "password ;", ';"', "pass=;", "secret=;a ", "/snmp community\n", "/snmp community\nadd ",
     "config system snmp community\n set name ", "-----END PRIVATE KEY-----\n", "AAAA\n", "Private-Lines: 1\n",
     "cookie:", "<password>", "<a-", "password :", "eyJaaaaaaaa.", "://", "authorization:basic ", "\u0130password "],
)  # fmt: skip
def test_a_hostile_answer_takes_no_longer_than_its_length_warrants(piece: str) -> None:
    """Each of these once took, or in a careless pattern would take, time that grows with the square of the length."""
    text = piece * (200_000 // len(piece))
    began = time.process_time()

    REDACTOR.configuration(text)
    REDACTOR.host(f"key password {text}")

    assert time.process_time() - began < 5
