"""What a company may demand of machines: their processors' flaws are mended, and radios that nobody needs are off."""

from collections.abc import Iterator

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.machine import CpuFlaws, Radio, Radios
from auditor.facts.services import EnabledUnits


@check(
    "machine.processor-flaws",
    severity=Severity.MEDIUM,
    fix=Fix(
        "Install the processor's microcode and the newest kernel, take mitigations=off off its command line, restart.",
        solution="patch-systems",
        disruptive=True,
    ),
    references=("nist-800-53r5:SI-2",),
)
def processor_flaws(
    flaws: CpuFlaws, *, accepted: frozenset[str] = frozenset(), threads: bool = False
) -> Iterator[Outcome]:
    """The kernel shields programs from all known flaws of the processor

    Through such a flaw one program, or one virtual machine, reads what another has in memory. `accepted` names flaws as
    the kernel does, such as spec_store_bypass. With `threads` it counts too when only hyper-threading leaves a gap.
    """
    for name, told in sorted(flaws.told.items()):
        if name not in accepted:
            yield from _flaw(name, told, threads=threads)


def _flaw(name: str, told: str, *, threads: bool) -> Iterator[Outcome]:
    parts = [part.strip() for part in told.removeprefix("KVM: ").split(";")]
    words = {"Vulnerable", "Processor vulnerable"}
    if any(part.startswith(tuple(words)) or part.partition(": ")[2].startswith("Vulnerable") for part in parts):
        yield Violation(name, found=told, wanted="not affected, or a mitigation")
    elif threads and "SMT vulnerable" in told:
        yield Violation(name, found=told, wanted="hyper-threading off")
    elif not parts[0].startswith(("Not affected", "Mitigation")):
        yield Undecided(name, f"the kernel says {told[:80]!r}")


@check(
    "machine.wireless-off",
    severity=Severity.LOW,
    fix=Fix("Run rfkill block wlan, or take the wireless card out.", solution="close-unneeded-ports"),
    references=("cis-debian12:3.1.2", "nist-800-53r5:AC-18(3)"),
)
def wireless_off(radios: Radios) -> Iterator[Outcome]:
    """Wireless network interfaces are off

    A server is reached by cable; a radio is a second way into its network, past the firewall.
    """
    yield from _off([radio for radio in radios.radios if radio.kind == "wlan"], "wireless network interface")


@check(
    "machine.bluetooth-off",
    severity=Severity.LOW,
    fix=Fix(
        "Run systemctl disable --now bluetooth and rfkill block bluetooth.",
        solution="close-unneeded-ports",
    ),
    references=("cis-debian12:3.1.3", "nist-800-53r5:AC-18(3)"),
)
def bluetooth_off(radios: Radios, units: EnabledUnits) -> Iterator[Outcome]:
    """Bluetooth is off

    Its service answers strangers within reach, and had holes that needed no password.
    """
    adapters = [radio for radio in radios.radios if radio.kind == "bluetooth"]
    if "bluetooth" in units.names:
        yield Violation("bluetooth", found=f"enabled in {units.manager}", wanted="disabled")
    for adapter in adapters:
        if adapter.blocked is False:
            yield Violation(adapter.name, found="not blocked", wanted="blocked by rfkill")
        elif adapter.blocked is None:
            yield Undecided(adapter.name, "the kernel has no switch for it, and does not tell whether it is on")


def _off(radios: list[Radio], what: str) -> Iterator[Outcome]:
    if not radios:
        yield NotApplicable(f"the machine has no {what}")
    for radio in radios:
        if radio.up and not radio.blocked:
            yield Violation(radio.name, found="on", wanted="blocked, or switched off")
