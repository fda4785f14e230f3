#!/bin/sh
# Run as root by system.sh: installs the packages named, and leaves no service started, enabled or with a cluster made.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.conf
kept=$(mktemp -d)

restore() {
    if [ -e "$kept/policy" ]; then mv "$kept/policy" "$policy"; else rm -f "$policy"; fi
    if [ -e "$kept/cluster" ]; then cp -p "$kept/cluster" "$cluster"; fi
    rm -rf "$kept"
}
install() { apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"; }

printf 'Ставлю пакеты Debian: %s\n' "$*"
if [ -e "$policy" ]; then mv "$policy" "$kept/policy"; fi
trap restore EXIT
trap 'exit 1' HUP INT TERM
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

apt-get -q -o DPkg::Lock::Timeout=300 update
case " $* " in *' postgresql '*)
    install postgresql-common
    cp -p "$cluster" "$kept/cluster"
    sed -i '/^#\{0,1\} *create_main_cluster/d' "$cluster"
    echo 'create_main_cluster = false' >>"$cluster" ;;
esac
install "$@"
if [ -d /run/systemd/system ]; then
    for name in "$@"; do
        case $name in redis-server | nginx | postgresql) systemctl disable --quiet "$name" || true ;; esac
    done
fi
