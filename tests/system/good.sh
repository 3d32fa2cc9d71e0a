# Makes a root what every check that can be tried in one passes: what good looks like, for each scenario to break in one
# place. Nothing of what was configured below is left, so that any Debian serves.
set -e
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
umask 022

# --- accounts: root, those that the system needs, a person with a password, and the two that audit besides root ---
cat >/etc/passwd <<'END'
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
sync:x:4:65534:sync:/bin:/bin/sync
_apt:x:100:65534::/nonexistent:/usr/sbin/nologin
sshd:x:101:65534::/run/sshd:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
ada:x:1000:1000:Ada:/home/ada:/bin/bash
lab-sudo:x:1001:1001::/home/lab-sudo:/bin/sh
lab-plain:x:1002:1002::/home/lab-plain:/bin/sh
END
cat >/etc/group <<'END'
root:x:0:
daemon:x:1:
bin:x:2:
adm:x:4:
tty:x:5:
shadow:x:42:
nogroup:x:65534:
ada:x:1000:
lab-sudo:x:1001:
lab-plain:x:1002:
END
cat >/etc/shadow <<'END'
root:*:20000:0:99999:7:::
daemon:*:20000:0:99999:7:::
bin:*:20000:0:99999:7:::
sync:*:20000:0:99999:7:::
_apt:!:20000::::::
sshd:!:20000::::::
nobody:*:20000:0:99999:7:::
ada:$6$saltsaltsaltsalt$tLs.KR6.KNG0EMRkTYAHvyr5gPRv2PUgGPUzxYDcrPZCmc2dRx3EnQ1BlAHTHjD7a2ZsA1CR1zzJ1kdmCs1Xy/:20000:1:365:7:30::
lab-sudo:*:20000:0:99999:7:::
lab-plain:*:20000:0:99999:7:::
END
cut -d: -f1 /etc/group | sed 's/$/:*::/' >/etc/gshadow
for file in passwd group shadow gshadow; do cp /etc/$file /etc/$file-; done
chown root:shadow /etc/shadow /etc/shadow- /etc/gshadow /etc/gshadow-
chmod 640 /etc/shadow /etc/shadow- /etc/gshadow /etc/gshadow-
chmod 644 /etc/passwd /etc/passwd- /etc/group /etc/group-
for name in ada lab-sudo lab-plain; do
  mkdir -p /home/$name
  chown $name:$name /home/$name
  chmod 750 /home/$name
done
chmod 700 /root
mkdir -p /root/bin
rm -rf /etc/security/opasswd*
touch /etc/security/opasswd
chmod 600 /etc/security/opasswd

# --- sudo ---
rm -rf /etc/sudoers.d
mkdir -m 755 /etc/sudoers.d
printf '%s\n' 'Defaults env_reset, use_pty' 'root ALL=(ALL:ALL) ALL' '@includedir /etc/sudoers.d' >/etc/sudoers
echo 'lab-sudo ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/lab
chmod 440 /etc/sudoers /etc/sudoers.d/lab

# --- rules for passwords ---
cat >/etc/login.defs <<'END'
UID_MIN 1000
UID_MAX 60000
SYS_UID_MIN 101
SYS_UID_MAX 999
PASS_MAX_DAYS 365
PASS_MIN_DAYS 1
PASS_WARN_AGE 7
UMASK 027
ENCRYPT_METHOD YESCRYPT
END
mkdir -p /etc/default
echo INACTIVE=30 >/etc/default/useradd
rm -rf /etc/security/pwquality.conf.d /etc/security/pwhistory.conf
printf '%s\n' 'minlen = 14' 'minclass = 4' 'difok = 2' 'maxrepeat = 3' 'maxsequence = 3' 'dictcheck = 1' \
  enforce_for_root >/etc/security/pwquality.conf
printf '%s\n' 'deny = 5' 'unlock_time = 900' even_deny_root >/etc/security/faillock.conf
cd /etc/pam.d
cat >common-auth <<'END'
auth required pam_faillock.so preauth
auth [success=2 default=ignore] pam_unix.so nullok
auth [default=die] pam_faillock.so authfail
auth requisite pam_deny.so
auth required pam_permit.so
END
cat >common-password <<'END'
password requisite pam_pwquality.so retry=3
password requisite pam_pwhistory.so remember=24 use_authtok
password [success=1 default=ignore] pam_unix.so obscure use_authtok try_first_pass yescrypt
password requisite pam_deny.so
password required pam_permit.so
END
printf '%s\n' 'account [success=1 default=ignore] pam_unix.so' 'account requisite pam_deny.so' \
  'account required pam_permit.so' >common-account
printf '%s\n' 'session required pam_permit.so' 'session optional pam_unix.so' >common-session
cp common-session common-session-noninteractive
printf '@include common-password\n' >passwd
for service in login sshd sudo; do
  printf '@include common-%s\n' auth account session-noninteractive >$service
done
for service in login sshd; do echo 'session required pam_limits.so' >>$service; done

# --- sshd as the system has it; the lab's own has another configuration and another name ---
rm -rf /etc/ssh/sshd_config.d
mkdir -m 755 /etc/ssh/sshd_config.d
cat >/etc/ssh/sshd_config <<'END'
Include /etc/ssh/sshd_config.d/*.conf
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitEmptyPasswords no
HostbasedAuthentication no
IgnoreRhosts yes
GSSAPIAuthentication no
UsePAM yes
StrictModes yes
PermitUserEnvironment no
AllowUsers ada
MaxAuthTries 4
MaxSessions 10
MaxStartups 10:30:60
LoginGraceTime 60
ClientAliveInterval 15
ClientAliveCountMax 3
X11Forwarding no
AllowTcpForwarding no
Banner /etc/issue.net
LogLevel VERBOSE
Ciphers aes256-gcm@openssh.com,aes256-ctr
MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com
KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org
HostKeyAlgorithms ssh-ed25519,rsa-sha2-512
END
chmod 600 /etc/ssh/sshd_config
[ -e /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
chown root:root /etc/ssh/ssh_host_*
chmod 600 /etc/ssh/ssh_host_*_key
chmod 644 /etc/ssh/ssh_host_*.pub

# --- files ---
rm -rf /etc/cron.*
for when in hourly daily weekly monthly d; do mkdir -m 700 /etc/cron.$when; done
echo '17 * * * * root true' >/etc/crontab
mkdir -p /boot/grub /etc/audit/rules.d
chmod 600 /etc/crontab
rm -f /etc/audit/rules.d/* /etc/audit/audit.rules
echo 'log_file = /var/log/audit/audit.log' >/etc/audit/auditd.conf
echo '-e 2' >/etc/audit/rules.d/99-finalize.rules
chmod 640 /etc/audit/auditd.conf /etc/audit/rules.d/99-finalize.rules
for file in issue issue.net motd; do echo 'Use is monitored.' >/etc/$file; done
chmod 644 /etc/issue /etc/issue.net /etc/motd /etc/shells
chmod 755 /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin /root/bin
chown root:root /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin
chmod 1777 /tmp /var/tmp

# --- the kernel: what files set at boot is what the lab's copy of /proc/sys says (good.py) ---
rm -rf /etc/sysctl.d /etc/modprobe.d /etc/ufw/sysctl.conf /etc/prelink.cache
mkdir -p /etc/systemd/system /usr/lib/systemd
rm -f /usr/lib/sysctl.d/* /usr/local/lib/sysctl.d/*
mkdir /etc/sysctl.d /etc/modprobe.d
: >/etc/sysctl.conf
cp /.lab/beside/sysctl.conf /etc/sysctl.d/60-good.conf
[ -e /usr/sbin/modprobe ] || : >/usr/sbin/modprobe
rm -rf /lib/modules
modules=/lib/modules/$(uname -r)
mkdir -p "$modules"
echo kernel/fs/ext4/ext4.ko >"$modules/modules.builtin"
for module in bluetooth cramfs dccp firewire-core freevxfs hfs hfsplus jffs2 rds sctp squashfs tipc udf usb-storage; do
  echo "kernel/lab/$module.ko:"
  echo "install $module /bin/false" >&3
  echo "blacklist $module" >&3
done >"$modules/modules.dep" 3>/etc/modprobe.d/good.conf

# --- how it starts, what is mounted how, and what becomes of memory ---
echo 'quiet audit=1 audit_backlog_limit=8192 lockdown=integrity' >/srv/cmdline
cat >/boot/grub/grub.cfg <<'END'
set superusers="root"
password_pbkdf2 root grub.pbkdf2.sha512.10000.0123456789ABCDEF.0123456789ABCDEF
menuentry 'Lab OS' {
linux /boot/vmlinuz root=/dev/vda1 ro quiet audit=1 audit_backlog_limit=8192
}
END
chmod 600 /boot/grub/grub.cfg
# To mount takes a root half as long again as all else, so that a script has to ask for it: mv /srv/good-mounts /srv/mounts.
cat >/srv/good-mounts <<'END'
/tmp nosuid,nodev,noexec
/dev/shm nosuid,nodev,noexec
/home nosuid,nodev
/var nosuid,nodev
/var/tmp nosuid,nodev,noexec
/var/log nosuid,nodev,noexec
/var/log/audit nosuid,nodev,noexec
END
mkdir -p /var/log/audit
while read -r place options; do echo "LABEL=lab $place ext4 $options 0 2"; done </srv/good-mounts >/etc/fstab
echo 'files.example:/srv /srv/share nfs nosuid,nodev,noauto 0 0' >>/etc/fstab
rm -rf /etc/security/limits.d /etc/systemd/coredump.conf.d
echo '* hard core 0' >/etc/security/limits.conf
printf '%s\n' '[Coredump]' Storage=none ProcessSizeMax=0 >/etc/systemd/coredump.conf
[ -e /usr/lib/systemd/systemd-coredump ] || : >/usr/lib/systemd/systemd-coredump
for folder in /etc /run; do rm -rf $folder/systemd/system.conf*; done
printf '%s\n' '[Manager]' CtrlAltDelBurstAction=none >/etc/systemd/system.conf
ln -sf /dev/null /etc/systemd/system/ctrl-alt-del.target
[ -e /usr/lib/systemd/systemd ] || : >/usr/lib/systemd/systemd
for mode in rescue emergency; do
  printf '[Service]\nExecStart=-/lib/systemd/systemd-sulogin-shell %s\n' $mode >/etc/systemd/system/$mode.service
done

# --- logs, time, services: programs that only run, and one that says what chronyc says of a clock that is right ---
rm -rf /etc/rsyslog.d /etc/systemd/journald.conf.d /etc/chrony*
mkdir -p /etc/rsyslog.d /etc/chrony
echo '*.* action(type="omfwd" target="loghost.example" port="514" protocol="tcp")' >/etc/rsyslog.conf
printf '%s\n' '[Journal]' 'Storage=persistent' 'ForwardToSyslog=yes' >/etc/systemd/journald.conf
[ -e /usr/lib/systemd/systemd-journald ] || : >/usr/lib/systemd/systemd-journald
echo 'server ntp.example iburst' >/etc/chrony/chrony.conf
rm -f /usr/sbin/ntpd /usr/bin/ntpq /usr/lib/systemd/systemd-timesyncd
printf '%s\n' '#!/bin/sh' 'echo C0000201,192.0.2.1,3,1795000000.0,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,64.0,Normal' >/usr/bin/chronyc
chmod 755 /usr/bin/chronyc
rm -f /usr/sbin/chronyd /usr/sbin/rsyslogd /usr/sbin/auditd
for daemon in chronyd rsyslogd auditd; do cp /bin/sleep /usr/sbin/$daemon; done
echo chronyd rsyslogd auditd >/srv/daemons
# What starts is told by files alone: a Debian of the lab's own has no systemctl, and the system that runs may have one.
rm -rf /etc/systemd/system/*.wants /etc/rc?.d /usr/bin/systemctl
mkdir /etc/rc2.d
ln -s ../init.d/cron /etc/rc2.d/S01cron
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -s /lib/systemd/system/cron.service /etc/systemd/system/multi-user.target.wants/cron.service

# --- the packet filter: one that says what nft says of these rules, as the kernel is everybody's ---
cat >/srv/rules <<'END'
{"nftables": [
{"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", "json_schema_version": 1}},
{"table": {"family": "inet", "name": "filter", "handle": 1}},
{"chain": {"family": "inet", "table": "filter", "name": "input", "handle": 1, "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}},
{"chain": {"family": "inet", "table": "filter", "name": "forward", "handle": 2, "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}},
{"rule": {"family": "inet", "table": "filter", "chain": "input", "handle": 3, "expr": [{"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "lo"}}, {"accept": null}]}},
{"rule": {"family": "inet", "table": "filter", "chain": "input", "handle": 4, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": {"prefix": {"addr": "127.0.0.0", "len": 8}}}}, {"drop": null}]}},
{"rule": {"family": "inet", "table": "filter", "chain": "input", "handle": 5, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip6", "field": "saddr"}}, "right": "::1"}}, {"drop": null}]}},
{"rule": {"family": "inet", "table": "filter", "chain": "input", "handle": 7, "expr": [{"match": {"op": "==", "left": {"ct": {"key": "state"}}, "right": {"set": ["established", "related"]}}}, {"accept": null}]}},
{"rule": {"family": "inet", "table": "filter", "chain": "input", "handle": 8, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 22}}, {"accept": null}]}}
]}
END
rm -f /usr/sbin/*tables*-save /sbin/*tables*-save /etc/rc.local
rm -rf /etc/ufw /etc/firewalld /etc/iptables /etc/nftables* /etc/network
printf '#!/bin/sh\ncat /srv/rules\n' >/usr/sbin/nft
chmod 755 /usr/sbin/nft
cat >/etc/nftables.conf <<'END'
#!/usr/sbin/nft -f
flush ruleset
table inet filter {
  chain input {
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    ip saddr 127.0.0.0/8 drop
    ip6 saddr ::1 drop
    ct state { established, related } accept
    tcp dport { 22 } accept
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
  }
}
END
for service in chrony nftables; do
  printf '[Service]\n' >/etc/systemd/system/$service.service
  ln -s ../$service.service /etc/systemd/system/multi-user.target.wants/$service.service
  ln -s ../init.d/$service /etc/rc2.d/S01$service
done
rm -rf /etc/inetd.conf /etc/xinetd*

# --- updates: an archive of security updates in which nothing is newer ---
printf '%s\n' 'PRETTY_NAME="Lab OS"' ID=lab-os VERSION_ID=1 SUPPORT_END=2999-12-31 >/etc/os-release.new
rm -f /etc/os-release
mv /etc/os-release.new /etc/os-release
archive=/srv/debian-security/dists/lab-security
mkdir -p $archive/main/binary-all
: >$archive/main/binary-all/Packages
printf 'Origin: Lab\nSuite: lab-security\nCodename: lab-security\nArchitectures: all\nComponents: main\nDate: %s\n' \
  "$(LC_ALL=C date -Ru)" >$archive/Release
printf 'MD5Sum:\nSHA256:\n %s 0 main/binary-all/Packages\n' "$(sha256sum <$archive/main/binary-all/Packages | cut -d' ' -f1)" \
  >>$archive/Release
rm -rf /etc/apt/sources.list.d /etc/apt/apt.conf.d /var/lib/apt/lists /etc/apt/preferences.d
mkdir -p /etc/apt/apt.conf.d /etc/apt/sources.list.d /var/lib/apt/lists/partial
echo 'deb [signed-by=/usr/share/keyrings/lab.gpg] file:/srv/debian-security lab-security main' >/etc/apt/sources.list
cat >/etc/apt/apt.conf.d/20auto-upgrades <<'END'
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Origins-Pattern { "origin=Debian,label=Debian-Security"; };
END
apt-get -q -o Acquire::AllowInsecureRepositories=1 update
rm -f /var/cache/apt/*.bin
printf '#!/bin/sh\n' >/usr/bin/unattended-upgrade
chmod 755 /usr/bin/unattended-upgrade
: >/etc/cron.daily/apt-compat
rm -rf /boot/vmlinu*
: >"/boot/vmlinuz-$(uname -r)"
