# `make` alone shows what there is.
.DEFAULT_GOAL := help
.PHONY: help install up test faults corpus schemathesis provenance lint train bench reference clean

# The first Python that is new enough.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && echo $$name && break; done)
BIN := .venv/bin

# For tests and training. Where your index has CUDA builds alone, name one with CPU builds: TORCH_INDEX=URL
TORCH ?= torch==2.13.0
TORCH_INDEX ?=

# Test processes at once, each with servers of its own; with ARGS there is one.
WORKERS ?= 2

# For `make schemathesis`.
MINUTES ?= 10

# What a run of `make faults` counted.
FAULTS := .faults.jsonl

# For `make train`.
ARCH ?= jinwi-cnn-32
DATA ?= cifake.tar.xz
VERSION ?= 0.2.0
OUT ?= runs

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/installed ## make .venv/ with everything but torch

up: install ## start the whole system, verify a photograph, serve until Ctrl-C
	@$(BIN)/jinwi up

test: .venv/installed-torch ## run all tests against real servers; ARGS="-k name" for some
	@$(BIN)/python -m pytest $(or $(ARGS),-n $(WORKERS) --dist loadfile)

# Part of a run says nothing of the whole: with ARGS the page stays as it is.
faults: .venv/installed-torch ## provoke every fault and write docs/reference/faults.md; about 20 minutes
	@rm -f $(FAULTS)
	@FAULTS_JSON=$(FAULTS) $(BIN)/python -m pytest tests/faults -m "" -s $(ARGS)
	@$(if $(ARGS),,$(BIN)/python -m tests.faults.table $(FAULTS))

corpus: install ## over 20,000 damaged and hostile images through the decoder, about two minutes
	@$(BIN)/python -m tests.corpus $(ARGS)

schemathesis: .venv/installed-torch ## search the HTTP interface for faults for MINUTES (10)
	@SCHEMATHESIS_MINUTES=$(MINUTES) $(BIN)/python -m pytest tests/contract/test_schemathesis.py $(ARGS)

provenance: install ## what crafted files say of their origin, and what reading it costs
	@$(BIN)/python -m tests.provenance

lint: .venv/installed-torch ## ruff, mypy and the import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

train: .venv/installed-torch ## train a model version; ARCH, DATA, VERSION and OUT say which
	@$(BIN)/jinwi train --arch $(ARCH) --data $(DATA) --version $(VERSION) --out $(OUT)

bench: .venv/installed-torch ## images a second a core, of the shipped versions and every network; ARGS="--help"
	@$(BIN)/python -m bench.serving $(ARGS)

reference: install ## write .env.example and the pages of settings and of the shipped model anew
	@$(BIN)/python -m deploy.reference
	@$(BIN)/python -m services.retrainer.versions.shipped_page

clean: ## remove .venv/ and caches; the data in .jinwi/ stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist
	find . -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || \
		{ echo "Jinwi needs Python 3.11 or newer: make install PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || \
		{ echo "$(PYTHON) comes without venv: install it, on Debian with apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[api,worker,local,dev]'
	@touch $@

.venv/installed-torch: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(addprefix --extra-index-url ,$(TORCH_INDEX)) '$(TORCH)'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[retrainer,hf]'
	@touch $@
