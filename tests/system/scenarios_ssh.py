"""Scenarios about sshd_config: the first line counts, drop-ins are read where they are included, Match loosens."""

from tests.system.scenario import WRITTEN, Scenario, Settings, fails, passes

_CONFIG = "/etc/ssh/sshd_config"


def first(*lines: str) -> str:
    """Return a script that puts lines before all others.

    Of several MaxStartups some releases take the last, as `sshd -T` shows: no other is left.
    """
    text = "\\n".join(lines)
    return f"printf '{text}\\n' | cat - {_CONFIG} | sed '2,${{/^MaxStartups/d}}' >/tmp/c; cat /tmp/c >{_CONFIG}"


def last(*lines: str) -> str:
    """Return a script that puts lines after all others."""
    text = "\\n".join(lines)
    return f"printf '{text}\\n' >>{_CONFIG}"


def without(keyword: str) -> str:
    """Return a script that leaves a keyword unset."""
    return f"sed -i '/^{keyword}/d' {_CONFIG}"


def dropin(line: str, name: str = "10-lab.conf") -> str:
    """Return a script that writes a line into a drop-in, without a newline at its end."""
    return f"printf '{line}' >{_CONFIG}.d/{name}"


_LOOSE: dict[str, tuple[str, ...]] = {
    "ssh.root-login": ("PermitRootLogin yes", "PermitRootLogin prohibit-password", 'permitrootlogin = "yes"'),
    "ssh.password-login": ("PasswordAuthentication yes", "ChallengeResponseAuthentication yes"),
    "ssh.empty-passwords": ("PermitEmptyPasswords yes",),
    "ssh.host-based": ("HostbasedAuthentication yes",),
    "ssh.rhosts": ("IgnoreRhosts no", "IgnoreRhosts shosts-only"),
    "ssh.user-environment": ("PermitUserEnvironment yes", "PermitUserEnvironment LANG,LC_*"),
    "ssh.pam": ("UsePAM no",),
    "ssh.access-limited": ("AllowUsers *",),
    "ssh.gssapi": ("GSSAPIAuthentication yes",),
    "ssh.strict-modes": ("StrictModes no",),
    "ssh.max-tries": ("MaxAuthTries 6",),
    "ssh.login-grace": ("LoginGraceTime 0", "LoginGraceTime 2m", "LoginGraceTime 61"),
    "ssh.idle": ("ClientAliveInterval 0", "ClientAliveCountMax 0", "ClientAliveInterval 1h"),
    "ssh.x11-forwarding": ("X11Forwarding yes",),
    "ssh.tcp-forwarding": ("AllowTcpForwarding local", "AllowTcpForwarding yes"),
    "ssh.banner": ("Banner none",),
    "ssh.log-level": ("LogLevel QUIET", "LogLevel DEBUG"),
    "ssh.max-sessions": ("MaxSessions 11",),
    "ssh.max-startups": ("MaxStartups 10:30:100", "MaxStartups 100"),
    "ssh.ciphers": ("Ciphers +aes128-cbc", "Ciphers aes256-ctr,3des-cbc"),
    "ssh.macs": ("MACs hmac-sha1", "MACs +hmac-md5"),
    "ssh.key-exchange": ("KexAlgorithms +diffie-hellman-group14-sha1",),
    "ssh.host-key-algorithms": ("HostKeyAlgorithms +ssh-rsa",),
}
_STRICTER: dict[str, tuple[str, ...]] = {
    "ssh.root-login": ("PermitRootLogin no # nobody", "PERMITROOTLOGIN=no"),
    "ssh.max-tries": ("MaxAuthTries 1",),
    "ssh.login-grace": ("LoginGraceTime 1m", "LoginGraceTime 0h30s", "LoginGraceTime 1"),
    "ssh.idle": ("ClientAliveInterval 5m",),
    "ssh.max-startups": ("MaxStartups 5", "MaxStartups 5:50:10"),
    "ssh.max-sessions": ("MaxSessions 1",),
    "ssh.log-level": ("LogLevel info",),
    "ssh.tcp-forwarding": ("DisableForwarding yes\\nAllowTcpForwarding yes",),
    "ssh.access-limited": ("AllowGroups ada",),
    "ssh.password-login": ("AuthenticationMethods publickey,password\\nPasswordAuthentication yes",),
}
_BOTH: Settings = WRITTEN

SCENARIOS: tuple[Scenario, ...] = (
    *(fails(check, first(line), why=line) for check, lines in _LOOSE.items() for line in lines),
    *(passes(check, first(line), why=line) for check, lines in _STRICTER.items() for line in lines),
    # which line counts
    passes("ssh.root-login", last("PermitRootLogin yes"), why="a later line changes nothing"),
    fails("ssh.root-login", last("PermitRootLogin yes"), _BOTH, why="a later line contradicts"),
    passes("ssh.root-login", first("#PermitRootLogin yes"), _BOTH, why="a comment is no line"),
    fails("ssh.root-login", dropin("PermitRootLogin yes"), why="a drop-in is read first"),
    passes("ssh.root-login", dropin("PermitRootLogin yes", "10-lab.txt"), _BOTH, why="not included"),
    passes(
        "ssh.root-login", dropin("PermitRootLogin yes", ".10-lab.conf"), _BOTH, why="a glob leaves hidden files out"
    ),
    fails(
        "ssh.root-login",
        f"echo PermitRootLogin yes >/srv/elsewhere; ln -s /srv/elsewhere {_CONFIG}.d/10-lab.conf",
        why="a drop-in by a link",
    ),
    fails(
        "ssh.root-login",
        "echo PermitRootLogin yes >/etc/ssh/more; " + first("Include more"),
        why="an Include relative to /etc/ssh",
    ),
    passes(
        "ssh.root-login",
        f"echo PermitRootLogin no >{_CONFIG}.d/10-lab.conf; echo PermitRootLogin yes >{_CONFIG}.d/20-lab.conf",
        why="of two drop-ins the first counts",
    ),
    fails(
        "ssh.root-login",
        f"echo PermitRootLogin yes >{_CONFIG}.d/9-lab.conf; echo PermitRootLogin no >{_CONFIG}.d/80-lab.conf",
        {"view": "effective and written"},
        why="of two drop-ins one is loose",
    ),
    # conditions
    fails("ssh.root-login", last("Match Address 192.0.2.0/24", "PermitRootLogin yes"), why="loosened by a Match block"),
    fails("ssh.root-login", last("Match User root", "  PermitRootLogin yes"), why="loosened for root"),
    passes("ssh.root-login", last("Match User ada", "  PermitRootLogin yes"), why="loosened for one who is not root"),
    fails("ssh.root-login", first("Match all", "PermitRootLogin yes"), why="Match all holds for everybody"),
    fails("ssh.password-login", last("Match Group ada", "PasswordAuthentication yes"), why="loosened for a group"),
    fails("ssh.max-tries", dropin("Match LocalPort 22\\nMaxAuthTries 10"), why="a Match block of a drop-in"),
    passes(
        "ssh.max-tries",
        f"printf 'Match User nobody\\n' >{_CONFIG}.d/10-lab.conf",
        why="a Match block ends with its file",
    ),
    fails("ssh.x11-forwarding", last("Match User ada", "X11Forwarding yes"), why="loosened for one user"),
    # safe by default is not written down
    passes("ssh.host-based", without("HostbasedAuthentication"), why="off by default"),
    fails("ssh.host-based", without("HostbasedAuthentication"), _BOTH, why="not written down"),
    passes("ssh.rhosts", without("IgnoreRhosts"), why="yes by default"),
    fails("ssh.pam", without("UsePAM"), why="off by default"),
    fails("ssh.access-limited", without("AllowUsers"), why="nobody is named"),
    fails("ssh.banner", without("Banner"), why="none by default"),
    fails("ssh.max-tries", without("MaxAuthTries"), why="6 by default"),
    fails("ssh.login-grace", without("LoginGraceTime"), why="2 minutes by default"),
)
