"""What lies anywhere on a host's own file systems: what all may write, what runs as somebody else, what nobody owns.

One find(1) walks local file systems only, each once, never into another, at most 24 folders deep; it says how deep it
went, and what it could not look into, since a search that was cut short proves nothing. It is asked only where a policy
demands one of its checks, and as root alone, who sees everything. GNU find is needed, as others cannot tell the depth.
Names end in NUL there, so that a line break within a name forges nothing. Left out are kernel interfaces, and folders
in which containers keep systems of their own. Accounts are those that getent(1) knows: a directory's count too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.sections import END, Sections, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Limits, Shell, probe

DEEPEST: Final = 24
_MOST: Final = 1000  # of one kind; more of it are one problem
_EACH: Final = 3  # paths of one unknown owner
_LOCAL: Final = "ext2|ext3|ext4|xfs|btrfs|f2fs|jfs|reiserfs|reiser4|nilfs2|bcachefs|zfs|tmpfs|ramfs|overlay|aufs|ubifs"
_LEFT_OUT: Final = (
    "/proc", "/sys", "/dev/pts", "/run/user", "/run/credentials", "/run/containerd", "/run/docker", "/sysroot", "/snap",
    "/var/lib/containerd", "/var/lib/containers", "/var/lib/docker", "/var/lib/kubelet", "/var/lib/lxc",
    "/var/lib/lxd", "/var/lib/machines", "/var/lib/rancher", "/var/snap/lxd",
)  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A file or folder that was found, its permission bits, and the number of its owner (or its group)."""

    path: str
    mode: int = 0
    owner: int = 0


@dataclass(frozen=True, slots=True)
class Search:
    """What was found, by kind, and why there may be more: `short` of a kind, or of all of them under ""."""

    writable_files: tuple[Found, ...] = ()
    open_folders: tuple[Found, ...] = ()  # everybody may write to them, and remove others' files
    set_id: tuple[Found, ...] = ()
    unowned: tuple[Found, ...] = ()
    ungrouped: tuple[Found, ...] = ()
    short: tuple[tuple[str, str], ...] = ()

    def why_short(self, kind: str) -> str:
        """Return why there may be more of a kind (`w`, `s`, `x`, `u`, `g`), or nothing when the search was whole."""
        return next((why for one, why in self.short if one in {"", kind}), "")


# The places to begin at: each local file system once, a bind mount of one already there left out.
_PLACES: Final = (
    "set -- /; seen=' '; while read -r n u dev root at rest; do t=${rest#* - }; t=${t%% *}; "
    f'case $t in {_LOCAL}) ;; *) [ "$at" != / ] || echo "[network $t]"; continue ;; esac; '
    f"case $at/ in {'|'.join(f'{path}/*' for path in (*_LEFT_OUT, '/dev/mqueue'))}) continue ;; esac; "
    'case $seen in *" $dev:$root "*) continue ;; *" $dev:/ "*) [ $t = btrfs ] || continue ;; esac; '
    'seen="$seen$dev:$root "; [ "$at" = / ] || set -- "$@" "$(printf %b "$at")"; done </proc/self/mountinfo'
)
# Files of accounts that passwd(5) names are passed over by number, as looking each file's owner up would take minutes.
_IDS: Final = "; ".join(
    f"{name}='! -{kind} 0'; for i in $(cut -d: -f3 {file} 2>/dev/null | head -n 100); do "
    f'case $i in *[!0-9]*) ;; *) {name}="${name} ! -{kind} $i" ;; esac; done'
    for name, kind, file in (("u", "uid", "/etc/passwd"), ("g", "gid", "/etc/group"))
)
_FIND: Final = (
    f'find "$@" -xdev -ignore_readdir_race -maxdepth {DEEPEST} '
    f"'(' {' -o '.join(f'-path {path}' for path in _LEFT_OUT)} ')' -prune -o "
    r"'(' -type d -printf 'd%d\0' -o -true ')' "
    r"'(' -type d -perm -0002 ! -perm -1000 -printf 's|%m|%U|%p\0' -o -true ')' "
    r"'(' -type f -perm -0002 -printf 'w|%m|%U|%p\0' -o -true ')' "
    r"'(' -type f '(' -perm -4000 -o -perm -2000 ')' -printf 'x|%m|%U|%p\0' -o -true ')' "
    r"'(' $u -printf 'u|%m|%U|%p\0' -o -true ')' $g -printf 'g|%m|%G|%p\0' 2>&4"
)
_FEW: Final = (
    f"/^d[0-9]+$/ {{ if (substr($0, 2) + 0 >= {DEEPEST}) deep = 1; next }} "
    '!/^[swxug][|]/ { next } { split($0, f, "|"); k = f[1]; if (k == "u" || k == "g") { '
    f"if (++each[k f[3]] > {_EACH}) next }} if (++n[k] > {_MOST}) {{ more[k] = 1; next }} print; fflush() }} "
    'END { for (k in more) print "more " k; if (deep) print "deep" }'
)
# Complaints of find take the same way, so each line goes at once and whole: a pipe does not mix short ones.
# Of owners that passwd(5) does not name, the directory may know some.
_RESOLVED: Final = (
    "while IFS= read -r l; do case $l in u[|]*|g[|]*) k=${l%%[|]*}; i=${l#*[|]*[|]}; i=${i%%[|]*}; "
    'case $known in *" $k$i "*) continue ;; *" no$k$i "*) ;; *) d=passwd; [ $k = u ] || d=group; '
    'if getent $d "$i" >/dev/null 2>&1; then known="$known $k$i "; continue; fi; known="$known no$k$i " ;; esac ;; '
    'esac; printf "|%s\\n" "$l"; done'
)
_WALK: Final = f"{_IDS}; known=; {{ {_FIND} | tr '\\n\\0' '\\001\\n' | awk '{_FEW}'; }} 4>&1 | {_RESOLVED}"
_ABLE: Final = "find / -maxdepth 0 -printf '' 2>/dev/null && command -v getent >/dev/null"
SEARCH: Final = Shell(
    f"if {_ABLE}; then echo '[found]'; {_PLACES}; {_WALK}; else echo '[plain]'; fi; {END}",
    privileged=True,
    limits=Limits(seconds=180.0),
)

_LINE: Final = re.compile(r"([swxug])\|([0-7]{1,5})\|([0-9]{1,10})\|(.+)", re.DOTALL)
_PROBLEM: Final = re.compile(r"find: .+")


@probe(SEARCH, on={Platform.LINUX})
def search(answer: Answer) -> Search:
    """Read what find(1) found. Raises Unreadable where it is not GNU's."""
    seen = sections(answer.text)
    if any(seen.named("plain")):
        raise Unreadable("this host has no GNU find or no getent, without which a search proves nothing")
    kinds: dict[str, list[Found]] = {kind: [] for kind in "swxug"}
    short = [("", f"the root file system is on a network ({part.words})") for part in seen.named("network")]
    for line in _lines(seen):
        if shown := _LINE.fullmatch(line):
            kind, mode, owner, path = shown.groups()
            kinds[kind].append(Found(path.replace("\1", "\n"), int(mode, 8), int(owner)))
        elif line == "deep":
            short.append(("", f"folders lie more than {DEEPEST} deep"))
        elif line.startswith("more "):
            short.append((line[-1], f"more than {_MOST} were found"))
        elif problem := _PROBLEM.fullmatch(line):
            if not line.endswith("No such file or directory"):  # it went away meanwhile
                short.append(("", f"a folder could not be looked into ({problem[0][:120]})"))
        else:
            raise Unreadable(f"a line is not something that was found: {line[:80]!r}")
    found = {kind: tuple(sorted(set(paths))) for kind, paths in kinds.items()}
    return Search(found["w"], found["s"], found["x"], found["u"], found["g"], tuple(dict.fromkeys(short)))


def _lines(seen: Sections) -> Iterator[str]:
    yield from (line for line in seen.one("found").lines if line.strip())
