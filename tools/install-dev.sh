#!/bin/sh
# Install what developing and testing needs besides skydas itself.
set -eu
venv=$1
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
touch "$venv/installed-dev"
