#!/usr/bin/env bash
# make demo (twice), check and test in a fresh clone with every supported Python found here; each has a .venv of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tried=0
for version in 3.11 3.12 3.13; do
    python=$(command -v "python$version" || true)
    if command -v pyenv >/dev/null 2>&1; then
        # Shims stand for versions that are not active; the interpreter itself always works.
        found=$(ls -d "$(pyenv root)/versions/$version".*/bin/python 2>/dev/null | tail -n 1 || true)
        python=${found:-$python}
    fi
    if [ -z "$python" ] || ! "$python" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null; then
        echo "== Python $version is not here"
        continue
    fi
    echo "== Python $version ($python)"
    git clone --quiet . "$work/$version"
    for word in demo demo check test; do
        make --no-print-directory -C "$work/$version" PYTHON="$python" "$word"
    done
    tried=$((tried + 1))
done
[ "$tried" -gt 0 ] || { echo "no supported Python was found"; exit 1; }
echo "== passed with $tried versions of Python"
