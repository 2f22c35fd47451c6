# Two commands to know: `make run` shows a pipeline, `make test` runs every check. Both set up .venv first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test lint docs screenshots front-end lint-front-end test-front-end chromium pytest pytest-browser pytest-cluster cluster postgresql store-endpoints soak bench format generate clean

BIN := .venv/bin
FOLDERS := kfnb tests docs docker hatch_build.py
# The first interpreter on the path that is new enough; PYTHON=… on the command line wins.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PIP := $(BIN)/python -m pip --quiet install --constraint constraints.txt
# A test that waits leaves its processor to another.
WORKERS ?= $(shell echo $$(($$(nproc 2>/dev/null || echo 2) + 1)))
REPORTS := build/reports
PARTS := front-end unit browser cluster cluster-alone
LAB_LINK := .venv/share/jupyter/labextensions/@kfnb/jupyterlab

# Without byte code every start of every process compiles its libraries again.
unexport PYTHONDONTWRITEBYTECODE
# Where an environment is active that is not this one, IPython warns of it, and warnings are errors in tests.
unexport VIRTUAL_ENV
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export PIP_NO_INPUT := 1

help:
	@echo "make run      set up .venv and run the example pipeline notebooks/churn.ipynb"
	@echo "make test     set up .venv and run every check: lint, documentation, tests"
	@echo "make lint     ruff, mypy, the import layers; eslint, prettier and tsc"
	@echo "make docs     build the documentation into build/site"
	@echo "make screenshots take the documentation's pictures of JupyterLab anew, in a real browser"
	@echo "make front-end   build the JupyterLab extension and the widget; .venv/bin/jupyter lab then has them"
	@echo "make pytest   the tests alone, with coverage"
	@echo "make pytest-browser   the tests in a real browser"
	@echo "make pytest-cluster   the tests that need a Kubernetes: one is built, brought up and taken down again"
	@echo "make cluster  bring up that Kubernetes and leave it there, to try kfnb on it (docs/test-cluster.md)"
	@echo "make soak     the long form of the tests"
	@echo "make bench    the benchmarks, each beside papermill in one kernel (WORK=\"W1 W3\" picks)"
	@echo "make format   let ruff put the code in order"
	@echo "make generate write the generated pages of the documentation again, the server's description and its types in TypeScript"
	@echo "make clean    remove .venv, caches and builds"

$(BIN)/python:
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "kfnb needs Python 3.11 or newer, found '$(PYTHON)'. Install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Setting up .venv with $$($(PYTHON) --version) (once) ..." >&2
	@$(PYTHON) -m venv --clear .venv >/dev/null 2>&1 \
	  || { rm -rf .venv; $(PYTHON) -m venv --without-pip .venv && $(PYTHON) -m pip --quiet --python $(BIN)/python install pip; } 2>/dev/null \
	  || { rm -rf .venv; echo "$(PYTHON) can make no virtual environment: its venv module is incomplete and it has no pip. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

.venv/.ready-run: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing kfnb and what its examples need ..." >&2
	@$(PIP) pip
	@$(PIP) --build-constraint constraints.txt --editable '.[examples]'
	@touch $@

.venv/.ready-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing kfnb, its examples and the tools of the checks ..." >&2
	@$(PIP) pip
	@$(PIP) --build-constraint constraints.txt --editable '.[examples,dev,docs]'
	@touch $@ .venv/.ready-run

run: .venv/.ready-run
	$(BIN)/kfnb run notebooks/churn.ipynb

# What is built from source is built meanwhile, in a group of processes of its own, which ends with this one. Last it is
# said how many tests ran, what those said that failed, and which part has not come to its end.
test:
	@rm -rf $(REPORTS)
	@status=0; $(MAKE) --no-print-directory .venv/.ready-dev || status=1; \
	  set -m; nice -n 19 $(BIN)/python -m tests.cluster programs >/dev/null 2>&1 & building=$$!; set +m; \
	  trap 'kill -- -$$building 2>/dev/null' EXIT; \
	  $(MAKE) --no-print-directory lint docs test-front-end pytest pytest-browser pytest-cluster || status=1; \
	  test ! -x $(BIN)/python || $(BIN)/python -m tests.outcome $(REPORTS) $$status $(PARTS) || status=1; exit $$status

lint: .venv/.ready-dev lint-front-end
	$(BIN)/ruff check $(FOLDERS)
	$(BIN)/ruff format --check $(FOLDERS)
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/.ready-dev
	$(BIN)/python -m docs.generate --check
	$(BIN)/mkdocs build --quiet --strict

screenshots: .venv/.ready-dev front-end chromium
	$(BIN)/python tests/e2e/screenshots.py docs/images

# Node's packages, as the lock file says. The lock file names no registry: npm takes the one it is configured for.
labextension/.ready: labextension/package.json labextension/package-lock.json
	@command -v npm >/dev/null || { echo "The front end needs Node 20 or newer with npm: https://nodejs.org" >&2; exit 1; }
	@echo "Installing what the front end is built with ..." >&2
	@cd labextension && npm ci --silent
	@touch $@

# Built again when a source changes. .venv's JupyterLab looks at the build itself, so a reloaded page has the newest.
labextension/.built: labextension/.ready .venv/.ready-dev $(shell find labextension/src labextension/style labextension/schema -type f) labextension/tsconfig.json
	@echo "Building the JupyterLab extension and the widget ..." >&2
	@rm -rf kfnb/labextension
	@cd labextension && PATH="$(abspath $(BIN)):$$PATH" npm run --silent build
	@rm -rf $(LAB_LINK) && mkdir -p $(dir $(LAB_LINK)) && ln -s $(abspath kfnb/labextension) $(LAB_LINK)
	@touch $@

front-end: labextension/.built

lint-front-end: labextension/.ready
	cd labextension && npm run --silent lint

test-front-end: labextension/.ready
	cd labextension && npm run --silent test -- --reporter=default --reporter=junit --outputFile.junit=../$(REPORTS)/front-end.xml

# The tests in a browser use Debian's Chromium.
chromium:
	@command -v chromium >/dev/null || { \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "Installing Chromium for the tests ..." >&2 \
	  && export DEBIAN_FRONTEND=noninteractive && apt-get -qq update \
	  && apt-get -qq install -y --no-install-recommends chromium >/dev/null; } \
	  || echo "There is no Chromium; tests in a browser are skipped." >&2

# The tests of the database run on a real PostgreSQL too: only its programs are installed, no server is set up.
postgresql:
	@ls -d /usr/lib/postgresql/*/bin >/dev/null 2>&1 || command -v initdb >/dev/null || { \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "Installing PostgreSQL for the tests ..." >&2 \
	  && export DEBIAN_FRONTEND=noninteractive && apt-get -qq update \
	  && apt-get -qq install -y --no-install-recommends postgresql-common >/dev/null \
	  && echo "create_main_cluster = false" >> /etc/postgresql-common/createcluster.conf \
	  && apt-get -qq install -y --no-install-recommends postgresql >/dev/null; } \
	  || echo "There is no PostgreSQL; tests that need it are skipped." >&2

# Tests of stores in buckets run on endpoints of S3 and GCS: their programs are built into the cache of the test cluster.
store-endpoints: .venv/.ready-dev
	@$(BIN)/python -m tests.cluster store-endpoints \
	  || echo "Some endpoint of a store is missing; tests that need it are skipped." >&2

pytest: .venv/.ready-dev front-end postgresql store-endpoints
	@rm -f .coverage .coverage.*
	$(BIN)/pytest -n $(WORKERS) --maxprocesses 4 --dist worksteal --durations 10 -m "not soak and not cluster and not browser" --cov --cov-report=term:skip-covered --junitxml $(REPORTS)/unit.xml

pytest-browser: .venv/.ready-dev front-end chromium
	$(BIN)/pytest -n $(WORKERS) --maxprocesses 2 --dist loadfile --durations 10 -m "browser and not cluster and not soak" --junitxml $(REPORTS)/browser.xml tests/e2e

# Debian packages are installed and Kubernetes is built once, into a cache; all else is gone at the end. Where there can be
# no cluster the tests say so and are skipped; in continuous integration they fail. They wait more than they compute, so
# more of them than processors run side by side; then, one by one, those that break parts of the cluster. Exit code 5: no
# test is of this kind.
define ON_CLUSTER
@$(BIN)/python -m tests.cluster up || true
@status=0; \
  $(BIN)/pytest -n 4 --maxschedchunk 1 --durations 10 --junitxml $(REPORTS)/cluster.xml -m "$(1) and not alone" || [ $$? = 5 ] || status=1; \
  $(BIN)/pytest --durations 10 --junitxml $(REPORTS)/cluster-alone.xml -m "$(1) and alone" || [ $$? = 5 ] || status=1; \
  $(BIN)/python -m tests.cluster down --clean || status=1; exit $$status
endef

pytest-cluster: .venv/.ready-dev front-end chromium
	$(call ON_CLUSTER,cluster and not soak)

cluster: .venv/.ready-dev
	$(BIN)/python -m tests.cluster up

soak: .venv/.ready-dev postgresql store-endpoints
	$(BIN)/pytest -n $(WORKERS) --maxprocesses 4 -m "soak and not cluster and not browser"
	$(call ON_CLUSTER,cluster and soak)

bench: .venv/.ready-dev
	$(BIN)/python -m tests.benchmarks $(WORK)

format: .venv/.ready-dev labextension/.ready
	$(BIN)/ruff check --fix $(FOLDERS)
	$(BIN)/ruff format $(FOLDERS)
	cd labextension && npm run --silent format

generate: .venv/.ready-dev labextension/.ready
	$(BIN)/python -m docs.generate

clean:
	rm -rf labextension/node_modules labextension/lib labextension/.ready labextension/.built kfnb/labextension
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*
	find $(FOLDERS) -name __pycache__ -type d -prune -exec rm -rf {} +
