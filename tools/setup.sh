#!/usr/bin/env bash
# Makes .venv from requirements.lock, and installs the Debian packages that the pipeline needs.
#
# It may be called at any time and stopped at any moment: .venv counts as made only when its stamp, which
# is written last, names the present lock and Python. Without that stamp .venv is made anew.
set -euo pipefail
cd "$(dirname "$0")/.."

main() {
  local python
  python=$(find_python)
  install_packages "$python"
  make_venv "$python"
  install_project
}

fail() { # what happened, what to do next
  printf 'make setup: %s\n  %s\n' "$1" "$2" >&2
  exit 1
}

is_supported() {
  "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-python3.11 python3.12 python3}; do
    if is_supported "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  fail "there is no Python 3.11 or 3.12 here${PYTHON:+ under the name $PYTHON}." \
    "Type: sudo apt-get install python3 python3-venv   or name one: make setup PYTHON=/path/to/python3.12"
}

missing_packages() {
  command -v java >/dev/null || echo openjdk-17-jre-headless
  command -v mvn >/dev/null || echo maven
  command -v ab >/dev/null || echo apache2-utils
  command -v redis-server >/dev/null || echo redis-server
  "$1" -c 'import ensurepip, venv' 2>/dev/null ||
    "$1" -c 'import sys; print("python{}.{}-venv".format(*sys.version_info))'
}

install_packages() {
  local missing as_root=()
  # shellcheck disable=SC2207 - names of packages have no spaces
  missing=($(missing_packages "$1"))
  [[ ${#missing[@]} -gt 0 ]] || return 0
  [[ $EUID -eq 0 ]] || as_root=(sudo --non-interactive)
  if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
    fail "these packages are missing: ${missing[*]}" "Type: sudo apt-get install ${missing[*]}"
  fi
  echo "Installing with apt-get: ${missing[*]}"
  "${as_root[@]}" apt-get update --quiet
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --quiet --no-install-recommends "${missing[@]}"
}

make_venv() {
  local stamp=.venv/made-from wanted
  wanted="$("$1" -VV) $(sha256sum <requirements.lock)"
  [[ -x .venv/bin/python && -f $stamp && $(<"$stamp") == "$wanted" ]] && return
  echo "Making .venv from requirements.lock (about 1.5 GB; some minutes the first time)"
  rm -f "$stamp"
  "$1" -m venv --clear .venv
  .venv/bin/python -m pip install --require-hashes --use-pep517 --requirement requirements.lock
  printf '%s\n' "$wanted" >"$stamp"
}

install_project() {
  local stamp=.venv/installed-from wanted
  wanted=$(sha256sum <pyproject.toml)
  [[ -f $stamp && $(<"$stamp") == "$wanted" ]] && return
  rm -f "$stamp"
  .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
  printf '%s\n' "$wanted" >"$stamp"
}

main
