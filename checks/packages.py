"""What a company may demand of the packages that a Linux host has, by their names."""

from collections.abc import Iterator

from auditor import Fix, NotApplicable, Outcome, Severity, Violation, check
from auditor.facts.installed import PackageList


@check(
    "packages.absent",
    severity=Severity.LOW,
    fix=Fix(
        "Remove the package: apt-get purge, dnf remove, zypper remove or apk del NAME.", solution="close-unneeded-ports"
    ),
    references=("cis-debian12:2.2.1", "cis-debian12:2.2.2", "cis-debian12:2.2.3", "nist-800-53r5:CM-7"),
)
def absent(
    listed: PackageList,
    *,
    names: frozenset[str] = frozenset(
        {"nis", "yp-tools", "ypbind", "ypserv"}
        | {"rsh", "rsh-client", "rsh-redone-client", "rsh-server", "rsh-redone-server", "talk", "talkd", "talk-server"}
        | {"telnet", "inetutils-telnet", "telnetd", "inetutils-telnetd", "telnet-server"}
    ),
) -> Iterator[Outcome]:
    """Programs that send passwords in clear are not installed

    Whoever finds telnet on a host uses it. A package that was removed but for its configuration is absent; programs
    that came without a package are not seen. On Debian `telnet` only brings inetutils-telnet, which stays when it goes.
    """
    for package in listed.packages:
        if package.name in names:
            yield Violation(package.name, found=package.version, wanted="not installed")


@check(
    "packages.present",
    severity=Severity.LOW,
    fix=Fix("Install the package: apt-get, dnf or zypper install, or apk add NAME.", solution="patch-systems"),
    references=("nist-800-53r5:CM-6",),
)
def present(listed: PackageList, *, names: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """Programs that the company relies on are installed

    For what every host is to have, such as an agent: `names` are packages.
    """
    if not names:
        yield NotApplicable("the policy names no package")
    for name in sorted(names - {package.name for package in listed.packages}):
        yield Violation(name, found="not installed", wanted="installed")
