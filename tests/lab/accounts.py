"""An sshd whose host has accounts, passwords and rules of its own: a mount namespace with another /etc.

    with Accounts(tmp_path) as host:
        host.write("sudoers", "audit ALL=(root) NOPASSWD: ALL")
        Sshd(...) with host.sshd as its program

Nothing of this machine's own /etc is touched; what the host's programs write there goes with the folder.
"""

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.lab.sshd import SSHD

ACCOUNT: Final = "lab-audit"
UID: Final = 64001
_COPIED: Final = (
    "pam.d",
    "security",
    "alternatives",
    "ssl",
    "ld.so.cache",
    "nsswitch.conf",
    "login.defs",
    "ssh",
    "shells",
)


@dataclass
class Accounts:
    """Another /etc in a folder, with root and one account, each with a password."""

    folder: Path
    root_password: str
    password: str

    def __post_init__(self) -> None:
        """Write it."""
        self.etc.mkdir(parents=True)
        for name in _COPIED:
            if Path("/etc", name).exists():
                subprocess.run(["/bin/cp", "-a", f"/etc/{name}", str(self.etc)], check=True)
        users = {
            "root": (0, self.root_password),
            ACCOUNT: (UID, self.password),
            "sshd": (64002, ""),
            "nobody": (65534, ""),
        }
        self.write("passwd", "".join(f"{name}:x:{uid}:{uid}::/:/bin/sh\n" for name, (uid, _) in users.items()))
        self.write("group", "".join(f"{name}:x:{uid}:\n" for name, (uid, _) in users.items()))
        shadow = (f"{name}:{hashed(word) if word else '*'}:19000:0:99999:7:::\n" for name, (_, word) in users.items())
        self.write("shadow", "".join(shadow))
        self.write("sudoers", "")
        self.write("doas.conf", "")

    @property
    def etc(self) -> Path:
        """Return what is its /etc."""
        return self.folder / "etc"

    def write(self, name: str, text: str) -> None:
        """Write one of its files, which only root may change."""
        path = self.etc / name
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod({"shadow": 0o600, "sudoers": 0o440, "doas.conf": 0o400}.get(name, 0o644))

    def program(self) -> str:
        """Return a program that is sshd in this host."""
        path = self.folder / "sshd"
        mounts = f"mount --bind {shlex.quote(str(self.etc))} /etc && mount -t tmpfs none /run/sudo 2>/dev/null; "
        inside = shlex.quote(f'{mounts}exec {SSHD} "$@"')
        path.write_text(f'#!/bin/sh\nexec unshare -m /bin/sh -c {inside} sshd "$@"\n')
        path.chmod(0o755)
        return str(path)


def hashed(password: str) -> str:
    """Return a password's hash, as crypt(5) of every Linux knows it."""
    done = subprocess.run(
        [str(shutil.which("openssl")), "passwd", "-6", "-stdin"],
        input=password,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def possible() -> bool:
    """Whether this machine gives us a mount namespace."""
    if os.geteuid() != 0 or None in (shutil.which("unshare"), shutil.which("openssl"), SSHD):
        return False
    tried = ["/usr/bin/unshare", "-m", "/bin/sh", "-c", "mount -t tmpfs none /mnt"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0
