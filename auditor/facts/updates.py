"""What a host's own package manager would update, from the lists it has: nothing is downloaded and nothing is changed.

Sources: apt-cache(8) (`policy`, whose candidate is what an upgrade would install or keep back, and whose version table
runs from the highest down; with empty cache files it writes none), dpkg-query(1), apt_preferences(5), dnf(8) (`-C`,
check-update leaves 100 when there is something to do), yum(8) (the same in 3.4), zypper(8) (`--no-refresh`),
apk-version(8), apk-policy(8). An apt list's ctime moves when apt has verified it again, its mtime is the server's:
measured with apt 2.6, where an update that fails moves neither.
"""

import re
from dataclasses import dataclass
from typing import Final

from auditor import Answer, Limits, Platform, Shell, Unreadable, probe
from auditor.facts.bundle import Bundle, read, section, show

_DAY: Final = 86400.0
_STATUS: Final = re.compile("[0-9]{1,3}")
_EPOCH: Final = re.compile("[0-9]{1,12}")
_ASKED: Final = re.compile("#asked ([0-9]{1,9})")
_TOLD: Final = re.compile("#tables ([0-9]{1,9})")
_NEXT_TABLE: Final = re.compile("\n(?! )")  # a table's own lines begin with a blank
_NAME: Final = re.compile(r"(\S+):\n")
_VERSION: Final = re.compile(r"\n  (Installed|Candidate): (\S+)")
# A name with its architecture, a version and a repository; yum breaks what is too long for 80 columns into lines.
_UPDATE: Final = re.compile(r"^(\S+\.\w+)[ \t]+(\S+)[ \t]+\S+[ \t]*$", re.MULTILINE)
_WRAPPED: Final = re.compile(r"\n[ \t]+(?=\S)")
# As apt names the file of a list: by the archive's address and its suite, with `_` for `/`. Others have "security" in
# their names who bring no security updates of this system.
_SECURITY_LIST: Final = re.compile(
    r"_dists_[^_\s]{1,100}-security_|[/_]debian-security_dists_|/security\.debian\.org_|/esm\.ubuntu\.com_"
)
_ORIGIN: Final = re.compile(r"-security/|//security\.debian\.org/|//esm\.ubuntu\.com/")


@dataclass(frozen=True, slots=True)
class Pending:
    """An installed package with a newer version in the lists."""

    name: str
    installed: str
    candidate: str


@dataclass(frozen=True, slots=True)
class PendingUpdates:
    """Updates that wait, by what is known of them; `unclassified` may or may not mend a vulnerability.

    `lists_days` is how long ago the oldest list was verified, `published_days` how long ago the newest was published;
    None when there are no lists. `security_source` says whether a security archive is among the lists; None where the
    package manager keeps security updates in its ordinary archives.
    """

    manager: str
    security: tuple[Pending, ...] = ()
    other: tuple[Pending, ...] = ()
    unclassified: tuple[Pending, ...] = ()
    lists_days: float | None = None
    published_days: float | None = None
    security_source: bool | None = None


def told(command: str) -> str:
    """Return a command whose output ends with its exit status."""
    return f'{{ {command} 2>&1; echo "#status $?"; }}'


# Of the tables of all installed packages those that have a newer version, the archives that each package comes from,
# and how many tables there were: apt-cache prints all by one reading of its cache, where simulating the upgrade takes a
# host twenty times as long. A version that is in no archive any more is known by those of newer ones: archives keep the
# newest, so that what is above all of them came from elsewhere.
_NEWER: Final = (
    'awk \'function line(x){if(l!="")printf "\\n";l="";printf "%s",x} '
    'function told(){if(p=="")return;if(i!=c&&i!="(none)"&&c!="(none)")line(t);f=w!=""?w:(h!=""?"?" h:"-");'
    'if(f!=l){line("#from " f);l=f}printf " %s",p;t=i=c=w=e=h=p=""} '
    '/^[EWN]: /{line($0 "\\n");next} /^#status/{s=$0;next} /^[^ ]/{told();n++;p=substr($0,1,length($0)-1)} '
    "/^  Installed: /{i=$2} /^  Candidate: /{c=$2} / Version table:/{m=0} /^ \\*\\*\\* /{m=1;h=e} /^     [^ ]/{m=0} "
    '/^       /&&$2!="/var/lib/dpkg/status"{a=$2 " " $3;if(!(a in k)){k[a]=++q;line("#archive " q " " a "\\n")}'
    'if(m)w=w "," k[a];else e=e "," k[a]} '
    '{t=t $0 "\\n"} END{told();line("");print "#tables " n+0;print s}\''
)
# Root would write a cache that is not there, so root asks as nobody; where nobody may not read all that apt reads, root
# asks without any cache.
_AS: Final = (
    "a=apt-cache; if [ \"$(id -u)\" = 0 ]; then n='setpriv --reuid=65534 --regid=65534 --clear-groups'; "
    "if $n sh -c 'for f in /etc/apt /etc/apt/* /etc/apt/*.d/* /var/lib/apt/lists/*_*; do "
    '[ ! -e "$f" ] || [ -r "$f" ] || exit 1; done\' 2>/dev/null; then a="$n apt-cache"; '
    "else a='apt-cache -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache='; fi; fi"
)
_INSTALLED: Final = (
    "dpkg-query -W -f '${db:Status-Abbrev}${binary:Package}\\n' 2>/dev/null | sed -n 's/^.[UFWti]. *//p'"
)
_RELEASES: Final = "/var/lib/apt/lists/*_InRelease /var/lib/apt/lists/*_Release"
_APT: Final = [
    section("lists", f"stat -c '%Y %Z %n' {_RELEASES}"),
    section("origins", f"grep -Hm4 -E '^(Origin|Suite|Codename): ' {_RELEASES}"),
    f"{_AS}; p=$({_INSTALLED}); set -- $p",
    section("apt", f'{{ echo "#asked $#"; echo "$p" | {{ xargs $a policy 2>&1; echo "#status $?"; }} | {_NEWER}; }}'),
]
_ZYPPER: Final = [
    section("lists", "stat -c '%Y %Y %n' /var/cache/zypp/raw/*/cookie"),
    section("zypper", told("zypper --non-interactive --no-refresh list-patches --category security")),
    section("updates", told("zypper --non-interactive --no-refresh list-updates")),
]
_APK: Final = [
    section("lists", "stat -c '%Z %Z %n' /var/cache/apk/APKINDEX.* /etc/apk/cache/APKINDEX.*"),
    section("apk", told("apk version --no-network -l '<'")),
    section("from", "apk policy --no-network $(apk info --no-network)"),
]
_DNF: Final = [
    section(
        "lists", "stat -c '%Y %Y %n' /var/cache/dnf/*/repodata/repomd.xml /var/cache/libdnf5/*/repodata/repomd.xml"
    ),
    section("dnf", told("dnf -q -C check-update")),
    section("security", told("dnf -q -C updateinfo list --security")),
    section("advisories", "dnf -q -C updateinfo list --installed | head -n 1"),
]
_YUM: Final = [
    section("lists", "stat -c '%Y %Y %n' /var/cache/yum/*/*/*/repomd.xml"),
    section("yum", told("yum -q -C check-update")),
    section("security", told("yum -q -C updateinfo list security")),
    section("advisories", "yum -q -C updateinfo list installed | head -n 1"),
]


def _first(**managers: list[str]) -> str:
    """Return a command that asks the first package manager that is installed."""
    tests = [f"if command -v {tool} >/dev/null 2>&1; then {'; '.join(asked)}" for tool, asked in managers.items()]
    return "; el".join(tests) + "; fi"


_NOW: Final = section("now", "echo $((($(date +%s) + 3599) / 3600 * 3600))")  # to the hour: the same for an hour
# As apt, zypper and apk read their lists without privilege, one request serves all three.
UPDATES: Final = Shell(
    show([], _NOW, _first(**{"apt-get": _APT, "zypper": _ZYPPER, "apk": _APK})), limits=Limits(seconds=90.0)
)
# Without privilege dnf has a cache of its own, which is empty; yum is what hosts without dnf have.
DNF: Final = Shell(show([], _NOW, _first(dnf=_DNF, yum=_YUM)), privileged=True, limits=Limits(seconds=90.0))


@probe(UPDATES, on={Platform.LINUX})
def pending_updates(answer: Answer) -> PendingUpdates:
    """Read what apt, zypper or apk would update. Raises Unreadable on hosts with another package manager."""
    files = read(answer.text)
    if files.get("apt") is not None:
        return _apt(files)
    if files.get("zypper") is not None:
        return _zypper(files)
    if files.get("apk") is not None:
        return _apk(files)
    raise Unreadable("neither apt, zypper nor apk is on this host")


@probe(DNF, on={Platform.LINUX})
def pending_by_dnf(answer: Answer) -> PendingUpdates:
    """Read what dnf or yum would update. Raises Unreadable on hosts with neither, and when its lists are missing."""
    files = read(answer.text)
    manager = next((tool for tool in ("dnf", "yum") if files.get(tool) is not None), "")
    if not manager:
        raise Unreadable("neither dnf nor yum is on this host")
    listed = done(files, manager, {0, 100}).partition("\nObsoleting Packages")[0]
    pending = [Pending(name, "", version) for name, version in _UPDATE.findall(_WRAPPED.sub(" ", listed))]
    said = done(files, "security", {0})
    named = set(re.findall(r"(?:/Sec\.|\bsecurity\b\s+\S+)\s+(\S+)", said))
    security = tuple(p for p in pending if any(_is_build(p.name, build) for build in named))
    rest = tuple(p for p in pending if p not in security)
    advised = bool(named) or bool((files.get("advisories") or "").strip())
    lists, published = _ages(files)
    return PendingUpdates(manager, security, rest if advised else (), () if advised else rest, lists, published)


def _apt(files: Bundle) -> PendingUpdates:
    first, _, rest = done(files, "apt", {0}).partition("\n")
    tables, _, last = rest.rpartition("\n")
    asked, told = _ASKED.fullmatch(first), _TOLD.fullmatch(last)
    if asked is None or told is None or asked[1] != told[1] or not int(told[1]):
        raise Unreadable("apt-cache did not tell of every installed package")
    lists, published = _ages(files)
    security: list[Pending] = []
    other: list[Pending] = []
    for table in _NEXT_TABLE.split(tables):
        name, versions = _NAME.match(table), dict(_VERSION.findall(table))
        if name is None or len(versions) < 2 or "(none)" in versions.values():
            continue
        # A fix may have gone from the security archive into a later point release: every newer version counts.
        newer = table.partition("Version table:")[2].partition("\n *** ")[0]
        pending = Pending(name[1], versions["Installed"], versions["Candidate"])
        (security if _ORIGIN.search(newer) else other).append(pending)
    source = bool(_SECURITY_LIST.search(files.get("lists") or ""))
    return PendingUpdates("apt", tuple(security), tuple(other), (), lists, published, source)


def _zypper(files: Bundle) -> PendingUpdates:
    patches = [row for row in _rows(done(files, "zypper", {0, 100, 101})) if len(row) > 5 and row[5] == "needed"]
    updates = [row for row in _rows(done(files, "updates", {0, 100, 101})) if len(row) > 4 and row[0] == "v"]
    lists, published = _ages(files)
    return PendingUpdates(
        "zypper",
        tuple(Pending(row[1], "", row[3]) for row in patches if row[2] == "security"),
        tuple(Pending(row[2], row[3], row[4]) for row in updates),
        (),
        lists,
        published,
    )


def _apk(files: Bundle) -> PendingUpdates:
    found = re.findall(r"^(\S+)-(\d\S*-r\d+)\s+<\s+(\S+)", done(files, "apk", {0}), re.MULTILINE)
    lists, published = _ages(files)
    return PendingUpdates(
        "apk", unclassified=tuple(Pending(*one) for one in found), lists_days=lists, published_days=published
    )


def done(files: Bundle, name: str, good: set[int]) -> str:
    """Return what a command printed. Raises Unreadable when it did not end well."""
    text, _, status = (files.get(name) or "").rstrip("\n").rpartition("\n#status ")
    if not _STATUS.fullmatch(status):
        text, _, status = "", "", (files.get(name) or "").strip().removeprefix("#status ")
    if not _STATUS.fullmatch(status) or int(status) not in good:
        lines = [line for line in text.split("\n") if line.strip()]
        errors = (
            [line for line in lines if line.startswith(("E:", "Error", "ERROR"))] or lines[-1:] or ["no reason given"]
        )
        raise Unreadable(f"{name} could not tell: {errors[0][:160]}")
    return text


def _ages(files: Bundle) -> tuple[float | None, float | None]:
    """Return days since the oldest list was verified and since the newest was published, by the host's own clock."""
    now = (files.get("now") or "").strip()
    if not _EPOCH.fullmatch(now):
        raise Unreadable("the host's clock did not answer")
    times = re.findall(r"^([0-9]{1,12}) ([0-9]{1,12}) /", files.get("lists") or "", re.MULTILINE)
    if not times:
        return None, None
    published, verified = max(int(p) for p, _ in times), min(int(v) for _, v in times)
    return max(0.0, (int(now) - verified) / _DAY), max(0.0, (int(now) - published) / _DAY)


def _rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in text.split("\n") if "|" in line]


def _is_build(package: str, build: str) -> bool:
    """Whether name.arch and name-version-release.arch are of one package."""
    name, _, arch = package.rpartition(".")
    return bool(re.fullmatch(re.escape(name) + r"-[^-]+-[^-]+\." + re.escape(arch), build))
