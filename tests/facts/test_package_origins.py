"""Archives by what apt and apk print, recorded."""

import re
import subprocess
from shutil import which

import pytest

from auditor.errors import Unreadable
from auditor.facts import updates
from auditor.facts.package_origins import PackageOrigins, package_origins
from tests.facts.test_updates import host
from tests.make import fact, refused

LIST = "/var/lib/apt/lists/"
RELEASES = f"""{LIST}mirror.example_debian_dists_bookworm_InRelease:Origin: Debian
{LIST}mirror.example_debian_dists_bookworm_InRelease:Suite: oldstable
{LIST}mirror.example_debian_dists_bookworm_InRelease:Codename: bookworm
{LIST}security.example_debian-security_dists_bookworm-security_Release:Origin: Debian
{LIST}security.example_debian-security_dists_bookworm-security_Release:Suite: oldstable-security
{LIST}security.example_debian-security_dists_bookworm-security_Release:Codename: bookworm-security
{LIST}mirror.example_ubuntu%5ftwo_dists_jammy-security_InRelease:Origin: Ubuntu
{LIST}mirror.example_ubuntu%5ftwo_dists_jammy-security_InRelease:Suite: jammy-security
{LIST}mirror.example_ubuntu%5ftwo_dists_jammy-security_InRelease:Codename: jammy
{LIST}download.example_linux_dists_bookworm_InRelease:Origin: Docker
{LIST}download.example_linux_dists_bookworm_InRelease:Suite: bookworm
"""
APT = """#asked 7
#archive 1 http://mirror.example/debian bookworm/main
#archive 2 https://security.example/debian-security bookworm-security/main
#archive 3 http://user:word@mirror.example/ubuntu_two jammy-security/main
#archive 4 https://download.example/linux bookworm/stable
#archive 5 https://nobody.example/apt ./
#from ,1 bash coreutils
#from ,2,1 openssl
#from ?1,2 curl
#from ,3 dash
#from ,4 docker-ce
#from - google-chrome
#from ,5 tool
#tables 7
#status 0
"""
APK = """musl policy:
  1.2.4-r2:
    lib/apk/db/installed
    https://mirror.example/alpine/v3.19/main
  1.2.5-r0:
    https://mirror.example/alpine/edge/main
nginx policy:
  1.26.0-r1:
    lib/apk/db/installed
    https://nginx.example/packages/alpine/v3.19/main
  1.24.0-r15:
    https://mirror.example/alpine/v3.19/main
tool policy:
  1-r0:
    lib/apk/db/installed
old policy:
  1.0-r0:
    lib/apk/db/installed
  1.0-r1:
    https://mirror.example/alpine/v3.19/main
above policy:
  2.0-r0:
    lib/apk/db/installed
  1.0-r1:
    https://mirror.example/alpine/v3.19/main
curl policy:
  8.5.0-r0:
    lib/apk/db/installed
    https://mirror.example/alpine/v3.19/main
"""


POLICY = """own:
  Installed: 1.0
  Candidate: 1.1
  Version table:
     1.1 500
        500 http://mirror.example/debian-security bookworm-security/main amd64 Packages
 *** 1.0 1001
       1001 http://mirror.example/debian bookworm/main amd64 Packages
        100 /var/lib/dpkg/status
superseded:
  Installed: 1.0
  Candidate: 1.1
  Version table:
     1.1 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
 *** 1.0 100
        100 /var/lib/dpkg/status
     0.9 500
        500 http://old.example/debian bullseye/main amd64 Packages
above:
  Installed: 2.0
  Candidate: 2.0
  Version table:
 *** 2.0 100
        100 /var/lib/dpkg/status
     1.1 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
alone:
  Installed: 1.0
  Candidate: 1.0
  Version table:
 *** 1.0 100
        100 /var/lib/dpkg/status
W: a warning
#status 0
"""


def origins(**parts: str) -> PackageOrigins:
    """Return what the lists say."""
    found = fact(package_origins, host(**parts))
    assert isinstance(found, PackageOrigins)
    return found


def test_apt_archives_call_themselves_by_origin_and_release() -> None:
    """Debian by its code names, which stay; Ubuntu by its suites, which tell updates from backports."""
    found = origins(apt=APT, origins=RELEASES)

    assert found.archives["bash"] == ("Debian bookworm",)
    assert found.archives["openssl"] == ("Debian bookworm-security", "Debian bookworm")
    assert found.archives["dash"] == ("Ubuntu jammy-security",)
    assert found.archives["docker-ce"] == ("Docker bookworm",)


def test_what_has_no_release_file_is_called_by_its_host() -> None:
    """And a package of no archive has none; one whose version is gone is not certain."""
    found = origins(apt=APT, origins=RELEASES)

    assert found.archives["tool"] == ("nobody.example ./",)
    assert found.archives["google-chrome"] == ()
    assert "curl" not in found.certain
    assert {"bash", "openssl"} <= found.certain


def test_apk_repositories_are_the_releases_when_the_base_comes_from_there() -> None:
    """Others write `alpine/v3.19/main` into their addresses too."""
    found = origins(**{"apk": "#status 0\n", "from": APK})

    assert found.archives == {
        "musl": ("Alpine v3.19",),
        "nginx": ("nginx.example",),
        "tool": (),
        "old": ("Alpine v3.19",),
        "above": (),
        "curl": ("Alpine v3.19",),
    }
    assert found.certain == {"musl", "nginx", "curl"}


@pytest.mark.parametrize(
    "awk", [one for one in ("mawk", "gawk", "busybox awk", "original-awk") if which(one.split()[0])]
)
def test_apts_tables_become_archives(awk: str) -> None:
    """By the version that is installed, else by newer ones; what is above all of them is of no archive."""
    program = updates._NEWER.replace("awk '", f"{awk} '", 1)
    done = subprocess.run(["/bin/sh", "-c", program], input=POLICY, capture_output=True, text=True, check=True)
    found = origins(apt=f"#asked 4\n{done.stdout}", origins=RELEASES)

    assert found.archives == {
        "own": ("Debian bookworm",),
        "superseded": ("Debian bookworm",),
        "above": (),
        "alone": (),
    }
    assert found.certain == {"own"}
    assert "W: a warning" in done.stdout
    assert [line for line in done.stdout.splitlines() if re.match(r"\w+:$", line)] == ["own:", "superseded:"]


@pytest.mark.parametrize(
    "text",
    [
        host(),
        host(apt="#asked 1\n#from - bash\n#tables 1\n#status 0\n", origins=""),
        host(apt=APT.replace("#status 0", "#status 100"), origins=RELEASES),
        host(apk="#status 0\n", **{"from": ""}),
        host(zypper="#status 0\n"),
    ],
)
def test_without_any_list_nothing_is_known(text: str) -> None:
    """A host that never looked would otherwise have only packages of strangers."""
    assert isinstance(refused(package_origins, text), Unreadable)
