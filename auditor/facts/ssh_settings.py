"""The settings of an SSH server, typed, from the lines of `sshd -T` or of sshd_config(5).

What varies by version: ChallengeResponseAuthentication became KbdInteractiveAuthentication (8.7),
PubkeyAcceptedKeyTypes became PubkeyAcceptedAlgorithms (8.5), and `sshd -T` still writes without-password for
prohibit-password.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

RootLogin = Literal["yes", "no", "prohibit-password", "forced-commands-only"]
IgnoreRhosts = Literal["yes", "no", "shosts-only"]
Forwarding = Literal["yes", "no", "local", "remote"]
Values = Mapping[str, tuple[str, ...]]  # keyword -> the argument text of each line that shows it


@dataclass(frozen=True, slots=True, kw_only=True)
class SshSettings:
    """Settings of an SSH server; times in seconds (0: no limit), algorithm lists lower-cased and in order.

    `lines` are all that were shown, as keyword and text; two that set the same are equal however they write it.
    """

    root_login: RootLogin | None = None
    password_login: bool | None = None
    keyboard_interactive: bool | None = None
    authentication_methods: tuple[str, ...] | None = None  # alternatives such as "publickey,password"; ("any",)
    empty_passwords: bool | None = None
    host_based: bool | None = None
    ignore_rhosts: IgnoreRhosts | None = None
    gssapi: bool | None = None
    pam: bool | None = None
    strict_modes: bool | None = None
    user_environment: str | None = None  # "yes", "no" or a pattern list
    max_tries: int | None = None
    max_sessions: int | None = None
    max_startups: tuple[int, int, int] | None = None  # unauthenticated: start, per cent refused from then on, full
    login_grace: int | None = None
    alive_interval: int | None = None
    alive_count: int | None = None
    x11_forwarding: bool | None = None
    tcp_forwarding: Forwarding | None = None
    agent_forwarding: bool | None = None
    disable_forwarding: bool | None = None
    gateway_ports: str | None = None  # "yes", "no" or "clientspecified"
    tunnel: str | None = None
    banner: str | None = None  # a path, or "none"
    log_level: str | None = None
    ciphers: tuple[str, ...] | None = None
    macs: tuple[str, ...] | None = None
    key_exchange: tuple[str, ...] | None = None
    host_keys: tuple[str, ...] | None = None
    public_keys: tuple[str, ...] | None = None
    allow_users: tuple[str, ...] | None = None
    allow_groups: tuple[str, ...] | None = None
    deny_users: tuple[str, ...] | None = None
    deny_groups: tuple[str, ...] | None = None
    lines: tuple[tuple[str, str], ...] = field(default=(), compare=False, repr=False)

    def texts(self, keyword: str) -> tuple[str, ...]:
        """Return what stands behind a keyword, a text for each line that shows it."""
        return tuple(text for name, text in self.lines if name == keyword.lower())


def settings(values: Values, *, complete: bool = False) -> SshSettings:
    """Return what these lines set. With `complete`, a list that `sshd -T` leaves out is an empty list."""
    empty: tuple[str, ...] | None = () if complete else None
    return SshSettings(
        root_login=_ROOT_LOGIN.get(_word(values, "permitrootlogin") or ""),
        password_login=_flag(values, "passwordauthentication"),
        keyboard_interactive=_any_flag(values, "kbdinteractiveauthentication", "challengeresponseauthentication"),
        authentication_methods=_words(values, "authenticationmethods"),
        empty_passwords=_flag(values, "permitemptypasswords"),
        host_based=_flag(values, "hostbasedauthentication"),
        ignore_rhosts=_IGNORE_RHOSTS.get(_word(values, "ignorerhosts") or ""),
        gssapi=_flag(values, "gssapiauthentication"),
        pam=_flag(values, "usepam"),
        strict_modes=_flag(values, "strictmodes"),
        user_environment=_word(values, "permituserenvironment"),
        max_tries=_number(values, "maxauthtries"),
        max_sessions=_number(values, "maxsessions"),
        max_startups=_startups(values),
        login_grace=_seconds(values, "logingracetime"),
        alive_interval=_seconds(values, "clientaliveinterval"),
        alive_count=_number(values, "clientalivecountmax"),
        x11_forwarding=_flag(values, "x11forwarding"),
        tcp_forwarding=_FORWARDING.get(_word(values, "allowtcpforwarding") or ""),
        agent_forwarding=_flag(values, "allowagentforwarding"),
        disable_forwarding=_flag(values, "disableforwarding"),
        gateway_ports=_word(values, "gatewayports"),
        tunnel=_word(values, "permittunnel"),
        banner=_text(values, "banner"),
        log_level=(_word(values, "loglevel") or "").upper() or None,
        ciphers=_algorithms(values, "ciphers"),
        macs=_algorithms(values, "macs"),
        key_exchange=_algorithms(values, "kexalgorithms"),
        host_keys=_algorithms(values, "hostkeyalgorithms"),
        public_keys=_algorithms(values, "pubkeyacceptedalgorithms", "pubkeyacceptedkeytypes"),
        allow_users=_names(values, "allowusers") or empty,
        allow_groups=_names(values, "allowgroups") or empty,
        deny_users=_names(values, "denyusers") or empty,
        deny_groups=_names(values, "denygroups") or empty,
        lines=tuple((keyword, text) for keyword, texts in values.items() for text in texts),
    )


_ROOT_LOGIN: Final[Mapping[str, RootLogin]] = {
    "yes": "yes",
    "no": "no",
    "prohibit-password": "prohibit-password",
    "without-password": "prohibit-password",
    "forced-commands-only": "forced-commands-only",
}
_FORWARDING: Final[Mapping[str, Forwarding]] = {
    "yes": "yes", "all": "yes", "no": "no", "none": "no", "local": "local", "remote": "remote",
}  # fmt: skip
_IGNORE_RHOSTS: Final[Mapping[str, IgnoreRhosts]] = {"yes": "yes", "no": "no", "shosts-only": "shosts-only"}
_FLAG: Final[Mapping[str, bool]] = {"yes": True, "true": True, "no": False, "false": False}
_NUMBER: Final = re.compile(r"\d{1,9}")
_TIME: Final = re.compile(r"([0-9]{1,18})([smhdw]?)")
_UNIT: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def _text(values: Values, keyword: str) -> str | None:
    lines = values.get(keyword)
    return (lines[0].strip() or None) if lines else None


def _word(values: Values, keyword: str) -> str | None:
    lines = values.get(keyword)
    return (lines[0].strip().lower() or None) if lines else None


def _flag(values: Values, keyword: str) -> bool | None:
    return _FLAG.get(_word(values, keyword) or "")


def _any_flag(values: Values, *keywords: str) -> bool | None:
    """Return whether any of several names of one setting is on; old releases show two of them."""
    flags = [flag for keyword in keywords if (flag := _flag(values, keyword)) is not None]
    return any(flags) if flags else None


def _number(values: Values, keyword: str) -> int | None:
    text = _word(values, keyword) or ""
    return int(text) if _NUMBER.fullmatch(text) else None


def _seconds(values: Values, keyword: str) -> int | None:
    """Return a time in the formats of sshd_config(5): 90, 2m, 1h30m; `none` is no limit."""
    text = _word(values, keyword) or ""
    if text == "none":
        return 0
    parts = _TIME.findall(text)
    if not parts or "".join(f"{number}{unit}" for number, unit in parts) != text:
        return None
    return sum(int(number) * _UNIT[unit] for number, unit in parts)


def _startups(values: Values) -> tuple[int, int, int] | None:
    """Return start, rate and full; a single number refuses everything from there on."""
    parts = (_word(values, "maxstartups") or "").split(":")
    if not all(map(_NUMBER.fullmatch, parts)):
        return None
    numbers = [int(part) for part in parts]
    if len(numbers) == 1:
        return (numbers[0], 100, numbers[0])
    return (numbers[0], numbers[1], numbers[2]) if len(numbers) == 3 else None


def _words(values: Values, keyword: str) -> tuple[str, ...] | None:
    text = _word(values, keyword)
    return tuple(text.split()) if text else None


def _names(values: Values, keyword: str) -> tuple[str, ...] | None:
    """Return names in their own case: `sshd -T` writes one a line, the file several."""
    return tuple(name for line in values.get(keyword, ()) for name in line.split()) or None


def _algorithms(values: Values, *keywords: str) -> tuple[str, ...] | None:
    """Return a list of algorithms. A written list that only adds to or takes from the default (+ - ^) names none."""
    text = next((found for keyword in keywords if (found := _word(values, keyword))), None)
    if text is None:
        return None
    return () if text[0] in "+-^" else tuple(name for name in text.split(",") if name)
