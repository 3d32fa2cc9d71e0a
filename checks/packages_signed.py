"""What a company may demand of the signatures of what is installed."""

from collections.abc import Iterator

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.package_trust import PackageTrust

_NO_SOURCE = "the host has no source of packages"


def _fix(text: str) -> Fix:
    return Fix(text, solution="patch-systems")


@check(
    "packages.signed",
    severity=Severity.HIGH,
    fix=_fix("Remove trusted=yes and its like from apt's sources; set gpgcheck=1 for dnf and zypper."),
    references=("cis-debian12:1.2.1.1", "nist-800-53r5:CM-14", "cis-controls-8.1:2.5"),
)
def signed(trust: PackageTrust) -> Iterator[Outcome]:
    """Packages are installed only from sources whose signatures are checked

    Whoever stands between a host and its mirror, or takes the mirror over, otherwise runs programs as root on it.
    An address without TLS is no fault, as the signature tells what was changed on the way.
    """
    for name, value in trust.relaxed:
        yield Violation(name, found=value, wanted="not set")
    for source in trust.sources:
        if source.unclear:
            yield Undecided(source.name, source.unclear)
        elif source.unchecked:
            yield Violation(source.name, found=source.unchecked, wanted="signatures are checked")
    if not trust.sources and not trust.relaxed:
        yield NotApplicable(_NO_SOURCE)


@check(
    "packages.lists-signed",
    severity=Severity.LOW,
    fix=_fix("Set repo_gpgcheck=1 for each repository whose maker signs its list."),
    references=("nist-800-53r5:CM-14",),
)
def lists_signed(trust: PackageTrust, *, exceptions: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """The lists of packages are signed as well

    A list that is not signed can be an old one, so that a host never hears of an update. `exceptions` are sources whose
    makers do not sign their lists, as Red Hat does not.
    """
    for source in trust.sources:
        if not source.lists_checked and source.name not in exceptions:
            yield Violation(source.name, found="signature not checked", wanted="checked")
    if not trust.sources:
        yield NotApplicable(_NO_SOURCE)


@check(
    "packages.local-signed",
    severity=Severity.MEDIUM,
    fix=_fix("Set localpkg_gpgcheck=1 in the section [main] of /etc/dnf/dnf.conf."),
    references=("nist-800-53r5:CM-14",),
)
def local_signed(trust: PackageTrust) -> Iterator[Outcome]:
    """Packages that somebody brings as files are checked like any others

    A file from a mail or a download page comes by no source that would be checked.
    """
    if trust.local_checked is None:
        yield NotApplicable(f"{trust.manager} has no setting for it")
    elif not trust.local_checked:
        yield Violation("localpkg_gpgcheck", found="off", wanted="on")


@check(
    "packages.own-keys",
    severity=Severity.LOW,
    fix=_fix("Name the key of each source by Signed-By, and move it out of /etc/apt/trusted.gpg.d."),
    references=("cis-debian12:1.2.1.1",),
)
def own_keys(trust: PackageTrust) -> Iterator[Outcome]:
    """Each source's key counts for that source only

    A key that counts for all sources lets the maker of one small archive replace the system's own packages.
    """
    if trust.manager != "apt":
        yield NotApplicable(f"{trust.manager} keeps no keys by source")
    for source in trust.sources:
        if source.own_key is False:
            yield Violation(source.name, found="any key that apt trusts", wanted="keys named by Signed-By")
    if trust.manager == "apt" and not trust.sources:
        yield NotApplicable(_NO_SOURCE)
