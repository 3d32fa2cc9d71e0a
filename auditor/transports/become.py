"""How an account becomes root for what needs it: by sudo, su or doas; the shell's side, and the words for it.

A password travels on standard input only: from the script to the shell, and from the shell's own printf to sudo(8)
`-S`, or to su(1) of util-linux, whose PAM conversation reads it there where there is no terminal. Other su programs
and doas(1) ask a terminal or nobody, so doas is asked with `-n` and works where doas.conf(5) says nopass. Whether a
password is right is tried once, before the first request, so that no account is locked.
"""

import re
from dataclasses import dataclass, field
from typing import Final

TOOLS: Final = ("sudo", "su", "doas", "none")

SHELL: Final = r"""
P=@PASSWORD@ a_tool=@TOOL@ a_state=ok
if [ "$a_uid" = 0 ]; then a_state=self
elif [ $a_tool = none ]; then a_state=off
elif ! command -v $a_tool >/dev/null 2>&1; then a_state=missing
elif [ $a_tool = su ] && [ -z "$P" ]; then a_state=ask
elif [ $a_tool != doas ] && [ -n "$P" ]; then
  case $(command -v printf) in
  /*) a_state=unsafe ;;
  *)
    if [ $a_tool = sudo ]; then
      printf '%s\n' "$P" | sudo -k -S -p '' -v >/dev/null 2>&1 || a_state=wrong
    else
      case $(su --version 2>/dev/null) in
      *util-linux*) printf '%s\n' "$P" | su -s /bin/sh -c : -- root >/dev/null 2>&1 || a_state=wrong ;;
      *) a_state=terminal ;;
      esac
    fi ;;
  esac
fi
a_root() {
  a_seconds=$1
  shift
  case $a_limit in group | one) set -- timeout -k 2 "$a_seconds" "$@" ;; esac
  case $a_tool-${P:+password} in
  sudo-password) printf '%s\n' "$P" | sudo -S -p '' -- /bin/sh -c 'exec </dev/null; exec "$@"' sh "$@" ;;
  su-password) printf '%s\n' "$P" | su -s /bin/sh -c 'exec </dev/null; exec "$@"' -- root sh "$@" ;;
  doas-*) doas -n -- "$@" ;;
  *) sudo -n -- "$@" ;;
  esac
}
a_refuse() { :; }
case $a_state in
self) a_privileged=a_run ;;
ok) a_privileged=a_root ;;
*) a_privileged=a_refuse ;;
esac
"""
"""Shell text that finds out how root can be become, and defines `a_root SECONDS WORD...`; needs a_uid and a_limit."""

_WHY: Final = {
    "missing": "{tool} is not installed here, and the account is not root",
    "wrong": "{tool} refused the password",
    "unsafe": "this host's shell has no printf of its own, so a password would show to other users",
    "off": "the account is not root, and its credential says become = none",
    "ask": "su asks for root's password, and the credential has no become_password",
    "terminal": "this host's su takes a password from a terminal only; let the account use sudo, or doas with nopass",
}
_PROMPT: Final = re.compile("^(?:Password: ?)+")  # of su's PAM conversation, in the C locale
_REFUSED: Final = {
    "sudo": re.compile(
        r"^(?:sudo(?:-rs)?: )?((?:.*(?:password is required|terminal is required|must have a tty|no tty present"
        r"|may not run sudo|not in the sudoers|is not allowed to|not allowed to (?:execute|run|set)|authentication"
        r"|account validation|incorrect password|no password was provided)|sorry,).*)",
        re.IGNORECASE,
    ),
    "su": re.compile("^su: (.+)"),
    "doas": re.compile("^doas: (.+)"),
}
# Root may run every program of a probe: only sudo's own noexec (sudoers(5)) keeps timeout from starting one.
_NOEXEC: Final = re.compile("timeout: failed to run command .*: Permission denied")
_BY_TERMINAL: Final = re.compile("Auth[a-z]* required|tty is required", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Becoming:
    """How an account becomes root, one of TOOLS, and with which password: its own for sudo, root's for su."""

    tool: str = "sudo"
    password: str = field(default="", repr=False)


def why_not(tool: str, state: str) -> str:
    """Return why root cannot be become, by the state that the host found."""
    why = _WHY.get(state, "")
    return f"needs root: {why.format(tool=tool)}" if why else "needs root"


def unprompted(tool: str, complaint: str) -> str:
    """Return a complaint without the question for the password that may stand before it."""
    return _PROMPT.sub("", complaint) if tool == "su" else complaint


def refusal(tool: str, complaint: str) -> str:
    """Return in words that a tool refused, where its complaint says that it did; else nothing."""
    if tool == "sudo" and _NOEXEC.match(complaint):
        return "needs root: sudo lets no program start another one (noexec), and timeout has to"
    found = _REFUSED[tool].match(complaint) if tool in _REFUSED else None
    if found is None:
        return ""
    hint = "; it takes a password from a terminal only: allow nopass" if tool == "doas" else ""
    return f"needs root: {tool} refused: {found[1]}" + (hint if _BY_TERMINAL.search(found[1]) else "")


SUDO: Final = Becoming()
