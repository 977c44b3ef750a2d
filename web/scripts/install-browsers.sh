#!/usr/bin/env bash
# Install the browsers that the tests run in, from Debian's packages, where that is possible; else say what is missing.
#
#     web/scripts/install-browsers.sh [MORE PACKAGES]
set -uo pipefail

missing=()
[ -x /usr/bin/chromium ] || missing+=(chromium)
[ -x /usr/bin/firefox-esr ] || missing+=(firefox-esr)
[ -x /usr/bin/WebKitWebDriver ] || missing+=(webkit2gtk-driver)
command -v Xvfb >/dev/null || missing+=(xvfb xauth)
for package in "$@"; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    printf 'SKIPPED: the package is not run in browsers that are missing here. To install them: apt-get install %s\n' "${missing[*]}" >&2
    exit 0
fi
echo "Installing ${missing[*]} ..."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
for _ in 1 2 3; do
    apt-get -qq update >/dev/null 2>"$log" &&
        apt-get -qq -y --no-install-recommends install "${missing[@]}" >/dev/null 2>"$log" && exit 0
    sleep 20 # somebody else may be installing
done
printf 'SKIPPED: %s could not be installed, so nothing is run in them:\n' "${missing[*]}" >&2
tail -3 "$log" >&2
exit 0
