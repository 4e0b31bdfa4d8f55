#!/bin/sh
# Installs Mosquitto with the system's package manager where it is missing and may be installed;
# says plainly what is skipped where it may not.
PATH=$PATH:/usr/sbin:/usr/local/sbin
command -v mosquitto >/dev/null && exit 0
as_root=
[ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null && as_root="sudo -n"; } || as_root=no
if [ "$as_root" != no ] && command -v apt-get >/dev/null; then
    echo "installing mosquitto for the tests (apt-get install mosquitto)"
    # RUNLEVEL=1 keeps the package from starting its service: the tests start brokers of their own.
    $as_root apt-get update -qq && $as_root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends mosquitto >/dev/null
fi
command -v mosquitto >/dev/null && exit 0
echo "mosquitto is missing and cannot be installed here: the tests that need a real broker are SKIPPED."
echo "To run them, install it (Debian: apt-get install mosquitto) and repeat make test."
