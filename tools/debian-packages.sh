#!/bin/sh
# The tests use a real browser, a real protocol analyser and a real PostgreSQL. Where this user may install Debian packages they are
# installed; where not, it is said plainly, and the tests that need them skip with a reason.
set -u
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v tshark >/dev/null 2>&1 || missing="$missing tshark"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "skydas: installing$missing for the tests"
    if (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing) >/dev/null 2>&1 </dev/null; then
        exit 0
    fi
fi
echo "skydas: missing:$missing. The tests that need them will be skipped. On Debian: sudo apt-get install$missing" >&2
exit 0
