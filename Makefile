# Vestibule's commands. Each installs what it lacks, says what it does, and can simply be run again.

.PHONY: help run dev test test-rust test-browser lint fmt bench fuzz mutants screenshots
.DEFAULT_GOAL := help

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 22

run: ## build the release and serve it on http://127.0.0.1:3000
	@scripts/install-build-tools
	@scripts/build-release
	@echo "==> Serving on $${VESTIBULE_ORIGIN:-http://127.0.0.1:3000} (Ctrl-C ends it)"
	@exec target/release/vestibule

dev: ## rebuild and reload on every change (cargo leptos watch)
	@scripts/install-build-tools
	@exec cargo leptos watch

test: ## everything that must hold: checks, Rust tests on SQLite and PostgreSQL, browser tests
	@scripts/test checks rust browser

test-rust: ## only the Rust tests
	@scripts/test rust

test-browser: ## only the browser tests
	@scripts/test browser

lint: ## only formatting, clippy and dependency checks
	@scripts/test checks

fmt: ## format the Rust code
	@cargo fmt

bench: ## ratios measured in one run against floors of the same run
	@scripts/install-build-tools
	@scripts/bench

fuzz: ## every fuzz target for an hour (MINUTES=10: for ten minutes)
	@scripts/fuzz $(or $(MINUTES),60)

mutants: ## changes rules and tokens piece by piece, and lists what no test notices (about an hour)
	@scripts/mutants

screenshots: ## the pictures of every page into docs/images (ALL=1: in every state, into target/screenshots)
	@scripts/install-build-tools
	@scripts/install-test-tools browser
	@scripts/build-release
	@scripts/screenshots $(if $(ALL),--all)
