# Everything a person or a machine does with a checkout. The environment is .venv; nothing outside this folder is changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Downloads are cut off now and then; pip goes on where it was.
PIP_INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet --retries 10 --timeout 60 --require-hashes

.PHONY: run test test-all check bench demo openapi lock sbom audit clean

run: $(VENV)/.service
	@$(BIN)/python -m service serve

demo: $(VENV)/.service
	@$(BIN)/python -m service demo

# Two processes, since a test that waits for the service leaves a core idle. Files in their order: those that take
# longest begin first.
test: $(VENV)/.dev
	@$(BIN)/python -m pytest -q -n 2 --no-loadscope-reorder

# Everything, about 50 minutes: the quick tests search for new examples here, and the slow ones run one by one, also
# when a quick one failed. docs/scenarios.md is written anew with what came of every fault and attack.
test-all: $(VENV)/.dev
	@failed=0; \
	$(BIN)/python -m pytest -q -n 2 --no-loadscope-reorder --keep-seen || failed=1; \
	$(BIN)/python -m pytest -q -m slow --keep-seen || failed=1; \
	exit $$failed

check: $(VENV)/.dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks

openapi: $(VENV)/.service
	@$(BIN)/python -m service openapi

# The newest releases that pyproject.toml admits, with the hashes of their files for every system and no addresses.
# setuptools and pip are locked too (--allow-unsafe), as pip-tools needs them and --require-hashes admits nothing unlocked.
COMPILE := env -u PIP_FIND_LINKS PIP_CONFIG_FILE=/dev/null CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet \
	--upgrade --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-trusted-host \
	--no-emit-find-links --no-emit-options
lock: $(VENV)/.dev
	$(COMPILE) --output-file requirements.lock pyproject.toml
	$(COMPILE) --extra dev --extra traces --output-file requirements-dev.lock pyproject.toml

# What the service is made of (CycloneDX), from its lock: the image of a release is made of the same.
sbom: $(VENV)/.dev
	@mkdir -p build
	@$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --output-format JSON \
		--output-file build/sbom.json requirements.lock
	@echo "build/sbom.json"

# What is known against any of it, or against what it is tested with. Asks the internet, so that no test does this.
audit: $(VENV)/.dev
	@mkdir -p build && rm -f build/audit.json
	-@$(BIN)/pip-audit --requirement requirements-dev.lock --require-hashes --disable-pip --progress-spinner off \
		--format json --output build/audit.json
	@$(BIN)/python -m tests.audited requirements-dev.lock build/audit.json

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.service: requirements.lock | $(VENV)/.made
	$(PIP_INSTALL) -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(VENV)/.service
	$(PIP_INSTALL) -r requirements-dev.lock
	@touch $@

# The packages are found through a .pth file: there is nothing to build, so nothing more to download.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, and $(PYTHON) is older or missing: name another with make PYTHON=..."; exit 1; }
	@if $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null; then \
		$(PYTHON) -m venv --clear $(VENV); \
	elif $(PYTHON) -c 'import venv, pip' 2>/dev/null; then \
		$(PYTHON) -m venv --clear --without-pip $(VENV) && \
		$(PYTHON) -c 'import pip, shutil, sys; shutil.copytree(pip.__path__[0], sys.argv[1])' \
			"$$($(BIN)/python -c 'import site; print(site.getsitepackages()[0])')/pip"; \
	else \
		echo "$(PYTHON) lacks its venv and ensurepip modules; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; \
	fi
	@$(BIN)/python -c 'import pathlib, site; pathlib.Path(site.getsitepackages()[0], "throughline.pth").write_text("$(CURDIR)\n")'
	@printf '#!/bin/sh\nexec "$(CURDIR)/$(BIN)/python" -m service "$$@"\n' > $(BIN)/throughline && chmod +x $(BIN)/throughline
	@touch $@
