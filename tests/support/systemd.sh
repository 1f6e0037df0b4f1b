#!/usr/bin/env bash
# A real systemd as process 1 of namespaces of its own, on a copy of / that is thrown away: units run as they would on a
# machine, with users made for them, closed devices and system calls, watchdog and restarts.
#   tests/support/systemd.sh SCRIPT OUT     runs `bash SCRIPT` as a service in it, as root; it may write to OUT alone
# Needs root, overlayfs and systemd; nothing on this machine is changed, and no process is left.
set -eu
if [ "${3:-}" != inside ]; then
    exec timeout -k 5 "${SYSTEMD_S:-300}" unshare -fpmC --kill-child bash "$0" "$1" "$2" inside
fi
script=$(readlink -f "$1"); out=$(readlink -f "$2"); lower=$(mktemp -d)
mount --make-rprivate /
mount -t tmpfs tmpfs "$lower"
mkdir "$lower"/{upper,work,root}
root=$lower/root
mount -t overlay -o "lowerdir=/,upperdir=$lower/upper,workdir=$lower/work" overlay "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "$root/run"
mkdir -p "$root/out" "$root/old" "$root/run/systemd/system"
mount --bind "$out" "$root/out"
cp "$script" "$root/run/script.sh"
rm -rf "$root"/etc/systemd/system/*.wants
for unit in tmpfiles-setup tmpfiles-setup-dev random-seed update-utmp sysctl modules-load journal-flush \
    machine-id-commit udevd udev-trigger remount-fs logind; do
    ln -sf /dev/null "$root/etc/systemd/system/systemd-$unit.service"
done
for unit in network-online.target proc-sys-fs-binfmt_misc.automount dev-hugepages.mount dev-mqueue.mount \
    sys-kernel-debug.mount sys-kernel-tracing.mount; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
cat > "$root/run/systemd/system/script.service" <<'UNIT'
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/bash /run/script.sh
ExecStopPost=/bin/systemctl --force exit
StandardOutput=file:/out/log
StandardError=inherit
TimeoutStartSec=infinity
UNIT
printf '[Unit]\nDefaultDependencies=no\nWants=script.service systemd-journald.service\n' \
    > "$root/run/systemd/system/script.target"
cd "$root"
pivot_root . old
umount -l /old
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=test \
    /lib/systemd/systemd --system --unit=script.target --log-target=null --show-status=no
