#!/bin/sh
# Installs the pinned development packages of Node (tsc, axe-core) when package-lock.json changed.
set -eu
cd "$(dirname "$0")/.."
hash=$(sha256sum package-lock.json | cut -d' ' -f1)
if [ "$(cat node_modules/.stamp 2>/dev/null)" = "$hash" ]; then exit 0; fi
echo 'Ставлю пакеты Node (для проверок)'
npm ci --no-audit --no-fund --silent
echo "$hash" >node_modules/.stamp
