"""Whether a host runs what is installed, and whether it updates itself.

Sources: reboot-required is written by Debian's and Ubuntu's package hooks, reboot-needed by SUSE's; uname(1): Debian
and Ubuntu name the kernel's package version there; apt.conf(5) and unattended-upgrades' own configuration;
dnf-automatic(8); transactional-update(8); os-update(8); YaST's automatic_online_update.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from auditor import Answer, NotPresent, Platform, Shell, Unreadable, probe
from auditor.facts.bundle import Bundle, read, section, show, which
from auditor.facts.packages import assignments

_TIMERS: Final = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "dnf-automatic.timer", "dnf-automatic-install.timer",
    "dnf5-automatic.timer", "transactional-update.timer", "os-update.timer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunningKernel:
    """The kernel that runs and those installed. `asked_by` are packages that asked for a restart.

    `built` is the package version of the running kernel as it names itself, `package` that of the installed package
    of the same name; empty where the distribution tells neither. `flagged` is whether a restart was asked for.
    """

    running: str
    installed: tuple[str, ...]
    flagged: bool
    asked_by: tuple[str, ...] = ()
    built: str = ""
    package: str = ""

    @property
    def newest(self) -> str:
        """Return the newest installed kernel of the running kernel's flavour, or nothing when there is none."""
        same = [kernel for kernel in self.installed if flavour(kernel) == flavour(self.running)]
        return max(same, key=order, default="")


@dataclass(frozen=True, slots=True)
class AutomaticUpdates:
    """What keeps a host up to date by itself: the tool, and everything that stands in its way."""

    tool: str
    obstacles: tuple[str, ...] = ()


# As `systemctl is-enabled` has it (systemctl(1)), without asking systemd six times: a unit that is there is masked by a
# link to /dev/null, enabled by a link in a folder of wants, and static without an [Install] section.
_STATES: Final = (
    f"command -v systemctl >/dev/null && for t in {' '.join(_TIMERS)}; do s=; f=; "
    "for d in /lib /usr/lib /usr/local/lib /run /etc; do d=$d/systemd/system; [ ! -e $d/$t ] || f=$d/$t; done; "
    "for l in /etc/systemd/system/*.wants/$t /run/systemd/system/*.wants/$t; do [ ! -h $l ] || s=enabled; done; "
    '[ ! "$f" -ef /dev/null ] || s=masked; '
    '[ -n "$s" ] || [ -z "$f" ] || grep -q \'^\\[Install\\]\' $f || s=static; '
    '[ -n "$f" ] || s=; echo "$t $s"; done'
)
KERNELS: Final = Shell(
    show(
        ["/run/reboot-required.pkgs", "/var/run/reboot-required.pkgs"],
        section("running", "uname -r"),
        section("built", "{ uname -v; cat /proc/version_signature; }"),
        section("flags", "ls -d /run/reboot-required /var/run/reboot-required /run/reboot-needed"),
        section("kernels", "ls -d /boot/vmlinu[xz]-* /boot/Image-* /lib/modules/*/vmlinuz /usr/lib/modules/*/vmlinuz"),
        section("modules", "ls -d /lib/modules/*"),
        section("package", "dpkg-query -W -f '${Version}\\n' \"linux-image-$(uname -r)\""),
    )
)
# Which updates come by themselves, and whether signatures are checked (package_trust.py): both are apt's configuration.
_AUTOMATIC: Final = show(
    [
        *("/etc/dnf/automatic.conf", "/etc/dnf/dnf5-plugins/automatic.conf"),
        "/usr/share/dnf5/dnf5-plugins/automatic.conf",
        *("/etc/apt/sources.list", "/etc/apt/sources.list.d/*.list", "/etc/apt/sources.list.d/*.sources"),
        *(
            "/etc/dnf/dnf.conf",
            "/etc/yum.conf",
            "/usr/share/dnf5/libdnf.conf.d/*.conf",
            "/etc/dnf/libdnf5.conf.d/*.conf",
        ),
        *("/etc/yum.repos.d/*.repo", "/etc/yum/repos.d/*.repo", "/etc/distro.repos.d/*.repo"),
        *(
            "/etc/dnf/repos.override.d/*.repo",
            "/etc/zypp/zypp.conf",
            "/usr/etc/zypp/zypp.conf",
            "/etc/zypp/repos.d/*.repo",
        ),
        *("/etc/sysconfig/automatic_online_update", "/etc/apk/repositories", "/etc/apk/repositories.d/*.list"),
        "/etc/apk/config",
    ],
    section("tools", which("apt-get", "dnf", "dnf5", "yum", "zypper", "apk", "unattended-upgrade")),
    section(
        "apt",
        "apt-config dump | grep -iE '^(APT::Periodic|Unattended-Upgrade::(Allowed-Origins|Origins-Pattern)|"
        "Dir::Etc::source|[A-Za-z:]*::Allow[A-Za-z]*(Unauthenticated|Repositories) )'",
    ),
    section("cron", "{ d=/etc/cron.daily; ls -d $d/apt-compat || [ ! -d $d ] || [ -x $d ] || echo hidden; }"),
    section("systemd", "ls -d /run/systemd/system"),
    section("timers", f"{{ {_STATES}; }}"),
)
AUTOMATIC: Final = (Shell(_AUTOMATIC, privileged=True), Shell(_AUTOMATIC))


@probe(KERNELS, on={Platform.LINUX})
def running_kernel(answer: Answer) -> RunningKernel:
    """Read which kernel runs and which are installed. Raises NotPresent in a container, which has none of its own."""
    files = read(answer.text)
    running = (files.get("running") or "").strip()
    if not re.match(r"\d+\.\d+", running):
        raise Unreadable("the host does not name its running kernel")
    flagged = bool((files.get("flags") or "").strip())
    images = re.findall(
        r"^/boot/[A-Za-z]+-(\d\S*)$|^\S*/lib/modules/(\d[^/\s]*)/vmlinuz$", files.get("kernels") or "", re.MULTILINE
    )
    folders = re.findall(r"^/lib/modules/(\d\S*)$", files.get("modules") or "", re.MULTILINE)
    installed = tuple(dict.fromkeys(boot or module for boot, module in images)) or tuple(folders)
    if not installed and not flagged:
        raise NotPresent(
            "no kernel is installed on this host: it is a container, or started by its hypervisor's kernel"
        )
    asked = files.first("/run/reboot-required.pkgs", "/var/run/reboot-required.pkgs") or ""
    return RunningKernel(
        running,
        installed,
        flagged,
        tuple(dict.fromkeys(asked.split())),
        built_version(files.get("built") or ""),
        (files.get("package") or "").strip(),
    )


def _updates_itself(answer: Answer) -> AutomaticUpdates:
    """Read what updates the host by itself. Raises Unreadable where the package manager is none of those known."""
    files = read(answer.text)
    tools = {path.rpartition("/")[2] for path in (files.get("tools") or "").split()}
    timers = dict(line.split(" ", 1) for line in (files.get("timers") or "").split("\n") if " " in line)
    for tool in ("transactional-update", "os-update"):
        if timers.get(f"{tool}.timer") == "enabled":
            return AutomaticUpdates(tool)
    if "apt-get" in tools:
        return AutomaticUpdates("unattended-upgrades", tuple(_apt_obstacles(files, tools, timers)))
    if "zypper" in tools:
        return AutomaticUpdates("zypper", tuple(_zypper_obstacles(files)))
    if tools & {"dnf", "dnf5"}:
        return AutomaticUpdates("dnf-automatic", tuple(_dnf_obstacles(files, timers)))
    raise Unreadable("which program would update this host by itself is not known")


automatic_updates_as_root = probe(AUTOMATIC[0], on={Platform.LINUX})(_updates_itself)
automatic_updates = probe(AUTOMATIC[1], on={Platform.LINUX})(_updates_itself)  # enough where a timer starts it


def flavour(kernel: str) -> str:
    """Return what tells kernels of one host apart that are not versions of each other: `-generic`, `-cloud-amd64`."""
    found = re.search(r"-([a-z][a-z0-9_-]*)$", kernel)
    return found[1] if found else ""


def order(kernel: str) -> tuple[int, ...]:
    """Return a kernel's numbers, which compare as its versions do within one flavour."""
    return tuple(int(number) for number in re.findall(r"[0-9]{1,18}", kernel.removesuffix(flavour(kernel))))


def built_version(text: str) -> str:
    """Return the package version that a kernel of Debian or Ubuntu says it is, or nothing."""
    found = re.search(r"\bDebian (\S+)|^Ubuntu (\S+?)(?:-[a-z]\S*)? ", text, re.MULTILINE)
    return (found[1] or found[2]) if found else ""


# What unattended-upgrades may take security updates from: a suite or label of that name, their servers, or all there is
# of an origin. A third party that calls itself so is none.
_LETS_SECURITY_IN: Final = re.compile(
    r"-security\b|\bsecurity\.(?:debian\.org|ubuntu\.com)\b|^(?:o|origin)=(?:\*|Debian|Ubuntu|\$\{distro_id\})$|^\*:\*$",
    re.IGNORECASE,
)


def _apt_obstacles(files: Bundle, tools: set[str], timers: dict[str, str]) -> list[str]:
    values = {
        name.lower(): value
        for name, value in re.findall(r'^(\S+?)(?:::)? "(.*)";$', files.get("apt") or "", re.MULTILINE)
        if "origins" not in name.lower()
    }
    origins = re.findall(r'^\S+Origins\S* "(.+)";$', files.get("apt") or "", re.MULTILINE | re.IGNORECASE)
    found = [] if "unattended-upgrade" in tools else ["unattended-upgrades is not installed"]
    for name in ("Enable", "Update-Package-Lists", "Unattended-Upgrade"):
        value = values.get(f"apt::periodic::{name}".lower(), "1" if name == "Enable" else "0")
        if value.strip() in {"", "0"}:
            found.append(f"APT::Periodic::{name} is {value or 'empty'}")
    if not found and not any(_LETS_SECURITY_IN.search(origin.strip()) for origin in origins):
        found.append("no security archive is among the allowed origins")
    started = timers.get("apt-daily-upgrade.timer") in {"enabled", "static", "alias"}
    if (files.get("systemd") or "").strip() and not started:
        found.append("apt-daily-upgrade.timer is not enabled")
    if not (files.get("systemd") or "").strip() and not started:
        cron = (files.get("cron") or "").strip()
        if cron == "hidden" and not found:
            raise Unreadable("no timer starts it, and this account may not look into /etc/cron.daily")
        found += [] if cron else ["neither a timer nor cron starts it"]
    return found


def _zypper_obstacles(files: Bundle) -> Iterator[str]:
    """Yield what is in the way of YaST's online update, the only one that is not a timer of its own."""
    values = assignments(files.get("/etc/sysconfig/automatic_online_update") or "")
    if values.get("AOU_ENABLE_CRONJOB", "").lower() != "true":
        yield "neither a timer of os-update or transactional-update is enabled, nor the automatic online update"


def _dnf_obstacles(files: Bundle, timers: dict[str, str]) -> list[str]:
    if timers.get("dnf-automatic-install.timer") == "enabled":
        return []
    if "enabled" not in {timers.get("dnf-automatic.timer"), timers.get("dnf5-automatic.timer")}:
        return ["no dnf-automatic timer is enabled"]
    paths = [path for path in files.texts if path.endswith("automatic.conf")]
    text = files.get(paths[0]) if paths else ""
    applies = re.findall(r"^\s*apply_updates\s*=\s*(\S+)", text or "", re.MULTILINE)
    good = bool(applies) and applies[-1].lower() in {"yes", "true", "1", "on"}
    return [] if good else ["apply_updates is not yes, so that updates are downloaded only"]
