# The README's two commands. Each sets up .venv by itself; a second call reuses it. The tests run in
# two processes, one for each core that they are timed on.
.PHONY: demo test test-long clean
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

# uv where it exists, otherwise venv and pip. The stamp is written last, so a broken set-up is redone.
.venv/ready: pyproject.toml
	@rm -rf .venv
	@if command -v uv >/dev/null 2>&1; then \
		uv venv -q --python $(PYTHON) .venv && \
		uv pip install -q --compile-bytecode --python $(BIN)/python --group dev -e .; \
	else \
		$(PYTHON) -m venv .venv && \
		$(BIN)/python -m pip install -q --disable-pip-version-check --upgrade 'pip>=25.1' && \
		$(BIN)/python -m pip install -q --disable-pip-version-check --group dev -e .; \
	fi
	@touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
