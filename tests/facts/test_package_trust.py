"""Whether signatures are checked, by the configuration of apt, dnf, zypper and apk."""

import pytest

from auditor.errors import NotPresent, Unreadable
from auditor.facts.package_trust import PackageTrust, Source, package_trust
from tests.facts.test_updates import host
from tests.make import fact, refused

LIST, PARTS = "/etc/apt/sources.list", "/etc/apt/sources.list.d"
KEY = "signed-by=/usr/share/keyrings/a.gpg"
DNF, REPO, OVERRIDE = "/etc/dnf/dnf.conf", "/etc/yum.repos.d/a.repo", "/etc/dnf/repos.override.d/z.repo"
ZYPP, SUSE = "/etc/zypp/zypp.conf", "/etc/zypp/repos.d/oss.repo"
APK = "/etc/apk/repositories"


def trust(manager: str, files: dict[str, str] | None = None, apt: str = "") -> PackageTrust:
    """Return what a host with this manager and these files checks."""
    return fact(package_trust, host(tools=f"/usr/bin/{manager}\n", apt=apt, **(files or {})))


def only(manager: str, files: dict[str, str]) -> Source:
    """Return the only source of a host."""
    (source,) = trust(manager, files).sources
    return source


@pytest.mark.parametrize(
    ("unchecked", "own_key", "line"),
    [
        ("", False, "deb http://a.example/debian lab main"),
        ("", False, "  deb-src  http://a.example/debian lab main # trusted=yes"),
        ("", True, f"deb [arch=amd64 {KEY}] http://a.example/debian lab main"),
        ("", False, "deb [ trusted=no ] http://a.example/debian lab main"),
        ("trusted=yes", False, "deb [trusted=yes] http://a.example/debian lab main"),
        (
            "trusted=1",
            True,
            f"deb [ Trusted=1 {KEY} ] http://me:<secret plain 3f9a0c1d>@a.example/debian lab main\n#deb x y z",
        ),
        ("allow-insecure=true", False, "deb [allow-insecure=true] http://a.example/debian lab main"),
        ("allow-weak=yes", False, "deb\t[allow-weak=yes]\thttp://a.example/debian lab main"),
    ],
)
def test_lines_of_apt(*, unchecked: str, own_key: bool, line: str) -> None:
    """Options in brackets, in any case; a comment has none; a password in an address is not shown."""
    wanted = Source("http://a.example/debian lab", unchecked, not unchecked, own_key)

    assert only("apt-get", {LIST: line}) == wanted
    assert only("apt-get", {f"{PARTS}/a.list": line}) == wanted


STANZA = "Types: deb deb-src\nURIs: http://a.example/debian\nSuites: lab\nComponents: main\n"


@pytest.mark.parametrize(
    ("unchecked", "own_key", "text"),
    [
        ("", False, STANZA),
        ("", True, f"# Trusted: yes\n{STANZA}Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQ\n"),
        ("trusted=yes", False, f"{STANZA}TRUSTED: yes"),
        ("allow-insecure=Yes", False, f"Allow-Insecure: Yes\n{STANZA}\n\nEnabled: no\nTrusted: yes\n{STANZA}"),
    ],
)
def test_stanzas_of_apt(*, unchecked: str, own_key: bool, text: str) -> None:
    """Fields in any case, keys within, comments; what is not enabled is no source."""
    wanted = Source("http://a.example/debian lab", unchecked, not unchecked, own_key)

    assert only("apt-get", {f"{PARTS}/a.sources": text}) == wanted


def test_apt_itself_may_be_told_to_check_nothing() -> None:
    """By whichever file: apt-config shows what counts. Files that apt passes over are no sources."""
    apt = 'APT::Get::AllowUnauthenticated "true";\nAcquire::AllowInsecureRepositories "0";\n'

    assert trust("apt-get", apt=apt).relaxed == (("APT::Get::AllowUnauthenticated", "true"),)
    assert trust("apt-get", {f"{PARTS}/a b.list": "deb [trusted=yes] http://a.example/ ./"}).sources == ()
    elsewhere = host(tools="/usr/bin/apt-get\n", apt='Dir::Etc::sourcelist "/srv/sources";\n')
    assert isinstance(refused(package_trust, elsewhere), Unreadable)


@pytest.mark.parametrize(
    ("unchecked", "lists", "files"),
    [
        ("", False, {DNF: "[main]\ngpgcheck=1\n", REPO: "[a]\nbaseurl=http://a.example/\n"}),
        ("", False, {DNF: "[main]\ngpgcheck=0\n", REPO: "[a]\nGPGCheck = True\n"}),
        ("gpgcheck is 0", False, {DNF: "[main]\ngpgcheck=1\n", REPO: "[a]\ngpgcheck=0\n"}),
        ("gpgcheck is no", False, {DNF: "[main]\n", REPO: "[a]\ngpgcheck=1\n#gpgcheck=1\ngpgcheck=no\n"}),
        ("gpgcheck is not set, which is off", False, {DNF: "[main]\n#gpgcheck=1\n", REPO: "[a]\n"}),
        ("", True, {DNF: "[main]\ngpgcheck=1\nrepo_gpgcheck=1\n", REPO: "[a]\n[b]\nenabled=0\ngpgcheck=0\n"}),
        ("gpgcheck is 0", False, {DNF: "[main]\n", REPO: "[a]\ngpgcheck=1\n", OVERRIDE: "[*]\ngpgcheck=0\n"}),
    ],
)
def test_repositories_of_dnf(*, unchecked: str, lists: bool, files: dict[str, str]) -> None:
    """What a repository says goes before [main], what overrides it goes before that; off is the default."""
    assert only("dnf", files) == Source("a", unchecked, lists)


def test_dnf_with_files_and_dnf5() -> None:
    """Packages brought as files are not checked unless that is set; the default of dnf5 is not guessed."""
    assert trust("yum", {"/etc/yum.conf": "[main]\nlocalpkg_gpgcheck=1\n"}).local_checked
    assert trust("dnf", {DNF: "[main]\ngpgcheck=1\n"}).local_checked is False
    assert only("dnf5", {REPO: "[a]\n"}).unclear
    assert (
        only("dnf5", {"/usr/share/dnf5/libdnf.conf.d/20.conf": "[main]\ngpgcheck=1\n", REPO: "[a]\n"}).unchecked == ""
    )


@pytest.mark.parametrize(
    ("unchecked", "lists", "files"),
    [
        ("", True, {ZYPP: "[main]\n# gpgcheck = on\n", SUSE: "[oss]\nenabled=1\n"}),
        ("", True, {SUSE: "[oss]\ngpgcheck=1\n"}),
        ("gpgcheck is off", False, {SUSE: "[oss]\ngpgcheck=0\n"}),
        ("gpgcheck is off", False, {ZYPP: "[main]\ngpgcheck = off\n", SUSE: "[oss]\n"}),
        ("", False, {SUSE: "[oss]\ngpgcheck=0\npkg_gpgcheck=1\n"}),
        ("", True, {SUSE: "[oss]\ngpgcheck=0\nrepo_gpgcheck=1\n[off]\nenabled=0\ngpgcheck=0\n"}),
        ("", False, {SUSE: "[oss]\nrepo_gpgcheck=0\n"}),
    ],
)
def test_repositories_of_zypper(*, unchecked: str, lists: bool, files: dict[str, str]) -> None:
    """On is the default; a signed list covers the packages that it names."""
    assert only("zypper", files) == Source("oss", unchecked, lists)


def test_apk_checks_unless_it_is_told_not_to() -> None:
    """Plain HTTP is no fault; tags and comments are not addresses."""
    lines = "http://a.example/alpine/v3.22/main\n#http://b.example/\n@edge http://a.example/edge\n"
    found = trust("apk", {APK: lines})

    assert [one.name for one in found.sources] == ["http://a.example/alpine/v3.22/main", "http://a.example/edge"]
    assert not any(one.unchecked for one in found.sources)
    assert trust("apk", {APK: lines, "/etc/apk/config": "allow-untrusted\n"}).relaxed


def test_no_manager_and_hidden_files() -> None:
    """Another system has none; a file that may not be read may say anything."""
    assert isinstance(refused(package_trust, host(tools="\n")), NotPresent)
    assert isinstance(refused(package_trust, host()), Unreadable)
    hidden = f"\n#== unreadable {PARTS}/a.list" + host(tools="/usr/bin/apt-get\n")
    assert isinstance(refused(package_trust, hidden), Unreadable)
