"""Who gets in over SSH, and how (sshd_config(5), judged by what the server itself says is in force)."""

from collections.abc import Iterator

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.ssh import SshServer
from auditor.facts.ssh_settings import RootLogin, SshSettings
from auditor.facts.ssh_views import NOT_SHOWN, View, judge_conditions, judge_off, judge_on, judge_setting


def _fix(text: str) -> Fix:
    return Fix(f"{text} in sshd_config, test with sshd -t, then reload sshd.", solution="harden-ssh")


@check(
    "ssh.root-login",
    severity=Severity.HIGH,
    fix=_fix("Set PermitRootLogin to no"),
    references=("cis-debian12:5.1.20", "nist-800-53r5:AC-6(2)"),
)
def root_login(
    ssh: SshServer, *, allowed: frozenset[RootLogin] = frozenset({"no"}), view: View = "effective"
) -> Iterator[Outcome]:
    """Root cannot log in over SSH

    A shared account leaves no trace of who acted. Administrators log in as themselves and use sudo.
    """
    as_root = SshServer(settings=ssh.for_root or ssh.settings, written=ssh.written)

    def pick(settings: SshSettings) -> str | None:
        return settings.root_login

    def good(value: str) -> bool:
        return value in allowed

    yield from judge_setting(as_root, "PermitRootLogin", pick, good, wanted=frozenset(allowed), view=view)
    yield from judge_conditions(ssh, "PermitRootLogin", pick, good, wanted=frozenset(allowed), user="root")


@check(
    "ssh.password-login",
    severity=Severity.HIGH,
    fix=_fix("Set PasswordAuthentication and KbdInteractiveAuthentication to no"),
    references=("nist-800-53r5:IA-2(1)",),
)
def password_login(ssh: SshServer, *, keyboard_interactive: bool = False) -> Iterator[Outcome]:
    """Nobody logs in over SSH with a password alone

    Passwords are guessed, reused and phished; a key or a second factor is not. Where a one-time code is asked for
    through keyboard-interactive, the setting keyboard_interactive accepts that method.
    """
    for match in ssh.matches:
        methods = match.settings.authentication_methods
        if methods and not _needs_more_than_a_password(methods, keyboard_interactive=keyboard_interactive):
            yield Violation(f"AuthenticationMethods ({match.criteria})", found=methods, wanted="more than a password")
    usual = ssh.settings.authentication_methods or ("any",)
    if _needs_more_than_a_password(usual, keyboard_interactive=keyboard_interactive):
        return
    yield from judge_off(ssh, "PasswordAuthentication", lambda s: s.password_login)
    if not keyboard_interactive:
        yield from judge_off(ssh, "KbdInteractiveAuthentication", lambda s: s.keyboard_interactive)


def _needs_more_than_a_password(ways: tuple[str, ...], *, keyboard_interactive: bool) -> bool:
    """Return whether every alternative of AuthenticationMethods holds something better than a password."""
    weak = {"password"} if keyboard_interactive else {"password", "keyboard-interactive"}
    names = [{method.partition(":")[0] for method in way.split(",")} for way in ways]
    return all(methods - weak and "any" not in methods and "none" not in methods for methods in names)


@check(
    "ssh.empty-passwords",
    severity=Severity.CRITICAL,
    fix=_fix("Set PermitEmptyPasswords to no"),
    references=("cis-debian12:5.1.19",),
)
def empty_passwords(ssh: SshServer, *, view: View = "effective") -> Iterator[Outcome]:
    """Accounts without a password cannot log in over SSH

    Such an account is open to anybody who knows its name.
    """
    yield from judge_off(ssh, "PermitEmptyPasswords", lambda s: s.empty_passwords, view)


@check(
    "ssh.host-based",
    severity=Severity.HIGH,
    fix=_fix("Set HostbasedAuthentication to no"),
    references=("cis-debian12:5.1.10",),
)
def host_based(ssh: SshServer, *, view: View = "effective") -> Iterator[Outcome]:
    """Nobody is let in because of the machine they come from

    One taken host would open all hosts that trust it.
    """
    yield from judge_off(ssh, "HostbasedAuthentication", lambda s: s.host_based, view)


@check("ssh.rhosts", severity=Severity.MEDIUM, fix=_fix("Set IgnoreRhosts to yes"), references=("cis-debian12:5.1.11",))
def rhosts(ssh: SshServer, *, view: View = "effective") -> Iterator[Outcome]:
    """Users cannot declare other machines trusted

    Files named .rhosts and .shosts let a user open the account to whole machines.
    """
    yield from judge_setting(
        ssh, "IgnoreRhosts", lambda s: s.ignore_rhosts, lambda value: value == "yes", wanted="yes", view=view
    )


@check(
    "ssh.user-environment",
    severity=Severity.MEDIUM,
    fix=_fix("Set PermitUserEnvironment to no"),
    references=("cis-debian12:5.1.21",),
)
def user_environment(ssh: SshServer, *, view: View = "effective") -> Iterator[Outcome]:
    """Users cannot set environment variables at login

    A variable such as LD_PRELOAD gets around restrictions on what an account may run.
    """
    yield from judge_setting(
        ssh, "PermitUserEnvironment", lambda s: s.user_environment, lambda value: value == "no", wanted="no", view=view
    )


@check("ssh.pam", severity=Severity.MEDIUM, fix=_fix("Set UsePAM to yes"), references=("cis-debian12:5.1.22",))
def pam(ssh: SshServer, *, view: View = "effective") -> Iterator[Outcome]:
    """Logins over SSH go through the system's account rules

    Without PAM, locked accounts, login times and session limits do not hold for SSH.
    """
    if ssh.settings.pam is None:
        yield NotApplicable("this server is built without PAM")
    else:
        yield from judge_on(ssh, "UsePAM", lambda s: s.pam, view)


@check(
    "ssh.access-limited",
    severity=Severity.MEDIUM,
    fix=_fix("Name who may log in with AllowUsers or AllowGroups"),
    references=("cis-debian12:5.1.4",),
)
def access_limited(ssh: SshServer, *, deny_lists_suffice: bool = False) -> Iterator[Outcome]:
    """Only named users or groups may log in over SSH

    Otherwise every account with a shell is a way in, also the one that a package added yesterday.
    """
    lists = [ssh.settings.allow_users, ssh.settings.allow_groups]
    if deny_lists_suffice:
        lists += [ssh.settings.deny_users, ssh.settings.deny_groups]
    if all(names is None for names in lists):
        yield Undecided("AllowUsers", NOT_SHOWN)
    elif not any(names and not any(_means_everybody(name) for name in names) for names in lists):
        found = (*(ssh.settings.allow_users or ()), *(ssh.settings.allow_groups or ()))
        yield Violation("AllowUsers", found=found, wanted="a list of users or groups")


def _means_everybody(pattern: str) -> bool:
    """Whether a pattern of ssh_config(5) fits every name from everywhere, such as `*`, `?*` and `*@*`."""
    return "*" in pattern and not pattern.strip("*?@")


@check(
    "ssh.gssapi", severity=Severity.LOW, fix=_fix("Set GSSAPIAuthentication to no"), references=("cis-debian12:5.1.9",)
)
def gssapi(ssh: SshServer, *, view: View = "effective") -> Iterator[Outcome]:
    """Kerberos tickets do not open SSH where they are not needed

    Code that nobody uses can still be attacked before login. Where the company uses Kerberos, leave this check out.
    """
    yield from judge_off(ssh, "GSSAPIAuthentication", lambda s: s.gssapi, view)


@check("ssh.strict-modes", severity=Severity.MEDIUM, fix=_fix("Set StrictModes to yes"))
def strict_modes(ssh: SshServer, *, view: View = "effective") -> Iterator[Outcome]:
    """Keys in files that others can write are not accepted

    Whoever can write to a user's authorized_keys can log in as that user.
    """
    yield from judge_on(ssh, "StrictModes", lambda s: s.strict_modes, view)


@check(
    "ssh.one-configuration",
    severity=Severity.MEDIUM,
    fix=Fix("Stop the daemon, or merge its settings into sshd_config.", solution="harden-ssh"),
)
def one_configuration(ssh: SshServer) -> Iterator[Outcome]:
    """Every SSH daemon here follows the system's configuration

    A daemon with a configuration of its own is not covered by the other checks, and rarely by anybody's attention.
    """
    for file in ssh.others:
        yield Violation(file, found="a daemon runs with this configuration", wanted="the system's sshd_config only")
    if ssh.running is None:
        yield Undecided("daemons", "other accounts' processes cannot be seen from this account")
