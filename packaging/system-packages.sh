#!/bin/sh
# Installs the Debian packages that Qt needs, where they are missing and this user may. Prints nothing to do otherwise.
set -eu
[ "$(uname -s)" = Linux ] || exit 0
command -v apt-get >/dev/null 2>&1 || { echo "Not a Debian system: Qt's libraries are yours to install (see README)." >&2; exit 0; }
wanted="libegl1 libgl1 libopengl0 libxkbcommon0 libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libglib2.0-0 \
libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 \
libxcb-xinerama0 libxcb-xkb1 fonts-dejavu-core"
missing=""
for package in $wanted; do
  # t64 names: newer Debian and Ubuntu renamed some packages
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" && continue
  dpkg-query -W -f='${Status}' "${package}t64" 2>/dev/null | grep -q "ok installed" && continue
  missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as_root="sudo"
else
  echo "Qt may need these packages:$missing" >&2
  echo "Install them with: sudo apt-get install$missing" >&2
  exit 0
fi
$as_root apt-get update -qq || echo "apt-get update failed; trying with the lists there are" >&2
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
  echo "Some of these could not be installed:$missing" >&2
