"""What package managers print about updates, recorded, and what it means."""

import os
import re
import shutil
import subprocess

import pytest

from auditor.errors import NotPresent, Unreadable
from auditor.facts.package_origins import package_origins
from auditor.facts.updates import UPDATES, Pending, pending_by_dnf, pending_updates
from auditor.facts.upkeep import automatic_updates, flavour, order, running_kernel
from tests.make import fact, refused

NOW = 1795314535
ENGLISH = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
DAY = 86400
LISTS = f"""{NOW - DAY} {NOW - 3600} /var/lib/apt/lists/mirror.example_debian-security_dists_bookworm-security_InRelease
{NOW - 90 * DAY} {NOW - 2 * DAY} /var/lib/apt/lists/mirror.example_debian_dists_bookworm_InRelease
"""
POLICY = """base-files:
  Installed: 12.4+deb12u11
  Candidate: 12.4+deb12u15
  Version table:
     12.4+deb12u15 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
 *** 12.4+deb12u11 100
        100 /var/lib/dpkg/status
openssl:
  Installed: 3.0.15-1~deb12u1
  Candidate: 3.0.17-1~deb12u2
  Version table:
     3.0.17-1~deb12u2 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
     3.0.16-1~deb12u1 500
        500 http://mirror.example/debian-security bookworm-security/main amd64 Packages
 *** 3.0.15-1~deb12u1 100
        100 /var/lib/dpkg/status
linux-image-amd64:
  Installed: 6.1.128-1
  Candidate: 6.1.148-1
  Version table:
     6.1.148-1 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
 *** 6.1.128-1 500
        500 http://mirror.example/debian-security bookworm-security/main amd64 Packages
        100 /var/lib/dpkg/status
"""
APT = f"#asked 3\n{POLICY}#tables 3\n#status 0\n"
NOTHING = "#asked 3\n#tables 3\n#status 0\n"


def host(**parts: str) -> str:
    """Return what a request prints, part by part; the clock is always there."""
    return "".join(f"\n#== file {name}\n{text}" for name, text in {"now": f"{NOW}\n", **parts}.items()) + "\n#== end\n"


def test_apt_tells_security_updates_by_every_newer_version() -> None:
    """A fix that a point release took over is still a missing security update; an installed one is not."""
    found = fact(pending_updates, host(lists=LISTS, apt=APT))

    assert found.security == (Pending("openssl", "3.0.15-1~deb12u1", "3.0.17-1~deb12u2"),)
    assert [package.name for package in found.other] == ["base-files", "linux-image-amd64"]


def test_apt_lists_are_as_old_as_the_oldest_verified_one() -> None:
    """The server's date of a list is not when the host looked."""
    found = fact(pending_updates, host(lists=LISTS, apt=APT))

    assert (found.lists_days, found.published_days, found.security_source) == (2.0, 1.0, True)


def test_apt_without_lists_or_without_a_security_archive() -> None:
    """Nothing waits, and nothing can be concluded from that."""
    bare = fact(pending_updates, host(lists="", apt=NOTHING))
    unsafe = fact(pending_updates, host(lists=LISTS.split("\n")[1] + "\n", apt=NOTHING))

    assert (bare.lists_days, bare.security, bare.security_source) == (None, (), False)
    assert (unsafe.lists_days, unsafe.security_source) == (2.0, False)


@pytest.mark.parametrize(
    ("archive", "expected"),
    [
        ("security.debian.org_dists_buster_updates_InRelease", True),
        ("mirror.example_debian-security_dists_buster_updates_Release", True),
        ("security.ubuntu.com_ubuntu_dists_noble-security_InRelease", True),
        ("esm.ubuntu.com_infra_ubuntu_dists_jammy-infra-security_InRelease", True),
        ("security.ubuntu.com_ubuntu_dists_noble_InRelease", False),
        ("download.opensuse.org_repositories_security:_zeek_Debian%5f12_InRelease", False),
        ("prismesm.example_apt_dists_stable_InRelease", False),
        ("security-vendor.example_debian_dists_bookworm_InRelease", False),
    ],
)
def test_which_archives_bring_security_updates(archive: str, expected: bool) -> None:  # noqa: FBT001
    """By suite or by whose they are, not by a word in their address."""
    lists = f"{NOW} {NOW} /var/lib/apt/lists/{archive}\n"

    assert fact(pending_updates, host(lists=lists, apt=NOTHING)).security_source is expected


def test_what_has_no_candidate_or_is_not_installed_is_no_update() -> None:
    """A package that a pin forbids, and one that is gone but for its configuration."""
    table = "one:\n  Installed: {}\n  Candidate: {}\n  Version table:\n     1 500\n        500 http://x y-security/x\n"

    for versions in (("(none)", "1"), ("1", "(none)")):
        assert fact(pending_updates, host(lists=LISTS, apt=APT.replace(POLICY, table.format(*versions)))).security == ()
    assert len(fact(pending_updates, host(lists=LISTS, apt=APT.replace(POLICY, table.format("1", "2")))).security) == 1


@pytest.mark.parametrize(
    ("apt", "reason"),
    [
        ("#asked 3\nE: The status file could not be opened.\n#tables 0\n#status 100\n", "could not be opened"),
        ("#asked 3\n#tables 3\n#status 124\n", "could not tell"),
        ("#asked 3\n" + POLICY, "could not tell"),
        (POLICY + "#status 0\n", "every installed package"),
        ("#asked 3\n" + POLICY + "#tables 2\n#status 0\n", "every installed package"),
        ("#asked 0\n#tables 0\n#status 0\n", "every installed package"),
    ],
)
def test_apt_that_fails_is_unreadable(apt: str, reason: str) -> None:
    """A broken package state is not an up-to-date host."""
    why = refused(pending_updates, host(lists=LISTS, apt=apt))

    assert isinstance(why, Unreadable)
    assert reason in str(why)


@pytest.mark.skipif(not (shutil.which("apt-cache") and shutil.which("dpkg-query")), reason="this machine has no apt")
@pytest.mark.parametrize("shell", [one for one in ("dash", "bash", "mksh", "ksh") if shutil.which(one)])
def test_apt_here_tells_what_a_simulated_upgrade_tells(shell: str) -> None:
    """By another way: what it would upgrade, and what it would keep back."""
    done = subprocess.run([shell, "-c", UPDATES.command], capture_output=True, text=True, check=True, env=ENGLISH)
    found = fact(pending_updates, done.stdout)
    simulated = subprocess.run(
        [str(shutil.which("apt-get")), "-s", "-q", "-o", "Debug::NoLocking=1", "dist-upgrade"],
        capture_output=True,
        text=True,
        check=True,
        env=ENGLISH,
    ).stdout
    upgraded = re.findall(r"^Inst (\S+) \[", simulated, re.MULTILINE)
    kept = re.search(r"kept back:\n((?:  .*\n)*)", simulated)

    assert sorted({*upgraded, *(kept[1].split() if kept else [])}) == sorted(
        package.name for package in found.security + found.other
    )
    asked = re.search(r"^#asked ([0-9]+)$", done.stdout, re.MULTILINE)
    assert asked is not None
    assert int(asked[1]) == len(fact(package_origins, done.stdout).archives)


DNF = """
openssl-libs.x86_64      1:3.2.2-6.el9_5.1     baseos
tzdata.noarch            2025b-1.el9           baseos
Obsoleting Packages
grub2-tools.x86_64       1:2.06-92.el9         baseos
#status 100
"""
SECURITY = "RHSA-2025:1330 Moderate/Sec. openssl-libs-1:3.2.2-6.el9_5.1.x86_64\n#status 0\n"
REPOS = f"{NOW - DAY} {NOW - DAY} /var/cache/dnf/baseos-1/repodata/repomd.xml\n"


def test_dnf_security_by_advisory() -> None:
    """check-update leaves 100 when something waits."""
    found = fact(pending_by_dnf, host(lists=REPOS, dnf=DNF, security=SECURITY, advisories=""))

    assert [package.name for package in found.security] == ["openssl-libs.x86_64"]
    assert "tzdata.noarch" in [package.name for package in found.other]
    assert found.lists_days == 1.0


def test_dnf5_prints_advisories_in_columns() -> None:
    """Name, type, severity, package."""
    told = "FEDORA-2025-1 security Important openssl-libs-1:3.2.2-6.el9_5.1.x86_64 2025-01-01\n#status 0\n"

    assert len(fact(pending_by_dnf, host(lists=REPOS, dnf=DNF, security=told)).security) == 1


def test_dnf_without_advisories_cannot_classify() -> None:
    """CentOS Stream publishes none: an empty list of security updates says nothing there."""
    found = fact(pending_by_dnf, host(lists=REPOS, dnf=DNF, security="#status 0\n", advisories="\n"))

    assert (found.security, found.other) == ((), ())
    assert len(found.unclassified) == 2


def test_a_version_may_begin_with_a_letter() -> None:
    """It waits all the same."""
    listed = "urw-fonts.noarch   r23-1   base\n#status 100\n"

    assert fact(pending_by_dnf, host(lists=REPOS, dnf=listed, security="#status 0\n", advisories="x\n")).other == (
        Pending("urw-fonts.noarch", "", "r23-1"),
    )


def test_yum_breaks_long_lines() -> None:
    """In a pipe too: what does not fit into its columns goes on in the next line."""
    listed = """
kernel.x86_64                         3.10.0-1160.119.1.el7          updates
java-1.8.0-openjdk-headless-with-a-long-name.x86_64
                                      1:1.8.0.412.b08-1.el7_9        updates
Obsoleting Packages
old.noarch                            1-1                            base
#status 100
"""
    told = "RHSA-2024:1 Important/Sec. kernel-3.10.0-1160.119.1.el7.x86_64\n#status 0\n"
    found = fact(pending_by_dnf, host(lists="", yum=listed, security=told, advisories=""))

    assert (found.manager, [one.name for one in found.security]) == ("yum", ["kernel.x86_64"])
    assert found.other == (
        Pending("java-1.8.0-openjdk-headless-with-a-long-name.x86_64", "", "1:1.8.0.412.b08-1.el7_9"),
    )


@pytest.mark.parametrize(
    "text",
    [
        host(),
        host(yum="Error: Cannot retrieve metadata\n#status 1\n", security="#status 0\n"),
        host(dnf="Error: Cache-only enabled but no cache for 'baseos'\n#status 1\n", security="#status 0\n"),
        "",
        "<html></html>",
    ],
)
def test_dnf_absent_or_without_a_cache_is_unreadable(text: str) -> None:
    """No cache, no answer."""
    assert isinstance(refused(pending_by_dnf, text), Unreadable)


def test_zypper_counts_needed_security_patches() -> None:
    """Not those that are not needed, and not recommended ones."""
    head = "Repository | Name | Category | Severity | Interactive | Status | Summary\n---+---\n"
    rows = "U | SUSE-2025-1 | security | important | --- | needed | x\nU | S-2 | security | low | - | not needed | y\n"
    updates = (
        "S | Repository | Name | Current Version | Available Version | Arch\nv | U | bash | 5.1 | 5.2 | x\n#status 0\n"
    )
    found = fact(
        pending_updates,
        host(
            lists=f"{NOW} {NOW} /var/cache/zypp/raw/u/cookie\n",
            zypper=head + rows + "#status 0\n",
            updates=updates,
        ),
    )

    assert [package.name for package in found.security] == ["SUSE-2025-1"]
    assert found.other == (Pending("bash", "5.1", "5.2"),)


def test_apk_does_not_classify() -> None:
    """Name and version are told apart at the version's first digit."""
    text = "Installed:             Available:\nlibcrypto3-3.1.4-r5        < 3.1.8-r0 \n#status 0\n"
    found = fact(pending_updates, host(apk=text))

    assert found.unclassified == (Pending("libcrypto3", "3.1.4-r5", "3.1.8-r0"),)


@pytest.mark.parametrize("text", ["", host(), "<html></html>", "\n#== file apt\nx\n#status 0\n\n#== end\n"])
def test_no_known_manager_is_unreadable(text: str) -> None:
    """Nor is garbage an up-to-date host."""
    assert isinstance(refused(pending_updates, text), Unreadable)


def kernels(running: str = "6.1.0-18-amd64", *installed: str, **parts: str) -> object:
    """Return the kernels of a host."""
    images = "".join(f"/boot/vmlinuz-{kernel}\n" for kernel in installed)
    return fact(running_kernel, host(running=f"{running}\n", kernels=images, **parts))


def test_the_newest_kernel_is_one_of_the_same_flavour_by_number() -> None:
    """9 is older than 18, and a cloud kernel is not a newer ordinary one."""
    found = kernels("6.1.0-18-amd64", "6.1.0-9-amd64", "6.1.0-18-amd64", "6.1.0-30-cloud-amd64")

    assert found.newest == "6.1.0-18-amd64"


@pytest.mark.parametrize(
    ("kernel", "kind", "numbers"),
    [
        ("6.1.0-18-amd64", "amd64", (6, 1, 0, 18)),
        ("5.14.0-427.16.1.el9_4.x86_64", "", (5, 14, 0, 427, 16, 1, 9, 4, 86, 64)),
        ("6.8.0-51-generic", "generic", (6, 8, 0, 51)),
        ("6.6.58-0-lts", "lts", (6, 6, 58, 0)),
    ],
)
def test_flavour_and_order(kernel: str, kind: str, numbers: tuple[int, ...]) -> None:
    """Names of four distributions."""
    assert (flavour(kernel), order(kernel)) == (kind, numbers)


def test_flags_packages_and_builds() -> None:
    """Debian and Ubuntu name the package that the running kernel was built as."""
    built = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)\n"
    debian = kernels("6.1.0-18-amd64", "6.1.0-18-amd64", built=built, package="6.1.76-2\n")
    ubuntu = kernels("6.8.0-51-generic", "6.8.0-51-generic", built="#52-Ubuntu\nUbuntu 6.8.0-51.52-generic 6.8.12\n")
    flagged = kernels(flags="/run/reboot-required\n", **{"/run/reboot-required.pkgs": "libc6\nlibc6\n"})

    assert (debian.built, debian.package, ubuntu.built) == ("6.1.76-1", "6.1.76-2", "6.8.0-51.52")
    assert (flagged.flagged, flagged.asked_by) == (True, ("libc6",))


def test_a_container_has_no_kernel_and_alpine_tells_by_its_folders() -> None:
    """Alpine's image has no version in its name."""
    boot, folders = "/boot/vmlinuz-lts\n", "/lib/modules/6.6.58-0-lts\n"
    alpine = fact(running_kernel, host(running="6.6.50-0-lts\n", kernels=boot, modules=folders))

    assert alpine.newest == "6.6.58-0-lts"
    assert isinstance(refused(running_kernel, host(running="6.1.0-18-amd64\n", kernels="")), NotPresent)
    assert isinstance(refused(running_kernel, host(running="uname: not found\n")), Unreadable)


PERIODIC = """APT::Periodic "";
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Origins-Pattern:: "origin=Debian,codename=bookworm,label=Debian-Security";
"""
TOOLS = "/usr/bin/apt-get\n/usr/bin/unattended-upgrade\n"
TIMERS = "apt-daily.timer enabled\napt-daily-upgrade.timer enabled\ndnf-automatic.timer \n"


def obstacles(**changed: str) -> tuple[str, ...]:
    """Return what stands in the way on a Debian host with parts changed."""
    parts = {"tools": TOOLS, "apt": PERIODIC, "systemd": "/run/systemd/system\n", "timers": TIMERS}
    return fact(automatic_updates, host(**{**parts, **changed})).obstacles


def test_unattended_upgrades_that_work() -> None:
    """By timer, or by cron where systemd does not run."""
    assert obstacles() == ()
    assert obstacles(systemd="", timers="apt-daily.timer \n", cron="/etc/cron.daily/apt-compat\n") == ()


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"tools": "/usr/bin/apt-get\n"}, "not installed"),
        ({"apt": PERIODIC.replace('Upgrade "1"', 'Upgrade "0"')}, "Unattended-Upgrade is 0"),
        ({"apt": PERIODIC + 'APT::Periodic::Enable "0";\n'}, "Enable is 0"),
        ({"apt": ""}, "Update-Package-Lists is 0"),
        ({"apt": PERIODIC.replace("-Security", "").replace("label", "l")}, "no security archive"),
        ({"timers": "apt-daily-upgrade.timer disabled\n"}, "not enabled"),
        ({"timers": "apt-daily-upgrade.timer masked\n"}, "not enabled"),
        ({"systemd": "", "timers": "\n"}, "neither a timer nor cron"),
    ],
)
def test_what_stands_in_the_way_of_unattended_upgrades(changed: dict[str, str], word: str) -> None:
    """Installed is not enabled, and enabled is not for security."""
    assert word in " ".join(obstacles(**changed))


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("origin=Debian,codename=${distro_codename},label=Debian-Security", True),
        ("${distro_id}:${distro_codename}-security", True),
        ("o=Debian,l=Debian-Security", True),
        ("origin=Debian,codename=${distro_codename}-security", True),
        ("site=security.debian.org", True),
        ("origin=*", True),
        ("o=Debian", True),
        ("*:*", True),
        ("origin=Debian,codename=${distro_codename},label=Debian", False),
        ("${distro_id}:${distro_codename}", False),
        ("origin=SecurityVendor", False),
    ],
)
def test_what_lets_security_updates_in(origin: str, expected: bool) -> None:  # noqa: FBT001
    """By suite, label or server, or with all else; a vendor that is named for security lets in its own."""
    line = f'Unattended-Upgrade::Allowed-Origins:: "{origin}";\n'

    assert (obstacles(apt=PERIODIC.rpartition("Unattended-Upgrade::Origins")[0] + line) == ()) is expected


def test_a_folder_that_is_closed_hides_what_cron_starts() -> None:
    """Then nobody can say that nothing starts it; what else stands in the way still does."""
    closed = {"tools": TOOLS, "apt": PERIODIC, "systemd": "", "timers": "\n", "cron": "hidden\n"}

    assert "/etc/cron.daily" in str(refused(automatic_updates, host(**closed)))
    assert obstacles(**{**closed, "tools": "/usr/bin/apt-get\n"}) == ("unattended-upgrades is not installed",)


def test_dnf_automatic_must_apply() -> None:
    """The plain timer does what automatic.conf says; its -install twin always installs."""
    conf = "[commands]\nupgrade_type = default\n#apply_updates = yes\napply_updates = no\n"
    path = "/etc/dnf/automatic.conf"
    plain = {"tools": "/usr/bin/dnf\n", "apt": "", "timers": "dnf-automatic.timer enabled\n"}

    assert "apply_updates" in obstacles(**plain, **{path: conf})[0]
    assert obstacles(**plain, **{path: conf.replace("= no", "= yes")}) == ()
    assert obstacles(**{**plain, "timers": "dnf-automatic-install.timer enabled\n"}) == ()
    assert "no dnf-automatic timer" in obstacles(**{**plain, "timers": "\n"})[0]


def test_suse_updates_itself_by_a_timer_or_by_yasts_online_update() -> None:
    """A variable of a sysconfig file, as YaST writes it."""
    suse = {"tools": "/usr/bin/zypper\n", "apt": "", "timers": "os-update.timer \n"}
    path = "/etc/sysconfig/automatic_online_update"

    assert "os-update" in obstacles(**suse)[0]
    assert obstacles(**{**suse, "timers": "os-update.timer enabled\n"}) == ()
    assert obstacles(**suse, **{path: 'AOU_ENABLE_CRONJOB="true"\n'}) == ()
    assert obstacles(**suse, **{path: '#AOU_ENABLE_CRONJOB="true"\nAOU_ENABLE_CRONJOB="false"\n'})


@pytest.mark.parametrize("text", ["", host(tools="/sbin/apk\n"), "<html></html>"])
def test_hosts_whose_updater_is_not_known(text: str) -> None:
    """Alpine has none of its own."""
    assert isinstance(refused(automatic_updates, text), Unreadable)
