"""What is read of the start of a session: TMOUT, umask, pam_umask and /etc/shells."""

import pytest

from auditor.errors import NotPresent, Unreadable
from auditor.facts.sessions import (
    Mask,
    PamMasks,
    RootStart,
    SessionStart,
    Timeout,
    listed_shells,
    pam_masks,
    root_start,
    session_start,
)
from tests.make import fact, refused

PROFILE = """\
if [ "${PS1-}" ]; then
  if [ "${BASH-}" ] && [ "$BASH" != "/bin/sh" ]; then
    if [ -f /etc/bash.bashrc ]; then
      . /etc/bash.bashrc
    fi
  fi
fi
if [ -d /etc/profile.d ]; then
  for i in /etc/profile.d/*.sh; do
    if [ -r $i ]; then
      . $i
    fi
  done
  unset i
fi
"""
BASHRC = """\
# Red Hat's
if [ "$PS1" ]; then
  if [ $UID -gt 199 ] && [ "`id -gn`" = "`id -un`" ]; then
     umask 002
  else
     umask 022
  fi
fi
if [ `umask` -eq 0 ]; then umask 022; fi
"""


def shown(files: dict[str, str], unreadable: tuple[str, ...] = ()) -> str:
    """Return what a bundle prints of these files."""
    texts = "".join(f"\n#== file {path}\n{text}" for path, text in files.items())
    hidden = "".join(f"\n#== unreadable {path}\n" for path in unreadable)
    return f"{texts}{hidden}\n#== file asked\nyes\n\n#== end\n"


def start(files: dict[str, str]) -> SessionStart:
    read = fact(session_start, shown({"/etc/profile": PROFILE, **files}))
    assert isinstance(read, SessionStart)
    return read


def test_debian_sets_nothing():
    """As it is shipped."""
    assert start({}) == SessionStart()


@pytest.mark.parametrize(
    ("text", "timeouts", "readonly", "exported"),
    [
        ("TMOUT=900", (Timeout("/etc/profile.d/a.sh:1", 900),), False, False),
        ("readonly TMOUT=900 ; export TMOUT", (Timeout("/etc/profile.d/a.sh:1", 900),), True, True),
        ("TMOUT=900\nreadonly TMOUT\nexport TMOUT", (Timeout("/etc/profile.d/a.sh:1", 900),), True, True),
        ("declare -xr TMOUT=900", (Timeout("/etc/profile.d/a.sh:1", 900),), True, True),
        ('[ -n "$PS1" ] && typeset -xr TMOUT=900', (Timeout("/etc/profile.d/a.sh:1", 900),), True, True),
        ("# TMOUT=900", (), False, False),
        ("TMOUT=$X", (Timeout("/etc/profile.d/a.sh:1", None),), False, False),
        ("unset TMOUT", (Timeout("/etc/profile.d/a.sh:1", 0),), False, False),
        ("TMOUT=", (Timeout("/etc/profile.d/a.sh:1", 0),), False, False),
        (
            "if [ $UID = 0 ]; then readonly TMOUT=60; fi",
            (Timeout("/etc/profile.d/a.sh:1", 60, "if [ $UID = 0 ]"),),
            False,
            False,
        ),
        ("export TMOUT", (), False, True),
    ],
)
def test_timeouts(text: str, timeouts: tuple[Timeout, ...], readonly: bool, exported: bool):  # noqa: FBT001
    """Each way to write it; an interactive shell is no condition."""
    read = start({"/etc/profile.d/a.sh": text})

    assert (read.timeouts, read.readonly, read.exported) == (timeouts, readonly, exported)


def test_files_in_their_order():
    """/etc/profile, then its folder by name; others are no .sh, or are not read by this profile."""
    files = {
        "/etc/bash.bashrc": "TMOUT=4",
        "/etc/profile.d/b.sh": "TMOUT=3",
        "/etc/profile.d/a.sh": "TMOUT=2",
        "/etc/profile.d/c.csh": "TMOUT=9",
        "/etc/profile": f"TMOUT=1\n{PROFILE}",
    }

    assert [one.seconds for one in start(files).timeouts] == [1, 2, 3, 4]
    assert [one.seconds for one in start({**files, "/etc/profile": "TMOUT=1"}).timeouts] == [1, 4]


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("umask 027", 0o27),
        ("umask 0077", 0o77),
        ('umask "027"', 0o27),
        ("umask u=rwx,g=rx,o=", 0o27),
        ("umask -S u=rwx,go=", 0o77),
        ("umask a=rx", 0o222),
        ("umask g-w", None),
        ("umask $mask", None),
        ("umask 999", None),
    ],
)
def test_masks(text: str, bits: int | None):
    """In octal or by what is left; what is computed is not known."""
    assert start({"/etc/profile.d/a.sh": text}).masks == (Mask("/etc/profile.d/a.sh:1", bits),)


def test_what_only_asks_for_the_mask_sets_none():
    """`umask` alone prints it."""
    assert start({"/etc/profile.d/a.sh": "umask\nx=$(umask)\numask -p"}).masks == ()


def test_red_hats_masks_depend_on_who_it_is():
    """Both branches are lax; the last one sets a mask only where there is none."""
    masks = start({"/etc/bashrc": BASHRC}).masks

    assert [one.bits for one in masks] == [0o2, 0o22, 0o22]
    assert masks[0].condition == "if [ $UID -gt 199 ]"
    assert "umask" in masks[2].condition


def test_a_hidden_start_file_is_unknown():
    """It may set anything."""
    hidden = shown({"/etc/profile": PROFILE}, ("/etc/profile.d/own.sh",))

    assert isinstance(refused(session_start, hidden), Unreadable)
    assert isinstance(refused(session_start, shown({})), Unreadable)


def test_roots_own_masks():
    """None where there is no such file."""
    assert fact(root_start, shown({"/root/.profile": "umask 022"})) == RootStart((Mask("/root/.profile:1", 0o22),))
    assert fact(root_start, shown({})) == RootStart(())
    assert isinstance(refused(root_start, shown({}, ("/root/.profile",))), Unreadable)


SESSION = "session required pam_unix.so\nsession optional pam_umask.so"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"/etc/pam.d/sshd": SESSION, "/etc/login.defs": "UMASK 027"}, (("sshd", 0o27),)),
        ({"/etc/pam.d/sshd": f"{SESSION} umask=0077", "/etc/login.defs": "UMASK 022"}, (("sshd", 0o77),)),
        ({"/etc/pam.d/sshd": SESSION}, (("sshd", None),)),
        ({"/etc/pam.d/sshd": "session required pam_unix.so", "/etc/login.defs": "UMASK 027"}, (("sshd", None),)),
        (
            {
                "/etc/pam.d/sshd": "@include common-session",
                "/etc/pam.d/common-session": SESSION,
                "/etc/pam.d/login": SESSION,
                "/etc/login.defs": "UMASK 022\nUMASK 077",
            },
            (("login", 0o22), ("sshd", 0o22)),
        ),
        ({}, ()),
    ],
)
def test_what_pam_sets(files: dict[str, str], expected: tuple[tuple[str, int | None], ...]):
    """By pam_umask only; its argument goes before login.defs, of which PAM reads the first line."""
    assert fact(pam_masks, shown(files)) == PamMasks(expected)


def test_shells():
    """Comments are none."""
    assert fact(listed_shells, shown({"/etc/shells": "# shells\n/bin/sh\n\n/bin/bash # b"})).paths == (
        "/bin/sh",
        "/bin/bash",
    )
    assert isinstance(refused(listed_shells, shown({"/etc/profile": "x"})), NotPresent)
