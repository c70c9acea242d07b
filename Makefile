# Everything installs into .venv; nothing else on the machine is touched.
PYTHON ?= python3
BIN := .venv/bin
# Three workers for two cores, for they wait on the disk; each has servers of its own, and what tests
# of one file share is made once.
WORKERS := $(shell $(PYTHON) -c "import os; cores = os.cpu_count() or 1; print(min(4, cores + cores // 2))")
PYTEST := $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 30
.DEFAULT_GOAL := help
.PHONY: help install demo dev test test-system-postgres lint format check docs lock bench clean

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-22s %s\n", $$1, $$2}'

install: .venv/installed ## Make .venv with the `sociallive` command in it

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.venv/installed-dev: .venv/installed requirements-dev.lock
	$(BIN)/pip install --quiet --require-hashes --no-deps -r requirements-dev.lock
	touch $@

.venv/installed-bench: .venv/installed-bench ## Measure us beside what a user would use instead
	$(BIN)/python -m benchmarks $(BENCH)

clean: ## Remove what was installed and cached; the home .sociallive stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
