"""Checks of packages that are there, that were removed, and that have another's name within their own."""

import pytest

from auditor.facts.installed import Kernel, Package, PackageList, package_list
from tests.make import UNKNOWN, Case, Verdict, checks, fact, names

C = checks("packages")
PASS, FAIL, OPEN, NONE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE


def host(*packages: str) -> PackageList:
    """Return a host with these packages."""
    return PackageList("dpkg", tuple(Package(name, "1", name, "1", "amd64") for name in packages), Kernel("6.1"))


AGENT = {"names": frozenset({"auditd", "aide"})}
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
