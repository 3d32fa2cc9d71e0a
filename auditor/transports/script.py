"""One POSIX shell script for all that is asked of a host, and its two output streams read back into answers. Pure.

The script (dash, busybox ash, bash, ksh) is fed to `/bin/sh -s` and does nothing before it has arrived as a whole. Each
request is a section with its own time limit, byte cap, privilege and exit status. Sections are told apart by lines that
begin with a nonce: it is made for one session, travels only on standard input, is in no argument list and no
environment, and so cannot be written by what a command prints. Standard output carries texts byte by byte, NULs and a
missing last newline included; standard error carries exit statuses and the commands' complaints. Where a stream
breaks off, every section that ended before stays whole.
"""

import re
import shlex
from collections.abc import Sequence
from typing import Final

from auditor.errors import Undeclared
from auditor.model.probe import Request, Shell

KILL_AFTER: Final = 2  # seconds from the polite signal to SIGKILL
DIRECTORIES: Final = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"

_WORD: Final = r"(?:[A-Za-z0-9_@%+=:,./-]|'[^'\n]*')+"
_PLAIN: Final = re.compile(rf"{_WORD}(?: {_WORD})*")
_IN_SHELL: Final = re.compile(
    r"alias|bg|break|case|cd|command|continue|do|done|elif|else|esac|eval|exec|exit|export|fc|fg|fi|for|function"
    r"|getopts|hash|if|in|jobs|let|local|read|readonly|return|set|shift|source|test|then|time|times|trap|type|typeset"
    r"|ulimit|umask|unalias|unset|until|wait|while|\.|:|.*=.*"
)  # first words that a shell knows and that no program need answer to

_SCRIPT: Final = r"""
a_main() {
N=@NONCE@
PATH=@PATH@${PATH:+:$PATH} LC_ALL=C
export PATH LC_ALL
unset LANGUAGE ENV BASH_ENV CDPATH POSIXLY_CORRECT
umask 077
cd /
renice -n 10 -p $$ >/dev/null 2>&1
ionice -c 2 -n 7 -p $$ >/dev/null 2>&1

a_limit=none
case $(timeout --version 2>&1) in
*oreutils*) a_limit=group ;;
*)
  if timeout -k 2 5 true >/dev/null 2>&1; then a_limit=one
  elif perl -e 1 >/dev/null 2>&1; then a_limit=perl
  fi ;;
esac
a_head=no
case $(printf abc | head -c 2 2>/dev/null) in ab) a_head=yes ;; esac

a_uid=$(id -u 2>/dev/null) a_name=$(id -un 2>/dev/null)
@PASSWORD@
a_become=sudo
if [ "$a_uid" = 0 ]; then a_become=self
elif ! command -v sudo >/dev/null 2>&1; then a_become=missing
elif [ -n "$P" ]; then
  a_become=password
  case $(command -v printf) in
  /*) a_become=unsafe ;;
  *) printf '%s\n' "$P" | sudo -k -S -p '' -v >/dev/null 2>&1 || a_become=wrong ;;
  esac
fi
printf '\n%s H %s %s %s %s\n' "$N" "$a_uid" "${a_name:-?}" "$a_limit" "$a_become"

a_run() {
  a_seconds=$1
  shift
  case $a_limit in
  group | one) timeout -k 2 "$a_seconds" "$@" ;;
  perl)
    perl -e 'alarm shift; exec {$ARGV[0]} @ARGV; print STDERR "$ARGV[0]: not found\n"; exit 127' \
      "$a_seconds" "$@" ;;
  *) "$@" ;;
  esac
}
a_root() {
  a_seconds=$1
  shift
  case $a_limit in group | one) set -- timeout -k 2 "$a_seconds" "$@" ;; esac
  case $a_become in
  password) printf '%s\n' "$P" | sudo -S -p '' -- /bin/sh -c 'exec </dev/null; exec "$@"' sh "$@" ;;
  *) sudo -n -- "$@" ;;
  esac
}
a_cap() {
  case $a_head-$a_limit in
  yes-one) timeout -k 2 $(($2 + 3)) head -c "$1" ;;
  yes-*) head -c "$1" ;;
  *) cat ;;
  esac
}
a_section() {
  a_how=$1 a_index=$2 a_bytes=$3
  shift 3
  printf '\n%s B %s\n' "$N" "$a_index" >&2
  printf '\n%s B %s %s\n' "$N" "$a_index" "$a_how"
  {
    "$a_how" "$@"
    printf '\n%s S %s %s\n' "$N" "$a_index" "$?" >&2
  } | a_cap "$a_bytes" "$1"
  printf '\n%s E %s\n' "$N" "$a_index"
}
a_refuse() { :; }
case $a_become in
self) a_privileged=a_run ;;
sudo | password) a_privileged=a_root ;;
*) a_privileged=a_refuse ;;
esac

@SECTIONS@
printf '\n%s Z\n' "$N" >&2
printf '\n%s Z\n' "$N"
}
a_main </dev/null; exit 0
"""


def shell_requests(requests: Sequence[Request]) -> list[Shell]:
    """Return the requests, all of which a shell can be asked. Raises Undeclared for one that it cannot."""
    shells = [request for request in requests if isinstance(request, Shell)]
    if len(shells) < len(requests):
        other = next(request for request in requests if not isinstance(request, Shell))
        raise Undeclared(f"a shell cannot be asked this: {other}")
    return shells


def compose(requests: Sequence[Shell], nonce: str, sudo_password: str = "") -> bytes:
    """Return the script that asks all requests, in order.

    With a sudo password the script is a secret: it belongs on the standard input of a shell and nowhere else.
    """
    sections = "\n".join(_section(index, request) for index, request in enumerate(requests))
    parts = {
        "@NONCE@": nonce,
        "@PATH@": DIRECTORIES,
        "@PASSWORD@": f"P={shlex.quote(sudo_password)}",
        "@SECTIONS@": sections,
    }
    return re.sub("@[A-Z]+@", lambda part: parts[part[0]], _SCRIPT.lstrip()).encode()


def words(command: str) -> tuple[str, ...]:
    """Return the words that run a command: its own where they need no shell, else `/bin/sh -c COMMAND`."""
    own = tuple(shlex.split(command)) if _PLAIN.fullmatch(command) else ()
    if not own or _IN_SHELL.fullmatch(own[0]):
        return ("/bin/sh", "-c", command)
    return own


def sudo_words(request: Shell) -> tuple[str, ...]:
    """Return exactly what sudo is asked to run for a privileged request, on a host that has coreutils: for sudoers."""
    return ("timeout", "-k", str(KILL_AFTER), str(_seconds(request)), *words(request.command))


def _section(index: int, request: Shell) -> str:
    how = '"$a_privileged"' if request.privileged else "a_run"
    asked = " ".join(map(shlex.quote, words(request.command)))
    # One byte more than the cap tells an answer that was cut from one that just fits.
    return f"a_section {how} {index} {request.limits.bytes + 1} {_seconds(request)} {asked}"


def _seconds(request: Shell) -> int:
    return max(1, -int(-request.limits.seconds // 1))
