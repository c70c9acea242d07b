# Everything installs into .venv; nothing else on the machine is touched.
PYTHON ?= python3
BIN := .venv/bin
# Three workers for two cores, for they wait on the disk; each has servers of its own, and what tests
# of one file share is made once.
WORKERS := $(shell $(PYTHON) -c "import os; cores = os.cpu_count() or 1; print(min(4, cores + cores // 2))")
PYTEST := $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 30
.DEFAULT_GOAL := help
.PHONY: help install install-spark demo dev test test-faults test-system-postgres test-spark lint format check docs site sbom lock soak mutation fuzz bench clean

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

.venv/installed-fuzz: .venv/installed-dev requirements-fuzz.lock
	$(BIN)/pip install --quiet --require-hashes --no-deps -r requirements-fuzz.lock
	touch $@

.venv/installed-bench: .venv/installed-dev requirements-bench.lock
	$(BIN)/pip install --quiet --require-hashes --no-deps -r requirements-bench.lock
	touch $@

.venv/installed-mutation: .venv/installed-dev requirements-mutation.lock
	$(BIN)/pip install --quiet --require-hashes --no-deps -r requirements-mutation.lock
	touch $@

install-spark: .venv/installed-spark ## Add Spark, for SOCIALLIVE_ENGINE=spark; it needs Java 17

.venv/installed-spark: .venv/installed requirements-spark.lock
	$(BIN)/pip install --quiet --require-hashes --no-deps -r requirements-spark.lock
	touch $@

demo: .venv/installed ## Generate a platform and run the daily job on it
	$(BIN)/sociallive demo

dev: .venv/installed ## Open the Dagster UI
	$(BIN)/sociallive dev

test: .venv/installed-dev ## Run all tests on the embedded PostgreSQL
	$(PYTEST)

test-faults: .venv/installed-dev ## Run the tests that kill, cut, fill and lock (marked `fault`), by themselves
	$(PYTEST) -m "fault and not spark"

test-system-postgres: .venv/installed-dev ## Run the tests again on a PostgreSQL of the system
	$(PYTEST) --postgres-bindir "$(POSTGRES_BINDIR)" tests/schema tests/assets/resources tests/assets/ingestion tests/assets/ranking/test_write_back.py tests/assets/lifecycle/test_archive.py tests/assets/lifecycle/test_archive_by_copying.py tests/assets/lifecycle/test_archived_columns.py tests/assets/lifecycle/test_month_partitions.py tests/assets/lifecycle/test_drop_cold.py tests/assets/lifecycle/test_expired_rows.py tests/faults/test_writer_faults.py tests/integration/test_numbers_equal_sql.py -k "not polars"

test-spark: .venv/installed-dev .venv/installed-spark ## Run the engines' tests again on a cluster of Spark
	$(BIN)/python -m pytest -m "spark and not hypothesis" --durations 10

lint: .venv/installed-dev ## Check style, types, layers and SQL
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 0 --disable-progress-bar schema assets reports pipelines

format: .venv/installed-dev ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: lint test ## Everything that CI checks

docs: .venv/installed-dev ## Renew the pages that are made from code, and build the site
	$(BIN)/python -m pipelines.documentation --answers
	$(MAKE) site

site: .venv/installed-dev ## Build the documentation into site/; dead links are errors
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

sbom: .venv/installed ## List what the installation is made of, as CycloneDX, in sbom.json
	$(BIN)/python -m pipelines.supply_chain > sbom.json

lock: .venv/installed-dev ## Renew the lock files from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra build --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra build --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements-dev.lock
	$(BIN)/uv pip compile pyproject.toml --extra bench --universal --python-version 3.11 \
		--constraint requirements-dev.lock \
		--generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements-bench.lock
	$(BIN)/uv pip compile pyproject.toml --extra fuzz --universal --python-version 3.11 \
		--constraint requirements-dev.lock \
		--generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements-fuzz.lock
	$(BIN)/uv pip compile pyproject.toml --extra mutation --universal --python-version 3.11 \
		--constraint requirements-dev.lock \
		--generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements-mutation.lock
	$(BIN)/uv pip compile pyproject.toml --extra spark --universal --python-version 3.11 \
		--constraint requirements-dev.lock \
		--generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements-spark.lock

soak: .venv/installed-dev ## End commands at random moments, and live through a week with a daemon
	$(BIN)/python -m pytest -n 2 tests/soak/random_signals.py
	$(BIN)/python -m tests.soak.unattended_week

fuzz: .venv/installed-fuzz ## Look for inputs that break a promise: FUZZ="--seconds 600 --only csv_load"
	$(BIN)/python -m tests.fuzz $(FUZZ)

mutation: .venv/installed-mutation ## Count how many small mistakes put into modules their tests find
	$(BIN)/python -m tests.mutation $(MUTATION)

bench: .venv/installed-bench ## Measure us beside what a user would use instead
	$(BIN)/python -m benchmarks $(BENCH)

clean: ## Remove what was installed and cached; the home .sociallive stays
	rm -rf .venv site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
