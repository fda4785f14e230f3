# Commands of the project; `make help` lists them. What each needs is installed first, and only when it is missing.
MAKEFLAGS += --no-print-directory
unexport PYTHONDONTWRITEBYTECODE # compiling and rewriting the tests anew costs each of their processes three seconds
.DEFAULT_GOAL := help
.PHONY: help demo run test fast check coverage rehearsal pages bench torture lock runtime tests

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
CODE := $(wildcard app.py wsgi.py core contest exam video scoring desk demo rehearsal)
# `make fast` leaves out PostgreSQL and what renders and signs papers, starts processes, goes through every route, reads
# the whole tree, migrates, restores copies, or judges thousands of saves.
NOT_FAST := tests/bad_input tests/bench tests/torture tests/setup tests/deploy tests/core/documents \
    $(addprefix tests/scoring/test_,genuine.py handover.py pades.py pki.py signing.py verification.py) \
    $(addprefix tests/architecture/test_,arrows.py places.py sizes.py) \
    $(addprefix tests/core/test_,backup.py checkpoint.py migrations.py) \
    $(addprefix tests/exam/,test_older_copy.py test_deadline_campaign.py rules/test_deadline_campaign.py)
DAILY := not pages and not bench and not torture
# What is given on the command line (`make demo PORT=9000`) reaches the started program as an environment variable.

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

demo: runtime ## a small contest in every state: FRESH=1 HOST=.. PORT=.. HTTPS=1
	@exec $(BIN)/python -m setup.start demo

run: runtime ## an empty installation: HOST=.. PORT=.. TLS_CERT=.. TLS_KEY=.. WEB=..
	@exec $(BIN)/python -m setup.start run

test: tests ## the whole suite
	@$(PYTEST) -n 2 --dist loadgroup -m "$(DAILY)"

fast: tests ## rules, operations, routes: under 30 s
	@EXAMPLES=fast $(PYTEST) -n 2 --dist loadgroup -m "$(DAILY) and not slow and not browser and not postgres" \
	    $(addprefix --ignore=,$(NOT_FAST)) --durations 10 --durations-min 1

check: tests ## lint, types, contracts
	@$(BIN)/ruff check .
	@$(BIN)/mypy $(CODE)
	@$(BIN)/lint-imports
	@node_modules/.bin/tsc --project static/tsconfig.json

coverage: tests ## branches of the pure code that the suite has taken, at least 90 %
	@$(PYTEST) -n 2 -q $(wildcard tests/*/rules tests/exam/questions tests/exam/formats tests/scoring/aspects) --cov-branch \
	    $(foreach folder,$(wildcard */rules exam/questions exam/formats scoring/aspects),--cov=$(folder)) \
	    --cov-report=term --cov-fail-under=90

rehearsal: tests ## a machine plays a whole contest: OUT=.. PARTICIPANTS=6 EXPERTS=3 COMMISSION=5 NOMINATIONS=1 TROUBLE=..
	@exec $(BIN)/python -m rehearsal

pages: tests ## every page of the demo, each role, two widths, screenshots
	@$(PYTEST) tests/pages -m "pages or not pages"

bench: tests ## measurements against the bars
	@$(PYTEST) bench -m "bench or not bench" -s

torture: tests ## the long campaigns: kills, troubles, properties with many examples
	@EXAMPLES=many $(PYTEST) -n 2 --dist loadgroup -m "torture or hypothesis" --durations 20

lock: tests ## requirements*.txt again from requirements*.in
	@$(BIN)/python setup/lock.py

runtime:
	@setup/system.sh runtime
	@setup/venv.sh runtime

tests:
	@setup/system.sh tests
	@setup/venv.sh tests
	@setup/node.sh
