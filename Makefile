# skydas: two commands for a newcomer, `make demo` and `make test`; the rest is for developers.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

.PHONY: help demo test install install-dev check bench fuzz soak ui clean

help:
	@echo "make demo     install what is needed and start the Baltic scene at http://127.0.0.1:$(PORT) (PORT=8090 for another)"
	@echo "make test     install what the tests need and run all of them"
	@echo "make install  install skydas into .venv and compile its kernels once"
	@echo "make check    format, lint, types, layers, tests"
	@echo "make bench    measure, and write docs/benchmarks.md"
	@echo "make fuzz     a million damaged payloads for each decoder"
	@echo "make soak     a simulated day through one node: memory must stay flat"
	@echo "make ui       build the page (needs Node 20.19 or newer)"

demo: install
	$(BIN)/skydas demo --port $(PORT)

install: $(VENV)/installed

$(VENV)/installed: requirements.txt pyproject.toml tools/install.sh
	PYTHON="$(PYTHON)" sh tools/install.sh $(VENV)

install-dev: $(VENV)/installed-dev

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt tools/install-dev.sh
	sh tools/install-dev.sh $(VENV)

test: install-dev
	sh tools/debian-packages.sh
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

check: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

bench: install-dev
	$(BIN)/python -m bench.report

fuzz: install-dev
	$(BIN)/python -m pytest tests/contract -n $(JOBS) --damaged 1000000 --slowest

soak: install-dev
	$(BIN)/python -m bench.soak

ui:
	cd ui && npm ci --no-audit --no-fund && npm run build

clean:
	rm -rf $(VENV) .peers dist
