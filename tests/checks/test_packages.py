"""Checks of packages that are there, that were removed, and that have another's name within their own."""

import pytest

from auditor.facts.installed import Kernel, Package, PackageList, package_list
from auditor.facts.package_trust import PackageTrust, Source
from tests.make import UNKNOWN, Case, Verdict, checks, fact, names

C = checks("packages")
S = checks("packages_signed")
PASS, FAIL, OPEN, NONE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE


def host(*packages: str) -> PackageList:
    """Return a host with these packages."""
    return PackageList("dpkg", tuple(Package(name, "1", name, "1", "amd64") for name in packages), Kernel("6.1"))


AGENT = {"names": frozenset({"auditd", "aide"})}
APT = PackageTrust("apt", (Source("a", own_key=True),))
RPM = PackageTrust("dnf", (Source("a", lists_checked=False),), local_checked=False)
CASES: list[Case] = [
    Case(C.absent, (host("bash", "openssh-client"),), PASS),
    Case(C.absent, (host("telnet-ssl", "telnet-doc"),), PASS, why="other packages begin like it"),
    Case(C.absent, (host("bash", "telnet", "inetutils-telnet"),), FAIL, ("telnet", "inetutils-telnet")),
    Case(C.absent, (host("nis"),), FAIL, ("nis",)),
    Case(C.absent, (host("nis", "cups"),), FAIL, ("cups",), settings={"names": frozenset({"cups"})}),
    Case(C.absent, (UNKNOWN,), OPEN),
    Case(C.present, (host("aide", "auditd"),), PASS, settings=AGENT),
    Case(C.present, (host("aide-common", "auditd"),), FAIL, ("aide",), settings=AGENT),
    Case(C.present, (host("aide"),), NONE, why="nothing is demanded"),
    Case(C.present, (UNKNOWN,), OPEN, settings=AGENT),
    Case(S.signed, (APT,), PASS),
    Case(S.signed, (PackageTrust("apt", (Source("a", "trusted=yes"), Source("b"))),), FAIL, ("a",)),
    Case(S.signed, (PackageTrust("apt", (Source("a"),), (("AllowUnauthenticated", "true"),)),), FAIL),
    Case(S.signed, (PackageTrust("dnf", (Source("a", unclear="its default is not known"),)),), OPEN),
    Case(S.signed, (PackageTrust("apt"),), NONE, why="there is no source"),
    Case(S.signed, (UNKNOWN,), OPEN),
    Case(S.lists_signed, (APT,), PASS),
    Case(S.lists_signed, (RPM,), FAIL, ("a",)),
    Case(S.lists_signed, (RPM,), PASS, settings={"exceptions": frozenset({"a"})}),
    Case(S.lists_signed, (PackageTrust("dnf"),), NONE, why="there is no source"),
    Case(S.lists_signed, (UNKNOWN,), OPEN),
    Case(S.local_signed, (PackageTrust("dnf", local_checked=True),), PASS),
    Case(S.local_signed, (RPM,), FAIL, ("localpkg_gpgcheck",)),
    Case(S.local_signed, (APT,), NONE, why="apt has no such setting"),
    Case(S.local_signed, (UNKNOWN,), OPEN),
    Case(S.own_keys, (APT,), PASS),
    Case(S.own_keys, (PackageTrust("apt", (Source("a", own_key=False), Source("b", own_key=True))),), FAIL, ("a",)),
    Case(S.own_keys, (RPM,), NONE, why="rpm keeps keys for all"),
    Case(S.own_keys, (PackageTrust("apt"),), NONE, why="there is no source"),
    Case(S.own_keys, (UNKNOWN,), OPEN),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdicts(case: Case) -> None:
    """What each host comes to."""
    case.assert_right()


@pytest.mark.parametrize(
    ("status", "verdict"), [("ii ", FAIL), ("hi ", FAIL), ("iU ", FAIL), ("rc ", PASS), ("un ", PASS), ("pn ", PASS)]
)
def test_a_package_that_left_its_configuration_behind_is_absent(status: str, verdict: Verdict) -> None:
    """As dpkg has it: the second letter is the state. A package that is on hold or half unpacked is there."""
    rows = f"{status}\ttelnet\t0.17\tall\tnetkit-telnet\t0.17\nii \tbash\t5.2.15-2\tamd64\tbash\t5.2.15-2\n"
    told = f"\n#== file kernel\n6.1.0-18-amd64\n\n#== file dpkg\n{rows}#status 0\n\n#== end\n"
    listed = fact(package_list, told)

    Case(C.absent, (listed,), verdict).assert_right()
