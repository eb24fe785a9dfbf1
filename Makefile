# `make` lists what can be done. Everything is set up on demand, in one folder: .venv.

PYTHON ?= python3
WORKERS ?= $(shell nproc)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input
COMPILE := $(BIN)/uv --quiet pip compile pyproject.toml --generate-hashes --no-emit-index-url --no-annotate --no-header

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-print-directory

# Where it is set, every process compiles all of the code anew, in the tests as well: twice the time to start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: $(READY) ## All set-up, then the daemon with simulated phones; Ctrl-C stops it
	@exec $(BIN)/afterhours serve

.PHONY: test
test: lint ## All set-up, lint, then the tests; with ALL=1 each of them on both databases
	@echo "Running the tests"
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal $(if $(ALL),--everything)

.PHONY: lint
lint: $(READY) ## Ruff, mypy and the import rules
	@echo "Checking lint, format, types and imports"
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo > $(VENV)/imports.txt || { cat $(VENV)/imports.txt; exit 1; }

.PHONY: format
format: $(READY) ## Put the code in order: imports, simple mends, format
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format --quiet

.PHONY: lock
lock: $(READY) ## Pin the dependencies of pyproject.toml anew, with hashes
	@echo "Writing requirements.lock and requirements-dev.lock"
	@$(COMPILE) -o requirements.lock > $(VENV)/lock.txt
	@$(COMPILE) --extra dev -o requirements-dev.lock > $(VENV)/lock.txt

.PHONY: crashes
crashes: $(READY) ## Let every story die at each of its moments, on both databases
	@$(BIN)/pytest tests/crashes -n $(WORKERS) --dist worksteal --everything --exhaustive

.PHONY: bench
bench: $(READY) ## Measure: first alerts, deadlines, thousands at once, starts, webhook requests per second
	@$(BIN)/python -m tests.bench

.PHONY: torture
torture: $(READY) ## kill -9, SIGSTOP and database restarts under traffic; ROUNDS=200 MINUTES= DATABASE=both SEED=
	@$(BIN)/python -m tests.torture $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(MINUTES),--minutes $(MINUTES)) \
		$(if $(DATABASE),--database $(DATABASE)) $(if $(SEED),--seed $(SEED))

.PHONY: fuzz
fuzz: $(READY) ## Hostile requests to every route: REQUESTS=20000 SEED= WORKERS=, or from FIRST= on
	@$(BIN)/python -m tests.fuzz $(if $(REQUESTS),--requests $(REQUESTS)) $(if $(SEED),--seed $(SEED)) \
		$(if $(FIRST),--first $(FIRST)) --workers $(WORKERS)

.PHONY: audit
audit: $(READY) ## Known faults of the locked libraries, and bandit; asks the network, so no part of the tests
	@echo "Reading the code with bandit"
	@$(BIN)/uv --quiet tool run bandit --quiet -c pyproject.toml -r config triage webhooks scheduler \
		2> $(VENV)/bandit.txt || { cat $(VENV)/bandit.txt; exit 1; }
	@echo "Asking for known faults of the locked libraries"
	@for service in pypi osv; do \
		$(BIN)/uv --quiet tool run pip-audit --strict --vulnerability-service $$service --disable-pip --require-hashes \
			-r requirements.lock > $(VENV)/audit.txt 2>&1 && exit 0; \
		grep -q '^Found [0-9]* known' $(VENV)/audit.txt && { cat $(VENV)/audit.txt; exit 1; }; \
		echo "$$service did not answer: $$(tail -n 1 $(VENV)/audit.txt | cut -c 1-200)"; \
	done; echo "The libraries were not looked at: run make audit where PyPI or OSV can be reached"; exit 2

.PHONY: bench-large
bench-large: $(READY) ## Measure with two years of history: pages, reports, the audit; CASES=100000 DATABASE=postgresql
	@$(BIN)/python -m tests.bench.large $(if $(CASES),--cases $(CASES)) $(if $(DATABASE),--database $(DATABASE))

.PHONY: simulate
simulate: $(READY) ## Simulate nights with every fault: YEARS=1 SEED=1, one WEEK= again, a QUARTER=, SPARSE=1 years, RECORD=file
	@$(BIN)/python -m tests.simulation $(if $(YEARS),--years $(YEARS)) $(if $(SEED),--seed $(SEED)) \
		$(if $(WEEK),--week $(WEEK)) $(if $(QUARTER),--quarter $(QUARTER)) \
		$(if $(SPARSE),--sparse) $(if $(YEAR),--year $(YEAR)) $(if $(RECORD),--record $(RECORD)) --workers $(WORKERS)

.PHONY: clean
clean: ## Remove everything that was made here, but no database
	@rm -rf $(VENV) build dist *.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Made anew only where the lock file or pyproject.toml changed, or Python moved.
$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is missing or older than 3.11: install it, or run make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null \
		|| { echo "$(PYTHON) cannot make a virtual environment: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip --version > /dev/null 2>&1 \
		|| { echo "Making $(VENV)"; $(PYTHON) -m venv --clear $(VENV); }
	@echo "Installing the locked dependencies"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@echo "Installing afterhours"
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $(READY)
