"""What the kernel says of the machine: flaws of its processor, its firmware's Secure Boot, and its radios.

Sources: Documentation/admin-guide/hw-vuln (files begin with `Not affected`, `Mitigation`, `Vulnerable` or `Unknown`; a
part for guests may stand before it, as in `KVM: Mitigation: Split huge pages`); UEFI 2.10 section 3.3 (variables
SecureBoot and SetupMode, whose files in efivarfs have four bytes of attributes before the value); shim's MokSBStateRT,
which is 1 where the owner switched off its checks; kernel_lockdown(7); rfkill (Documentation/ABI/stable/sysfs-class-
rfkill: `soft` and `hard` are 1 where a radio is switched off).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from auditor.errors import NotPresent, Unreadable
from auditor.facts.sections import END, Sections, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe

Lockdown = Literal["none", "integrity", "confidentiality"]

_FLAWS: Final = "/sys/devices/system/cpu/vulnerabilities"
_VARIABLES: Final = {
    "SecureBoot": "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
    "SetupMode": "SetupMode-8be4df61-93ca-11d2-aa0d-00e098032b8c",
    "MokSBStateRT": "MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23",
}


@dataclass(frozen=True, slots=True)
class CpuFlaws:
    """What the kernel says of each known flaw of the processor: name -> text."""

    told: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Firmware:
    """Whether UEFI checked what it started: each byte that the variables hold, by their names without GUID.

    `uefi` is False where the machine was started by a BIOS or a hypervisor. `lockdown` is None where the kernel has no
    such thing, or does not show it.
    """

    uefi: bool
    variables: Mapping[str, int]
    lockdown: Lockdown | None = None


@dataclass(frozen=True, slots=True)
class Radio:
    """A radio: its name, `wlan` or `bluetooth`, and whether it is blocked, by a switch or by software.

    None where no rfkill tells. `up` is whether a wireless network interface is switched on.
    """

    name: str
    kind: str
    blocked: bool | None = None
    up: bool = False


@dataclass(frozen=True, slots=True)
class Radios:
    """Every wireless network interface and Bluetooth adapter of the machine."""

    radios: tuple[Radio, ...]


_CPU: Final = f"if cd {_FLAWS} 2>/dev/null; then echo '[flaws]'; grep -H . * 2>/dev/null | sed 's/^/|/'; cd /; fi"
_EFI: Final = (
    "if [ -d /sys/firmware/efi ]; then echo '[uefi]'; elif [ -d /sys/firmware ]; then echo '[bios]'; fi; "
    f"for n in {' '.join(_VARIABLES.values())}; do f=/sys/firmware/efi/efivars/$n; "
    "[ ! -r $f ] || { echo \"[variable ${n%%-*}]\"; od -An -tu1 $f | sed 's/^/|/'; }; done"
)
_LOCKDOWN: Final = 'read -r l 2>/dev/null </sys/kernel/security/lockdown && echo "[lockdown $l]"'
_RADIOS: Final = (
    "if [ -d /sys/class/net ]; then echo '[radios]'; for d in /sys/class/net/* /sys/class/bluetooth/hci*; do "
    "k=bluetooth u=; [ ! -e $d/operstate ] || { k=wlan; read -r u <$d/flags; }; "
    "[ $k = bluetooth ] || [ -e $d/wireless ] || [ -e $d/phy80211 ] || continue; [ -d $d ] || continue; b=; "
    "for r in $d/rfkill* $d/phy80211/rfkill* $d/device/rfkill*; do [ -r $r/soft ] || continue; "
    'read -r s <$r/soft; read -r h <$r/hard; b="$b$s$h"; done; echo "|${d##*/} $k ${b:--} ${u:--}"; done; fi'
)
MACHINE: Final = Shell(f"{_CPU}; {_EFI}; {_LOCKDOWN}; {_RADIOS}; {END}")


@probe(MACHINE, on={Platform.LINUX})
def cpu_flaws(answer: Answer) -> CpuFlaws:
    """Read what the kernel says of the processor's flaws. Raises NotPresent where it knows of none to look for."""
    part = _part(sections(answer.text), "flaws")
    pairs = [line.partition(":") for line in part if line.strip()]
    if odd := next((name for name, colon, _ in pairs if not colon or not re.fullmatch(r"\w+", name)), None):
        raise Unreadable(f"a line is not a flaw of the processor: {odd[:80]!r}")
    if not pairs:
        raise NotPresent("this kernel lists no flaws of the processor")
    return CpuFlaws({name: text.strip() for name, _, text in pairs})


@probe(MACHINE, on={Platform.LINUX})
def firmware(answer: Answer) -> Firmware:
    """Read whether UEFI checks what it starts. Raises Unreadable where /sys does not show how the machine started."""
    seen = sections(answer.text)
    if not any(seen.named("uefi")) and not any(seen.named("bios")):
        raise Unreadable("/sys/firmware is not there, so that nothing tells how the machine was started")
    variables = {part.words: _last_byte(part.lines) for part in seen.named("variable")}
    chosen = re.search(r"\[(none|integrity|confidentiality)\]", " ".join(part.words for part in seen.named("lockdown")))
    return Firmware(any(seen.named("uefi")), variables, _lockdown(chosen[1]) if chosen else None)


@probe(MACHINE, on={Platform.LINUX})
def radios(answer: Answer) -> Radios:
    """Read the radios. Raises Unreadable where /sys does not show network interfaces."""
    lines = _part(sections(answer.text), "radios")
    return Radios(tuple(_radio(line) for line in lines if line.strip()))


def _part(seen: Sections, name: str) -> tuple[str, ...]:
    found = next(seen.named(name), None)
    if found is None:
        raise Unreadable("/sys does not show it on this system")
    return found.lines


def _last_byte(lines: tuple[str, ...]) -> int:
    numbers = " ".join(lines).split()
    if len(numbers) != 5 or not re.fullmatch("[0-9]{1,3}", numbers[-1]):
        raise Unreadable("a variable of the firmware is not four bytes of attributes and one of value")
    return int(numbers[-1])


def _lockdown(word: str) -> Lockdown:
    match word:
        case "integrity" | "confidentiality":
            return word
        case _:
            return "none"


def _radio(line: str) -> Radio:
    words = line.split()
    if len(words) != 4 or words[1] not in {"wlan", "bluetooth"}:
        raise Unreadable(f"a line is not a radio: {line[:80]!r}")
    name, kind, switches, flags = words
    blocked = None if switches == "-" else "1" in switches
    up = bool(re.fullmatch("0x[0-9a-f]{1,8}", flags)) and bool(int(flags, 16) & 1)
    return Radio(name, kind, blocked, up)
