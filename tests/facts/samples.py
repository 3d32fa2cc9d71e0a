"""One good answer for every probe, by the probe's name: recorded ones, or what its own tests are written in.

A probe without a sample fails tests/facts/test_every_probe.py; so does one that reads a shortened sample as if it were
whole, unless MAY_BE_CUT says why it cannot notice.
"""

from collections.abc import Mapping
from typing import Final

from tests.facts import (
    test_account_use,
    test_accounts,
    test_audit,
    test_banners,
    test_boot,
    test_confinement,
    test_console,
    test_coredumps,
    test_cron,
    test_devices,
    test_disks,
    test_files,
    test_host_firewall,
    test_installed,
    test_kernel,
    test_log_files,
    test_logging,
    test_machine,
    test_modules,
    test_mounts,
    test_package_origins,
    test_packages,
    test_passwords,
    test_ports,
    test_screen,
    test_search,
    test_services,
    test_sessions,
    test_snmp,
    test_ssh,
    test_ssh_offered,
    test_sudo,
    test_time,
    test_tls,
    test_updates,
)
from tests.make import ROOT

SHADOW: Final = (
    "root:*:19000:0:99999:7:::\n"
    "alice:<secret hash-yescrypt 12ab34cd>:19500:1:365:7:30::\n"
    "bob:!<secret hash-sha512 12ab34cd>:0:0:-1:7:0:20000:\n"
)
HOMES: Final = (
    "0:0:700:directory:/root\n1000:1000:750:directory:/home/alice\n"
    "stat: cannot statx '/home/bob': No such file or directory\n#== end\n"
)
BOOT: Final = (
    "[systemd /usr/lib/systemd/systemd-sysctl]\n[file /etc/sysctl.d/99-local.conf]\n|net.ipv4.ip_forward = 0\n\n"
    "[file /usr/lib/sysctl.d/50-default.conf]\n|fs.protected_symlinks = 1\n\n[built]\n[end]\n"
)
# As a walk gives it: the whole of one column, then the whole of the other.
USERS: Final = "".join(
    sorted(
        (
            test_snmp.row("audit", "5", "1.3.6.1.6.3.10.1.2.4") + test_snmp.row("old", "2", "1.3.6.1.6.3.10.1.2.2")
        ).splitlines(keepends=True)
    )
)
ROUTER: Final = (ROOT / "inventory" / "example" / "edge-rt-01.cfg").read_text()
FIREWALL: Final = test_host_firewall.host(
    test_host_firewall.chain("in", "drop"),
    test_host_firewall.rule("in", test_host_firewall.SSH, test_host_firewall.ACCEPT),
)
LOGGING: Final = test_logging.text(
    "rsyslogd", files={"/etc/rsyslog.conf": "*.* @@loghost.example:6514"}, more="[journal]\n"
)

STORAGE: Final = test_mounts.text(files={"/etc/fstab": "/dev/vda1 / ext4 defaults 0 1\ntmpfs /tmp tmpfs nodev 0 0\n"})

SCREEN: Final = test_screen.text(
    {**test_screen.PROFILE, **test_screen.GDM, f"{test_screen.LOCAL}/a": test_screen.SESSION.format(900)}
)

GOOD: Final[Mapping[str, str]] = {
    "accounts.local_accounts": test_accounts.files(),
    "accounts.shadow": SHADOW,
    "accounts.home_folders": HOMES,
    "boot._loader": test_boot.DEBIAN,
    "boot._kernel_words": test_boot.DEBIAN,
    "confinement._apparmor": test_confinement.UBUNTU,
    "confinement._selinux": test_confinement.RHEL,
    "confinement._confinement": test_confinement.UBUNTU,
    "console.console": test_console.text(test_console.SHIPPED),
    "coredumps.core_dumps": test_coredumps.text(test_coredumps.FILES),
    "coredumps.prelink": test_coredumps.text(test_coredumps.FILES),
    "audit.audit_rules": test_audit.text(),
    "audit.audit_daemon": test_audit.text({"/etc/audit/auditd.conf": test_audit.CONF}),
    "audit.set_id_programs": "[set-id]\n/usr/bin/passwd\n/usr/bin/su\n[end]\n",
    "banners.banners": test_sessions.shown(test_banners.DEBIAN),
    "cron._read": test_cron.text(test_cron.DEBIAN),
    "dot_files.dot_files": test_account_use.DOTS,
    "devices.device_record": test_devices.json.dumps(test_devices.GRAPH),
    "disks.disks": test_disks.LAPTOP,
    "files._read": test_files.SHOWN,
    "host_firewall.host_firewall": FIREWALL,
    "firewall_at_boot.kept_rules": FIREWALL,
    "kernel._read_now": test_kernel.NOW,
    "installed.package_list": test_installed.host(dpkg=test_installed.DPKG),
    "kernel.kernel_at_boot": BOOT,
    "last_logins.last_logins": test_account_use.TABLE,
    "log_files.log_files": test_log_files.FOUND,
    "log_files._rotation": test_log_files.rotation(programs=test_log_files.BOTH, timers=test_log_files.TIMER),
    "logging._read": LOGGING,
    "machine.cpu_flaws": test_machine.TEXT,
    "machine.firmware": test_machine.TEXT,
    "machine.radios": test_machine.TEXT,
    "modules._read": test_modules.text({f"{test_modules.ETC}/a.conf": test_modules.FALSE}),
    "mounts.mounts": STORAGE,
    "mounts_at_boot.mounts_at_boot": STORAGE,
    "package_origins.package_origins": test_updates.host(
        apt=test_package_origins.APT, origins=test_package_origins.RELEASES
    ),
    "packages.operating_system": test_packages.host(test_packages.DEBIAN),
    "pam_unix.pam_unix": test_passwords.debian(),
    "passwords.password_defaults": test_passwords.debian(),
    "passwords.password_rules": test_passwords.debian(),
    "passwords.login_locks": test_passwords.debian(),
    "ports.open_ports": test_ports.SSH,
    "root_path.root_path": test_account_use.starts({"/etc/profile": "PATH=/usr/bin:/srv/tools"}),
    "router.saved_ios": ROUTER,
    "router.shown_ios": ROUTER,
    "screen.desktop": SCREEN,
    "screen.login_screen": SCREEN,
    "screen.automatic_logins": SCREEN,
    "search.search": test_search.SHOWN,
    "services.listening": test_services.host(ss=test_services.SS),
    "services.enabled_units": test_services.host(systemd=test_services.SYSTEMD, links=test_services.LINKS),
    "sessions.session_start": test_sessions.shown({"/etc/profile": test_sessions.PROFILE, "/etc/bashrc": "umask 027"}),
    "sessions.root_start": test_sessions.shown({"/root/.profile": "umask 077"}),
    "sessions.pam_masks": test_sessions.shown(
        {"/etc/pam.d/sshd": test_sessions.SESSION, "/etc/login.defs": "UMASK 027"}
    ),
    "sessions.listed_shells": test_sessions.shown({"/etc/shells": "/bin/sh\n/bin/bash"}),
    "snmp.identity": test_snmp.IDENTITY,
    "snmp.communities": test_snmp.SILENT,
    "snmp.users": USERS,
    "ssh._read": test_ssh.DEBIAN,
    "ssh_offered.offered": test_ports.SSH,
    "ssh_offered.said": test_ssh_offered.KEXINIT,
    "su.su": test_sessions.shown({**test_account_use.COMMON, "/etc/pam.d/su": test_account_use.WHEEL}),
    "sudo.sudo": test_sudo.text(test_sudo.DEBIAN),
    "time.time_keeping": test_time.text("chronyd", said=test_time.chronyc("Normal")),
    "tls.seen": test_tls.WEAK,
    "updates.pending_updates": test_updates.host(lists=test_updates.LISTS, apt=test_updates.APT),
    "updates.pending_by_dnf": test_updates.host(
        lists=test_updates.REPOS, dnf=test_updates.DNF, security=test_updates.SECURITY, advisories=""
    ),
    "package_trust._package_trust": test_updates.host(
        tools=test_updates.TOOLS, **{"/etc/apt/sources.list": "deb http://mirror.example/debian bookworm main\n"}
    ),
    "upkeep.running_kernel": test_updates.host(running="6.1.0-18-amd64\n", kernels="/boot/vmlinuz-6.1.0-18-amd64\n"),
    "upkeep._updates_itself": test_updates.host(
        tools=test_updates.TOOLS,
        apt=test_updates.PERIODIC,
        systemd="/run/systemd/system\n",
        timers=test_updates.TIMERS,
    ),
}

MAY_BE_CUT: Final[Mapping[str, str]] = {
    "accounts.shadow": "asked by `cat /etc/shadow` alone, so that a sudoers line says just that to whoever allows it; "
    "the script that carries it marks the end of every section, so that a cut never gets as far as the probe",
}
