#!/bin/sh
# venv.sh [DIRECTORY]: a virtual environment with hull (editable, launcher compiled) and its development tools.
# PYTHON chooses the interpreter; Debian's own comes first, since every user can read it.
set -eu
cd "$(dirname "$0")/../.."
venv=${1:-.venv}
python=${PYTHON:-/usr/bin/python3}
[ -x "$python" ] || python=$(command -v python3)

# What the build says is shown only where it fails: setuptools warns at length about an editable installation.
pip() {
    "$venv/bin/python" -m pip --quiet --disable-pip-version-check --no-input "$@" >"$venv/pip.log" 2>&1 \
        || { cat "$venv/pip.log" >&2; exit 1; }
}

if ! "$venv/bin/python" -c '' 2>/dev/null; then
    echo "setup: $python -m venv $venv"
    "$python" -m venv --clear "$venv"
fi
echo "setup: pip install --editable . --group dev (into $venv)"
"$venv/bin/python" -c 'import pip; raise SystemExit(tuple(map(int, pip.__version__.split(".")[:2])) < (25, 1))' \
    || pip install --upgrade 'pip>=25.1'
pip install --group dev
pip install --no-build-isolation --editable .
touch "$venv/ready"
