"""Versions in the order in which each package manager has them."""

import random
import shutil
import subprocess

import pytest

from auditor.facts.versions import Manager, key, newest, older, split_evr, upstream

# rpm's own table (tests/rpmvercmp.at): two versions and which is the newer.
RPM = """
1.0 = 1.0 | 1.0 < 2.0 | 2.0.1 = 2.0.1 | 2.0 < 2.0.1 | 2.0.1a > 2.0.1 | 5.5p1 < 5.5p2 | 5.5p10 > 5.5p1 | 10xyz < 10.1xyz
xyz10 = xyz10 | xyz10 < xyz10.1 | xyz.4 < 8 | xyz.4 < 2 | 5.5p2 < 5.6p1 | 5.6p1 < 6.5p1 | 6.0.rc1 > 6.0 | 10b2 > 10a1
10a2 < 10b2 | 1.0aa > 1.0a | 10.0001 = 10.0001 | 10.0001 = 10.1 | 10.0001 < 10.0039 | 4.999.9 < 5.0
20101121 < 20101122 | 2_0 = 2_0 | 2.0 = 2_0 | a = a | a+ = a+ | a+ = a_ | +a = +a | +a = _a | +_ = +_ | _+ = +_ | + = _
1.0~rc1 = 1.0~rc1 | 1.0~rc1 < 1.0 | 1.0~rc1 < 1.0~rc2 | 1.0~rc1~git123 = 1.0~rc1~git123 | 1.0~rc1~git123 < 1.0~rc1
1.0^ = 1.0^ | 1.0^ > 1.0 | 1.0^git1 = 1.0^git1 | 1.0^git1 > 1.0 | 1.0^git1 < 1.0^git2 | 1.0^git1 < 1.01
1.0^20160101 < 1.0.1 | 1.0^20160101^git1 = 1.0^20160101^git1 | 1.0^20160102 > 1.0^20160101^git1
1.0~rc1^git1 > 1.0~rc1 | 1.0^git1~pre < 1.0^git1 | 1b.fc17 < 1.fc17 | 1g.fc17 > 1.fc17
"""
# Of apk-tools' own table (test/version.data) what shows each rule.
APK = """
2.34 > 0.1.0_alpha | 1.0 < 1.0b | 0.1.0_alpha2 > 0.1.0_alpha | 0.1.0_alpha < 0.1.3_alpha | 1.0.4-r3 < 1.0.4-r4
1.1 > 1.1_alpha1 | 1.3_alpha < 1.3_alpha2 | 0.6.0 < 0.6.1 | 0.8_beta1 < 0.8_beta2 | 2.3.0b-r1 < 2.3.0b-r2
0.12.3 > 0.12 | 3.1_p16 < 3.1_p17 | 1.06-r6 < 006 | 006 > 1.0.0 | 1.2.2-r1 > 1.2.2 | 9.3.4-r2 > 9.3.4
1.39 > 1.00_beta2 | 1.02 < 1.03-r1 | 4.2.52_p2-r1 < 4.2.52_p4-r2 | 1.02.07 < 1.02.10-r1 | 2.12r-r4 < 2.12r-r5
0.9.28-r2 < 0.9.28.1
7.0.17 < 7.0.174 | 2.01.01_alpha10 > 0.94 | 1.3-r0 < 1.3.1-r0 | 1.3_pre1-r1 < 1.3.2 | 1.0_p10-r0 > 1.0_p9-r0
0.1.0_alpha_pre2 < 0.1.0_alpha | 1.0.0_pre20191002222144-r0 < 1.0.0_pre20210530193627-r0 | 20050718-r1 < 20050718-r2
2.0.0_rc3-r1 < 2.0.0-r0 | 1.00 < 1.0 | 1.01 < 1.1 | 1.7 < 1.7b | 0.2.0-r1 = 0.2.0-r1 | 2.9.11_pre20051101-r3 < 2.9.11
"""
EVR = """
1:1.0-1 > 2.0-1 | 0:1.0-1 = 1.0-1 | 1.0-1.el9 < 1.0-1.el9_3 | 1.0-2.el8 < 1.0-10.el8
1:18.14.2-3.module+el8 > 1:16.20.2-1.module+el8
5.14.0-362.8.1.el9_3 < 5.14.0-362.18.1.el9_3 | 3.0.7-24.el9 < 3.0.7-25.el9_3 | 2.28-225.el8 < 2.28-225.el8_8.6
"""
DEB = """
1.0-1 < 1.0-1+b1 | 1.0~rc1-1 < 1.0-1 | 2.36-9+deb12u1 < 2.36-9+deb12u10 | 1.0 = 1.0-0 | 1.0 = 0:1.0 | 1:0.1 > 9.9
1.1.1n-0+deb11u5 < 1.1.1w-0+deb11u1 | 6.9.7-1~bpo12+1 < 6.9.7-1 | 1.2.3-1 < 1.2.3-1ubuntu0.1 | 1.0-1~deb12u1 < 1.0-1
1.0a < 1.0+ | 1.0~~ < 1.0~ | 1.0~~a > 1.0~~ | 3.0.13-1~deb12u1 < 3.0.14-1~deb12u2 | 001 = 1 | 1.2-1-2 > 1.2-1-1
"""


def cases(table: str) -> list[tuple[str, str, str]]:
    """Return what a table says: a version, `<`, `=` or `>`, and another."""
    return [tuple(case.split()) for line in table.strip().splitlines() for case in line.split("|")]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("manager", "table"), [("rpm", RPM), ("rpm", EVR), ("apk", APK), ("dpkg", DEB)], ids=["rpm", "evr", "apk", "deb"]
)
def test_published_cases(manager: Manager, table: str) -> None:
    """And the other way round."""
    wrong = [
        (one, sign, other)
        for one, sign, other in cases(table)
        if (older(manager, one, other), older(manager, other, one)) != (sign == "<", sign == ">")
    ]

    assert wrong == []


@pytest.mark.skipif(not shutil.which("dpkg"), reason="this machine has no dpkg")
def test_dpkg_here_has_the_same_order() -> None:
    """Made-up versions, those that dpkg refuses left out."""
    drawn = random.Random(4)

    def version() -> str:
        tail = "".join(drawn.choice("00123456789.+~-abzA") for _ in range(drawn.randint(0, 7)))
        return drawn.choice(["", "", "0:", "1:"]) + str(drawn.randint(0, 12)) + tail

    pairs = [(version(), version()) for _ in range(120)]
    pairs += [(one, one + end) for one, _ in pairs[:40] for end in drawn.sample(["0", "~", ".0", "a", "+", "-0"], 1)]
    asked = "".join(
        f"dpkg --compare-versions '{a}' lt '{b}'; x=$?; dpkg --compare-versions '{a}' gt '{b}'; echo $x $?\n"
        for a, b in pairs
    )
    done = subprocess.run(["/bin/sh"], input=asked, capture_output=True, text=True, check=True)
    said = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    ours = [(int(not older("dpkg", a, b)), int(not older("dpkg", b, a))) for a, b in pairs]
    judged = [(pair, one, dpkg) for pair, one, dpkg in zip(pairs, ours, said, strict=True) if 2 not in dpkg]

    assert len(judged) > 100
    assert [] == [case for case in judged if case[1] != case[2]]


def test_numbers_of_any_length_compare() -> None:
    """Python itself reads no more than 4,300 digits; a host may send more."""
    assert older("dpkg", "1." + "9" * 900, "2")
    assert key("rpm", "9" * 100_000) == key("rpm", "9" * 100_000)


@pytest.mark.parametrize("manager", ["dpkg", "rpm", "apk"])
@pytest.mark.parametrize("text", ["", ":", "-", "~", "1:", "\u0661", "é", "\x00", "-r", "_", "..", "1_", "^~"])
def test_nonsense_still_has_a_place(manager: Manager, text: str) -> None:
    """And it is the same place as its own."""
    assert not older(manager, text, text)
    assert newest(manager, [text, "1"]) in {text, "1"}


def test_the_newest_of_none_is_none() -> None:
    """No version is made up."""
    assert newest("dpkg", []) == ""
    assert newest("dpkg", ["1.9", "1.10", "1.2"]) == "1.10"


@pytest.mark.parametrize(
    ("manager", "version", "theirs"),
    [
        ("dpkg", "1:2.3.4-5ubuntu1~22.04", "2.3.4"),
        ("dpkg", "5:24.0.7-1~debian.12~bookworm", "24.0.7"),
        ("dpkg", "20230311", "20230311"),
        ("dpkg", "1.0-beta-2", "1.0-beta"),
        ("rpm", "1:18.14.2-3.module+el8", "18.14.2"),
        ("rpm", "8.0.36-1.el9", "8.0.36"),
        ("apk", "8.2.13-r0", "8.2.13"),
    ],
)
def test_what_the_makers_of_the_software_call_it(manager: Manager, version: str, theirs: str) -> None:
    """Epoch, revision and release are the packager's."""
    assert upstream(manager, version) == theirs


def test_an_evr_in_its_parts() -> None:
    """No epoch is epoch 0."""
    assert split_evr("1:2-3") == ("1", "2", "3")
    assert split_evr("2-3.el9") == ("0", "2", "3.el9")
    assert split_evr("2") == ("0", "2", "")
