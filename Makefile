# Needs only make and Python >= 3.11, and uses a C++ compiler where there is one. Everything else comes, by hash, from requirements/*.txt.
#
#   make demo      a simulated world and its record: 4 minutes    make bench   speed and whole days
#   make demo-day  a small simulated day, retrieved: seconds      make docs    the documentation
#   make test      the tests: minutes                             make lock    renew requirements/
#   make check     format, lint, types, imports, documentation
#   make test-slow and check-data, drills: the longer tests

PYTHON ?= python3
VENV ?= .venv
VENV_CF ?= .venv-cf
BIN := $(VENV)/bin
BUILD := build
KERNEL := $(wildcard src/mcca_ml/learn/kernel/*pp src/mcca_ml/learn/kernel/CMakeLists.txt)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# A file to a worker, so that what its tests share is made once; the long ones of tests/contract first.
PYTEST_OPTIONS ?= -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo demo-day demo-full test test-slow drills check format-check lint types imports docs bench peers tables check-data cf wheel lock format clean

# The whole chain, granules to record and report, of one region and six years.
demo: $(VENV)/.run
	$(BIN)/mcca-ml demo --out demo

demo-day: $(VENV)/.run
	$(BIN)/mcca-ml demo-day --out demo-day

# The chain of eight boxes and nine years: hours.
demo-full: $(VENV)/.run
	$(BIN)/mcca-ml demo --world worlds/full.toml --out demo-full

# Few examples of each law; what is slow or needs the real granules is left to the three below.
test: $(VENV)/.test
	$(BIN)/python -m pytest $(PYTEST_OPTIONS) --hypothesis-profile=quick -m "not slow and not drill and not real_data"

# What .ci/run adds: the slow ones, and all examples of each law.
test-slow: $(VENV)/.test
	$(BIN)/python -m pytest $(PYTEST_OPTIONS) -m "(slow or hypothesis) and not drill and not real_data"

# Kills at random times, the kernel built to find its own faults, intervals counted, seeded faults: hours.
drills: $(VENV)/.test
	$(BIN)/python -m pytest $(PYTEST_OPTIONS) -m "drill and not real_data"
	$(BIN)/python -m benchmarks.drills.kills
	$(BIN)/python -m benchmarks.drills.kernel_stress
	$(BIN)/python -m benchmarks.science.validate_coverage
	$(BIN)/python -m benchmarks.drills.seeded_faults

check: format-check lint types imports docs

format-check: $(VENV)/.check
	$(BIN)/ruff format --check .

lint: $(VENV)/.check
	$(BIN)/ruff check .

types: $(VENV)/.check
	$(BIN)/mypy

imports: $(VENV)/.check
	$(BIN)/lint-imports

docs: $(VENV)/.check
	$(BIN)/sphinx-build -q -W --keep-going -E -b html docs $(BUILD)/docs
	@echo "documentation: $(BUILD)/docs/index.html"

# Writes benchmarks/results/*.json and the tables of docs/performance.md; half an hour with all peers.
BENCH := limits write_1c read_1c gridding speed training scaling prediction stages command
bench: $(VENV)/.test
	@failed=0; for part in $(BENCH) performance; do \
	  echo "== $$part"; $(BIN)/python -m benchmarks.speed.$$part || failed=1; \
	  case $$part in training|prediction) $(BIN)/python -m benchmarks.speed.$$part --one-core || failed=1;; esac; \
	  done; exit $$failed

# The libraries that only the benchmarks measure against; not by hash, since no result rests on them.
peers: $(VENV)/.test
	$(PIP) --group peers

# The tables and pictures of docs/validation.md; those of real days need the real data.
tables: $(VENV)/.test
	$(BIN)/python -m benchmarks.science.tables

# Fails, not skips, if the real data are here and a test that needs them did not run.
check-data: $(VENV)/.test
	$(BIN)/python scripts/check_data_tests.py

# The CF checker; the tests find it by this variable.
cf: $(VENV_CF)/.cf
	@echo "export MCCA_ML_CF_CHECKER=$(abspath $(VENV_CF))/bin/compliance-checker"

# In an environment that has what a user has, and from a folder where the source is out of sight.
OUT ?= $(BUILD)/wheel
wheel: $(VENV)/.test
	rm -rf $(OUT)
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir $(OUT) .
	$(PYTHON) -m venv $(OUT)/venv
	$(OUT)/venv/bin/python -m pip install --quiet --require-hashes --requirement requirements/run.txt
	$(OUT)/venv/bin/python -m pip install --quiet --no-deps $(OUT)/*.whl
	cp scripts/check_wheel.py $(OUT) && cd $(OUT) && venv/bin/python check_wheel.py

format: $(VENV)/.check
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The later files take their versions from the first, so that all environments agree. To run is to
# report at stations too, so `insitu` is in.
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-annotate --no-emit-index-url --fork-strategy fewest --custom-compile-command "make lock"
lock: $(VENV)/.check
	$(LOCK) --upgrade --group build --group test --group check --group docs pyproject.toml \
	  --output-file requirements/check.txt
	$(LOCK) --upgrade --group build --group test --constraints requirements/check.txt \
	  pyproject.toml --output-file requirements/test.txt
	$(LOCK) --upgrade --group build --extra insitu --constraints requirements/check.txt \
	  pyproject.toml --output-file requirements/run.txt
	$(LOCK) --upgrade --group pyproject.toml:cf --output-file requirements/cf.txt

clean:
	rm -rf $(VENV) $(VENV_CF) $(BUILD) .cache docs/_generated demo demo-day demo-full

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "make: $(PYTHON) is missing or older than 3.11; name another: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# A stamp is younger than the requirements it was made from, so make installs only what changed.
# Without build isolation, since the lock holds the build system too.
$(VENV)/.%: requirements/%.txt pyproject.toml $(KERNEL) | $(BIN)/python
	@echo "installing requirements/$*.txt into $(VENV) (a minute or two, once)"
	$(PIP) --require-hashes --requirement requirements/$*.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV_CF)/.cf: requirements/cf.txt
	$(PYTHON) -m venv $(VENV_CF)
	$(VENV_CF)/bin/python -m pip install --quiet --disable-pip-version-check \
	  --require-hashes --requirement requirements/cf.txt
	@touch $@
