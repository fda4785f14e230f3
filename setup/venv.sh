#!/bin/sh
# Makes .venv from the pinned requirements: venv.sh runtime|tests. A stamp by hash makes the second run a matter of seconds.
# The hash holds the folder too: an environment does not survive being moved.
set -eu
cd "$(dirname "$0")/.."
case ${1:?runtime or tests} in
    runtime) files=requirements.txt ;;
    tests) files='requirements.txt requirements-dev.txt' ;;
esac
stamp=.venv/.stamp-$1
hash=$({ cat $files; pwd; } | sha256sum | cut -d' ' -f1)
if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$hash" ]; then exit 0; fi

. setup/python.sh
[ -n "$python" ] || { echo 'Нужен Python 3.11 с модулем venv (пакет python3.11-venv).' >&2; exit 1; }
where=$(cat .venv/.stamp-where 2>/dev/null || pwd)
if [ ! -x .venv/bin/python ] || [ "$where" != "$(pwd)" ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    echo 'Создаю .venv'
    "$python" -m venv --clear .venv
fi
pwd >.venv/.stamp-where
echo "Ставлю пакеты Python ($files)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check $(for file in $files; do echo "-r $file"; done)
if [ "$1" = tests ]; then
    { cat requirements.txt; pwd; } | sha256sum | cut -d' ' -f1 >.venv/.stamp-runtime
fi
echo "$hash" >"$stamp"
