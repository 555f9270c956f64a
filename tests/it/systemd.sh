#!/bin/sh
# systemd.sh FOLDER: a machine with nothing but systemd and our unit, in namespaces of its own (unshare runs this). FOLDER holds the
# program as installed, vestibule.env, and gets the log.
set -eu
folder=$1
unit=$PWD/deploy/vestibule.service

mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/layers/etc /run/layers/work
mount -t overlay overlay -o "lowerdir=/etc,upperdir=/run/layers/etc,workdir=/run/layers/work" /etc
mount -t tmpfs tmpfs /var/lib
mount -t tmpfs tmpfs /usr/local/lib
mkdir -p /usr/local/lib/vestibule /etc/vestibule
cp "$folder/vestibule" "$folder/hash.txt" /usr/local/lib/vestibule/
cp -r "$folder/target/site" /usr/local/lib/vestibule/site
chmod -R a+rX /usr/local/lib/vestibule
cp "$folder/vestibule.env" /etc/vestibule/
chmod 600 /etc/vestibule/vestibule.env

# Of the machine's own units only the targets that the unit's defaults name.
mkdir -p /run/targets
for target in basic sysinit shutdown umount network-online; do
  printf '[Unit]\nDefaultDependencies=no\n' >"/run/targets/$target.target"
done
mount -t tmpfs tmpfs /etc/systemd/system
mount --bind /run/targets /lib/systemd/system
mkdir -p /run/systemd/system/vestibule.service.d
cp "$unit" /run/systemd/system/vestibule.service
cat >/run/systemd/system/vestibule.service.d/test.conf <<CONF
[Service]
StandardOutput=append:$folder/log
StandardError=append:$folder/log
CONF

# What systemd itself has to say stands in the same log.
mount --bind "$folder/log" /dev/kmsg
export container=other
exec /lib/systemd/systemd --system --unit=vestibule.service --log-level=notice --log-target=kmsg --show-status=no
