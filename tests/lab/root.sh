# Makes a throw-away root and becomes its first process; run by tests/lab/root.py in namespaces of its own.
#
#   root.sh LOWER SYS WORK LAB [LAYER]
#
# LOWER is a whole system that stays as it is, SYS a copy of /proc/sys, WORK an empty folder to mount on, LAB the folder
# with what the root is to do, LAYER a tar of what earlier scripts have changed. All that is written goes to a tmpfs that
# ends with the last process in here.
set -e
lower=$1 sys=$2 work=$3 lab=$4 layer=$5
root=$work/root

mount --make-rprivate /
mount -t tmpfs -o mode=755 lab "$work"
mkdir "$root" "$work/upper" "$work/work" "$work/sys" "$work/syswork"
[ -z "$layer" ] || tar -x --xattrs --xattrs-include='*' -p -f "$layer" -C "$work/upper"
mount -t overlay -o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/work" lab "$root"
cd "$root"

mount -t proc -o nosuid,nodev,noexec proc proc
mount -t overlay -o "lowerdir=$sys,upperdir=$work/sys,workdir=$work/syswork" sysctl proc/sys
[ ! -e proc/sysrq-trigger ] || mount --bind /dev/null proc/sysrq-trigger
mount -t tmpfs -o mode=755 run run
mount -t tmpfs -o mode=755,nosuid dev dev
mkdir -p run/sshd run/lock run/user dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
chmod 1777 dev/shm
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty dev
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mkdir -p .lab/beside
cp -r "$lab/." .lab
# By another name than sshd's own, so that it is not taken for a daemon of the system that is audited; a copy, so that
# a script can take sshd away.
cp usr/sbin/sshd .lab/door
hostname lab

# Scripts may come from anywhere: they get no network, and no power over the kernel that all roots share.
if [ -s .lab/scenario ]; then
  status=0
  none=-sys_admin,-sys_module,-sys_boot,-sys_time,-sys_rawio,-sys_ptrace,-net_admin,-net_raw,-mknod,-bpf,-perfmon
  none=$none,-audit_control,-audit_read,-mac_admin,-mac_override,-syslog
  net='unshare -n'
  [ ! -e .lab/network ] || net=
  $net setpriv --bounding-set="$none" chroot . /bin/bash -c 'cd /.lab/beside && DEBIAN_FRONTEND=noninteractive exec bash /.lab/scenario' \
    <dev/null >run/said 2>&1 || status=$?
  cp run/said "$lab/said"
  echo "$status" >"$lab/status"
  rm -rf .lab/beside .lab/scenario run/said
fi
if [ -e .lab/keep ]; then
  rm -rf .lab
  exec tar -c --xattrs --xattrs-include='*' -f "$lab/layer.tar" -C "$work/upper" --exclude=./.lab .
fi
# What a script cannot do itself, it may ask for: mounts of folders on themselves, `PLACE OPTIONS`, and what the kernel was
# told when it started.
[ ! -e srv/mounts ] || while read -r place options; do
  [ -d ".$place" ] || mkdir -p ".$place"
  mount -o "bind,$options" ".$place" ".$place"
done <srv/mounts
[ ! -e srv/cmdline ] || mount --bind srv/cmdline proc/cmdline
# A disk that is full, or read-only.
disk=
[ ! -e srv/disk ] || read -r disk <srv/disk
[ "$disk" != full ] || mount -o "remount,size=$(df -k "$work" | awk 'END { print $3 }')k" "$work"
mkdir -p mnt
pivot_root . mnt
umount -l mnt
if [ "$disk" = read-only ]; then
  mount -o remount,bind,ro lab /
  [ ! -e srv/mounts ] || while read -r place options; do mount -o "remount,bind,ro,$options" lab "$place"; done <srv/mounts
fi
exec chroot . /.lab/door -D -E /run/door.log -f /.lab/sshd_config
