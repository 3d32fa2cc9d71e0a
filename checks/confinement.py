"""What a company may demand of what confines programs: AppArmor or SELinux is on, for all programs, and stays on."""

from collections.abc import Iterator
from typing import Literal

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.confinement import AppArmor, Confinement, SeLinux
from auditor.facts.services import EnabledUnits

View = Literal["running", "running and after a reboot"]


def _fix(text: str) -> Fix:
    return Fix(text, solution="confine-programs")


@check(
    "confinement.active",
    severity=Severity.MEDIUM,
    fix=_fix("Switch AppArmor (Debian, Ubuntu, SUSE) or SELinux (RHEL) on, and restart."),
    references=("cis-debian12:1.3.1.2", "nist-800-53r5:AC-3(3)"),
)
def active(confinement: Confinement) -> Iterator[Outcome]:
    """A system of rules confines programs, also those of root

    A service that was taken then reaches only what its rules allow, whatever its files and its account would.
    """
    if not confinement.by and confinement.unclear:
        yield Undecided("confinement", confinement.unclear)
    elif not confinement.by:
        yield Violation("confinement", found="nothing confines programs", wanted="AppArmor or SELinux, enforcing")


@check(
    "confinement.apparmor-enforced",
    severity=Severity.LOW,
    fix=_fix("Run aa-enforce on the profile once its log shows no more complaints."),
    references=("cis-debian12:1.3.1.4", "nist-800-53r5:AC-3(3)"),
)
def apparmor_enforced(
    armor: AppArmor, *, modes: frozenset[str] = frozenset({"enforce", "kill"}), excepted: frozenset[str] = frozenset()
) -> Iterator[Outcome]:
    """AppArmor's profiles are enforced, and not merely complained about

    In complain mode it writes down what a program should not do, and lets it. `modes` are those that are accepted: add
    "unconfined" where profiles only allow user namespaces, as on Ubuntu 24.04; `excepted` are profiles by name.
    """
    if not armor.enabled:
        yield NotApplicable("AppArmor is off")
    elif "profiles" in armor.hidden:
        yield Undecided("profiles", "only root may see them")
    elif not armor.profiles:
        yield Violation("profiles", found="none is loaded", wanted="profiles")
    for name, mode in sorted(armor.profiles.items()):
        if mode not in modes and name not in excepted:
            yield Violation(name, found=mode, wanted=modes)


@check(
    "confinement.apparmor-applied",
    severity=Severity.MEDIUM,
    fix=_fix("Restart the program, so that it runs under its profile."),
    references=("cis-debian12:1.3.1.3", "nist-800-53r5:AC-3(3)"),
)
def apparmor_applied(armor: AppArmor, *, excepted: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """Programs that AppArmor has a profile for run under it

    A program that was started before its profile was loaded stays free until it is restarted. `excepted` are paths.
    """
    if not armor.enabled:
        yield NotApplicable("AppArmor is off")
    elif armor.hidden:
        yield Undecided("programs", "only root may see profiles and other accounts' programs")
    for path in armor.unapplied():
        if path not in excepted:
            yield Violation(path, found="runs unconfined", wanted="under its profile")


@check(
    "confinement.apparmor-at-boot",
    severity=Severity.MEDIUM,
    fix=_fix("Run systemctl enable apparmor (OpenRC: rc-update add apparmor boot)."),
    references=("cis-debian12:1.3.1.1", "nist-800-53r5:AC-3(3)"),
)
def apparmor_at_boot(armor: AppArmor, units: EnabledUnits) -> Iterator[Outcome]:
    """AppArmor's profiles are loaded when the system starts

    The kernel forgets them, so a service loads them before the programs that they are for.
    """
    if not armor.enabled:
        yield NotApplicable("AppArmor is off")
    elif not {"apparmor", "snapd.apparmor"} & units.names:
        yield Violation("apparmor", found=f"not enabled in {units.manager}", wanted="enabled")


@check(
    "confinement.selinux-enforcing",
    severity=Severity.HIGH,
    fix=_fix("Set SELINUX=enforcing in /etc/selinux/config, run setenforce 1; label files anew if it was disabled."),
    references=("nist-800-53r5:AC-3(3)",),
)
def selinux_enforcing(
    selinux: SeLinux, *, permissive_suffices: bool = False, view: View = "running and after a reboot"
) -> Iterator[Outcome]:
    """SELinux enforces its policy, now and after a restart

    In permissive mode it writes down what a program should not do, and lets it; with `permissive_suffices` that is
    enough.
    """
    good = {"enforcing", "permissive"} if permissive_suffices else {"enforcing"}
    if selinux.running not in good:
        yield Violation("SELinux", found=selinux.running, wanted=frozenset(good))
    if view == "running":
        return
    if "/etc/selinux/config" in selinux.hidden:
        yield Undecided("SELinux after a reboot", "/etc/selinux/config could not be read")
    elif selinux.configured not in good:
        found = selinux.configured or "not set"
        yield Violation("SELinux after a reboot", found=found, wanted=frozenset(good))


@check(
    "confinement.selinux-policy",
    severity=Severity.LOW,
    fix=_fix("Set SELINUXTYPE=targeted in /etc/selinux/config, and restart."),
    references=("nist-800-53r5:AC-3(3)",),
)
def selinux_policy(
    selinux: SeLinux, *, allowed: frozenset[str] = frozenset({"targeted", "mls", "default"})
) -> Iterator[Outcome]:
    """SELinux follows a policy that confines services

    The policy named minimum confines hardly any; Debian calls its usual one `default`.
    """
    if "/etc/selinux/config" in selinux.hidden:
        yield Undecided("SELINUXTYPE", "/etc/selinux/config could not be read")
    elif not selinux.policy:
        yield Undecided("SELINUXTYPE", "/etc/selinux/config names no policy")
    elif selinux.policy not in allowed:
        yield Violation("SELINUXTYPE", found=selinux.policy, wanted=allowed)


@check(
    "confinement.selinux-no-exceptions",
    severity=Severity.MEDIUM,
    fix=_fix("Run semanage permissive -d DOMAIN, once its log shows no more denials."),
    references=("nist-800-53r5:AC-3(3)",),
)
def selinux_no_exceptions(selinux: SeLinux, *, excepted: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """No domain is excepted from SELinux on this host

    A permissive domain may do everything, while the rest of the system looks enforced. `excepted` are domains such as
    httpd_t.
    """
    if selinux.running == "disabled":
        yield NotApplicable("SELinux is off")
    elif "modules" in selinux.hidden:
        yield Undecided("domains", "only root may see them")
    for domain in selinux.permissive:
        if domain not in excepted:
            yield Violation(domain, found="permissive", wanted="enforced")


@check(
    "confinement.selinux-services",
    severity=Severity.MEDIUM,
    fix=_fix("Label the program so that it gets a domain of its own, or write a policy module for it."),
    references=("nist-800-53r5:AC-3(3)",),
)
def selinux_services(selinux: SeLinux, *, excepted: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """Every service runs in a domain that SELinux confines

    A service without a domain of its own may do almost everything. `excepted` are paths of programs.
    """
    if selinux.running == "disabled":
        yield NotApplicable("SELinux is off")
    elif "processes" in selinux.hidden:
        yield Undecided("services", "only root may see other accounts' programs")
    for path in selinux.unconfined:
        if path not in excepted:
            yield Violation(path, found="runs as unconfined_service_t", wanted="a domain of its own")
