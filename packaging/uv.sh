#!/bin/sh
# Prints the path of uv; installs it into .tools first where the machine has none.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
if command -v uv >/dev/null 2>&1; then command -v uv; exit 0; fi
if [ ! -x "$here/.tools/bin/uv" ]; then
  {
    python3 -m venv "$here/.tools" 2>/dev/null || {
      # Debian's python3 comes without venv
      if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
      fi
      rm -rf "$here/.tools" && python3 -m venv "$here/.tools"
    }
    "$here/.tools/bin/python" -m pip install -q --disable-pip-version-check uv
  } >&2
fi
echo "$here/.tools/bin/uv"
