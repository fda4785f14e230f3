# Sourced: sets $python to a Python 3.11 that can make a virtual environment, or to nothing.
python=
for candidate in ${PYTHON:-} python3.11 /usr/bin/python3.11 /usr/local/bin/python3.11; do
    if "$candidate" -c 'import sys, ssl, sqlite3, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null
    then
        python=$candidate
        break
    fi
done
