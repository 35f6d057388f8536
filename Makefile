# The README's two commands, and what else a change needs. Each sets up its environment by itself,
# from requirements/*.txt; a second call reuses it. Tests run in two processes, one for each core that
# they are timed on.
.PHONY: demo test fast test-long coverage versions fix hooks docs lock clean
PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest -n $(JOBS)

demo: $(VENV)/ready
	@$(BIN)/privscore demo

test: style
	@$(PYTEST)

# Under a minute: nothing that starts processes or a browser, and no pages.
fast: style
	@$(PYTEST) -m "not long and not slow"

# Everything exhaustive, behind the gate of `coverage`.
test-long: coverage
	@$(PYTEST) -m long

# The gate: the engine's own tests take every branch of it. Before it, as a figure, what the tests of
# `make fast` take of everything.
COVERAGE := $(BIN)/coverage
PROTOCOL_TESTS := --ignore-glob='*/test_aggregation*' --ignore-glob='*/test_encryption*' \
	--ignore-glob='*/test_conformance*' --ignore-glob='*/test_secure_sum*'
# What a killed process leaves of its figures cannot be read: only the report is the gate.
coverage: $(VENV)/ready
	@$(COVERAGE) erase
	-@$(COVERAGE) run --source=privscore,protocols -m pytest -n $(JOBS) -m "not long and not slow"
	-@$(COVERAGE) combine -q
	@$(COVERAGE) report --format=total | sed 's/.*/branch coverage of everything by the fast tests: &%/'
	@$(COVERAGE) erase
	@$(COVERAGE) run --source=protocols/core -m pytest -n $(JOBS) tests/protocols $(PROTOCOL_TESTS)
	-@$(COVERAGE) combine -q
	@$(COVERAGE) report --fail-under=100

.PHONY: style
style: $(VENV)/ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

fix: $(VENV)/ready
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# `make test` on every Python from 3.11 to 3.14 that is on this machine.
versions:
	@$(PYTHON) tests/every_python.py

# What `git commit` then looks at: .pre-commit-config.yaml, with the tools of the environment.
hooks: $(VENV)/ready
	@$(BIN)/pre-commit install

# The site, from docs/ alone: zensical has an environment of its own, and nothing here imports it.
docs: .venv-docs/ready
	@PYTHONPATH=docs/scripts .venv-docs/bin/zensical build --clean --strict

# A folder and what is installed in it, from a file of requirements: each a version and its hashes.
# uv where it exists, otherwise pip. The project itself comes behind, with nothing looked up: what
# builds it is among the requirements. The stamp is written last, so a broken set-up is redone.
define environment
	@rm -rf $(1)
	@if command -v uv >/dev/null 2>&1; then \
		uv venv -q --no-python-downloads --python $(PYTHON) $(1) && \
		uv pip install -q --compile-bytecode --python $(1)/bin/python --require-hashes -r $(2) && \
		$(if $(3),uv pip install -q --python $(1)/bin/python $(3),true); \
	else \
		$(PYTHON) -m venv $(1) && \
		$(1)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $(2) && \
		$(if $(3),$(1)/bin/python -m pip install -q --disable-pip-version-check $(3),true); \
	fi
	@touch $(1)/ready
endef

$(VENV)/ready: requirements/dev.txt pyproject.toml
	$(call environment,$(VENV),requirements/dev.txt,--no-deps --no-build-isolation -e .)

.venv-docs/ready: requirements/docs.txt
	$(call environment,.venv-docs,requirements/docs.txt)

# Moves the pins to the newest releases that pyproject.toml allows, for every Python and machine at
# once; hashes of all of a release's files are kept. Look at the diff, then `make test docs`.
LOCK := .venv-lock/bin/uv --no-config pip compile -q --no-header --upgrade \
	--universal --fork-strategy fewest --python-version 3.11 --generate-hashes
lock:
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip install -q --disable-pip-version-check --upgrade uv
	@$(LOCK) pyproject.toml --group dev -o requirements/dev.txt
	@$(LOCK) --group docs -o requirements/docs.txt

clean:
	rm -rf .venv .venv-* .cache site .coverage* .mypy_cache .ruff_cache .pytest_cache
