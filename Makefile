.DEFAULT_GOAL := help
.PHONY: help demo test check bench
export UV_PYTHON_DOWNLOADS := never

help: ## Lists these targets
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 14

demo: ## Starts everything on this machine and takes a request from letter to live name
	@deploy/bootstrap
	@.venv/bin/tapak demo up

test: ## Runs the checks and every test, with the real servers
	@deploy/bootstrap --test
	@$(MAKE) --no-print-directory check
	@.venv/bin/pytest -n 2 --dist loadfile

check: ## Checks style, types and which room imports which
	@deploy/bootstrap --test
	.venv/bin/ruff check --quiet
	.venv/bin/ruff format --check --quiet
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: ## Measures the figures that the project promises
	@deploy/bootstrap --test
	@.venv/bin/pytest tests/bench -p no:xdist -s --timeout=3600
