SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
BIN := .venv/bin

.PHONY: help setup run test test-faults test-spark4 lint audit format zip clean
.PHONY: bench bench-development bench-reading bench-rereading bench-learning bench-training bench-executors bench-scale bench-growing bench-languages bench-gpu bench-correcting
.PHONY: bench-fetch default-bundle line-classifier dimension-lines data-dictionary pictures

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Debian packages, .venv and jars; repeat it freely
	@deploy/setup.sh

run: setup ## the main job on a catalog that it draws itself; results in build/demo
	@deploy/demo.sh

test: setup ## all tests (T="tests/unit -k config" for some of them)
ifdef T
	@$(BIN)/python -m pytest $(T)
else # in two processes of one thread each; what starts no Spark first
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile tests/unit
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile tests/spark tests/jobs tests/docs
	@deploy/spark4.sh -n 2 --dist loadfile $(SPARK4_ALWAYS)
endif

test-faults: setup ## runs killed, starved and cut off, the slow half of them, too
	@$(BIN)/python -m pytest -m faults $(T)

# What `make test` runs on Spark 4, too: sessions, the stages, the main job from training to answers.
SPARK4_ALWAYS := tests/spark/session tests/spark/test_stages.py tests/jobs/test_main_job.py
SPARK4_TESTS := $(SPARK4_ALWAYS) tests/spark/test_extract.py tests/spark/training/test_barrier.py \
	tests/spark/catalog/test_delta.py tests/spark/catalog/test_catalog.py tests/spark/lake/test_lake.py
test-spark4: setup ## a part of the tests on Spark 4 (T="tests/spark/lake" for others)
	@deploy/spark4.sh $(or $(T),$(SPARK4_TESTS))

lint: setup ## ruff, mypy --strict and the order of the layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: setup ## known vulnerabilities of the pinned packages; says so where none can be looked up
	@$(BIN)/python deploy/audit.py

format: setup ## lays the code out as lint wants it
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: setup ## whole jobs beside Spark, Daft and Ray Data: [DATA=folder] [ARGS="--weights FILE"]
	$(BIN)/python -m tests.benchmarks.end_to_end $(DATA) --out build/bench $(ARGS)

bench-development: setup ## F1 on real labelled pictures: DATA=folder [ARGS="--set ..."]
	$(BIN)/python -m tests.benchmarks.development $(DATA) --out build/development $(ARGS)

bench-rereading: setup ## what each second look finds and costs: DATA=folder ARGS="--lake LAKE"
	$(BIN)/python -m tests.benchmarks.rereading $(DATA) --out build/bench $(ARGS)

bench-reading: setup ## what each way of reading finds and costs: DATA=folder [ARGS="--pictures 50"]
	$(BIN)/python -m tests.benchmarks.reading $(DATA) --out build/bench $(ARGS)

bench-learning: setup ## what each part of learning is worth: DATA=folder [ARGS="--weights FILE"]
	$(BIN)/python -m tests.benchmarks.learning $(DATA) --out build/bench $(ARGS)

bench-fetch: setup ## images/s beside img2dataset on a loopback server: [ARGS="--rounds 5"]
	$(BIN)/python -m tests.benchmarks.fetch --out build/bench $(ARGS)

bench-training: setup ## seconds and memory at 100,000 rows: DATA=folder, read by bench-learning
	$(BIN)/python -m tests.benchmarks.training_size $(DATA) $(ARGS)

bench-executors: setup ## what a second executor is worth on real pictures: DATA=folder of them
	$(BIN)/python -m tests.benchmarks.executors $(DATA) --out build/bench $(ARGS)

bench-languages: setup ## number-with-unit specifications read, by language: DATA=Specs/NumberWithUnit
	$(BIN)/python -m tests.benchmarks.languages $(DATA) $(ARGS)

bench-scale: setup ## seconds and memory around READ, up to a million links [ARGS="--links 10000"]
	$(BIN)/python -m tests.benchmarks.scale --out build/bench $(ARGS)

bench-growing: setup ## waves of a lake of ten million links [ARGS="--links 1000000 --limit-s 3000"]
	$(BIN)/python -m tests.benchmarks.growing --out build/bench/growing $(ARGS)

bench-correcting: setup ## seconds of ten corrections by keyboard, a training, and its answers
	$(BIN)/python -m tests.benchmarks.correcting --out build/bench $(ARGS)

bench-gpu: setup ## pictures/s on a GPU beside the CPU: DATA=folder of pictures [ARGS="--weights FILE"]
	$(BIN)/python -m tests.benchmarks.gpu $(DATA) --out build/bench $(ARGS)

default-bundle: setup ## makes the bundle that comes with the package anew: DATA=folder
	$(BIN)/python -m deploy.artefacts.default_bundle $(DATA) $(ARGS)

line-classifier: setup ## fits what tells lines of text from texture anew: DATA=folder of pictures
	$(BIN)/python -m deploy.artefacts.line_classifier $(DATA) $(ARGS)

dimension-lines: setup ## trains what tells dimension lines anew, on drawings that it makes
	$(BIN)/python -m pip install --quiet onnx
	$(BIN)/python -m deploy.artefacts.directions.network $(ARGS)

data-dictionary: setup ## writes entity_extract/TABLES.md, of the schema of the lake's tables
	$(BIN)/python -m deploy.artefacts.data_dictionary

pictures: setup ## draws what READMEs show anew, into deploy/pictures
	@$(BIN)/python -m deploy.artefacts.pictures

zip: setup ## build/entity_extract.zip, what --py-files takes to a cluster
	@deploy/package.sh

clean: ## removes what was built; keeps .venv and the jars
	rm -rf build dist spark-warehouse metastore_db derby.log *.egg-info .*_cache .hypothesis
	find entity_extract jobs tests -name __pycache__ -prune -exec rm -rf {} +
