# The README's two commands. Each sets up .venv by itself; a second call reuses it. The tests run in
# two processes, one for each core that they are timed on.
.PHONY: demo test test-long docs clean
PYTHON ?= python3
BIN := .venv/bin

demo: .venv/ready
	@$(BIN)/privscore demo

test: .venv/ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest tests/privscore & other=$$!; \
		$(BIN)/python -m pytest tests --ignore=tests/privscore; mine=$$?; \
		wait $$other && exit $$mine

test-long: .venv/ready
	@PRIVSCORE_LAWS=long $(BIN)/python -m pytest -m long

# The site, from docs/ alone: zensical has an environment of its own, and nothing here imports it.
docs: .venv-docs/ready
	@PYTHONPATH=docs/scripts .venv-docs/bin/zensical build --clean --strict

# A folder and what is installed in it: uv where it exists, otherwise venv and pip. The stamp is
# written last, so a broken set-up is redone.
define environment
	@rm -rf $(1)
	@if command -v uv >/dev/null 2>&1; then \
		uv venv -q --python $(PYTHON) $(1) && \
		uv pip install -q --compile-bytecode --python $(1)/bin/python $(2); \
	else \
		$(PYTHON) -m venv $(1) && \
		$(1)/bin/python -m pip install -q --disable-pip-version-check --upgrade 'pip>=25.1' && \
		$(1)/bin/python -m pip install -q --disable-pip-version-check $(2); \
	fi
	@touch $(1)/ready
endef

.venv/ready: pyproject.toml
	$(call environment,.venv,--group dev -e .)

.venv-docs/ready: pyproject.toml
	$(call environment,.venv-docs,--group docs)

clean:
	rm -rf .venv .venv-docs site .mypy_cache .ruff_cache .pytest_cache
