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
# Others may be installing: what holds the lock of the package manager is waited for.
wait_for=(-o DPkg::Lock::Timeout=300)
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get -qq "${wait_for[@]}" update && apt-get -qq "${wait_for[@]}" -y --no-install-recommends install "${missing[@]}"; } >/dev/null 2>"${log:=$(mktemp)}"; then
    printf 'SKIPPED: %s could not be installed, so the package is not run in them:\n' "${missing[*]}" >&2
    tail -3 "$log" >&2
fi
exit 0
