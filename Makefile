SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
BIN := .venv/bin

.PHONY: help setup run test lint format bench-development bench-reading zip clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Debian packages, .venv and jars; repeat it freely
	@deploy/setup.sh

run: setup ## the main job on a catalog that it draws itself; results in build/demo
	@deploy/demo.sh

test: setup ## all tests (T="tests/unit -k config" for some of them)
	@$(BIN)/python -m pytest $(T)

lint: setup ## ruff, mypy --strict and the order of the layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## lays the code out as lint wants it
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench-development: setup ## F1 on real labelled pictures: DATA=folder [ARGS="--set ..."]
	$(BIN)/python -m tests.benchmarks.development $(DATA) --out build/development $(ARGS)

bench-reading: setup ## what each way of reading finds and costs: DATA=folder [ARGS="--pictures 50"]
	$(BIN)/python -m tests.benchmarks.reading $(DATA) --out build/bench $(ARGS)

zip: setup ## build/entity_extract.zip, what --py-files takes to a cluster
	@deploy/package.sh

clean: ## removes what was built; keeps .venv and the jars
	rm -rf build dist spark-warehouse metastore_db derby.log *.egg-info .*_cache .hypothesis
	find entity_extract jobs tests -name __pycache__ -prune -exec rm -rf {} +
