# katasim: each target does its own set-up, says what it does, and does nothing when nothing changed.
#   make demo    the main job, told step by step (builds first; the story itself is told every time)
#   make test    every test          make check   types, rooms, lint, format
#   make build   dist/               make clean   removes everything that was made

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test check build clean

MADE    := .cache/make
SOURCES := $(shell find src proto policies -type f 2>/dev/null)
TESTBED := $(shell find testbed docs -type f -not -path '*/out/*' -not -path '*/target/*' -not -path '*/node_modules/*' 2>/dev/null)
CONFIG  := $(wildcard *.json *.js *.ts .*.json .*.cjs .prettierignore *.md) Makefile

help:
	@sed -n '2,5s/^# \{0,1\}//p' Makefile

setup: $(MADE)/setup
	@true

$(MADE)/setup: package.json package-lock.json .npmrc
	@command -v node >/dev/null || { echo 'make: Node.js >= 20.19 is needed and was not found' >&2; exit 2; }
	@node -e 'const [a,b]=process.versions.node.split(".").map(Number);if(a<20||(a===20&&b<19)){console.error(`make: Node.js >= 20.19 is needed, this is $${process.version}`);process.exit(2)}'
	@echo 'setup: installing the locked dependencies (npm ci)'
	@npm ci --silent --no-audit --no-fund --ignore-scripts
	@mkdir -p $(MADE) && touch $@

$(MADE)/bundle: $(MADE)/setup $(SOURCES) build.js tsconfig.json
	@echo 'build: bundling the command line'
	@node build.js --bundle
	@touch $@

$(MADE)/build: $(MADE)/setup $(SOURCES) build.js tsconfig.json tsconfig.build.json
	@echo 'build: bundling the command line, compiling the library'
	@node build.js
	@touch $@ $(MADE)/bundle

build: $(MADE)/build
	@echo 'build: dist/ is up to date; try: npx katasim --help'

demo: $(MADE)/bundle
	@node dist/katasim.cjs demo

$(MADE)/test: $(MADE)/bundle $(SOURCES) $(TESTBED) $(CONFIG)
	@echo 'test: running every test'
	@npx vitest run --reporter=default --reporter=json --outputFile.json=.cache/test.json
	@touch $@

test: $(MADE)/test
	@echo 'test: all passed, and nothing has changed since (make -B test runs them again)'

$(MADE)/check: $(MADE)/setup $(SOURCES) $(TESTBED) $(CONFIG)
	@echo 'check: types'
	@npm run --silent types
	@echo 'check: rooms, doors and cycles'
	@npm run --silent rooms
	@echo 'check: lint and format'
	@npm run --silent lint
	@touch $@

check: $(MADE)/check
	@echo 'check: all is well'

clean:
	@rm -rf dist .cache node_modules coverage
	@echo 'clean: removed dist, .cache, coverage and node_modules'
