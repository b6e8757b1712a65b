# The two commands of the README: `make run` and `make test`. Both make a virtual environment on first use.

PYTHON ?= python3
VENV ?= .venv
TARGET ?= llama-mlp
# Test processes. A file's tests stay together, because they share their captures; tests/conftest.py orders the files.
JOBS ?= 2
# Where PyTorch publishes its CPU builds; asked only for torch itself, and only when pip's own sources lack the pin.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

BIN := $(VENV)/bin
TORCH := $(shell sed -nE 's/^(torch==[^ ;]+); platform_system == .*/\1/p' constraints.txt)
TORCH_ELSEWHERE := $(shell sed -nE 's/^(torch==[^ ;]+); platform_system != .*/\1/p' constraints.txt)
TORCH_PIN := $(if $(filter Linux-x86_64,$(shell uname -s)-$(shell uname -m)),$(TORCH),$(TORCH_ELSEWHERE))
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --durations 25
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Python keeps what it has compiled: the suite starts a thousand processes, which would each compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test fuzz monkey attack chains unchanged servers check format install hooks system snapshots clean

run: $(VENV)/.installed
	$(BIN)/inspector $(TARGET)

test: $(VENV)/.dev system
	$(PYTEST)

# Logs and bundles damaged in 21,000 ways, for the night; FUZZ_TRACES=FOLDER damages those in a folder too.
FUZZ_CASES ?= 21000
fuzz: $(VENV)/.dev
	FUZZ_CASES=$(FUZZ_CASES) FUZZ_TRACES=$(FUZZ_TRACES) $(BIN)/python -m pytest --timeout 0 tests/unit/test_trace_fuzz.py tests/unit/test_hostile_values.py tests/unit/test_codec.py

# A monkey at the keyboard of every screen for longer: MONKEY_SEEDS=1,2 plays those walks, ?5 five new ones.
MONKEY_SEEDS ?= ?5
monkey: $(VENV)/.dev
	MONKEY_STEPS=1000 MONKEY_SEEDS='$(MONKEY_SEEDS)' $(BIN)/python -m pytest --timeout 0 -v tests/tui/test_monkey.py

# Every attack that is too slow for the suite, with a table of what held; ATTACKS=cancels,serve names some.
ATTACKS ?=
comma := ,
attack: $(VENV)/.dev
	$(BIN)/python tests/attacks/run.py $(subst $(comma), ,$(ATTACKS))

# Links of modules made at random, judged by what the linked texts do: this many files of six modules each.
CHAIN_CASES ?= 50
chains: $(VENV)/.dev
	CHAIN_CASES=$(CHAIN_CASES) $(BIN)/python -m pytest --timeout 0 tests/worker/test_chain_meaning.py

# The output code of every gallery target, captured and not, byte for byte: minutes and six gigabytes.
unchanged: $(VENV)/.dev
	ALL_TARGETS=1 $(BIN)/python -m pytest --timeout 0 -v tests/worker/test_target_code.py

# An offline vLLM from end to end, in the environment of SERVER_PYTHON (docs/servers.md): minutes.
servers: $(VENV)/.dev
	SERVER_PYTHON=$(SERVER_PYTHON) $(BIN)/python -m pytest --timeout 3600 -v -m servers tests/worker/test_servers.py

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST)

install: $(VENV)/.installed

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

snapshots: $(VENV)/.dev
	$(BIN)/python -m pytest tests/tui --snapshot-update

hooks: $(VENV)/.dev
	$(BIN)/pre-commit install

# torch first and alone: its CPU pin exists in few places, everything else on PyPI.
$(VENV)/.installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || { echo "making $(VENV) …"; $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "inspector needs Python 3.11 or newer: make PYTHON=python3.12 …")'; $(PYTHON) -m venv $(VENV); }
	@echo "installing $(TORCH_PIN) …"
	@$(PIP) install "$(TORCH_PIN)" 2>/dev/null || $(PIP) install "$(TORCH_PIN)" --extra-index-url $(TORCH_INDEX)
	@echo "installing inspector …"
	@$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	@echo "installing the development tools …"
	@$(PIP) install -c constraints.txt -e ".[dev]"
	@touch $@

# What the tests need beside Python. Installs it where it can (Debian, as root), and says what is missing where it cannot.
system:
	@sh .ci/system

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
