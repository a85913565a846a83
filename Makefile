# The commands of a newcomer; each one installs what it needs the first time. `make help` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
HOST ?= 127.0.0.1
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/runtime.stamp
DEV := $(VENV)/dev.stamp
TESTS ?=
SHAPE ?= both
PYTEST_FLAGS ?= -n 2 --dist worksteal
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo demo-reset test lint format screenshots bench migrations

help: ## Print this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(RUNTIME) ## Install, load the demo company, start server and worker (PORT=8000, HOST=127.0.0.1)
	@SUPPORTAI_DEMO=1 LOG_LEVEL=$${LOG_LEVEL:-WARNING} $(BIN)/python manage.py demo --host $(HOST) --port $(PORT)

demo-reset: $(RUNTIME) ## Delete the demo's data, then start it afresh
	@SUPPORTAI_DEMO=1 $(BIN)/python manage.py demo --host $(HOST) --port $(PORT) --delete-data
	@$(MAKE) --no-print-directory demo

test: $(DEV) ## Run every test that this machine can run (TESTS=path, PYTEST_FLAGS=...)
	@$(BIN)/python -m pytest $(PYTEST_FLAGS) $(TESTS)

lint: $(DEV) ## ruff, mypy, djlint, import-linter, missing migrations and translations
	@echo "ruff"; $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "mypy"; $(BIN)/mypy .
	@echo "djlint"; $(BIN)/djlint --lint --quiet templates
	@echo "import-linter"; $(BIN)/lint-imports
	@echo "migrations"; $(BIN)/python manage.py makemigrations --check --dry-run
	@echo "translations"; $(BIN)/python manage.py translations --check
	@echo "system checks"; $(BIN)/python manage.py check --fail-level WARNING

format: $(DEV) ## Let ruff format and sort what it can
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

screenshots: $(DEV) ## Take docs/screenshots/*.png from a fresh demo; needs chromium
	@$(BIN)/python bench/screenshots.py

bench: $(DEV) ## Measure the product beside its yardsticks (bench/README.md; SHAPE=embedded|production|both)
	@$(BIN)/python bench/all.py --shape $(SHAPE)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/it."; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "Python lacks venv: on Debian, apt-get install python3-venv."; exit 1; }

$(RUNTIME): requirements.txt constraints.txt | $(BIN)/python
	@echo "Installing what requirements.txt names (about 100 packages; a minute or two) ..."
	@$(PIP) -r requirements.txt -c constraints.txt
	@touch $@

$(DEV): pyproject.toml $(RUNTIME)
	@echo "Installing what tests and linters need ..."
	@$(BIN)/python -c 'import pathlib, tomllib; print("\n".join(tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]["optional-dependencies"]["dev"]))' > $(VENV)/dev.txt
	@$(PIP) -r $(VENV)/dev.txt -c constraints.txt
	@touch $@
