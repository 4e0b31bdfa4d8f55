# Everything sets itself up: a virtual environment in .venv, with the locked dependencies.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/installed

.DEFAULT_GOAL := help
.PHONY: help run test check lowest bench soak lock clean tools

help:                ## Show this list
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

run: $(STAMP)        ## Run the documented example: Prod 1 manages two sub-prods
	$(BIN)/trustsim run scenarios/documented-example.yaml

test: check          ## Install what the tests need, and run all checks and tests

check: $(STAMP) tools
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest --numprocesses 3

lowest: $(STAMP)     ## Run the tests' quick part on the lowest versions that pyproject.toml declares
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --resolution lowest-direct --no-annotate --quiet --output-file $(VENV)/lowest.txt
	$(PYTHON) -m venv --clear $(VENV)/lowest
	$(BIN)/uv pip install --quiet --python $(VENV)/lowest/bin/python --requirement $(VENV)/lowest.txt
	$(BIN)/uv pip install --quiet --python $(VENV)/lowest/bin/python --no-deps --no-build-isolation --editable .
	$(VENV)/lowest/bin/python -m pytest --numprocesses 2 tests/protocol tests/domains tests/scenario tests/store tests/cli/test_help.py

bench: $(STAMP) tools ## Measure the full path against a bare client, on this machine
	$(BIN)/python -m tests.bench

soak: $(STAMP) tools ## Run the slow proofs: many seeds, many kills, many generated cases
	HYPOTHESIS_PROFILE=nightly SMALL_SCOPE=large $(BIN)/pytest tests/protocol tests/trust tests/cmdb tests/store tests/rest tests/runtime/test_outbox.py
	SIGKILL_ROUNDS=100 $(BIN)/pytest tests/runtime/test_sigkill.py
	SOAK_SEEDS=10000 SOAK_DETERMINISM_SEEDS=100 SOAK_RERUNS=20 $(BIN)/pytest --numprocesses 2 tests/simulation tests/exploration

lock: $(STAMP)       ## Renew the lock files after a change of pyproject.toml
	$(BIN)/pip install --quiet uv
	echo mcp-server-servicenow | $(BIN)/uv pip compile - --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-emit-index-url --no-header --quiet --output-file tests/rest/clients/mcp.lock
	npm install --prefix tests/rest/clients --package-lock-only --no-audit --no-fund --silent
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-emit-index-url --custom-compile-command "make lock" --quiet --output-file requirements.lock

clean:               ## Remove what the other targets made
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# The virtual environment, made again when the lock file, the project file or the Python changes.
$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.11 or newer (Debian: apt-get install python3 python3-venv)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) does not serve: trustsim needs Python 3.11 or newer; name one with make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) has no venv module: install it (Debian: apt-get install python3-venv)"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# A real broker and a real browser for the tests: installed where they are missing and may be installed.
tools:
	@sh tests/install-tools.sh
