"""Reduce what publishers know to the dated snapshots that ship with auditor.

Usage: python -m tools.make_intel end-of-life FULL.json AS_OF [OUTPUT.json]
       python -m tools.make_intel exploited KEV.json [OUTPUT.json]

FULL.json is {"source", "licence", "products": {slug: {"title", "category", "releases": [...]}}} as made from the front
matter of endoflife.date's `products/*.md`; AS_OF is the day of that commit, YYYY-MM-DD. KEV.json is CISA's catalogue as
cisagov/kev-data has it, or as {"source", "licence", "catalog_version", "vulnerabilities": [{"cve", "added", ...}]}; of
each entry only its CVE and its day are kept.
"""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).resolve().parent.parent / "auditor" / "intel" / "data"
# What audits of hosts, network devices, laptops and phones ask about, and notable software on servers.
PRODUCTS: Final = frozenset(
    """
    almalinux alpine-linux amazon-linux android antix big-ip centos centos-stream cisco-ios-xe cos debian devuan esxi
    eurolinux fedora fortios freebsd ios ipados linux linuxmint macos mageia mxlinux netapp-ontap netbsd nixos openbsd
    opensuse openwrt opnsense oracle-linux oracle-solaris panos photon pop-os proxmox-ve rhel rocky-linux routeros
    slackware sles suse-linux-micro ubuntu vcenter watchos windows windows-server xcp-ng
    apache-http-server bind dovecot exim haproxy kubernetes mariadb memcached mongodb mysql nginx nodejs openssl openvpn
    php postfix postgresql proftpd python rabbitmq redis ruby squid tomcat zabbix containerd docker-engine valkey
    amazon-corretto apache-cassandra apache-couchdb apache-kafka azul-zulu bellsoft-liberica consul dotnet
    eclipse-temurin elasticsearch etcd gitlab go grafana hashicorp-vault influxdb jenkins kibana logstash
    microsoft-build-of-openjdk redhat-build-of-openjdk mssqlserver neo4j nomad opensearch oracle-jdk podman powershell
    puppet salt splunk
    telegraf traefik
    iphone ipad pixel samsung-mobile fairphone surface
    """.split()  # noqa: SIM905  (one word a product reads better)
)
LICENCE: Final = (
    "Copyright 2020 endoflife.date contributors. Permission is hereby granted, free of charge, to any person "
    'obtaining a copy of this software and associated documentation files (the "Software"), to deal in the '
    "Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, "
    "distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is "
    "furnished to do so, subject to the following conditions: The above copyright notice and this permission "
    'notice shall be included in all copies or substantial portions of the Software. THE SOFTWARE IS PROVIDED "AS '
    'IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF '
    "MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR "
    "COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, "
    "TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN "
    "THE SOFTWARE."
)
KEPT: Final = {"cycle": "cycle", "eol": "eol", "extended_support_ends": "extended", "latest": "latest"}


def main(arguments: list[str]) -> int:
    """Write a snapshot; return the exit status."""
    match arguments:
        case ["end-of-life", full, as_of, *output] if len(output) < 2:
            path, told = Path(*output) if output else DATA / "endoflife.json", end_of_life(read(full), as_of)
        case ["exploited", full, *output] if len(output) < 2:
            path, told = Path(*output) if output else DATA / "exploited.json", exploited(read(full))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    path.write_text(written(told), "utf-8")
    print(f"{path}: as of {told['as_of']}")
    return 0


def read(path: str) -> dict[str, object]:
    """Return a JSON object."""
    told = json.loads(Path(path).read_text("utf-8"))
    assert isinstance(told, dict)
    return told


def end_of_life(full: dict[str, object], as_of: str) -> dict[str, object]:
    """Return the dates of the products that audits ask about."""
    products = full["products"]
    assert isinstance(products, dict)
    return {
        "kind": "end-of-life",
        "as_of": date.fromisoformat(as_of).isoformat(),
        "source": full["source"],
        "licence": full["licence"],
        "licence_text": LICENCE,
        "products": {slug: reduced(products[slug]) for slug in sorted(PRODUCTS) if slug in products},
    }


def exploited(catalogue: dict[str, object]) -> dict[str, object]:
    """Return which weaknesses the catalogue lists, and since when."""
    version = str(catalogue.get("catalogVersion") or catalogue["catalog_version"])
    rows = catalogue["vulnerabilities"]
    assert isinstance(rows, list)
    since = {row.get("cveID") or row["cve"]: row.get("dateAdded") or row["added"] for row in rows}
    return {
        "kind": "exploited",
        "as_of": version.replace(".", "-"),
        "source": f"CISA KEV {version}, {catalogue.get('source') or 'www.cisa.gov'}",
        "licence": "CC0-1.0",
        "since": dict(sorted(since.items())),
    }


def written(told: dict[str, object]) -> str:
    """Return a snapshot as JSON with an entry a line, so that an update shows as the entries that changed."""
    name, entries = next((key, value) for key, value in told.items() if isinstance(value, dict))
    head = json.dumps({**told, name: None}, ensure_ascii=False, indent=1).replace("null\n}", "{\n")
    rows = [
        f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'), ensure_ascii=False)}"
        for key, value in entries.items()
    ]
    return head + ",\n".join(rows) + "\n}}\n"


def reduced(product: dict[str, object]) -> dict[str, object]:
    """Return a product's title and, of each release, only what is known and used."""
    releases = product["releases"]
    assert isinstance(releases, list)
    cycles = [
        {short: release[name] for name, short in KEPT.items() if release.get(name) is not None} for release in releases
    ]
    return {"title": product["title"], "cycles": cycles}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
