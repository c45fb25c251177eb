# `make` lists what there is. Two commands do all on a fresh machine: make demo, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
DEMO := $(VENV)/demo
# One that was made only by half, or whose Python has gone, is made anew by whatever needs it.
WHOLE := $(shell test ! -e $(VENV) || $(BIN)/python -c 'import pip' 2>/dev/null || rm -f $(STAMP) $(DEMO))
# Exactly the files that the lock files name by their hashes, and none that would run code of its own to be installed.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:

# Of sheets_schema in one row: pytest loses a conftest whose folder comes twice.
PURE := tests/npta/domain tests/sheets_schema/schema tests/sheets_schema/protocol tests/sheets_schema/engine/test_lease.py \
  tests/sheets_schema/engine/test_rejections.py tests/sheets_schema/test_clock.py tests/sheets_schema/test_public.py tests/sheets_schema/test_database.py tests/test_architecture.py

.DEFAULT_GOAL := help
.PHONY: help setup lock demo serve rehearse test quick lint types tests wheel torture mutate bench screenshots clean

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1\t/' | expand -t 20

setup: $(STAMP)  ## .venv with everything, nothing else

$(DEMO): requirements-demo.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing: apt-get install python3-venv (Debian, Ubuntu), then make again."; exit 1; }
	@$(BIN)/python -c 'import pip' 2>/dev/null || { rm -rf $(VENV); $(PYTHON) -m venv $(VENV); }
	@echo "installing what the demo needs into $(VENV) …"
	@$(INSTALL) -r requirements-demo.txt
	@touch $(DEMO)

$(STAMP): $(DEMO) requirements-dev.txt
	@echo "installing what the tests need into $(VENV) …"
	@$(INSTALL) -r requirements-dev.txt
	@touch $(STAMP)

lock: setup  ## requirements*.txt anew from requirements*.in: all that is needed in turn, with hashes
	@for list in requirements requirements-demo requirements-replicate requirements-dev benchmarks/requirements; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $$list.in -o $$list.txt >/dev/null; done

demo: $(DEMO)  ## the main job on an embedded spreadsheet
	@$(BIN)/python -m npta demo

serve: $(DEMO)  ## a page to try it all on, and the function on loopback; stays up (PORT=9080: other ports)
	@$(BIN)/python -m npta serve $(if $(PORT),--port $(PORT))

rehearse: $(DEMO)  ## the go-live playbook on this machine, step by step, with its report
	@$(BIN)/python -m npta rehearse

test: setup lint types tests  ## lint, types and every test

quick: setup lint types  ## lint, types and the tests that need no process, no server and no spreadsheet: under a minute
	@$(BIN)/pytest $(PURE)

lint: setup
	@mkdir -p build
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache >build/imports.txt 2>&1 || { cat build/imports.txt; exit 1; }

types: setup
	@$(BIN)/mypy

tests: setup
	@$(BIN)/pytest

wheel: setup  ## the library as a wheel, in build/dist
	@cd sheets_schema && ../$(BIN)/hatchling build -t wheel -d ../build/dist

torture: setup  ## the long fault runs
	@$(BIN)/python -m tests.torture
	@TORTURE=1 $(BIN)/pytest -m '' --timeout 0 tests/npta/test_kill.py tests/npta/test_kill_while_serving.py tests/sheets_schema/engine/test_model_checker.py tests/sheets_schema/engine/test_state_machine.py tests/torture/test_ablations.py tests/npta/sequences

mutate: setup  ## plant small faults one by one, and list those that no test notices; about half an hour
	@$(BIN)/python -m tests.mutation

bench: $(VENV)/compared  ## how quick it is beside what people use otherwise, about fifteen minutes
	@$(BIN)/python -m benchmarks

$(VENV)/compared: $(STAMP) benchmarks/requirements.txt
	@echo "installing what is compared with into $(VENV) …"
	@$(INSTALL) -r benchmarks/requirements.txt
	@touch $(VENV)/compared

screenshots: setup  ## the pictures of the documents, taken anew with Chromium
	@$(BIN)/python -m tests.screenshots

clean:
	@rm -rf $(VENV) build .mypy_cache .pytest_cache .ruff_cache .hypothesis
