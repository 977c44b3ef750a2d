# The whole vocabulary of the repository: `make help` lists it.
# Needs Python 3.10 or newer with venv (3.11 is what we test on), make and git; everything else is installed
# into .venv by the first target that wants it, and not again until pyproject.toml changes.
#
#   make test PYTHON=python3.12 VENV=.venv312      the same with another interpreter

PYTHON ?= python3
VENV ?= .venv
PYTEST_ARGS ?=
# Processes that run tests: one a core. TEST_WORKERS=0 runs them in pytest's own, as a debugger wants it.
TEST_WORKERS ?= auto
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
# The tests of a file stay together: they share what its fixtures build.
SPREAD := --numprocesses $(TEST_WORKERS) --dist loadfile
WEB_READY := web/node_modules/.installed

# ---------------------------------------------------------------- what people type

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## install into a fresh environment and watch patterns being stored and found
	@rm -rf .demo
	@$(PYTHON) -m venv .demo/venv
	@echo "Installing into .demo/venv ..."
	@.demo/venv/bin/python -m pip install --quiet --disable-pip-version-check .
	@.demo/venv/bin/reasoningbank demo

.PHONY: test
test: $(VENV)/.test browser tests/mcp/npm/.installed ## run every test but the long ones, of Python and then of the TypeScript package
	$(PYTEST) -q -ra $(SPREAD) $(PYTEST_ARGS)
	@$(MAKE) --no-print-directory web-test

.PHONY: web
web: $(WEB_READY) ## build the demo page of the TypeScript package and serve it on loopback
	cd web && npm run --silent demo

.PHONY: postgres
postgres: $(VENV)/.test ## a PostgreSQL with pgvector to try a team's bank on; prints its URL, Ctrl-C ends it and removes its data
	@$(BIN)/python -m tests.postgres.server

.PHONY: check
check: check-format check-types check-layers check-generated docs web-check ## formatting, lint, types, layers, generated files, documentation

.PHONY: bench
bench: $(VENV)/.bench ## measure against the raw engine and the stored baseline
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

.PHONY: bench-short
bench-short: $(VENV)/.bench ## the smallest bank and a fifth of the calls: does it still run? Misses are shown, not counted
	@rm -f benchmarks/results/latest.json
	$(BIN)/python -m benchmarks --size 1000 --repeats 0.2 || test -s benchmarks/results/latest.json

.PHONY: bench-peers
bench-peers: $(VENV)/.bench ## measure beside other stores, each installed into an environment of its own; what cannot be is skipped, loudly
	$(BIN)/python -m benchmarks.peers $(PEERS_ARGS)

.PHONY: bench-records
bench-records: $(VENV)/.bench $(WEB_READY) ## the small benchmarks of the page of evidence: MCP server, hooks, metrics, browser, sizes
	$(BIN)/python -m pip install --quiet --editable '.[mcp]'
	@if [ -e $(WEB_READY) ]; then cd web && npm run --silent build; fi
	$(BIN)/python -m benchmarks.record $(RECORDS)

.PHONY: docs
docs: site ## build the documentation into site/, TypeScript reference included, check it and run its examples
	$(PYTEST) -q -ra tests/test_examples.py tests/test_documentation.py tests/documents
	@echo "Open site/index.html"

.PHONY: site
site: $(VENV)/.check $(WEB_READY) ## build the documentation into site/ and check it, without running its examples
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going --nitpicky -d build/doctrees -b html docs site
	@if [ -e $(WEB_READY) ]; then cd web && npm run --silent docs -- --out ../site/typescript --customJs ../docs/_static/back-to-the-book.js --logLevel Warn; \
	else echo "LEFT OUT: npm is missing, so the site has no TypeScript reference" >&2; fi
	$(BIN)/python tools/check_site.py site

# ---------------------------------------------------------------- the parts of check

.PHONY: check-format
check-format: $(VENV)/.check ## formatting and lint only
	$(BIN)/ruff format --check
	$(BIN)/ruff check

.PHONY: check-types
check-types: $(VENV)/.check ## types only
	$(BIN)/mypy

.PHONY: check-layers
check-layers: $(VENV)/.check ## imports point down, domain is pure, SQL stays in storage
	$(PYTEST) -q -ra tests/test_layers.py tests/test_public_surface.py

# Files made from other files. Add a line for each generator: it must fail when what is checked in differs.
.PHONY: check-generated
check-generated: $(VENV)/.check ## generated files are up to date
	$(BIN)/python tools/generate_spec.py --check
	$(BIN)/python tools/command_line_reference.py --check
	$(BIN)/python -m benchmarks.page --check
	$(BIN)/python -m benchmarks.postgres_page --check
	$(BIN)/python -m benchmarks.evidence_page --check

# ---------------------------------------------------------------- the TypeScript package

# Without npm these say what they leave out and go on: the Python package does not need it.
.PHONY: web-test
web-test: $(WEB_READY) ## the tests of the TypeScript package only: in Node, and in the browsers that can be had
	@if [ -e $(WEB_READY) ]; then \
	  web/scripts/install-browsers.sh && cd web && REASONINGBANK_PYTHON="$(abspath $(BIN))/python" npm test --silent; \
	else echo "SKIPPED: npm is missing, so the TypeScript package is not tested" >&2; fi

.PHONY: web-check
web-check: $(WEB_READY) ## its types, lint, generated files, API pages, WebAssembly, sizes, and the packed package on Node 18
	@if [ -e $(WEB_READY) ]; then cd web && npm run --silent check && npm run --silent build && npm run --silent sizes \
	  && npm run --silent check:package; \
	else echo "SKIPPED: npm is missing, so the TypeScript package is not checked" >&2; fi

$(WEB_READY): web/package.json web/package-lock.json
	@if command -v npm >/dev/null; then cd web && npm ci --silent && touch node_modules/.installed; \
	else echo "npm is missing: install Node 18 or newer" >&2; fi

# ---------------------------------------------------------------- longer or rarer

.PHONY: test-long
test-long: $(VENV)/.test ## the tests that take minutes: more processes, more kills, more data
	$(PYTEST) -q -ra -m long $(PYTEST_ARGS)

# An hour of it, with output to a file as well: make faults > faults.log 2>&1
FAULTS_ARGS ?= --json build/faults.json
.PHONY: faults
faults: $(VENV)/.test $(WEB_READY) ## the fault campaign, an hour of it: banks are killed, cut off, filled up, damaged; FAULTS_ARGS="--minutes 10"
	$(BIN)/python -m tests.faults.campaign $(FAULTS_ARGS)

.PHONY: faults-short
faults-short: $(VENV)/.test ## a round of each family of faults, in a minute or so
	$(BIN)/python -m tests.faults.campaign --short

.PHONY: fuzz
fuzz: $(VENV)/.test ## fuzz what reads strangers' files, where atheris can be installed; FUZZ_ARGS="trajectories --seconds 600"
	@$(BIN)/python -m pip install --quiet --group fuzz || echo "NOT FUZZED: atheris cannot be installed here" >&2
	$(BIN)/python -m tests.fuzz $(FUZZ_ARGS)

.PHONY: test-lowest
test-lowest: ## the core tests with the lowest versions pyproject.toml allows
	@$(MAKE) --no-print-directory VENV=.venv-lowest .venv-lowest/.test
	.venv-lowest/bin/python tools/lowest_requirements.py > .venv-lowest/lowest.txt
	.venv-lowest/bin/python -m pip install --quiet --requirement .venv-lowest/lowest.txt
	.venv-lowest/bin/python -m pytest -q -ra $(SPREAD) -m "not package and not long" $(PYTEST_ARGS)
	@cat .venv-lowest/lowest.txt

# Frameworks ask for versions of shared libraries that do not fit together, so each has an environment of its own.
ADAPTERS ?= langgraph langchain pydantic-ai llamaindex openai-agents crewai
ADAPTER_VERSIONS ?= newest

.PHONY: test-adapters
test-adapters: ## the framework adapters, each with its framework; ADAPTERS=crewai for one (that one takes 1 GB)
	@for adapter in $(ADAPTERS); do $(MAKE) --no-print-directory with-$$adapter; done

with-%:
	@$(MAKE) --no-print-directory VENV=.venv-adapter-$* .venv-adapter-$*/.adapter-test
	.venv-adapter-$*/bin/python -m pip install --quiet --editable '.[$*]'
	.venv-adapter-$*/bin/python tools/lowest_requirements.py $* > .venv-adapter-$*/lowest.txt
	if [ $(ADAPTER_VERSIONS) = lowest ]; then .venv-adapter-$*/bin/python -m pip install --quiet --requirement .venv-adapter-$*/lowest.txt; fi
	.venv-adapter-$*/bin/python -m pip freeze | grep -i "^$$(cut -d= -f1 .venv-adapter-$*/lowest.txt)=="
	.venv-adapter-$*/bin/python -m pytest -q -ra tests/adapters/test_$(subst -,_,$*).py tests/adapters/test_page.py tests/test_examples.py -k adapters $(PYTEST_ARGS)

.PHONY: coverage
coverage: $(VENV)/.dev ## lines and branches the tests reach
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -q -ra $(PYTEST_ARGS)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

.PHONY: format
format: $(VENV)/.check ## format the code and apply the safe fixes of the linter
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

.PHONY: generate
generate: $(VENV)/.check ## write the generated files anew: spec/, the pages on the command line, on benchmarks and on evidence
	$(BIN)/python tools/generate_spec.py
	$(BIN)/python tools/command_line_reference.py
	$(BIN)/python -m benchmarks.page
	$(BIN)/python -m benchmarks.postgres_page
	$(BIN)/python -m benchmarks.evidence_page

.PHONY: package
package: $(VENV)/.test ## build the sdist and the wheel into dist/
	@rm -rf dist
	$(BIN)/python -m build --no-isolation

.PHONY: release-check
release-check: $(VENV)/.release $(WEB_READY) ## build a release into dist/ and check everything about it; publishes nothing
	$(BIN)/python -m tools.release $(RELEASE_ARGS)

# Each from the wheel in an environment of its own, removed afterwards: EXTRAS="mcp server" for some of them,
# EXTRA_VERSIONS=lowest for the lowest versions allowed. The whole takes minutes and fetches about 2 GB.
EXTRAS ?=
EXTRA_VERSIONS ?= newest

.PHONY: test-extras
test-extras: $(VENV)/.test ## each extra alone in a fresh environment: what it is for, its size; EXTRAS="mcp server" for some
	@rm -rf build/extras && mkdir -p build/extras
	@$(BIN)/python -m build --no-isolation --wheel --outdir build/extras . > build/extras/log
	$(BIN)/python tools/extras.py --versions $(EXTRA_VERSIONS) build/extras/*.whl $(EXTRAS)

.PHONY: clean
clean: ## remove environments, caches and what was built
	rm -rf web/node_modules web/dist web/demo/dist web/site
	rm -rf tests/mcp/npm/node_modules tests/mcp/npm/.installed .venv .venv-* .demo build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------- environments

# The tests marked `browser` drive a real Chromium and skip, saying so, where there is none.
.PHONY: browser
browser: ## Chromium and its driver, from Debian's packages where they are missing and may be installed
	@if command -v chromium > /dev/null && command -v chromedriver > /dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  { apt-get update -qq && apt-get install -qq --yes chromium chromium-driver; } > /dev/null 2>&1 \
	  || echo "Chromium could not be installed: the tests that need it will be skipped"; \
	else echo "Chromium or its driver is missing: the tests that need them will be skipped"; fi

# Dependency groups need pip 25.1, and a fresh venv of Python 3.11 brings 23.2.
$(VENV)/.venv:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else f"Python 3.10 or newer is needed; {sys.executable} is {sys.version.split()[0]}. Try: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@touch $@

# Real MCP servers for the tests of the gateway and for `python -m benchmarks.mcp`. Where npm is missing or gets
# nothing, those tests skip and say so.
tests/mcp/npm/.installed: tests/mcp/npm/package-lock.json
	@if ! command -v npm > /dev/null; then echo "npm is not installed: the real MCP servers are left out"; \
	elif npm ci --prefix tests/mcp/npm --no-audit --no-fund --silent; then touch $@; \
	else echo "npm ci failed: the real MCP servers are left out"; fi

# One stamp for each dependency group: .venv/.test, .venv/.check, .venv/.bench, .venv/.dev.
$(VENV)/.%: pyproject.toml | $(VENV)/.venv
	$(BIN)/python -m pip install --quiet --editable . --group $*
	@touch $@
