#!/bin/sh
# Install skydas with locked versions into the folder given, and compile its kernels once, so that nothing is
# compiled in operation.
set -eu
venv=$1
python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "skydas needs Python 3.11 or newer; $python is $("$python" -V 2>&1). Try: make PYTHON=python3.12 demo" >&2
    exit 1
fi
if ! "$python" -m venv "$venv"; then
    echo "no virtual environment could be made; on Debian: apt-get install python3-venv" >&2
    exit 1
fi
echo "skydas: installing locked versions into $venv (once, about a minute)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.txt
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
echo "skydas: compiling the kernels (once, some minutes)"
"$venv/bin/python" -m skydas.warm
touch "$venv/installed"
