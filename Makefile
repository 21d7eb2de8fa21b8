PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TEST_ARGS ?=

# Compiling every module anew in every process costs more than the tests themselves.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test lint fuzz splice bench bench-status bench-sandbox cassettes clients faults kills deaths schedules year mutants clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "pirsync needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

demo: $(VENV)/.installed
	$(BIN)/pirsync demo $(DEMO_ARGS)

# File by file, so that what a file serves or parses once is served or parsed by one process.
test: $(VENV)/.installed
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder $(TEST_ARGS)

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The long version of the tests in which Schemathesis makes up the requests: at most half an hour on two cores.
fuzz: $(VENV)/.installed
	SCHEMATHESIS_EXAMPLES=150 $(BIN)/pytest -n auto tests/sandbox/conformance/test_schemathesis.py

# The long version of the tests of edits in pages: at most half an hour.
splice: $(VENV)/.installed
	$(BIN)/python -m benchmarks.splice $(SPLICE_ARGS)

bench: $(VENV)/.installed
	$(BIN)/python -m benchmarks.requests

bench-status: $(VENV)/.installed
	$(BIN)/python -m benchmarks.status

bench-sandbox: $(VENV)/.installed
	$(BIN)/python -m benchmarks.sandbox

cassettes: $(VENV)/.installed
	$(BIN)/python -m tests.cassettes.record

# Every fault at every request, pairs of faults, processes killed; at most 30 minutes on two cores.
faults: $(VENV)/.installed
	$(BIN)/python -m proofs.faults $(FAULTS)

# A process killed by SIGKILL before and after every request; at most 30 minutes on two cores.
kills: $(VENV)/.installed
	$(BIN)/python -m proofs.killed $(KILLS)

# A death at every transaction of the state, or at as many as 30 minutes allow on two cores.
deaths: $(VENV)/.installed
	$(BIN)/python -m proofs.deaths $(DEATHS)

# Random schedules of people, passes and faults: ten thousand, or as many as 30 minutes allow on two cores.
schedules: $(VENV)/.installed
	$(BIN)/python -m proofs.schedules $(SCHEDULES)

# A year of escalation: who is told how often; some minutes.
year: $(VENV)/.installed
	$(BIN)/python -m proofs.year

# Small changes of the code that decides, one slice of it (docs/mutation.md): each has to make a fast test fail.
mutants: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[mutation]'
	$(BIN)/python -m proofs.mutants $(SLICE) $(MUTANTS)

# Clients of others, each in an environment of its own, at work against the sandbox; needs a package index.
clients: $(VENV)/.installed
	$(BIN)/python -m tests.clients $(CLIENTS)

clean:
	rm -rf $(VENV) .clients .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build
