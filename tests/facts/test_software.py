"""Products by their packages."""

import pytest

from auditor.facts.ambient import Lifecycles
from auditor.facts.installed import InstalledPackages, Kernel, Package
from auditor.facts.software import notable_software
from auditor.facts.versions import Manager
from auditor.intel import load_knowledge

DATES = load_knowledge()[Lifecycles].value
assert isinstance(DATES, Lifecycles)


def found(manager: Manager, name: str, version: str, stream: str = "") -> list[tuple[str, str]]:
    """Return product and version of a package."""
    package = Package(name, version, name, version, stream=stream)
    read = notable_software.read(InstalledPackages(manager, (package,), Kernel("6.1")))
    return [(one.product, one.version) for one in read.found]


@pytest.mark.parametrize(
    ("manager", "name", "version", "product", "theirs"),
    [
        ("dpkg", "postgresql-15", "15.5-1.pgdg120+1", "postgresql", "15.5"),
        ("rpm", "postgresql13-server", "0:13.13-1PGDG.rhel9", "postgresql", "13.13"),
        ("dpkg", "nodejs", "16.20.2-1nodesource1", "nodejs", "16.20.2"),
        ("dpkg", "php7.4-fpm", "1:7.4.33-8+0~20240202.92+debian12~1.gbp", "php", "7.4.33"),
        ("apk", "php82", "8.2.13-r0", "php", "8.2.13"),
        ("dpkg", "docker-ce", "5:24.0.7-1~debian.12~bookworm", "docker-engine", "24.0.7"),
        ("dpkg", "containerd.io", "1.6.26-1", "containerd", "1.6.26"),
        ("dpkg", "mysql-community-server-core", "8.0.36-1debian12", "mysql", "8.0.36"),
        ("dpkg", "mariadb-server", "1:10.11.6-0+deb12u1", "mariadb", "10.11.6"),
        ("rpm", "python3.11", "0:3.11.5-1.el9", "python", "3.11.5"),
        ("dpkg", "python2.7-minimal", "2.7.18-13.1", "python", "2.7.18"),
        ("dpkg", "temurin-17-jdk", "17.0.9.0.0+9", "eclipse-temurin", "17.0.9.0.0"),
        ("rpm", "java-1.8.0-amazon-corretto", "1:1.8.0_392.b08-1", "amazon-corretto", "8.0_392.b08"),
        ("rpm", "java-11-openjdk-headless", "1:11.0.25.0.9-3.el9", "redhat-build-of-openjdk", "11.0.25.0.9"),
        ("dpkg", "kubelet", "1.28.2-00", "kubernetes", "1.28.2"),
        ("dpkg", "mongodb-org-server", "4.4.29", "mongodb", "4.4.29"),
        ("dpkg", "redis-server", "5:7.0.15-1~deb12u1", "redis", "7.0.15"),
        ("dpkg", "ruby3.1", "3.1.2-7", "ruby", "3.1.2"),
        ("dpkg", "exim4-daemon-light", "4.96-15+deb12u4", "exim", "4.96"),
    ],
)
def test_product_and_version(manager: Manager, name: str, version: str, product: str, theirs: str) -> None:
    """And the product has dates that the version belongs to."""
    assert found(manager, name, version) == [(product, theirs)]
    assert DATES.cycle(product, theirs) is not None


@pytest.mark.parametrize(
    "name", ["libpq5", "postgresql-client-15", "python3-requests", "php-common", "nginx-common", "docker"]
)
def test_libraries_and_tools_are_not_the_product(name: str) -> None:
    """Debian's `docker` docks windows."""
    assert found("dpkg", name, "1.0-1") == []


def test_openjdk_of_debian_is_not_red_hats() -> None:
    """Red Hat's dates are Red Hat's."""
    assert found("dpkg", "java-11-openjdk-headless", "11.0.1-1") == []


def test_each_version_stands_once() -> None:
    """However many packages it comes in."""
    packages = tuple(Package(name, "8.2.7-1", "php8.2", "8.2.7-1") for name in ("php8.2-cli", "php8.2-fpm"))
    read = notable_software.read(InstalledPackages("dpkg", packages, Kernel("6.1")))

    assert [(one.product, one.package) for one in read.found] == [("php", "php8.2-cli")]
