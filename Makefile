# What a person types; `make` alone lists it.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
BIN := .venv/bin
# In this order: what is quick to fail comes first. What stands behind plans needs real engines and starts them;
# the first of these is about a fresh stack.
SUITES := $(wildcard tests/unit tests/plans tests/stores tests/jobs tests/acceptance tests/faults)
# Two runners, each with stacks of its own and whole files: one often waits for engines, and either uses a core.
TWO_RUNNERS := --numprocesses 2 --dist loadfile --no-loadscope-reorder

# The same files as `test`, with every stack in containers; the short ones are a proof in a few minutes.
KILLED := tests/docker/test_kills.py::test_what_was_killed_is_started_again_and_nothing_is_lost
DOCKER_SHORT := tests/docker/test_containers.py $(KILLED)[kafka] $(KILLED)[collector]
DOCKER_SUITES := tests/acceptance tests/faults tests/docker

# What touches player state, with every stack's state in Cassandra.
STATE_SUITES := tests/stores tests/jobs/test_player_state.py tests/acceptance/test_player_state.py \
  tests/acceptance/test_erase.py tests/acceptance/test_store_change.py tests/faults/test_player_state.py

.PHONY: help setup demo test test-cassandra test-docker test-docker-short unit check clean

help: ## list these commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

setup: ## make .venv, install missing Debian packages; nothing to do the second time
	@tools/setup.sh

demo: setup ## run the whole pipeline once, with a report at the end
	@$(BIN)/pipectl demo

test: check ## prove everything: the checks, then all tests, real engines included
	@$(BIN)/pytest $(TWO_RUNNERS) $(SUITES)

test-cassandra: setup ## the tests of player state with Cassandra as its store
	@PIPECTL_TEST_STORE=cassandra $(BIN)/pytest $(STATE_SUITES)

test-docker: setup ## all tests on engines, with every stack in containers
	@tools/test_docker.sh $(TWO_RUNNERS) $(DOCKER_SUITES)

test-docker-short: setup ## up, load, two kills, verify, down and up in containers
	@tools/test_docker.sh $(DOCKER_SHORT)

unit: setup ## the tests that need nothing running, in seconds
	@$(BIN)/pytest tests/unit

check: setup ## style, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

clean: ## delete what make made here; stacks and their data stay (see: pipectl destroy)
	@rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find pipectl jobs tests -type d -name __pycache__ -prune -exec rm -rf {} +
