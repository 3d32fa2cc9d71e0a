"""Reduce a full set of end-of-life dates to the dated snapshot that ships with auditor.

Usage: python tools/make_intel.py FULL.json AS_OF [OUTPUT.json]

FULL.json is {"source", "licence", "products": {slug: {"title", "category", "releases": [...]}}} as made from the front
matter of endoflife.date's `products/*.md`; AS_OF is the day of that commit, YYYY-MM-DD.
"""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Final

OUTPUT: Final = Path(__file__).resolve().parent.parent / "auditor" / "intel" / "data" / "endoflife.json"
# What audits of hosts, network devices, laptops and phones ask about, and notable software on servers.
PRODUCTS: Final = frozenset(
    """
    almalinux alpine-linux amazon-linux android antix big-ip centos centos-stream cisco-ios-xe cos debian devuan esxi
    eurolinux fedora fortios freebsd ios ipados linux linuxmint macos mageia mxlinux netapp-ontap netbsd nixos openbsd
    opensuse openwrt opnsense oracle-linux oracle-solaris panos photon pop-os proxmox-ve rhel rocky-linux routeros
    slackware sles suse-linux-micro ubuntu vcenter watchos windows windows-server xcp-ng
    apache-http-server bind dovecot exim haproxy kubernetes mariadb memcached mongodb mysql nginx nodejs openssl openvpn
    php postfix postgresql proftpd python rabbitmq redis ruby squid tomcat zabbix containerd docker-engine valkey
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
    """Write the snapshot; return the exit status."""
    if len(arguments) not in {2, 3}:
        print(__doc__, file=sys.stderr)
        return 2
    full = json.loads(Path(arguments[0]).read_text("utf-8"))
    as_of = date.fromisoformat(arguments[1])
    products = {slug: reduced(full["products"][slug]) for slug in sorted(PRODUCTS) if slug in full["products"]}
    snapshot = {
        "kind": "end-of-life",
        "as_of": as_of.isoformat(),
        "source": full["source"],
        "licence": full["licence"],
        "licence_text": LICENCE,
        "products": products,
    }
    output = Path(arguments[2]) if len(arguments) == 3 else OUTPUT
    # One product a line, so that an update shows as the products that changed.
    head = json.dumps({**snapshot, "products": None}, ensure_ascii=False, indent=1).replace("null\n}", "{\n")
    rows = [
        f"{json.dumps(slug)}:{json.dumps(told, separators=(',', ':'), ensure_ascii=False)}"
        for slug, told in products.items()
    ]
    output.write_text(head + ",\n".join(rows) + "\n}}\n", "utf-8")
    print(f"{output}: {len(products)} products, as of {as_of}")
    return 0


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
