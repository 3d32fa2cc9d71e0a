"""Which notable software is installed, in which version, and who looks after it.

A product has the name that endoflife.date gives it. Software is found by its packages and never by what it says of
itself; what was put there without the package manager does not show.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from auditor import derived
from auditor.facts.installed import InstalledPackages, Package
from auditor.facts.versions import Manager, upstream

# Product: the packages that hold the thing itself (a server, an interpreter), not libraries and tools around it.
_PRODUCTS: Final = """
amazon-corretto: java-(?:1[.]8[.]0|[0-9]+)-amazon-corretto(?:-jdk|-headless|-devel)?
apache-cassandra: cassandra
apache-http-server: apache2 httpd
azul-zulu: zulu[0-9]+-(?:ca-)?(?:jdk|jre)(?:-headless)?
bellsoft-liberica: bellsoft-java[0-9]+(?:-runtime)?
consul: consul
containerd: containerd containerd[.]io
docker-engine: docker-ce docker[.]io moby-engine docker-engine
dotnet: dotnet-runtime-[0-9.]+ aspnetcore-runtime-[0-9.]+
dovecot: dovecot dovecot-core
eclipse-temurin: temurin-[0-9]+-(?:jdk|jre)
elasticsearch: elasticsearch elasticsearch-oss
etcd: etcd etcd-server
exim: exim exim4-daemon-\\w+
gitlab: gitlab-ce gitlab-ee
grafana: grafana grafana-enterprise
haproxy: haproxy
hashicorp-vault: vault
influxdb: influxdb influxdb2
jenkins: jenkins
kibana: kibana
kubernetes: kubelet
logstash: logstash
mariadb: mariadb-server(?:-core)?(?:-[0-9.]+)? MariaDB-server mariadb
memcached: memcached
microsoft-build-of-openjdk: msopenjdk-[0-9]+
mongodb: mongodb-org-server mongodb-server mongodb-server-core mongodb-enterprise-server
mssqlserver: mssql-server
mysql: mysql-server(?:-core)?-[0-9.]+ mysql-community-server(?:-core)? mysql-server
neo4j: neo4j
nginx: nginx nginx-(?:core|full|light|extras|mainline|plus)
nodejs: nodejs nodejs[0-9]+
nomad: nomad
openssl: openssl
opensearch: opensearch
openvpn: openvpn
php: php php[0-9.]*-(?:cli|fpm|cgi) libapache2-mod-php[0-9.]+ php[0-9]+
podman: podman
postfix: postfix
postgresql: postgresql-[0-9]+(?:[.][0-9])? postgresql[0-9]*-server postgresql[0-9]+
powershell: powershell
proftpd: proftpd-basic proftpd-core proftpd
puppet: puppet-agent puppet
python: python[23][.][0-9]+(?:-minimal)? python[23][0-9]* python3[.][0-9]+-base python3[0-9]+-base python3-base
rabbitmq: rabbitmq-server
redhat-build-of-openjdk: java-(?:1[.]8[.]0|[0-9]+)-openjdk-headless
redis: redis redis-server
ruby: ruby ruby[0-9.]+
salt: salt-master salt-minion
splunk: splunk splunkforwarder
squid: squid
telegraf: telegraf
tomcat: tomcat tomcat[0-9]+
traefik: traefik
valkey: valkey valkey-server
zabbix: zabbix-server-\\w+ zabbix-agent2? zabbix-proxy-\\w+
"""
_BY_NAME: Final = tuple(
    (product, re.compile("|".join(patterns.split())))
    for product, _, patterns in (line.partition(":") for line in _PRODUCTS.strip().splitlines())
)
_RED_HAT: Final = "redhat-build-of-openjdk"  # Debian's and SUSE's packages are called otherwise


@dataclass(frozen=True, slots=True)
class Software:
    """A product in one version. `own` is whether the distribution made the package, `stream` a module stream of it."""

    product: str
    version: str
    package: str
    origin: str
    own: bool | None
    stream: str = ""


@dataclass(frozen=True, slots=True)
class NotableSoftware:
    """What is installed of the products that are looked for, each version once."""

    found: tuple[Software, ...]


@derived
def notable_software(installed: InstalledPackages) -> NotableSoftware:
    """Look through the packages."""
    found: dict[tuple[str, str, str], Software] = {}
    for package in installed.packages:
        for software in _software(installed.manager, package):
            found.setdefault((software.product, software.version, software.origin), software)
    return NotableSoftware(tuple(sorted(found.values(), key=lambda one: (one.product, one.version, one.package))))


def _software(manager: Manager, package: Package) -> Iterator[Software]:
    for product, names in _BY_NAME:
        if names.fullmatch(package.name) and (product != _RED_HAT or manager == "rpm"):
            version = _version(product, upstream(manager, package.version))
            yield Software(product, version, package.name, package.origin, package.own, package.stream)


def _version(product: str, version: str) -> str:
    """Return a version as the product's makers count: Java 8 called itself 1.8, and packages add tails."""
    bare = re.split(r"[+~]", version.lower().lstrip("v"), maxsplit=1)[0]
    return f"8.{bare[4:]}" if product.endswith(("jdk", "corretto")) and bare.startswith("1.8.") else bare
