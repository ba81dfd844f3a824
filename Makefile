PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: search test lint bench

search: $(VENV)/.run
	$(BIN)/python run_search.py search_spaces/mri_like.yaml

test: $(VENV)/.test
	$(BIN)/python -m pytest -n auto --dist loadfile

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/trials_per_hour.py

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/.run: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	touch $@

$(VENV)/.test: $(VENV)/.run
	$(PIP) -e '.[test]'
	touch $@

$(VENV)/.dev: $(VENV)/.test
	$(PIP) -e '.[dev]'
	touch $@
