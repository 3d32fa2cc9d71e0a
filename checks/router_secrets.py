"""Secrets in a network device's configuration: how they are stored, and who has one."""

from collections.abc import Iterator

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.router import DeviceSecrets

_STRONG = frozenset({"type8", "type9"})


@check(
    "router-secrets.enable-secret",
    severity=Severity.HIGH,
    fix=Fix("enable algorithm-type scrypt secret ...", solution="protect-device-secrets"),
    references=("cis-ios-xe-17:1.4.1", "disa:CISC-ND-000620"),
)
def enable_secret(secrets: DeviceSecrets, *, accepted: frozenset[str] = _STRONG) -> Iterator[Outcome]:
    """Privileged mode is protected by a secret that is stored with a strong hash.

    Configurations are copied and mailed around; a weak hash is turned back into the password in hours.
    """
    if 15 not in secrets.enable_secrets:
        yield Violation("enable secret", found=None, wanted=accepted)
    for level, token in secrets.enable_secrets.items():
        if token.kind not in accepted:
            subject = "enable secret" if level == 15 else f"enable secret level {level}"
            yield Violation(subject, found=token.kind, wanted=accepted)


@check(
    "router-secrets.no-enable-password",
    severity=Severity.HIGH,
    fix=Fix("no enable password; use enable secret.", solution="protect-device-secrets"),
    references=("cis-ios-xe-17:1.4.1", "disa:CISC-ND-000620"),
)
def no_enable_password(secrets: DeviceSecrets) -> Iterator[Outcome]:
    """There is no old-style enable password.

    It is stored readably, and whoever reads one configuration often has the password of all devices.
    """
    for level, token in secrets.enable_passwords.items():
        subject = "enable password" if level == 15 else f"enable password level {level}"
        yield Violation(subject, found=token.kind, wanted=None)


@check(
    "router-secrets.user-secrets",
    severity=Severity.HIGH,
    fix=Fix("username NAME algorithm-type scrypt secret ...", solution="protect-device-secrets"),
    references=("cis-ios-xe-17:1.4.3", "disa:CISC-ND-000620"),
)
def user_secrets(secrets: DeviceSecrets, *, accepted: frozenset[str] = _STRONG) -> Iterator[Outcome]:
    """Every local account has a password that is stored with a strong hash.

    A local account works when nothing else does, and its password is seldom changed: its hash has to last.
    """
    if not secrets.users:
        yield NotApplicable("there are no local accounts")
    for user in secrets.users:
        subject = f"username {user.name}"
        if user.no_password:
            yield Violation(subject, found="nopassword", wanted=accepted)
        elif user.secret is None:
            yield Undecided(subject, "the configuration shows no password for the account")
        elif user.reversible or user.secret.kind not in accepted:
            keyword = "password " if user.reversible else ""
            yield Violation(subject, found=f"{keyword}{user.secret.kind}", wanted=accepted)


@check(
    "router-secrets.no-readable-secrets",
    severity=Severity.HIGH,
    fix=Fix(
        "Use secret instead of password; key config-key and password encryption aes turn the others into type 6.",
        solution="protect-device-secrets",
    ),
    references=("disa:CISC-ND-000620", "cis-controls-8.1:3.11"),
)
def no_readable_secrets(secrets: DeviceSecrets) -> Iterator[Outcome]:
    """No secret can be read back from the configuration.

    Types 0 and 7 are clear text or as good as that: a web page turns type 7 back at once.
    """
    for place, kind in dict.fromkeys((placed.place, placed.token.kind) for placed in secrets.placed):
        if kind in {"plain", "type0", "type7"}:
            yield Violation(place, found=kind, wanted=("type6", "type8", "type9"))


@check(
    "router-secrets.password-encryption",
    severity=Severity.LOW,
    fix=Fix("service password-encryption", solution="protect-device-secrets"),
    references=("cis-ios-xe-17:1.4.2", "disa:CISC-ND-000620"),
)
def password_encryption(secrets: DeviceSecrets) -> Iterator[Outcome]:
    """Passwords are not shown in clear text to whoever looks over the shoulder.

    It is no protection against whoever has the file, but keeps passwords out of casual sight and screenshots.
    """
    if not secrets.obscured:
        yield Violation("service password-encryption", found=False, wanted=True)
