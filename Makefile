# `make test` is all that a newcomer needs: it fetches what the tests want of the machine, and says what it could not test.

SHELL := /bin/bash
.DEFAULT_GOAL := build

PORT ?= 8080
FUZZTIME ?= 30s
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: run test build bench torture fuzz lint preview screenshots setup clean help

help: ## say what the targets do
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: ## a development provider at http://localhost:8080 (PORT=…)
	go run . dev --port $(PORT)

build: ## bin/signet, without cgo, stripped
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o bin/signet .

test: setup ## everything that must hold before a merge
	.ci/test

lint: ## formatting, vet, staticcheck, known vulnerabilities
	.ci/format
	.ci/vet
	.ci/vulnerabilities $(GOVULNCHECK)
	go run $(STATICCHECK) ./...

bench: ## the real binary beside the frozen baseline, on bolt and on PostgreSQL
	go run ./bench/load; verdict=$$?; go run ./bench/load -engine postgres -c 64 && exit $$verdict

torture: ## kills, races and damage, for hours
	.ci/torture

fuzz: ## every fuzz target for FUZZTIME (30s)
	.ci/fuzz $(FUZZTIME)

preview: ## every page in every state, to look at
	go run ./templates/preview

screenshots: setup ## pictures of every page in every state, light, dark, forced colours, phone, Arabic: templates/screenshots
	mkdir -p templates/screenshots
	CI=true go test ./templates -run TestBrowser -count=1 -timeout 30m -screenshots screenshots

setup: ## what the tests want of the machine: Chromium, PostgreSQL, npm and Python packages
	.ci/setup

clean: ## remove what the targets above have made
	rm -rf bin bench/out .signet-dev .ci/java .ci/python .ci/node/node_modules examples/javascript/node_modules e2e/libraries/javascript/node_modules e2e/screenshots templates/screenshots
