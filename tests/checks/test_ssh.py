"""Verdicts on SSH servers: what good looks like once, and one thing changed at a time."""

from dataclasses import replace

import pytest

from auditor.facts.ssh import SshMatch, SshServer
from auditor.facts.ssh_settings import SshSettings
from tests.make import ABSENT, UNKNOWN, Case, Verdict, checks, names

ssh = checks("ssh")

GOOD = SshSettings(
    root_login="no",
    password_login=False,
    keyboard_interactive=False,
    authentication_methods=("any",),
    empty_passwords=False,
    host_based=False,
    ignore_rhosts="yes",
    gssapi=False,
    pam=True,
    strict_modes=True,
    user_environment="no",
    allow_users=(),
    allow_groups=("ssh-users",),
    deny_users=(),
    deny_groups=(),
)


def server(**changed: object) -> SshServer:
    """Return the good server with these settings changed."""
    settings = replace(GOOD, **changed)  # type: ignore[arg-type]
    return SshServer(settings=settings, for_root=settings, version=(9, 2), running=True)


def under(*blocks: tuple[str, dict[str, object]], usual: SshServer | None = None) -> SshServer:
    """Return the good server with Match blocks."""
    matches = tuple(
        SshMatch((criteria,), SshSettings(**set_here), f"/etc/ssh/sshd_config:{number}")  # type: ignore[arg-type]
        for number, (criteria, set_here) in enumerate(blocks, 90)
    )
    return replace(usual or server(), matches=matches)


def written(*lines: dict[str, object]) -> SshServer:
    """Return the good server with these lines in its file."""
    return replace(server(), written=tuple(SshSettings(**line) for line in lines))  # type: ignore[arg-type]


BOTH = {"view": "effective and written"}
UNREAD = replace(server(), unread=("/etc/ssh/sshd_config.d/50-cloud-init.conf",))
PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE

ROOT = [
    Case(ssh.root_login, (server(),), PASS),
    Case(ssh.root_login, (server(root_login="prohibit-password"),), FAIL, ("PermitRootLogin",)),
    Case(
        ssh.root_login,
        (server(root_login="prohibit-password"),),
        PASS,
        settings={"allowed": frozenset({"no", "prohibit-password"})},
        why="the policy allows keys",
    ),
    Case(
        ssh.root_login,
        (replace(server(root_login="yes"), for_root=GOOD),),
        PASS,
        why="a Match block for root forbids what is open to all",
    ),
    Case(
        ssh.root_login,
        (replace(server(), for_root=replace(GOOD, root_login="yes")),),
        FAIL,
        ("PermitRootLogin",),
        why="a Match block opens it for root",
    ),
    Case(
        ssh.root_login,
        (under(("Address 10.0.0.0/8", {"root_login": "yes"})),),
        FAIL,
        ("PermitRootLogin (Match Address 10.0.0.0/8)",),
        why="it is open from one network",
    ),
    Case(ssh.root_login, (under(("User alice", {"root_login": "yes"})),), PASS, why="the block cannot be root's"),
    Case(
        ssh.root_login,
        (under(("User root", {"root_login": "no"}), ("Address 10.0.0.0/8", {"root_login": "yes"})),),
        PASS,
        why="an earlier block already decides for root",
    ),
    Case(ssh.root_login, (written(),), FAIL, settings=BOTH, why="only the default is safe"),
    Case(ssh.root_login, (written({"root_login": "no"}),), PASS, settings=BOTH, why="it is written"),
    Case(
        ssh.root_login,
        (written({"root_login": "no"}, {"root_login": "yes"}),),
        FAIL,
        settings=BOTH,
        why="a later line disagrees",
    ),
    Case(ssh.root_login, (server(root_login=None),), DONT_KNOW, why="it is not shown"),
    Case(ssh.root_login, (UNREAD,), DONT_KNOW, why="a drop-in cannot be read"),
    Case(ssh.root_login, (UNKNOWN,), DONT_KNOW),
    Case(ssh.root_login, (ABSENT,), NOT_HERE),
]

PASSWORD = [
    Case(ssh.password_login, (server(),), PASS),
    Case(ssh.password_login, (server(password_login=True),), FAIL, ("PasswordAuthentication",)),
    Case(ssh.password_login, (server(keyboard_interactive=True),), FAIL, ("KbdInteractiveAuthentication",)),
    Case(
        ssh.password_login,
        (server(keyboard_interactive=True),),
        PASS,
        settings={"keyboard_interactive": True},
        why="it asks for a code",
    ),
    Case(
        ssh.password_login,
        (server(password_login=True, authentication_methods=("publickey,password",)),),
        PASS,
        why="a key is needed besides",
    ),
    Case(
        ssh.password_login,
        (server(password_login=True, authentication_methods=("publickey,password", "password")),),
        FAIL,
        why="one alternative is a password alone",
    ),
    Case(
        ssh.password_login,
        (server(keyboard_interactive=True, authentication_methods=("keyboard-interactive:pam",)),),
        FAIL,
        why="the method names its device",
    ),
    Case(
        ssh.password_login,
        (under(("User ftp", {"password_login": True})),),
        FAIL,
        ("PasswordAuthentication (Match User ftp)",),
        why="a Match block opens it",
    ),
    Case(
        ssh.password_login,
        (under(("User ftp", {"password_login": False}), ("User ftp", {"password_login": True})),),
        PASS,
        why="the first of two blocks with the same criteria counts",
    ),
    Case(
        ssh.password_login,
        (
            under(
                ("User ftp", {"authentication_methods": ("password",)}),
                usual=server(password_login=True, authentication_methods=("publickey,password",)),
            ),
        ),
        FAIL,
        ("AuthenticationMethods (Match User ftp)",),
        why="a Match block drops the key",
    ),
    Case(ssh.password_login, (server(password_login=None),), DONT_KNOW, why="it is not shown"),
]

SWITCHES = [
    (ssh.empty_passwords, "empty_passwords", False, True),
    (ssh.host_based, "host_based", False, True),
    (ssh.rhosts, "ignore_rhosts", "yes", "shosts-only"),
    (ssh.user_environment, "user_environment", "no", "LANG,LC_*"),
    (ssh.gssapi, "gssapi", False, True),
    (ssh.strict_modes, "strict_modes", True, False),
    (ssh.pam, "pam", True, False),
]

OTHERS = [
    *(Case(check, (server(**{field: good}),), PASS) for check, field, good, _ in SWITCHES),
    *(Case(check, (server(**{field: bad}),), FAIL) for check, field, _, bad in SWITCHES),
    *(Case(check, (UNKNOWN,), DONT_KNOW) for check, *_ in SWITCHES),
    *(
        Case(check, (server(**{field: None}),), DONT_KNOW, why="not shown")
        for check, field, *_ in SWITCHES
        if check is not ssh.pam
    ),
    *(Case(check, (written(),), FAIL, settings=BOTH, why="not written") for check, *_ in SWITCHES),
    *(Case(check, (written({field: good}),), PASS, settings=BOTH, why="written") for check, field, good, _ in SWITCHES),
    Case(ssh.pam, (server(pam=None),), NOT_HERE, why="it is built without PAM"),
    Case(
        ssh.host_based,
        (under(("Address 10.0.0.0/8", {"host_based": True})),),
        FAIL,
        ("HostbasedAuthentication (Match Address 10.0.0.0/8)",),
        why="a Match block opens it",
    ),
]

ACCESS = [
    Case(ssh.access_limited, (server(),), PASS),
    Case(ssh.access_limited, (server(allow_groups=()),), FAIL, ("AllowUsers",)),
    *(
        Case(ssh.access_limited, (server(allow_groups=("*",), allow_users=(name,)),), FAIL, why=f"{name} is everybody")
        for name in ("*", "?*", "*@*")
    ),
    Case(ssh.access_limited, (server(allow_groups=(), deny_users=("bob",)),), FAIL, why="only some are denied"),
    Case(
        ssh.access_limited,
        (server(allow_groups=(), deny_users=("bob",)),),
        PASS,
        settings={"deny_lists_suffice": True},
        why="the policy accepts that",
    ),
    Case(ssh.access_limited, (server(allow_users=None, allow_groups=None),), DONT_KNOW, why="it is not shown"),
    Case(ssh.one_configuration, (server(),), PASS),
    Case(ssh.one_configuration, (replace(server(), others=("/etc/ssh/sftp",)),), FAIL, ("/etc/ssh/sftp",)),
    Case(ssh.one_configuration, (replace(server(), running=None),), DONT_KNOW, why="processes are hidden"),
]

CASES: list[Case] = [*ROOT, *PASSWORD, *OTHERS, *ACCESS]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case):
    """Each case has the verdict that is right."""
    case.assert_right()
