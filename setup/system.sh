#!/bin/sh
# Installs the Debian packages that are missing: system.sh runtime|tests. Nothing is done when all are there.
# As root, or through sudo; otherwise the exact line to run is printed and the script fails.
# No service is started or enabled by it, and no PostgreSQL cluster is made.
set -eu
kind=${1:?runtime or tests}
missing=

has_package() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
need_package() { has_package "$1" || missing="$missing $1"; }
need_command() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing="$missing $2"; }

command -v dpkg-query >/dev/null 2>&1 || { echo 'Это не Debian: поставьте Pango и шрифты PT сами.' >&2; exit 0; }
. "$(dirname "$0")/python.sh"
[ -n "$python" ] || missing="$missing python3.11-venv"
for package in libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-paratype; do need_package "$package"; done
if [ "$kind" = tests ]; then
    need_command chromium chromium
    need_command pdfsig poppler-utils
    need_command certutil libnss3-tools
    need_command ffmpeg ffmpeg
    need_command redis-server redis-server
    need_command nginx nginx
    need_command node nodejs
    need_command npm npm
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
fi
[ -n "$missing" ] || exit 0

line="apt-get update && apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
    exec "$(dirname "$0")/apt.sh" $missing
elif command -v sudo >/dev/null 2>&1 && sudo -v; then
    exec sudo "$(dirname "$0")/apt.sh" $missing
fi
printf 'Не хватает пакетов Debian. Выполните от имени root:\n  %s\n' "$line" >&2
exit 1
