# `make help` prints every target.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON := .venv/bin/python
READY := .venv/.ready
TESTS ?= tests
PARALLEL ?= -n auto --maxprocesses 4 --dist loadfile

.PHONY: help setup run demo demo-analytics admin test test-unit test-corpus check format lint fix types arch migrate migration worker wheel openapi bench bench-ingest bench-search bench-timing

help: ## Print every target
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(READY): uv.lock pyproject.toml deploy/environment.sh
	@deploy/environment.sh
	@touch $@

setup: $(READY) ## Create .venv and install everything into it

run: $(READY) ## Start the database, the API and a worker
	@exec $(PYTHON) -m entrypoints serve

demo: $(READY) ## Play the main job against the running server
	@$(PYTHON) -m entrypoints demo

demo-analytics: $(READY) ## Seed a month of use in the running server's database, and draw it
	@$(PYTHON) -m entrypoints demo-analytics

admin: $(READY) ## Open an administrator's account: make admin EMAIL=you@example.org
	@$(PYTHON) -m entrypoints create-admin "$(EMAIL)"

test: $(READY) ## Run every test, on a PostgreSQL of its own
	@$(PYTHON) -m pytest $(PARALLEL) --cov --cov-report=term $(if $(filter-out tests,$(TESTS)),--cov-fail-under=0) $(TESTS)

test-unit: $(READY) ## Run the tests that need no database, in seconds
	@$(PYTHON) -m pytest tests/unit

test-corpus: $(READY) ## Ingest the documents that other libraries test themselves with (minutes)
	@$(PYTHON) -m pytest tests/corpus/corpus.py

check: format lint types arch ## Check format, lint, types, import contracts, dependencies

format: $(READY) ## Check that the code is formatted (make fix formats it)
	@.venv/bin/ruff format --check .

lint: $(READY) ## Lint
	@.venv/bin/ruff check .

fix: $(READY) ## Format and mend what can be mended
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

types: $(READY) ## Check types, strictly
	@.venv/bin/mypy

arch: $(READY) ## Check the import contracts and the dependencies
	@.venv/bin/lint-imports
	@.venv/bin/deptry .

migrate: $(READY) ## Bring the database's tables up to date
	@$(PYTHON) -m entrypoints migrate

migration: $(READY) ## Draft the next migration from the tables: make migration NAME=0005_wellness
	@$(PYTHON) -m entrypoints draft-migration "$(NAME)"

worker: $(READY) ## Start one more job worker on the database of DATABASE_URL
	@exec $(PYTHON) -m entrypoints worker

wheel: $(READY) ## Build the wheel and try it in a clean environment
	@$(PYTHON) deploy/try_wheel.py

openapi: $(READY) ## Write docs/api/openapi.json
	@$(PYTHON) -m entrypoints openapi > docs/api/openapi.json.new
	@mv docs/api/openapi.json.new docs/api/openapi.json

bench: $(READY) ## Measure, as ratios to floors of the same run
	@$(PYTHON) -m benchmarks

bench-ingest: $(READY) ## Measure how fast documents are read, and what answers wait meanwhile
	@$(PYTHON) -m benchmarks ingest

bench-search: $(READY) ## Measure how well and how fast search finds (15 minutes)
	@$(PYTHON) -m benchmarks search_quality search_speed

bench-timing: $(READY) ## Measure whether a sign-in's time tells that an address has an account
	@$(PYTHON) -m benchmarks timing
