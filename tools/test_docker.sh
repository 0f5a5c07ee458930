#!/usr/bin/env bash
# Runs tests with stacks in containers: tools/test_docker.sh TESTS...
#
# Where a Docker daemon answers, that one is used. Where none does and this is root on Debian, docker.io is
# installed, a daemon is started for these tests alone, and both its data and itself are gone afterwards.
# Elsewhere the tests are skipped, and this says why.
set -euo pipefail
cd "$(dirname "$0")/.."

BASE=debian:bookworm-slim
daemon_folder=

skip() { # why
  echo "The Docker tests were skipped: $1"
  exit 0
}

stop_daemon() {
  [[ -n $daemon_folder ]] || return 0
  if [[ -s $daemon_folder/pid ]]; then
    local pid
    pid=$(<"$daemon_folder/pid")
    kill "$pid" && tail --pid="$pid" --follow /dev/null
  fi
  rm -rf "$daemon_folder"
}

ensure_daemon() {
  docker info >/dev/null 2>&1 && return
  [[ $EUID -eq 0 ]] || skip "no Docker daemon answers, and only root can start one"
  command -v apt-get >/dev/null || skip "no Docker daemon answers, and this is no Debian"
  if ! command -v dockerd >/dev/null; then
    apt-get update --quiet
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends docker.io
  fi
  docker info >/dev/null 2>&1 || start_daemon
}

start_daemon() {
  daemon_folder=$(mktemp --directory --tmpdir pipectl-dockerd-XXXXXX)
  trap stop_daemon EXIT
  export DOCKER_HOST=unix://$daemon_folder/socket
  dockerd --host "$DOCKER_HOST" --data-root "$daemon_folder/data" --exec-root "$daemon_folder/exec" \
    --pidfile "$daemon_folder/pid" >"$daemon_folder/log" 2>&1 &
  for _ in {1..60}; do
    docker info >/dev/null 2>&1 && return
    kill -0 $! 2>/dev/null || break
    sleep 0.5
  done
  skip "dockerd does not start here: $(tail -n 1 "$daemon_folder/log")"
}

ensure_base_image() {
  docker image inspect $BASE >/dev/null 2>&1 && return
  docker pull --quiet $BASE 2>/dev/null && return
  [[ $EUID -eq 0 ]] || skip "$BASE cannot be pulled, and only root can make a stand-in"
  echo "$BASE cannot be pulled: making a stand-in with debootstrap"
  command -v debootstrap >/dev/null ||
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends debootstrap
  local root
  root=$(mktemp --directory)
  debootstrap --variant=minbase bookworm "$root" >"$root.log" || skip "debootstrap failed: $(tail -n 1 "$root.log")"
  tar --directory "$root" --create . | docker import - $BASE
  rm -rf "$root" "$root.log"
}

ensure_daemon
ensure_base_image
PIPECTL_TEST_RUNTIME=docker .venv/bin/pytest "$@"
