"""Account files read as the C library and crypt read them."""

import pytest

from auditor.errors import Unreadable
from auditor.facts.accounts import HOMES, Folder, Lock, home_folders, local_accounts, password, shadow
from auditor.facts.logindefs import number, pam_settings, settings
from tests.make import fact, refused

PASSWD = """root:x:0:0:root:/root:/bin/bash
daemon:*:1:1:daemon:/usr/sbin:/usr/sbin/nologin
alice:x:1000:1000:Alice A,,,:/home/alice:/bin/bash
"""
GROUP = "root:x:0:\nusers:x:100:alice, bob\n"
DEFS = "# UID_MIN 9\nUID_MIN 500\n"


def files(passwd: str = PASSWD, group: str = GROUP, defs: str = DEFS) -> str:
    """Return what the request for account files prints."""
    return (
        f"\n#== file /etc/passwd\n{passwd}\n#== file /etc/group\n{group}\n#== file /etc/login.defs\n{defs}\n#== end\n"
    )


def test_accounts_groups_and_the_first_human_id() -> None:
    """An ordinary host."""
    local = fact(local_accounts, files())

    assert [(a.name, a.uid) for a in local.accounts] == [("root", 0), ("daemon", 1), ("alice", 1000)]
    assert [a.password.lock for a in local.accounts] == [Lock.SHADOWED, Lock.LOCKED, Lock.SHADOWED]
    assert local.groups[1].members == ("alice", "bob")
    assert local.first_human == 500


def test_a_uid_written_with_zeros_or_blanks_is_still_zero() -> None:
    """A comparison of texts would miss this second root."""
    local = fact(local_accounts, files(PASSWD + "toor:x:00:0::/root:/bin/sh\nr2:x: 0:0::/root:/bin/sh\n"))

    assert [a.name for a in local.accounts if a.uid == 0] == ["root", "toor", "r2"]


def test_nis_entries_are_not_accounts() -> None:
    """`+` and `-` lines in both files are listed apart."""
    local = fact(local_accounts, files(PASSWD + "+::::::\n-@bad::::::\n", GROUP + "+:::\n"))

    assert local.legacy == ("passwd:4: +::::::", "passwd:5: -@bad::::::", "group:3: +:::")
    assert len(local.accounts) == 3


def test_lines_that_the_system_skips_are_told() -> None:
    """Too few fields, no number, a number past 32 bits; comments and blank lines are nothing."""
    local = fact(
        local_accounts, files(PASSWD + "# note\n\nbroken\nx:x:abc:1::/:/bin/sh\ny:x:4294967296:1::/:/bin/sh\n")
    )

    assert (local.malformed) == (
        "passwd:6: broken",
        "passwd:7: x:x:abc:1::/:/bin/sh",
        "passwd:8: y:x:4294967296:1::/:/bin/sh",
    )


def test_an_empty_password_field_in_passwd_is_no_lock() -> None:
    """passwd(5): then no password is needed, whatever shadow says."""
    local = fact(local_accounts, files("root:x:0:0:root:/root:/bin/bash\nguest::1001:1001::/home/guest:\n"))

    assert local.accounts[1].password.lock == Lock.EMPTY


@pytest.mark.parametrize("text", ["", "<html></html>", files("", GROUP), files("502 Bad Gateway\n")])
def test_no_account_is_no_fact(text: str) -> None:
    """Garbage does not become an empty host."""
    assert isinstance(refused(local_accounts, text), Unreadable)


@pytest.mark.parametrize(
    ("field", "lock", "scheme"),
    [
        ("<secret hash-yescrypt 12ab34cd>", Lock.HASHED, "yescrypt"),
        ("<secret hash-des 12ab34cd>", Lock.HASHED, "des"),
        ("<secret hash-unknown 12ab34cd>", Lock.UNCLEAR, ""),
        ("!<secret hash-sha512 12ab34cd>", Lock.LOCKED, "sha512"),
        ("!!", Lock.LOCKED, ""),
        ("!", Lock.LOCKED, ""),
        ("!*", Lock.LOCKED, ""),
        ("*", Lock.LOCKED, ""),
        ("*LK*", Lock.LOCKED, ""),
        ("x", Lock.LOCKED, ""),
        ("", Lock.EMPTY, ""),
        ("$6$salt$hash", Lock.HASHED, "sha512"),
        ("$2b$05$abcdefghijklmnopqrstuu", Lock.HASHED, "bcrypt"),
        ("abcdefghijklmnop", Lock.UNCLEAR, ""),
    ],
)
def test_what_a_password_field_says(field: str, lock: Lock, scheme: str) -> None:
    """Locked with and without a hash, empty, redacted, and what crypt(3) can never make."""
    found = password(field)

    assert (lock, scheme) == (found.lock, found.scheme)


def test_shadow_ages_and_states() -> None:
    """An empty field, and -1, switch a rule off; that is not the same as 0."""
    found = fact(
        shadow,
        "root:*:19000:0:99999:7:::\n"
        "alice:<secret hash-yescrypt 12ab34cd>:19500:1:365:7:30::\n"
        "bob::19500:::::-1:\n"
        "carol:!<secret hash-sha512 12ab34cd>:0:0:-1:7:0:20000:\n",
    )
    alice, bob, carol = found.entries[1:]

    assert tuple(
        getattr(alice.ageing, name) for name in ("changed", "least", "most", "warn", "inactive", "expires")
    ) == (19500, 1, 365, 7, 30, None)
    assert (bob.password.lock, bob.ageing.most, bob.ageing.expires) == (Lock.EMPTY, None, None)
    assert (carol.password.lock, carol.ageing.most, carol.ageing.inactive) == (Lock.LOCKED, None, 0)


def test_a_malformed_shadow_line_is_told_without_its_text() -> None:
    """It may hold a secret that nothing recognised."""
    found = fact(shadow, "root:*:19000:0:99999:7:::\n+::::::::\nhunter2\n")

    assert (found.legacy, found.malformed) == (("shadow:2: +",), ("shadow:3: not an entry",))


@pytest.mark.parametrize("text", ["", "cat: /etc/shadow: Permission denied\n", "<html>\n</html>\n"])
def test_what_is_not_a_shadow_file_is_no_fact(text: str) -> None:
    """Never an empty file that everything passes on."""
    assert isinstance(refused(shadow, text), Unreadable)


def test_homes_found_missing_and_hidden() -> None:
    """GNU and busybox word a missing file differently; a forbidden one is neither found nor missing."""
    homes = fact(
        home_folders,
        "0:0:700:directory:/root\n1000:1000:2755:directory:/home/a b:c\n0:0:644:regular file:/home/f\n"
        "stat: cannot statx '/home/gone': No such file or directory\n"
        "stat: cannot stat '/home/gone2': No such file or directory\n"
        "stat: can't stat '/nonexistent': No such file or directory\n"
        "stat: cannot statx '/srv/secret/x': Permission denied\n#== end\n",
    )

    assert Folder("/home/a b:c", 1000, 1000, 0o2755, is_folder=True) == homes.found[1]
    assert not homes.found[2].is_folder
    assert {"/home/gone", "/home/gone2", "/nonexistent"} == homes.missing


@pytest.mark.parametrize("text", ["", "#== end\n", "0:0:700:directory:/root\n", "xargs: not found\n#== end\n"])
def test_homes_cut_off_or_not_told(text: str) -> None:
    """Without the end, or without one folder, nothing is known."""
    assert isinstance(refused(home_folders, text), Unreadable)


def test_the_request_for_homes_is_bounded() -> None:
    """A million-line passwd costs no more than a small one."""
    assert "head -n 2000" in HOMES.command


def test_login_defs_tools_take_the_last_line_and_pam_the_first() -> None:
    """Two readers of one file."""
    text = "ENCRYPT_METHOD SHA512\nENCRYPT_METHOD=MD5\nENCRYPT_METHOD  MD5\n"

    assert (settings(text)["ENCRYPT_METHOD"], pam_settings(text)["ENCRYPT_METHOD"]) == ("MD5", "SHA512")


def test_login_defs_as_the_tools_read_it() -> None:
    """Comments only at the beginning; quotes; a name without a value is nothing; names are case-sensitive."""
    found = settings('#PASS_MAX_DAYS 1\n\tPASS_MAX_DAYS\t 365 \nPASS_WARN_AGE 7 # days\nX "a b" c\nEMPTY\numask 077')

    assert found == {"PASS_MAX_DAYS": "365", "PASS_WARN_AGE": "7 # days", "X": "a b", "umask": "077"}


@pytest.mark.parametrize(
    ("text", "value"),
    [("365", 365), ("-1", -1), ("010", 8), ("0x10", 16), ("7 # days", None), ("", None), ("090", None), ("1e3", None)],
)
def test_numbers_as_strtol_reads_them(text: str, value: int | None) -> None:
    """Octal and hexadecimal count; anything after the number spoils it."""
    assert value == number(text)
