# getdsl: `make help` says what there is. A virtual environment in .venv is set up on first use.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
RUN ?= runs/quickstart
PIP_FLAGS := --quiet --disable-pip-version-check --no-compile
COMPILE = @$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true # on all cores, where pip has one

LOCK = $(BIN)/uv pip compile pyproject.toml --quiet --extra all --python-version 3.11 --no-annotate --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make locks"

.DEFAULT_GOAL := help
.PHONY: help demo test test-zoo lint docs site extension benchmark release locks clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.installed ## train specs/quickstart.get on real yeast data, and evaluate the checkpoint (a few minutes)
	$(BIN)/getdsl train specs/quickstart.get -o $(RUN) --overwrite
	$(BIN)/getdsl evaluate $(RUN)
	@echo "$(RUN)/report.html: the run on one page, with its pictures"

test: $(VENV)/.installed-dev ## all tests, on up to four cores
	$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist worksteal

test-zoo: $(VENV)/.installed-zoo ## specs/zoo beside the packages that have the models, which it installs
	$(BIN)/python -m pytest -q tests/zoo

docs: $(VENV)/.installed-dev ## write the generated pages of docs/ anew
	GETDSL_UPDATE=1 $(BIN)/python -m pytest -q tests/specs/test_table.py tests/zoo/test_page.py tests/blocks/test_pages.py tests/sections/test_page.py tests/test_operations_page.py tests/test_readers_page.py tests/test_commands_page.py tests/test_performance_page.py tests/editors/test_textmate.py tests/editors/test_tree_sitter.py

site: $(VENV)/.installed-dev ## the documentation as a site that opens offline: site/index.html; with VERSION=1.2.0 in a folder of its own
	$(BIN)/python -m tools.site $(if $(VERSION),--version $(VERSION))

extension: editors/vscode/node_modules/.package-lock.json ## the extension of VS Code, by npm: build/getdsl.vsix
	mkdir -p build
	cd editors/vscode && npm run --silent package -- --out ../../build/getdsl.vsix

lint: $(VENV)/.installed-dev ## ruff, mypy, and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

benchmark: $(VENV)/.installed-dev ## three seeds of the quickstart, and the speed of check (about 3 minutes)
	$(BIN)/python benchmarks/quickstart.py
	$(BIN)/python benchmarks/check.py

release: $(VENV)/.installed-release ## VERSION=1.2.0: changelog, wheel, sdist, a trial, an SBOM; nothing is committed (docs/releasing.md)
	$(BIN)/python -m tools.release $(VERSION)

locks: $(VENV)/.installed-release ## write requirements/ anew: the lowest and the highest versions of all dependencies
	$(LOCK) --resolution lowest-direct -o requirements/lowest.txt
	$(LOCK) --universal --upgrade -o requirements/highest.txt

clean: ## remove the virtual environment, all runs and the site
	rm -rf $(VENV) runs site build dist editors/vscode/node_modules editors/vscode/dist

editors/vscode/node_modules/.package-lock.json: editors/vscode/package-lock.json
	cd editors/vscode && npm ci --ignore-scripts
	@touch $@

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(PIP_FLAGS) -e .
	$(COMPILE)
	@touch $@

$(VENV)/.installed-dev: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(PIP_FLAGS) -e ".[dev]"
	$(COMPILE)
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-release: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(PIP_FLAGS) -e ".[dev,release]"
	$(COMPILE)
	@touch $@ $(VENV)/.installed-dev $(VENV)/.installed

$(VENV)/.installed-zoo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(PIP_FLAGS) -e ".[dev,zoo]"
	$(COMPILE)
	@touch $@ $(VENV)/.installed-dev $(VENV)/.installed
