"""Install Debian's packages when root, without starting a single daemon; or say exactly which are missing.

A Debian package starts its daemon on installation unless /usr/sbin/policy-rc.d forbids it (Debian Policy 9.3.3.1;
status 101 forbids), and enables it for the next boot. The tests need the programs only, so both are undone.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools.process import Ended, Lacking, quietly, say

# The program whose presence shows that the package is there -> the package.
FOR_TESTS: Mapping[str, str] = {"sshd": "openssh-server", "snmpd": "snmpd", "snmpget": "snmp", "nmap": "nmap"}
# Without these some tests are skipped, and say so.
FOR_ALL_TESTS: Mapping[str, str] = {
    "initdb": "postgresql",
    "sudo": "sudo",
    "doas": "doas",
    "busybox": "busybox",
    "gawk": "gawk",
    "nft": "nftables",
    "iptables-legacy": "iptables",
}
# Daemons that those packages would have started.
UNITS: Mapping[str, tuple[str, ...]] = {
    "openssh-server": ("ssh.service", "ssh.socket"),
    "postgresql": ("postgresql.service",),
    "snmpd": ("snmpd.service",),
}

POLICY = Path("/usr/sbin/policy-rc.d")
FORBID = "#!/bin/sh\n# Written by auditor's `make test` while it installs packages, and removed by it.\nexit 101\n"
LISTS = Path("/var/lib/apt/lists")
# An ordinary user's PATH lacks the folders in which Debian keeps daemons, and everybody's those of PostgreSQL's server.
DAEMONS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
POSTGRESQL = Path("/usr/lib/postgresql")
PATIENCE = ("-o", "DPkg::Lock::Timeout=300")


def programs() -> str:
    """Return the path on which programs are looked for."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), *DAEMONS, *map(str, POSTGRESQL.glob("*/bin"))])


def missing(needed: Mapping[str, str], path: str = "") -> list[str]:
    """Return the packages whose program is on none of the folders of `path`, or of `programs()`, sorted."""
    path = path or programs()
    return sorted({package for program, package in needed.items() if shutil.which(program, path=path) is None})


def lacking(packages: Iterable[str], purpose: str, *, debian: bool) -> str:
    """Return what to tell a person who must install packages first."""
    names = " ".join(packages)
    how = f"Install them as root: apt-get install -y {names}" if debian else f"Install what Debian calls: {names}"
    return f"{purpose} needs programs that are missing here. {how}"


def can_install() -> bool:
    """Tell whether this process is root on a system of Debian's family."""
    return os.geteuid() == 0 and is_debian()


def is_debian() -> bool:
    """Tell whether this system installs packages by apt."""
    return shutil.which("apt-get") is not None and shutil.which("dpkg") is not None


def provide(needed: Mapping[str, str], wanted: Mapping[str, str], purpose: str) -> None:
    """See to it that every needed program is there, and as root every wanted one too.

    Raises Lacking, naming the packages, where that cannot be done.
    """
    if not can_install():
        if missing(needed):
            raise Lacking(lacking(missing({**needed, **wanted}), purpose, debian=is_debian()))
        return
    packages = missing({**needed, **wanted})
    if not packages:
        return
    say(f"Installing {', '.join(packages)} (no daemon is started or enabled) ...")
    install(packages)
    still = missing(needed)
    if still:
        raise Lacking(lacking(still, purpose, debian=True))


def install(packages: list[str]) -> None:
    """Install packages as root, with their daemons neither started nor enabled; raise Lacking with apt's last words."""
    with daemons_forbidden():
        ended = _install(packages) if _has_lists() else Ended(100, "", "")
        if ended.status != 0:
            update()
            ended = _install(packages)
    if ended.status != 0:
        raise Lacking(f"apt-get could not install {' '.join(packages)}:\n{ended.last_words}")
    _disable(packages)


def update(options: tuple[str, ...] = ()) -> None:
    """Fetch the lists of packages; try thrice, as another apt may hold the lists' lock, for which apt does not wait."""
    for attempt in range(3):
        if attempt:
            time.sleep(10)
        ended = quietly(["apt-get", "-q", *PATIENCE, *options, "update"], _environment())
        if ended.status == 0 or "lock" not in ended.complaint:
            return


def _install(packages: list[str]) -> Ended:
    confold = ("-o", "Dpkg::Options::=--force-confold")
    command = ["apt-get", "-q", "-y", "--no-install-recommends", *PATIENCE, *confold, "install", "--", *packages]
    return quietly(command, _environment())


def _environment() -> dict[str, str]:
    """Return an environment in which nothing asks, and in which Ubuntu's needrestart restarts nothing."""
    return {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1", "LC_ALL": "C.UTF-8"}


def _has_lists() -> bool:
    return LISTS.is_dir() and any(LISTS.glob("*Packages*"))


def _disable(packages: list[str]) -> None:
    """Take back that the fresh packages' daemons start at the next boot; without systemd, nothing would start them."""
    units = [unit for package in packages for unit in UNITS.get(package, ())]
    if units and shutil.which("systemctl"):
        quietly(["systemctl", "disable", *units])


@contextmanager
def daemons_forbidden(policy: Path = POLICY) -> Iterator[None]:
    """Forbid package scripts to start daemons meanwhile; whatever policy stood there before stands there afterwards.

    A run that was killed outright leaves the saved file behind: the next run finds and restores it.
    """
    saved = policy.with_name(policy.name + ".auditor-saved")
    if policy.is_file() and policy.read_text(errors="replace") == FORBID:
        policy.unlink()
    if not os.path.lexists(saved) and os.path.lexists(policy):
        policy.rename(saved)
    with _ended_by_sigterm():
        try:
            policy.write_text(FORBID)
            policy.chmod(0o755)
            yield
        finally:
            policy.unlink(missing_ok=True)
            if os.path.lexists(saved):
                saved.rename(policy)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM unwind the stack, so that `finally` blocks run."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def unpack(package: str, folder: Path) -> bool:
    """Fetch a package and unpack it into `folder`, installing nothing and needing no root; tell whether that worked.

    Where the machine has no lists of packages yet, they are fetched into `folder`, from its own sources, by its keys.
    """
    lists = folder / "lists"
    private = ("-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={folder / 'cache'}")
    options = () if _has_lists() else private
    (lists / "partial").mkdir(parents=True)
    if options:
        update(options)
    fetched = quietly(["apt-get", "-q", *options, "download", package], cwd=folder)
    debs = list(folder.glob("*.deb"))
    return fetched.status == 0 and bool(debs) and quietly(["dpkg-deb", "-x", debs[0], folder]).status == 0
