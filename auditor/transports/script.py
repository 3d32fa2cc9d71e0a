"""One POSIX shell script for all that is asked of a host, and its two output streams read back into answers. Pure.

The script (dash, busybox ash, bash, ksh) is fed to `/bin/sh -s` and does nothing before it has arrived as a whole. Each
request is a section with its own time limit, byte cap, privilege and exit status. Sections are told apart by lines that
begin with a nonce: it is made for one session, travels only on standard input, is in no argument list and no
environment, and so cannot be written by what a command prints. Standard output carries texts byte by byte, NULs and a
missing last newline included, and exit statuses; standard error carries the commands' complaints. Where a stream breaks
off, every section that both have told of stays whole. Busybox's timeout leaves a process that looks once a second
whether the command is gone and holds its output as long, so that there each request takes up to a second.

Given the digests of what the host said last time, the script holds each such answer in a variable of the shell, never
in a file, and leaves unsaid what has the same digest. A shell cannot hold NULs: dd counts the bytes that went by, and
where the variable has fewer the request is asked again and passed on as it comes. As each small write would cost the
reader a packet, markers then wait for the next text, and standard error goes through dd, which passes on whole blocks.
At a pause (after some requests, and before one that may take long) both are made to flow; what was told since the last
one is lost with the connection.
"""

import hashlib
import re
import secrets
import shlex
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain, zip_longest
from typing import Final

from auditor.errors import Undeclared
from auditor.model.probe import Limits, Request, Shell
from auditor.transports.base import Last
from auditor.transports.become import SHELL as BECOME
from auditor.transports.become import SUDO, Becoming

KILL_AFTER: Final = 2  # seconds from the polite signal to SIGKILL
_PAUSE_EVERY: Final = 6  # requests
_USUAL_SECONDS: Final = Limits().seconds
DIRECTORIES: Final = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
RAW_DIGITS: Final = 32  # of a digest as it is kept; half of them go over the wire
_SENT_DIGITS: Final = 16
_DIGEST: Final = re.compile(f"[0-9a-f]{{{_SENT_DIGITS}}}")

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
@BECOME@
a_hash= a_marks=
@HOLDING@
if [ -n "$a_hash" ]; then
  { a_ask 2>&1 >&3 3>&- | dd obs=256 >&2 2>/dev/null 3>&-; } 3>&1
else
  a_ask
fi
}
a_ask() {
printf '\n%s H %s %s %s %s %s\n' "$N" "$a_uid" "${a_name:-?}" "$a_limit" "$a_tool" "$a_state"

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
a_cap() {
  case $a_head-$a_limit in
  yes-one) exec timeout -k 2 $(($2 + 3)) head -c "$1" ;;
  yes-*) exec head -c "$1" ;;
  *) exec cat ;;
  esac
}
a_mark() {
  a_marks="$a_marks
$N $*
"
}
a_flush() {
  printf %s "$a_marks"
  a_marks=
}
a_pause() {
  a_flush
  [ -z "$a_hash" ] || printf '%256s\n' '' >&2
}
a_begin() {
  printf '\n%s B %s\n' "$N" "$a_index" >&2
  a_mark "$1" "$a_index" "$a_how"
}
a_section() {
  a_how=$1 a_index=$2 a_last=$3 a_bytes=$4
  shift 4
  a_begin B
  if [ -n "$a_last" ] && [ -n "$a_hash" ] && [ "$a_how" != a_refuse ]; then
    [ $a_limit != none ] || a_flush
    if a_hold "$@"; then
      if a_same; then a_mark U "$a_index" "$a_code"; return; fi
      a_flush
      printf %s "$a_text"
    else
      a_begin A
      a_pass_on "$@"
    fi
    a_held='' a_text=''
  else
    a_pass_on "$@"
  fi
  a_mark E "$a_index" "$a_code"
}
a_ended() {
  a_code=$1
  [ "$a_code" -lt 256 ] || a_code=$((a_code - 128))
}
a_pass_on() {
  a_flush
  {
    a_code=$(
      {
        {
          "$a_how" "$@" 3>&- 4>&-
          a_ended $?
          printf %s "$a_code" >&4
        } | a_cap "$a_bytes" "$1" >&3
      } 4>&1
    )
  } 3>&1
}
a_good=' '
a_noted() {
  case $a_how-$a_code in a_run-* | a_root-0) a_good="$a_good$a_index " ;; esac
}
a_twin() {
  case $a_good in
  *" $1 "*) a_mark T "$2" ;;
  *) return 1 ;;
  esac
}

@SECTIONS@
printf '\n%s Z\n' "$N" >&2
a_mark Z
a_pause
}
a_main </dev/null; exit 0
"""

# The tail of what is held: the nonce, the exit status in three digits, and dd's own words on how many bytes it passed.
_HOLDING: Final = r"""
K=@KEY@
a_pass() {
  case $a_limit in
  one) exec timeout -k 2 $(($2 + 3)) dd iflag=fullblock,count_bytes bs=65536 count="$1" ;;
  *) exec dd iflag=fullblock,count_bytes bs=65536 count="$1" ;;
  esac
}
a_hold() {
  a_held=$(
    {
      "$a_how" "$@"
      a_ended $?
      printf '%s%03d\n' "$N" "$a_code"
    } | a_pass $((a_bytes + ${#N} + 4)) "$1" 2>&1
  )
  a_text=${a_held%"$N"[0-9][0-9][0-9]*}
  case $a_held in
  *"$N"[0-9][0-9][0-9]*"
$((${#a_text} + ${#N} + 4)) bytes"*) ;;
  *) return 1 ;;
  esac
  a_code=0
  case $a_held in *"${N}000"*) return 0 ;; esac
  a_code=${a_held##*"$N"}
  a_code=${a_code%%[!0-9]*}
  a_code=${a_code#0}
  a_code=${a_code#0}
}
a_same() {
  [ -n "$a_text" ] || return 1
  case $(printf '%s\n%s\n%s' "$K" "$a_code" "$a_text" | $a_hash) in "$a_last"*) ;; *) return 1 ;; esac
}
a_works() {
  case $(printf '' | "$@" 2>/dev/null) in e3b0c44298fc1c149afb*) a_hash=$* ;; *) return 1 ;; esac
}
case $(command -v printf)-$(printf abc | dd iflag=fullblock,count_bytes bs=65536 count=2 2>/dev/null) in
printf-ab) a_works sha256sum || a_works busybox sha256sum || a_works openssl dgst -sha256 -r || a_works shasum -a 256 ;;
esac
"""


def shell_requests(requests: Sequence[Request]) -> list[Shell]:
    """Return the requests, all of which a shell can be asked. Raises Undeclared for one that it cannot."""
    shells = [request for request in requests if isinstance(request, Shell)]
    if len(shells) < len(requests):
        other = next(request for request in requests if not isinstance(request, Shell))
        raise Undeclared(f"a shell cannot be asked this: {other}")
    return shells


def new_nonce() -> str:
    """Return a word of 16 characters that nobody can guess: 96 bits."""
    return secrets.token_urlsafe(12)


def compose(requests: Sequence[Shell], nonce: str, becoming: Becoming = SUDO, last: Last | None = None) -> bytes:
    """Return the script that asks all requests, in order, and leaves unsaid what is as it was last.

    With a password the script is a secret: it belongs on the standard input of a shell and nowhere else.
    """
    known = [_known(request, last) for request in requests]
    parts = {
        "@NONCE@": nonce,
        "@PATH@": DIRECTORIES,
        "@BECOME@": BECOME,
        "@PASSWORD@": shlex.quote(becoming.password),
        "@TOOL@": becoming.tool,
        "@HOLDING@": _HOLDING if any(known) else "",
        "@KEY@": shlex.quote(last.key if last else ""),
        "@SECTIONS@": "".join(chain.from_iterable(zip_longest(_sections(tuple(requests)), known, fillvalue=""))),
    }
    return _filled(_SCRIPT.lstrip(), parts).encode()


def raw_digest(key: str, status: int, text: bytes) -> str:
    """Return the keyed digest of a whole answer: the first 32 hexadecimal digits of SHA-256 over all three."""
    return hashlib.sha256(b"%s\n%d\n%s" % (key.encode(), status, text)).hexdigest()[:RAW_DIGITS]


def twins(requests: Sequence[Shell]) -> Mapping[int, int]:
    """Return for each plain request that is also asked as root, before it, where that stands among the requests."""
    as_root: dict[str, int] = {}
    found: dict[int, int] = {}
    for index, request in enumerate(requests):
        if request.privileged:
            as_root[request.command] = index
        elif request.command in as_root:
            found[index] = as_root[request.command]
    return found


def pauses(requests: Sequence[Shell]) -> list[bool]:
    """Return for each request whether everything before it is sent off before it begins."""
    pausing, held = [], 0
    for request in requests:
        pausing.append(held == _PAUSE_EVERY or (held > 0 and request.limits.seconds > _USUAL_SECONDS))
        held = 1 if pausing[-1] else held + 1
    return pausing


def words(command: str) -> tuple[str, ...]:
    """Return the words that run a command: its own where they need no shell, else `/bin/sh -c COMMAND`."""
    own = tuple(shlex.split(command)) if _PLAIN.fullmatch(command) else ()
    if not own or _IN_SHELL.fullmatch(own[0]):
        return ("/bin/sh", "-c", command)
    return own


def sudo_words(request: Shell) -> tuple[str, ...]:
    """Return exactly what sudo is asked to run for a privileged request, on a host that has coreutils: for sudoers."""
    return ("timeout", "-k", str(KILL_AFTER), str(_seconds(request)), *words(request.command))


@lru_cache(maxsize=100)
def _sections(requests: tuple[Shell, ...]) -> list[str]:
    """Return what stands before, between and after the last digests; it is the same for all hosts of a kind."""
    twin, pausing = twins(requests), pauses(requests)
    parts = [""]
    for index, request in enumerate(requests):
        before, after = _section(index, request, twin.get(index), noted=index in twin.values())
        parts[-1] += "a_pause\n" * pausing[index] + before
        parts.append(f"{after}\n")
    return parts


def _section(index: int, request: Shell, twin: int | None, *, noted: bool) -> tuple[str, str]:
    """Return the lines that ask one request, before and after the digest of its last answer.

    Twins share the words of it, which are most of a script.
    """
    how = '"$a_privileged"' if request.privileged else "a_run"
    # One byte more than the cap tells an answer that was cut from one that just fits.
    asked, limits = f"{how} {index} '", f"' {request.limits.bytes + 1} {_seconds(request)}"
    if twin is not None:
        return f"a_twin {twin} {index} || a_ask_{twin} {asked}", limits
    own = " ".join(map(shlex.quote, words(request.command)))
    if noted:
        return f'a_ask_{index}() {{ a_section "$@" {own}; }}\na_ask_{index} {asked}', f"{limits}\na_noted"
    return f"a_section {asked}", f"{limits} {own}"


def _known(request: Shell, last: Last | None) -> str:
    digest = last.digests.get(request, "")[:_SENT_DIGITS] if last else ""
    return digest if _DIGEST.fullmatch(digest) else ""


def _seconds(request: Shell) -> int:
    return max(1, -int(-request.limits.seconds // 1))


def _filled(text: str, parts: Mapping[str, str]) -> str:
    """Return a text with its parts, and the parts of those; what a request or a password says is left as it is."""
    own = {name for name in parts if name not in {"@SECTIONS@", "@PASSWORD@"}}
    return re.sub("@[A-Z]+@", lambda at: _filled(parts[at[0]], parts) if at[0] in own else parts[at[0]], text)
