#!/bin/sh
# Lint, types, walls, tests, in the project's own .venv (made and kept up to date here).
#   sh tests/run.sh [pytest arguments]
# PYTHON=/path/to/python chooses the Python for a new .venv.
set -eu

cd -- "$(dirname -- "$0")/.."
venv=.venv
if [ ! -e "$venv/pyvenv.cfg" ]; then
    for python in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 python; do
        "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break
        python=
    done
    [ -n "$python" ] || { echo "Python 3.11 or newer is needed (PYTHON=/path/to/python)." >&2; exit 2; }
    echo "Setting up $venv ..."
    "$python" -m venv "$venv"
fi
bin="$venv/bin"
[ -d "$bin" ] || bin="$venv/Scripts"
if ! cmp -s pyproject.toml "$venv/installed-dev.toml" || [ ! -x "$bin/pytest" ]; then
    "$bin/python" -m pip install --quiet --disable-pip-version-check -e '.[dev]'
    cp pyproject.toml "$venv/installed.toml"
    cp pyproject.toml "$venv/installed-dev.toml"
fi
PATH="$(pwd)/$bin:$PATH"
export PATH

echo 'ruff';         ruff check .
echo 'mypy';         mypy
echo 'lint-imports'; lint-imports
echo 'pytest';       python -m pytest -n auto "$@"
