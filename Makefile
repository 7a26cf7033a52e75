# Names for what people do here. Anything longer than a line lives in scripts/.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The program is found in ./target whatever the caller's own settings are.
export CARGO_TARGET_DIR := $(CURDIR)/target
export PATH := $(PATH):$(HOME)/.cargo/bin

.PHONY: help run serve web test check bench bench-scan chaos openapi pictures release

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Install what is missing, build, and scan this machine
	@scripts/install run
	@scripts/web || [[ $$? == 77 ]]
	cargo build --release -p netscan
	target/release/netscan scan 127.0.0.1
	@echo
	@echo 'The program is target/release/netscan; add --help to see what else it does.'
	@echo '`make serve` shows it in a browser, on http://127.0.0.1:8080'

serve: ## Install what is missing, build, and serve the web UI and the API on http://127.0.0.1:8080
	@scripts/install run
	@scripts/web || [[ $$? == 77 ]]
	cargo build --release -p netscan
	target/release/netscan serve

web: ## Build the web UI into web/dist, which the next build of the program takes up
	@scripts/install web
	@scripts/web

test: ## Install what the tests need and run all of them
	@scripts/install test
	@scripts/test

check: ## Check format, lints, documentation, dependencies and generated files
	@scripts/check

bench: ## Measure how fast it is
	benches/run

bench-scan: ## Measure how fast open ports are found, beside nmap, masscan and RustScan (SCENARIOS="a b" for some)
	@scripts/install bench
	@scripts/web || [[ $$? == 77 ]]
	cargo build --release -p netscan
	@scripts/bench $(SCENARIOS)

chaos: ## Kill the program 1,000 times and count what was lost (NETSCAN_CHAOS_KILLS=N for N times)
	@scripts/install test
	NETSCAN_CHAOS_KILLS=$${NETSCAN_CHAOS_KILLS:-1000} scripts/test chaos

openapi: ## Write docs/openapi.json anew, after operations have changed
	cargo run -p netscan-server --example openapi > target/openapi.json
	mv target/openapi.json docs/openapi.json

pictures: ## Take the pictures of the pages in docs/pictures anew, after pages have changed
	@scripts/install test
	mkdir -p docs/pictures
	NETSCAN_PICTURES=$(CURDIR)/docs/pictures scripts/test web

release: ## Build what is shipped: target/dist/netscan
	@scripts/install build
	@scripts/web || [[ $$? == 77 ]]
	cargo build --profile dist -p netscan
