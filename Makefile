# Two commands do everything on a machine with Python 3.11 or later: make demo, make test.
# make docs builds the site of the docs into build/docs.
# make matrix builds the same lists in every setting, VERSIONS=1 with other Pythons and libraries too.
# make fuzz reads broken inputs, N of them (default 10,000), each seed other ones: SEED=1.
# make crash kills runs at N random moments (default 200), and lets every call that writes fail.
# make wordpress makes the zip of the plug-in for WordPress in build/.
# make coverage prints how much of each module the tests run, the least first.

PYTHON ?= python3
BIN := .venv/bin
DEMO := build/demo
PIP := $(BIN)/pip install --disable-pip-version-check
EXTRAS := all,dask,django,extract,mkdocs,pelican,plots,properdocs,segment,sphinx,wagtail
PACKAGE := setup.py $(shell find recommender -type f ! -name '*.pyc' ! -name '*.c' ! -name '*.so')

.PHONY: demo test coverage crash fuzz matrix lint docs bench wordpress clean

demo: .venv/installed
	$(BIN)/recommender build data/articles -o $(DEMO)/related.json
	@echo
	$(BIN)/recommender -q show --source data/articles local/2021-03-09-marram-lido-drained-after-crack.md
	@echo
	@$(BIN)/recommender preview data/articles -o $(DEMO)/preview.html --site-title "The Calder Bay Courier"

test: .venv/tested
	$(BIN)/pytest tests --pyargs recommender

coverage: .venv/tested
	$(BIN)/pytest tests --pyargs recommender --ignore tests/integration --cov --cov-report=term

fuzz: .venv/tested
	$(BIN)/python tests/fuzz.py $(or $(N),10000) --seed $(or $(SEED),0)

crash: .venv/tested
	$(BIN)/python tests/crash.py $(or $(N),200) --seed $(or $(SEED),0)
	THOROUGH=1 $(BIN)/pytest tests/index/test_faults.py

matrix: .venv/tested
	$(BIN)/python tests/matrix.py $(if $(VERSIONS),--versions)

lint: .venv/tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/tested
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

wordpress:
	$(PYTHON) integrations/wordpress/make_zip.py

bench: .venv/benched
	$(BIN)/python benchmarks/speed.py --quick

clean:
	rm -rf .venv build dist *.egg-info
	find recommender -name "*.c" -delete -o -name "*.so" -delete

# The package is built into a wheel and installed from it, so that what runs is what ships.
.venv/installed: pyproject.toml $(PACKAGE)
	$(PYTHON) -m venv .venv
	$(PIP) .
	@touch $@

.venv/tested: pyproject.toml $(PACKAGE)
	$(PYTHON) -m venv .venv
	$(PIP) "pip>=25.1"  # the first that knows groups of dependencies
	$(PIP) ".[$(EXTRAS)]" --group dev
	@touch $@ .venv/installed

.venv/benched: .venv/tested
	$(PIP) --group bench
	@touch $@
