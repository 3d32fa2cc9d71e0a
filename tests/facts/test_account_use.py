"""What is read of how accounts are used: su, dot files, root's PATH, last logins."""

from datetime import date

import pytest

from auditor.errors import NotPresent, Unreadable
from auditor.facts.dot_files import DotFile, DotFiles, dot_files
from auditor.facts.last_logins import LastLogins, last_logins
from auditor.facts.root_path import RootPath, root_path
from auditor.facts.su import SuService, su
from tests.facts.test_sessions import shown
from tests.make import fact, refused

# --- su

ROOTOK = "auth sufficient pam_rootok.so\n"
COMMON = {"/etc/pam.d/common-auth": "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\n"}
WHEEL = "auth required pam_wheel.so use_uid group=sugroup\n"
RED_HAT = "auth sufficient pam_unix.so nullok\nauth required pam_deny.so\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{ROOTOK}{WHEEL}@include common-auth", SuService("su", "sugroup")),
        (f"{ROOTOK}auth required pam_wheel.so use_uid\n@include common-auth", SuService("su", "wheel")),
        (f"{ROOTOK}auth requisite pam_wheel.so\n@include common-auth", SuService("su", "wheel")),
        (f"{ROOTOK}@include common-auth", SuService("su", why="pam_wheel does not stand in its PAM stack")),
        (f"{ROOTOK}#{WHEEL}@include common-auth", SuService("su", why="pam_wheel does not stand in its PAM stack")),
        (
            f"{ROOTOK}auth sufficient pam_wheel.so trust use_uid\n@include common-auth",
            SuService("su", why="pam_wheel is sufficient in su, so that it keeps nobody out"),
        ),
        (
            f"{ROOTOK}auth required pam_wheel.so deny group=nosu\n@include common-auth",
            SuService("su", why="pam_wheel in su lets everybody else in"),
        ),
        (
            f"{ROOTOK}{RED_HAT}{WHEEL}",
            SuService("su", why="pam_unix lets people in before pam_wheel is asked"),
        ),
        (f"account required pam_wheel.so\n{ROOTOK}", SuService("su", why="pam_wheel does not stand in its PAM stack")),
    ],
)
def test_who_may_use_su(text: str, expected: SuService):
    """pam_wheel has to refuse, before a password lets people in, and only in the auth stack."""
    assert fact(su, shown({**COMMON, "/etc/pam.d/su": text})).services == (expected,)


def test_a_login_by_su_may_have_a_stack_of_its_own():
    """As util-linux has it."""
    files = {**COMMON, "/etc/pam.d/su": WHEEL, "/etc/pam.d/su-l": "@include common-auth"}

    assert [bool(one.group) for one in fact(su, shown(files)).services] == [True, False]
    assert isinstance(refused(su, shown(COMMON)), NotPresent)


# --- dot files

HOMES = "[homes]\n|0:/root\n|1000:/home/alice\n|!1001:/home/bob\n"
DOTS = f"{HOMES}[files]\n|664|1000|1000|regular file|/home/alice/.profile\n[system]\n|/etc/hosts.equiv\n[end]\n"


def test_dot_files():
    """With the account whose home it is; a home that may not be looked into is told apart."""
    assert fact(dot_files, DOTS) == DotFiles(
        (DotFile("/home/alice/.profile", 1000, 1000, 0o664),), ("/home/bob",), ("/etc/hosts.equiv",)
    )


@pytest.mark.parametrize(
    "text",
    [
        "[homes]\n[files]\n[system]\n[end]\n",
        DOTS.replace("/home/alice/.profile", "/home/eve/.profile"),
        DOTS.replace("|664|", "|stat: "),
        DOTS.replace("|0:/root", "|awk: syntax error"),
    ],
)
def test_what_is_no_list_of_dot_files(text: str):
    """No home at all, a file of no home, a complaint."""
    assert isinstance(refused(dot_files, text), Unreadable)


# --- root's PATH

FOLDERS = """\
|755|0|0|directory|/usr/bin
|755|0|0|directory|/usr
|777|0|0|directory|/srv/tools
|755|0|0|directory|/opt
|777|0|0|directory|/scratch
"""


def starts(files: dict[str, str], more: str = "") -> str:
    texts = "".join(
        f"[file {path}]\n" + "".join(f"|{line}\n" for line in text.split("\n")) for path, text in files.items()
    )
    return f"{more}{texts}[folders]\n{FOLDERS}[end]\n"


def path(text: str, file: str = "/etc/profile") -> list[tuple[str, str]]:
    """Return name and state of each element of the PATHs that a file sets."""
    read = fact(root_path, starts({file: text}))
    assert isinstance(read, RootPath)
    return [(one.name, one.state) for one in read.folders]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PATH=/usr/bin:/usr/games", [("/usr/bin", "root's"), ("/usr/games", "missing")]),
        ('export PATH="$PATH:/srv/tools"', [("/srv/tools", "open")]),
        ("PATH=${PATH}:/scratch/bin", [("/scratch/bin", "open")]),
        ("PATH=$PATH:", [("", "relative")]),
        ("PATH=:$PATH", [("", "relative")]),
        ("PATH=/usr/bin::/usr", [("/usr/bin", "root's"), ("", "relative"), ("/usr", "root's")]),
        ("PATH=.:$PATH", [(".", "relative")]),
        ("PATH=bin:$PATH", [("bin", "relative")]),
        ("PATH=$HOME/bin:~/sbin:$PATH", [("/root/bin", "root's"), ("/root/sbin", "root's")]),
        ("T=/srv/tools\nPATH=$PATH:$T", [("/srv/tools", "open")]),
        ("T=/srv\nPATH=$PATH:$T/own", [("/srv/own", "unseen")]),
        ("PATH=$PATH:$JAVA_HOME/bin", [("$JAVA_HOME/bin", "computed")]),
        ("PATH=$(brew --prefix)/bin:$PATH", [("$(brew --prefix)/bin", "computed")]),
        ("if [ x ]; then PATH=/srv/tools:$PATH; fi", [("/srv/tools", "open")]),
        ("pathmunge () {\n PATH=$1:$PATH\n}\npathmunge /usr/bin after", [("/usr/bin", "root's")]),
        ("PATH=${PATH:+${PATH}:}/usr/bin${PATH:+:$PATH}", [("/usr/bin", "root's")]),
        ("PATH=${X-${Y}}:$PATH", [("${X-${Y}}", "computed")]),
    ],
)
def test_elements_of_the_path(text: str, expected: list[tuple[str, str]]):
    """Empty, relative, writable, missing below a writable folder, through variables, computed."""
    assert path(text) == expected


def test_other_files_that_set_a_path():
    """Without a shell's syntax, and by su's own setting."""
    assert path('PATH="/usr/bin:/srv/tools"', "/etc/environment") == [("/usr/bin", "root's"), ("/srv/tools", "open")]
    assert path("ENV_SUPATH\tPATH=/usr/bin\nENV_PATH PATH=/srv/tools", "/etc/login.defs") == [("/usr/bin", "root's")]


def test_no_path_at_all_is_unknown():
    """As are hidden files."""
    assert isinstance(refused(root_path, starts({"/etc/profile": "umask 022"})), Unreadable)
    assert isinstance(
        refused(root_path, starts({"/etc/profile": "PATH=/usr/bin"}, "[unread /root/.profile]\n")), Unreadable
    )


# --- last logins

TABLE = "[logins 0]\n|root 2026 Nov  2\n|daemon never\n|alice 2025 Dec 31\n[end]\n"


def test_last_logins():
    """The day is enough."""
    assert fact(last_logins, TABLE) == LastLogins(
        {"root": date(2026, 11, 2), "alice": date(2025, 12, 31)}, frozenset({"daemon"})
    )


@pytest.mark.parametrize(
    "text",
    [
        "[end]\n",
        "[logins 0]\n|root never\n[end]\n",
        "[logins 1]\n[end]\n",
        TABLE.replace("Nov  2", "Feb 31"),
        TABLE.replace("root 2026", "root x"),
    ],
)
def test_no_record_is_not_never(text: str):
    """No tool, no login in the whole table, a failure, a day that is none."""
    assert isinstance(refused(last_logins, text), Unreadable)
