#!/bin/sh
# Installs what the tests use beside Python, a broker and a browser, with the system's package manager where it is
# missing and may be installed; says plainly what is skipped where it may not.
PATH=$PATH:/usr/sbin:/usr/local/sbin
missing=
for tool in mosquitto chromium; do
    command -v "$tool" >/dev/null || missing="$missing $tool"
done
[ -z "$missing" ] && exit 0
as_root=
[ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null && as_root="sudo -n"; } || as_root=no
if [ "$as_root" != no ] && command -v apt-get >/dev/null; then
    echo "installing for the tests:$missing (apt-get install)"
    # RUNLEVEL=1 keeps a package from starting its service: the tests start brokers of their own.
    $as_root apt-get update -qq && $as_root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
for tool in $missing; do
    command -v "$tool" >/dev/null && continue
    echo "$tool is missing and cannot be installed here: the tests that need it are SKIPPED."
    echo "To run them, install it (Debian: apt-get install $tool) and repeat make test."
done
