"""Scenarios about logs, time, services, updates and the end of support."""

from tests.system.scenario import UNKNOWN, WRITTEN, Scenario, fails, passes, unknown

_RSYSLOG = "/etc/rsyslog.conf"
_RULES = "/srv/rules"
_UPDATE = "apt-get -q -o Acquire::AllowInsecureRepositories=1 update"  # nobody signs the lab's archive
_ARCHIVE = "/srv/debian-security/dists/lab-security"


def not_running(daemon: str) -> str:
    """Return a script after which a daemon is not started."""
    return f"sed -i s/{daemon}// /srv/daemons"


def clock(leap: str) -> str:
    """Return a script after which chronyc says this of the clock."""
    return f"sed -i 's/Normal/{leap}/' /usr/bin/chronyc"


def newer(package: str = "bash") -> str:
    """Return a script that puts a newer version of an installed package into the archive of security updates."""
    entry = f"Package: {package}\\nArchitecture: all\\nVersion: 99:1\\nFilename: x.deb\\nSize: 1\\nSHA256: %064d\\n"
    return (
        f"cd {_ARCHIVE}; p=main/binary-all/Packages; printf '{entry}' 0 >$p; set -- $(sha256sum $p; wc -c <$p); "
        f'sed -i "s|^ .*|  $1 $3 $p|" Release; {_UPDATE}'
    )


def started(service: str) -> str:
    """Return a script after which a service starts with the host, whichever manager that has."""
    units = "/etc/systemd/system"
    return (
        f"ln -s ../init.d/{service} /etc/rc2.d/S01{service}; printf '[Service]\\n' >{units}/{service}.service; "
        f"ln -s ../{service}.service {units}/multi-user.target.wants/{service}.service"
    )


SCENARIOS: tuple[Scenario, ...] = (
    fails("logging.forwarded", f": >{_RSYSLOG}"),
    fails("logging.forwarded", f"sed -i 's/^/#/' {_RSYSLOG}", why="a comment"),
    fails("logging.forwarded", not_running("rsyslogd")),
    fails("logging.forwarded", f"echo 'mail.* @@loghost.example' >{_RSYSLOG}", why="mail only"),
    passes("logging.forwarded", f"echo '*.* @@loghost.example:6514' >{_RSYSLOG}", why="the old syntax"),
    passes("logging.forwarded", f"printf '*.* action(type=\"omfwd\"\\n  Target=\"192.0.2.9\"\\n)\\n' >{_RSYSLOG}"),
    passes(
        "logging.forwarded",
        f"echo '$IncludeConfig /etc/rsyslog.d/*.conf' >{_RSYSLOG}; echo '*.* @192.0.2.9' >/etc/rsyslog.d/away.conf",
        why="in an included file",
    ),
    unknown("logging.forwarded", f"echo '*.* @@127.0.0.1:6514' >{_RSYSLOG}", why="to a relay on the host itself"),
    fails("logging.persistent", "sed -i s/persistent/volatile/ /etc/systemd/journald.conf"),
    fails("logging.persistent", "mkdir /etc/systemd/journald.conf.d; "
          "printf '[Journal]\\nStorage=none' >/etc/systemd/journald.conf.d/a.conf", why="a drop-in"),
    fails("logging.persistent", "sed -i s/Storage/#Storage/ /etc/systemd/journald.conf; rm -rf /var/log/journal"),
    passes("logging.persistent", "sed -i s/Storage/#Storage/ /etc/systemd/journald.conf; mkdir -p /var/log/journal"),
    fails("logging.auditd-running", not_running("auditd")),
    fails("time.synchronised", clock("Not synchronised")),
    passes("time.synchronised", clock("Insert second")),
    unknown("time.synchronised", "rm /usr/bin/chronyc", why="nothing tells"),
    fails("time.one-daemon", not_running("chronyd")),
    fails("time.one-daemon", "cp /bin/sleep /usr/sbin/ntpd; echo ntpd >>/srv/daemons", why="two daemons"),
    fails("time.servers", ": >/etc/chrony/chrony.conf"),
    fails("time.servers", "echo pool other.example >>/etc/chrony/chrony.conf", {"allowed": {"ntp.example"}}),
    passes("time.servers", "true", {"allowed": {"ntp.example"}}),
    fails("services.legacy-off", started("vsftpd")),
    fails("services.legacy-off", "echo 'telnet stream tcp nowait root /sbin/in.telnetd' >/etc/inetd.conf", why="inetd"),
    passes("services.legacy-off", "echo '#telnet stream tcp nowait root /usr/sbin/in.telnetd' >/etc/inetd.conf"),
    fails("services.unneeded-off", started("rpcbind")),
    fails("services.no-super-server", started("xinetd")),
    fails("services.no-super-server", "echo 'time stream tcp nowait root internal' >/etc/inetd.conf", why="inetd"),
    fails("services.enabled-baseline", started("nginx"), {"allowed": {"cron", "chrony", "chronyd", "nftables"}}),
    fails("time.starts-with-host", "rm /etc/systemd/system/*/chrony.service /etc/rc2.d/*chrony"),
    fails("packages.signed", "sed -i s/signed-by.*gpg/trusted=yes/ /etc/apt/sources.list"),
    fails("packages.signed", "echo 'APT::Get::AllowUnauthenticated 1;' >/etc/apt/apt.conf.d/99", why="apt.conf"),
    passes("packages.signed", "echo '#deb [trusted=yes] file:/srv lab main' >>/etc/apt/sources.list", why="a comment"),
    fails("packages.own-keys", "sed -i 's/.signed-by.*gpg.//' /etc/apt/sources.list"),
    fails("services.firewall-active", f"sed -i s/drop/accept/ {_RULES}"),
    fails("services.firewall-active", f"echo '{{\"nftables\": []}}' >{_RULES}", why="nothing is loaded"),
    unknown("services.firewall-active", "rm /usr/sbin/nft", why="no program lists rules"),
    fails("firewall.forwarding", f"sed -i /forward/s/drop/accept/ {_RULES}", WRITTEN),
    fails("firewall.loopback", f"sed -i /127.0.0.0/d {_RULES}", WRITTEN),
    fails("firewall.loopback", f"sed -i '/\"lo\"/d' {_RULES}", why="the host cannot reach itself"),
    fails("firewall.answers", f"sed -i /established/d {_RULES}"),
    fails("firewall.at-boot", "rm /etc/systemd/system/*/nftables.service /etc/rc2.d/*nftables"),
    fails("firewall.at-boot", "sed -i s/drop/accept/ /etc/nftables.conf", why="another policy"),
    fails("firewall.one-tool", started("ufw")),
    fails("lifecycle.os-supported", "printf 'ID=debian\\nVERSION_ID=9\\nNAME=Debian\\n' >/etc/os-release"),
    fails("lifecycle.os-supported", "sed -i s/2999/2019/ /etc/os-release", why="by its own account"),
    fails("lifecycle.os-ending-soon", 'sed -i "s/2999.*/$(date -d "+20 days" +%F)/" /etc/os-release'),
    unknown("lifecycle.os-supported", "sed -i /SUPPORT_END/d /etc/os-release", why="nobody knows its dates"),
    fails("updates.security-applied", newer()),
    fails("updates.all-applied", newer()),
    unknown("updates.security-applied", "rm -rf /var/lib/apt/lists", why="no lists"),
    fails("updates.lists-fresh", "rm -rf /var/lib/apt/lists"),
    fails("updates.security-source", "cd /srv; mv debian-security archive; cd archive/dists; mv *-security lab; "
          f"sed -i 's/lab-security/lab/;s/debian-security/archive/' lab/Release /etc/apt/sources.list; {_UPDATE}"),
    fails("updates.reboot-done", "touch /run/reboot-required"),
    fails("updates.reboot-done", ': >"/boot/vmlinuz-9999.0.0$(uname -r | grep -oE -- "-[a-z][a-z0-9_-]*$")"'),
    fails("updates.unattended", "sed -i '/::Unattended-Upgrade/s/1/0/' /etc/apt/apt.conf.d/20auto-upgrades"),
    fails("updates.unattended", "rm /usr/bin/unattended-upgrade"),
    fails("updates.unattended", "rm /etc/cron.daily/apt-compat", without=UNKNOWN),
)  # fmt: skip
