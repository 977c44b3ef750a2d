#!/usr/bin/env bash
# Install the browsers that the tests run in, from Debian's packages, where that is possible; else say what is missing.
set -uo pipefail

missing=()
[ -x /usr/bin/chromium ] || missing+=(chromium)
[ -x /usr/bin/firefox-esr ] || missing+=(firefox-esr)
[ -x /usr/bin/WebKitWebDriver ] || missing+=(webkit2gtk-driver)
command -v Xvfb >/dev/null || missing+=(xvfb xauth)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    printf 'SKIPPED: the package is not run in browsers that are missing here. To install them: apt-get install %s\n' "${missing[*]}" >&2
    exit 0
fi
echo "Installing ${missing[*]} ..."
# One at a time on this machine, should two of these run.
exec 9>/tmp/reasoningbank-browsers.lock
flock 9
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get -qq update && apt-get -qq -y --no-install-recommends install "${missing[@]}"; } >/dev/null 2>/tmp/reasoningbank-browsers.log; then
    printf 'SKIPPED: %s could not be installed, so the package is not run in them:\n' "${missing[*]}" >&2
    tail -3 /tmp/reasoningbank-browsers.log >&2
fi
exit 0
