# Two commands are all a newcomer needs: `make audit` and `make test`. The work is done by tools/ (Python's standard library).
# ARGS is passed on: make test ARGS="-k ssh", make audit ARGS="--help". PYTHON names another interpreter.

PYTHON ?= python3
BOOTSTRAP = $(PYTHON) -m tools.bootstrap
.DEFAULT_GOAL := help
.PHONY: audit test lint wheel-check lock clean help python

audit: python ## Audit the example company: this machine and inventory/example.yaml
	@$(BOOTSTRAP) audit $(ARGS)

test: python ## Run every test; as root on Debian or Ubuntu, first install the servers they need
	@$(BOOTSTRAP) test $(ARGS)

lint: python ## Run ruff, mypy and import-linter
	@$(BOOTSTRAP) lint

wheel-check: python ## Build the wheel, install it elsewhere, and try it
	@$(BOOTSTRAP) wheel-check

lock: python ## Write the locks anew from pyproject.toml (ARGS=--upgrade takes newer versions)
	@$(BOOTSTRAP) lock $(ARGS)

clean: ## Remove .venv and all that was built or cached; never .auditor, which holds audits
	@rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed; auditor needs Python 3.11 or newer: apt-get install python3" >&2; exit 2; }
