"""Which secrets a configuration stores and how, from what redaction leaves of them."""

import pytest

from auditor.facts.ios_management import secrets
from auditor.facts.router import DeviceSecrets
from auditor.facts.secrets import SecretToken, parse, secret_at, words
from tests.facts.routers import config

T5, T7, T9 = "<secret type5 0a1b2c3d>", "<secret type7 1a1b2c3d>", "<secret type9 2a1b2c3d>"
PLAIN = "<secret plain 3a1b2c3d>"


def kept(*lines: str) -> DeviceSecrets:
    """Return its secrets."""
    return secrets.read(config(*lines))


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
    ).placed

    assert [(secret.place, secret.token.kind) for secret in placed] == [
        ("key chain OSPF / key 1 / key-string 7", "type7")
    ]


def test_a_type_that_is_named_behind_the_secret_counts() -> None:
    """NTP keys are the one place where IOS writes it last."""
    (placed,) = kept(f"ntp authentication-key 1 md5 {PLAIN} 7").placed

    assert (placed.place, placed.token.kind) == ("ntp authentication-key 1 md5", "type7")


@pytest.mark.parametrize(
    ("lines", "place", "kind"),
    [
        ("aaa server radius x\n client 192.0.2.7 server-key 7 070C285F",
         "aaa server radius x / client 192.0.2.7 server-key 7", "type7"),
        ("wlan a\n security wpa psk set-key ascii 0 hunter2", "wlan a / security wpa psk set-key ascii 0", "type0"),
        ("ap profile a\n mgmtuser username b password 0 hunter2 secret 0 hunter3",
         "ap profile a / mgmtuser username b password 0", "type0"),
    ],
)  # fmt: skip
def test_a_readable_secret_that_slipped_through_redaction_is_still_reported(lines: str, place: str, kind: str) -> None:
    """By its place and class, and never by its text."""
    (placed,) = kept(lines).placed

    assert (placed.place, placed.token.kind) == (place, kind)


def test_passwords_are_obscured_only_where_it_says_so() -> None:
    """Off is the default of every release."""
    assert [kept(line).obscured for line in ("service password-encryption", "no service password-encryption", "")] == [
        True,
        False,
        False,
    ]
