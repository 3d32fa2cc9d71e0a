"""Real packets through real rules: what the kernel lets in, in a network of its own that ends with the process.

    unshare --net python -m tests.lab.packets <rulesets.json

Reads a list of rulesets, each `{"nft": ..., "iptables": ..., "legacy": ...}`, loads one after the other, sends the
first packet of a connection to each of PORTS over TCP and UDP from another network, and prints what the programs list
of the rules and which packets came through: a chain before all others counts what arrives, one after all others what
is left.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Final

PORTS: Final = (22, 80, 443, 1500, 5353, 8080, 9005)
PROTOCOLS: Final = ("tcp", "udp")
HERE, THERE = "198.18.0.1", "198.18.0.2"
_TOOLS: Final = ("unshare", "nsenter", "ip", "nft", "iptables-nft-restore", "iptables-legacy-restore")
_COUNTED: Final = f"""
flush ruleset
table ip seen {{
  chain first {{
    type filter hook prerouting priority -1000;
    ip daddr {HERE} counter
  }}
  chain last {{
    type filter hook input priority 1000;
    {"; ".join(f"{protocol} dport {port} counter" for protocol in PROTOCOLS for port in PORTS)}
  }}
}}
"""
_SEND: Final = f"""
import socket
for port in {PORTS}:
    tcp = socket.socket()
    tcp.setblocking(False)
    tcp.connect_ex(("{HERE}", port))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.sendto(b"x", ("{HERE}", port))
"""


def why_not() -> str:
    """Return what this machine lacks, or nothing."""
    if lacking := [name for name in _TOOLS if shutil.which(name) is None]:
        return f"needs {', '.join(lacking)}"
    tried = "ip link add eth0 type veth peer name peer && nft add table ip t && iptables-legacy -nL"
    done = subprocess.run(["unshare", "--net", "sh", "-c", tried], capture_output=True, check=False)  # noqa: S607
    return "" if done.returncode == 0 else "needs root, network namespaces, nftables and the old iptables in the kernel"


def observed(rulesets: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return what the programs list of each ruleset, and `let_in`: names such as `tcp/22`."""
    words = ["unshare", "--net", sys.executable, "-m", "tests.lab.packets"]
    done = subprocess.run(words, input=json.dumps(rulesets), capture_output=True, text=True, check=True)
    found: list[dict[str, str]] = json.loads(done.stdout)
    return found


def _run(*words: str, given: str = "") -> str:
    return subprocess.run(words, input=given, capture_output=True, text=True, check=True).stdout


def _join(there: int) -> None:
    """Lay a cable to the network that a process is in."""
    _run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "peer", "netns", str(there))
    away = ("nsenter", "--net", "--target", str(there))
    for where, name, address in (((), "eth0", HERE), (away, "peer", THERE)):
        _run(*where, "ip", "address", "add", f"{address}/24", "dev", name)
        _run(*where, "ip", "link", "set", name, "up")


def _tried(ruleset: Mapping[str, str], there: int) -> dict[str, str]:
    _run("iptables-legacy", "--flush")
    _run("iptables-legacy", "--policy", "INPUT", "ACCEPT")
    _run("nft", "-f", "-", given=_COUNTED + ruleset.get("nft", ""))
    for kind, program in (("iptables", "iptables-nft-restore"), ("legacy", "iptables-legacy-restore")):
        if kind in ruleset:
            _run(program, given=ruleset[kind])
    _run("nsenter", "--net", "--target", str(there), sys.executable, "-c", _SEND)
    while _counters("first")[0] < len(PORTS) * len(PROTOCOLS):
        time.sleep(0.01)
    names = [f"{protocol}/{port}" for protocol in PROTOCOLS for port in PORTS]
    return {
        "nft": _run("nft", "-s", "-j", "list", "ruleset"),
        "nft_ip": _run("iptables-nft-save"),
        "legacy_ip": _run("iptables-legacy-save"),
        "let_in": " ".join(name for name, packets in zip(names, _counters("last"), strict=True) if packets),
    }


def _counters(chain: str) -> list[int]:
    """Return how many packets each rule of a chain has counted."""
    items = json.loads(_run("nft", "-j", "list", "chain", "ip", "seen", chain))["nftables"]
    parts = [part for item in items if "rule" in item for part in item["rule"]["expr"]]
    return [part["counter"]["packets"] for part in parts if "counter" in part]


def _main() -> None:
    with subprocess.Popen(["unshare", "--net", "sleep", "60"]) as there:  # noqa: S607
        try:
            while _run("readlink", f"/proc/{there.pid}/ns/net") == _run("readlink", "/proc/self/ns/net"):
                time.sleep(0.01)
            _join(there.pid)
            print(json.dumps([_tried(ruleset, there.pid) for ruleset in json.load(sys.stdin)]))  # noqa: T201
        finally:
            there.kill()


if __name__ == "__main__":
    _main()
