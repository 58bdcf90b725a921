#!/usr/bin/env bash
# Creates .venv with the newest suitable Python on this machine and installs the locked dependencies.
# uv looks for interpreters in its own way, which stumbles over pyenv and needs the internet; so the
# interpreter's own venv comes first, and uv is only the installer.
set -euo pipefail
cd "$(dirname "$0")/.."

suits() { "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 12))' 2>/dev/null; }

if [ ! -x .venv/bin/python ] || ! suits .venv/bin/python; then
    for candidate in python3.13 python3.12 python3; do
        if suits "$candidate"; then found=$candidate; break; fi
    done
    if [ -z "${found:-}" ]; then
        echo "Colonnade needs Python 3.12 or newer, and found none." >&2
        exit 1
    fi
    echo "Creating .venv with $("$found" --version)"
    rm -rf .venv
    "$found" -m venv .venv
fi
if [ ! -x .venv/bin/uv ]; then
    .venv/bin/python -m pip install -qq --disable-pip-version-check uv==0.13.8
fi
echo "Installing the locked dependencies (the first time takes a minute)"
# --python: or else uv asks for the one that .python-version names, which need not be there.
UV_PROJECT_ENVIRONMENT=.venv .venv/bin/uv sync --quiet --frozen --all-extras --python .venv/bin/python
# Imported once, it is compiled: where PYTHONDONTWRITEBYTECODE is set, every start would do it anew.
env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -c '
import alembic.command, entrypoints.api, entrypoints.demo, entrypoints.worker
import numpy, onnxruntime, tokenizers'
