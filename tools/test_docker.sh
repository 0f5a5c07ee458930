#!/usr/bin/env bash
# Runs tests with stacks in containers: tools/test_docker.sh TESTS...
#
# Where a Docker daemon answers, that one is used. Where none does and this is root on Debian, docker.io is
# installed, a daemon is started for these tests alone, and both its data and itself are gone afterwards.
# Elsewhere, and where the network does not give what an image is made of, the tests are skipped, and this
# says why: what they prove does not depend on that.
set -euo pipefail
cd "$(dirname "$0")/.."

BASE=debian:bookworm-slim
PULL_SECONDS=120
work=$(mktemp --directory --tmpdir pipectl-docker-XXXXXX)
daemon= # its process, if it is ours
made_base=

skip() { # why
  echo "The Docker tests were skipped: $1"
  exit 0
}

clean_up() {
  if [[ -n $daemon ]]; then
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" || true # it ends its containers first
    umount "$work"/exec/netns/* 2>/dev/null || true # the one mount that it leaves
  elif [[ -n $made_base ]]; then
    docker image rm --force $BASE >/dev/null || true # somebody else's daemon: not under that name
  fi
  rm -rf "$work"
}
trap clean_up EXIT

install() { # package
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$1" >"$work/apt" 2>&1 ||
    skip "$1 cannot be installed: $(tail -n 1 "$work/apt")"
}

ensure_daemon() {
  docker info >/dev/null 2>&1 && return
  [[ $EUID -eq 0 ]] || skip "no Docker daemon answers, and only root can start one"
  command -v apt-get >/dev/null || skip "no Docker daemon answers, and this is no Debian"
  if ! command -v dockerd >/dev/null; then
    echo "No Docker here: installing docker.io"
    apt-get update --quiet=2 || skip "no Docker daemon answers, and the package lists cannot be had"
    install docker.io
  fi
  docker info >/dev/null 2>&1 || start_daemon
}

start_daemon() {
  # Without the usual bridge, which would stay behind; every stack has a network of its own.
  export DOCKER_HOST=unix://$work/socket
  dockerd --host "$DOCKER_HOST" --bridge none --data-root "$work/data" --exec-root "$work/exec" \
    --pidfile "$work/pid" >"$work/log" 2>&1 &
  daemon=$!
  for _ in {1..60}; do
    docker info >/dev/null 2>&1 && return
    kill -0 "$daemon" 2>/dev/null || break
    sleep 0.5
  done
  skip "dockerd does not start here: $(tail -n 1 "$work/log")"
}

ensure_base_image() {
  docker image inspect $BASE >/dev/null 2>&1 && return
  timeout $PULL_SECONDS docker pull --quiet $BASE 2>/dev/null && return
  [[ $EUID -eq 0 ]] || skip "$BASE cannot be pulled, and only root can make a stand-in"
  echo "$BASE cannot be pulled: making a stand-in with debootstrap"
  command -v debootstrap >/dev/null || install debootstrap
  debootstrap --variant=minbase bookworm "$work/root" >"$work/debootstrap" 2>&1 ||
    skip "$BASE cannot be pulled, and debootstrap failed: $(tail -n 1 "$work/debootstrap")"
  tar --directory "$work/root" --create . | docker import - $BASE >/dev/null
  made_base=yes
}

check_mirror() {
  # The way that the build goes. Whatever else fails in a build is a failure of these tests.
  docker run --rm --network host $BASE apt-get update --quiet=2 --option APT::Update::Error-Mode=any ||
    skip "no Debian packages can be had within a container"
}

ensure_daemon
ensure_base_image
check_mirror
PIPECTL_TEST_RUNTIME=docker .venv/bin/pytest "$@"
