# `make demo` and `make test` each work first, alone, on a machine with nothing but Python 3.11 or newer.

# The first of these that is Python 3.11 or newer and can make a virtual environment; PYTHON=... overrides.
CANDIDATES := $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python)
# Prints where the interpreter really is: behind an activated .venv, which is about to be remade, or a pyenv shim.
USABLE := import ensurepip, os, sys, venv; sys.version_info >= (3, 11) or sys.exit(1); \
	print(os.path.realpath(sys.executable))
INTERPRETER := $(shell for python in $(CANDIDATES); do "$$python" -c '$(USABLE)' 2>/dev/null && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
# Made last, so that a set-up that was broken off starts anew; its name changes with the interpreter.
READY := $(VENV)/.ready$(subst /,-,$(INTERPRETER))
PEERS := $(VENV)/.peers$(subst /,-,$(INTERPRETER))
PYENV_ROOT ?= $(HOME)/.pyenv
ARGS ?=

ifeq ($(NNLITE_DATA),)
ifneq ($(wildcard ../shared/data),)
export NNLITE_DATA := $(abspath ../shared/data)
endif
endif

.PHONY: help demo test test-all test-threads parity campaign inventory examples lint format bench clean

help:
	@echo "make demo      train the network of examples/mnist_cnn.py on real digits and draw its pictures"
	@echo "make test      run the whole test suite (ARGS='-k conv -x' goes to pytest)"
	@echo "make test-all  run it on every Python from 3.11 up that is found, here and in pyenv"
	@echo "make test-threads  run the suite with one thread and with two"
	@echo "make parity    compare nnlite with PyTorch and Keras, which it installs first"
	@echo "make campaign  read 10,000 hostile files, and kill and resume trainings, for some minutes"
	@echo "make inventory write docs/inventory.md from the code and the last make parity"
	@echo "make examples  run the examples in their short form and check their results"
	@echo "make lint      look over style, format and types; make format mends the first two"
	@echo "make bench     measure the speed"
	@echo "make clean     remove everything that these commands made"

demo: $(READY)
	$(BIN)/python examples/mnist_cnn.py --out out/mnist_cnn

test: $(READY)
	$(BIN)/python -m pytest $(ARGS)

test-all:
	@tested=; failed=; \
	for minor in 11 12 13 14 15; do \
		for python in "python3.$$minor" "$(PYENV_ROOT)"/versions/3.$$minor.*/bin/python; do \
			"$$python" -c '$(USABLE)' >/dev/null 2>&1 || continue; \
			echo "== Python 3.$$minor: $$python"; \
			tested="$$tested 3.$$minor"; \
			$(MAKE) --no-print-directory test VENV=.venv-3.$$minor PYTHON="$$python" || failed="$$failed 3.$$minor"; \
			break; \
		done; \
	done; \
	echo "== tested on:$${tested:- no Python from 3.11 up was found}; failed on:$${failed:- none}"; \
	test -n "$$tested" && test -z "$$failed"

test-threads: $(READY)
	NNLITE_NUM_THREADS=1 $(BIN)/python -m pytest $(ARGS)
	NNLITE_NUM_THREADS=2 $(BIN)/python -m pytest $(ARGS)

parity: $(PEERS)
	NNLITE_PARITY_LEDGER=out/parity.json $(BIN)/python -m pytest -m parity $(ARGS)

campaign: $(READY)
	$(BIN)/python -m pytest -m campaign -rP $(ARGS)

inventory: $(READY)
	$(BIN)/python docs/inventory.py

examples: $(READY)
	$(BIN)/python tests/check_examples.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf .venv .venv-3.* out .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml
	@test -n "$(INTERPRETER)" || { echo "nnlite needs Python 3.11 or newer with venv (on Debian: python3-venv)." \
		"Tried in vain: $(CANDIDATES). Name another: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	rm -rf $(VENV)
	"$(INTERPRETER)" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch '$@'

# This release of PyTorch, so that figures can be compared; another by TORCH=...
TORCH ?= torch==2.13.0
$(PEERS): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,parity]' '$(TORCH)'
	@touch '$@'
