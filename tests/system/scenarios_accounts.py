"""Scenarios about accounts, passwords and the rules for them."""

from tests.system.scenario import NOT_APPLICABLE, UNKNOWN, WRITTEN, Scenario, fails, passes

_HASH = "$6$saltsaltsaltsalt$tLs.KR6.KNG0EMRkTYAHvyr5gPRv2PUgGPUzxYDcrPZCmc2dRx3EnQ1BlAHTHjD7a2ZsA1CR1zzJ1kdmCs1Xy/"
_QUALITY = "/etc/security/pwquality.conf"


def account(line: str) -> str:
    """Return a script that adds a line to passwd."""
    return f"echo '{line}' >>/etc/passwd"


def ada(*fields: str) -> str:
    """Return a script that gives ada's entry of shadow these fields after the hash."""
    return f"sed -i 's|^\\(ada:[^:]*\\):.*|\\1:{':'.join(fields)}|' /etc/shadow"


def hashed(field: str) -> str:
    """Return a script that gives ada's entry of shadow another password field."""
    return f"sed -i 's|^ada:[^:]*|ada:{field}|' /etc/shadow"


def login_defs(line: str) -> str:
    """Return a script that puts a line at the end of login.defs."""
    return f"echo '{line}' >>/etc/login.defs"


def quality(line: str) -> str:
    """Return a script that puts a line at the end of pwquality.conf."""
    return f"echo '{line}' >>{_QUALITY}"


def dropin(line: str) -> str:
    """Return a script that puts a line into a drop-in of pwquality.conf."""
    return f"mkdir {_QUALITY}.d; echo '{line}' >{_QUALITY}.d/a.conf"


def pam(file: str, edit: str) -> str:
    """Return a script that edits a PAM stack by sed."""
    return f"sed -i '{edit}' /etc/pam.d/{file}"


_ACCOUNTS = (
    fails("accounts.uid-zero", account("toor:x:0:0::/root:/bin/sh")),
    fails("accounts.uid-zero", account("toor:x:00:0::/root:/bin/sh"), why="00 is 0 too"),
    fails("accounts.uid-zero", "printf 'toor:x:0:0::/root:/bin/sh' >>/etc/passwd", why="no newline at the end"),
    passes("accounts.uid-zero", account("#toor:x:0:0::/root:/bin/sh"), why="a comment"),
    fails("accounts.unique-ids", account("bob:x:1000:1000::/home/ada:/bin/sh")),
    fails("accounts.unique-group-ids", "echo bob:x:1000: >>/etc/group"),
    fails("accounts.unique-names", account("ada:x:1005:1000::/home/ada:/bin/sh")),
    fails("accounts.unique-names", "echo ada:x:1005: >>/etc/group", why="a group twice"),
    fails("accounts.empty-passwords", hashed(""), without=UNKNOWN),
    passes("accounts.empty-passwords", hashed("!"), without=UNKNOWN, why="locked is not empty"),
    fails("accounts.empty-passwords", "sed -i s/^ada:x/ada:/ /etc/passwd", without=UNKNOWN, why="empty in passwd"),
    fails("accounts.shadowed", f"sed -i 's|^ada:x|ada:{_HASH}|' /etc/passwd"),
    fails("accounts.system-shells", "sed -i '/^sshd/s|/usr/sbin/nologin|/bin/bash|' /etc/passwd"),
    fails("accounts.system-shells", "sed -i '/^sshd/s|/usr/sbin/nologin||' /etc/passwd", why="none means /bin/sh"),
    passes("accounts.system-shells", "sed -i '/^sshd/s|/usr/sbin/nologin|/bin/false|' /etc/passwd"),
    fails("accounts.system-shells", login_defs("UID_MIN 2000"), why="UID_MIN decides who belongs to the system"),
    fails("accounts.home-directories", "rmdir /home/ada"),
    fails("accounts.home-directories", "chown daemon /home/ada"),
    fails("accounts.home-permissions", "chmod 755 /home/ada"),
    passes("accounts.home-permissions", "chmod 700 /home/ada"),
    fails("accounts.legacy-entries", account("+::::::"), without=UNKNOWN),
    fails("accounts.legacy-entries", "echo +::: >>/etc/group", without=UNKNOWN, why="in group"),
    fails("accounts.well-formed", account("half:x:1009")),
    fails("accounts.root-group", "sed -i 's/^root:x:0:0/root:x:0:1/' /etc/passwd"),
    fails("accounts.root-group", account("bob:x:1005:0::/nonexistent:/bin/sh")),
    fails("accounts.groups-exist", account("bob:x:1005:1005::/nonexistent:/bin/sh")),
    fails("accounts.shadow-group", "sed -i 's/^shadow:x:42:/shadow:x:42:ada/' /etc/group"),
    fails("accounts.shadow-group", account("bob:x:1005:42::/nonexistent:/bin/sh"), why="by primary group"),
    fails("accounts.password-hashes", hashed("$1$saltsalt$2vnaRpHa6Jxjz5n83ok8Z0"), without=UNKNOWN),
    passes(
        "accounts.password-hashes",
        hashed("$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7"),
        without=UNKNOWN,
        why="yescrypt",
    ),
    fails("accounts.default-umask", "sed -i 's/^UMASK.*/UMASK 022/' /etc/login.defs"),
    fails("accounts.default-umask", "sed -i /^UMASK/d /etc/login.defs", why="not set"),
    fails("accounts.default-umask", "sed -i 's/^UMASK/#UMASK/' /etc/login.defs", why="a comment"),
    passes("accounts.default-umask", "sed -i 's/^UMASK.*/UMASK\\t077/' /etc/login.defs", why="stricter"),
    fails("accounts.default-umask", login_defs("UMASK 022"), why="the shadow tools take the last line"),
)
_AGEING = (
    fails("passwords.max-age", ada("20000", "1", "99999", "7", "30", "", ""), without=UNKNOWN),
    fails("passwords.max-age", ada("20000", "1", "", "7", "30", "", ""), without=UNKNOWN, why="empty is never"),
    fails("passwords.min-age", ada("20000", "0", "365", "7", "30", "", ""), without=UNKNOWN),
    fails("passwords.warn", ada("20000", "1", "365", "3", "30", "", ""), without=UNKNOWN),
    fails("passwords.inactive", ada("20000", "1", "365", "7", "", "", ""), without=UNKNOWN),
    fails("passwords.changed-in-past", ada("90000", "1", "365", "7", "30", "", ""), without=UNKNOWN),
    Scenario("passwords.max-age", hashed("!"), NOT_APPLICABLE, without=UNKNOWN, why="nobody has a password"),
    fails("passwords.default-max-age", login_defs("PASS_MAX_DAYS 99999")),
    fails("passwords.default-max-age", "sed -i '/^PASS_MAX/s/365/-1/' /etc/login.defs", why="-1 is never"),
    passes("passwords.default-max-age", login_defs("PASS_MAX_DAYS 90")),
    fails("passwords.default-min-age", "sed -i '/^PASS_MIN_DAYS/s/1/0/' /etc/login.defs"),
    fails("passwords.default-warn", "sed -i '/^PASS_WARN/s/7/6/' /etc/login.defs"),
    fails("passwords.default-warn", "sed -i 's/^PASS_WARN_AGE.*/PASS_WARN_AGE 7 days/' /etc/login.defs"),
    fails("passwords.default-inactive", "echo INACTIVE=-1 >/etc/default/useradd"),
    fails("passwords.default-inactive", "echo '#INACTIVE=30' >/etc/default/useradd", why="a comment"),
)
_RULES = (
    fails("passwords.length", quality("minlen = 8")),
    fails("passwords.length", f"sed -i /minlen/d {_QUALITY}; {dropin('minlen=10')}", why="by a drop-in"),
    passes("passwords.length", dropin("minlen=8"), why="the main file is read after the drop-ins"),
    fails("passwords.length", dropin("minlen=8"), WRITTEN, why="a drop-in contradicts"),
    passes("passwords.length", pam("common-password", "s/retry=3/retry=3 minlen=20/"), why="an argument counts most"),
    fails("passwords.length", pam("common-password", "s/retry=3/minlen=8/"), why="an argument counts most"),
    fails("passwords.length", pam("common-password", "/pwquality/d"), why="nothing reads pwquality.conf"),
    fails("passwords.length", pam("common-password", "s/^password requisite pam_pwquality/#&/"), why="a comment"),
    fails("passwords.length", quality("enforcing = 0"), why="warns only"),
    fails("passwords.complexity", quality("minclass = 2")),
    passes("passwords.complexity", "sed -i /minclass/d /etc/security/pwquality.conf; "
           "printf 'dcredit=-1\\nucredit=-1\\nlcredit=-1\\n' >>/etc/security/pwquality.conf", why="by credits"),
    fails("passwords.dictionary", quality("dictcheck=0")),
    fails("passwords.repeats", quality("maxrepeat 0"), why="0 is not checked"),
    fails("passwords.sequences", quality("maxsequence = 4 # more")),
    passes("passwords.sequences", quality("maxsequence = 2 # fewer")),
    fails("passwords.difference", quality("difok = 1")),
    fails("passwords.root-quality", "sed -i /enforce_for_root/d /etc/security/pwquality.conf"),
    fails("passwords.history", pam("common-password", "s/remember=24/remember=3/")),
    fails("passwords.history", pam("common-password", "/pwhistory/d")),
    passes("passwords.history", pam("common-password", "s/ remember=24//"), why="10 by default"),
    fails("passwords.history", pam("common-password", "s/ remember=24//"), WRITTEN, why="not written down"),
    fails("passwords.hash-method", pam("common-password", "s/yescrypt/md5/")),
    passes("passwords.hash-method", pam("common-password", "s/ yescrypt//"), why="by login.defs"),
    fails("passwords.lockout", "echo deny=6 >/etc/security/faillock.conf"),
    fails("passwords.lockout", "echo deny=0 >/etc/security/faillock.conf", why="0 is never"),
    fails("passwords.lockout", pam("common-auth", "/authfail/d"), why="nothing counts"),
    fails("passwords.lockout", pam("common-auth", "/preauth/d"), why="nothing refuses"),
    passes("passwords.lockout", pam("common-auth", "s/preauth/preauth deny=3/"), why="by an argument"),
    fails("passwords.unlock-time", "sed -i s/900/60/ /etc/security/faillock.conf"),
    passes("passwords.unlock-time", "sed -i s/900/never/ /etc/security/faillock.conf"),
    fails("passwords.root-lockout", "sed -i /even_deny/d /etc/security/faillock.conf"),
)  # fmt: skip
SCENARIOS: tuple[Scenario, ...] = (*_ACCOUNTS, *_AGEING, *_RULES)
