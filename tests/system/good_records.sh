# What is recorded of what people do, and who may act as root: good for the checks of tests/system/scenarios_records.py.

# --- the audit system ---
cp /.lab/beside/audit.rules /etc/audit/rules.d/50-good.rules
chmod 640 /etc/audit/rules.d/50-good.rules
printf '%s\n' 'max_log_file = 8' 'max_log_file_action = keep_logs' 'space_left_action = email' \
  'admin_space_left_action = single' 'disk_full_action = halt' 'disk_error_action = syslog' >>/etc/audit/auditd.conf
mkdir -p /var/log/audit
chown root:adm /var/log/audit
chmod 750 /var/log/audit

[ -e /usr/sbin/auditctl ] || cp /bin/true /usr/sbin/auditctl
unit=/usr/lib/systemd/system/auditd.service
mkdir -p "${unit%/*}"
printf '%s\n' '[Service]' 'ExecStart=/sbin/auditd' 'ExecStartPost=-/sbin/augenrules --load' >$unit

# --- sudo and su ---
sed -i '1i Defaults logfile="/var/log/sudo.log", secure_path="/usr/local/sbin:/usr/sbin:/usr/bin", timestamp_timeout=5' \
  /etc/sudoers
for service in su su-l; do
  printf '%s\n' 'auth sufficient pam_rootok.so' 'auth required pam_wheel.so use_uid group=sugroup' \
    '@include common-auth' '@include common-account' >/etc/pam.d/$service
done
sed -i 's/ nullok//' /etc/pam.d/common-auth

# --- cron and at ---
echo root >/etc/cron.allow
chmod 640 /etc/cron.allow
cp /bin/sleep /usr/sbin/cron
echo "$(cat /srv/daemons) cron" >/srv/daemons

# --- sessions and homes ---
rm -f /etc/profile.d/*
printf '%s\n' 'readonly TMOUT=900; export TMOUT' 'umask 027' >/etc/profile.d/good.sh
touch /var/log/lastlog
for name in ada lab-sudo lab-plain; do "$(command -v lastlog2 || command -v lastlog)" -S -u $name || true; done

# --- logs ---
sed -i -e '1i $FileCreateMode 0640' -e 's/protocol="tcp"/& StreamDriver="gtls" StreamDriverMode="1"/' /etc/rsyslog.conf
: >/usr/sbin/logrotate
printf '#!/bin/sh\n/usr/sbin/logrotate /etc/logrotate.conf\n' >/etc/cron.daily/logrotate
chmod 755 /etc/cron.daily/logrotate
