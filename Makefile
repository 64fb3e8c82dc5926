# make run     set everything up and open the shop on http://127.0.0.1:8000 (PORT= changes it)
# make test    set everything up and run the tests: some minutes
# make help    the rest

PORT ?= 8000
PY := .venv/bin/python
# One worker more than the two processors that are counted on: many tests wait for what is frozen.
PYTEST := $(PY) -m pytest --numprocesses 3 --timeout 300
ON_POSTGRES := $(PY) -m tests.support.tooling.on_postgres

# Suites that depend on the database; make test runs those of the stock on PostgreSQL too.
STOCK := tests/inventory/contract tests/inventory/races
MODEL := tests/proofs/stateful/test_shop_against_model.py
# Forged fields, permissions and files of suppliers are the same on every database.
ALIKE := tests/shop/basket/test_forgeries.py tests/checkout/desk/test_access.py tests/shop/deliveries
ORDERS := tests/proofs/protocol/test_real_inventories.py tests/inventory/races/test_processes.py tests/checkout tests/shop tests/site/test_anything_sent.py tests/proofs/stateful

.PHONY: run demo run-iris test test-all test-long test-postgres test-behaviours torture proofs lint types format messages lock bench bench-scale lighthouse weights faults mutants help

run: .env
	@.ci/venv requirements.lock
	@exec $(PY) manage.py demo --port $(PORT)

# The same with forty days of trade that is made up, in a new shop.
demo: .env
	@.ci/venv requirements.lock
	@exec $(PY) manage.py demo --with-history --port $(PORT)

# The same with the stock in IRIS, in a container or on the server that INVENTORY_URL names.
run-iris: .env
	@.ci/venv requirements.lock
	@exec $(PY) -m coffeeco_site.iris_server --port $(PORT)

# A key of this clone's own, readable by its owner only; everything else has a working default.
.env:
	@.ci/venv requirements.lock
	@echo "Writing .env with a secret key of its own; .env.example describes every setting."
	@umask 077 && $(PY) -c 'import secrets; print("SECRET_KEY=" + secrets.token_urlsafe(50))' >.env.new && mv .env.new .env

test: dev
	@echo "Running the tests, except the long ones that 'make test-all' adds."
	@$(PYTEST) -m "not slow"
	@echo "Running those of the stock again on PostgreSQL."
	@$(ON_POSTGRES) --if-installed $(PYTEST) -m "not slow and not browser" -k "not iris" $(STOCK)

# Every test, and the shop's own again on PostgreSQL.
test-all: test
	@$(MAKE) --no-print-directory test-long

# What make test leaves out; of the long tests of the stock only the processes have more to say on
# PostgreSQL.
test-long: dev
	@$(PY) -m tests.support.tooling.web_tools || true
	@echo "Running the long tests, then the shop's own again on PostgreSQL; this takes a while."
	@$(PYTEST) --timeout 1200 -m slow
	@$(ON_POSTGRES) $(PYTEST) --timeout 1200 -m "django_db and not browser" -k "not iris" $(ORDERS) \
		$(ALIKE:%=--ignore %) \
		--deselect "$(MODEL)::test_the_shop_agrees_with_the_model[long]" \
		--deselect "$(MODEL)::test_control_the_model_finds_what_is_wrong"
	-@git rev-parse --quiet --verify $(BASE) >/dev/null || { echo "No $(BASE) to compare with."; exit 0; }; \
		$(PY) -m tests.support.tooling.mutants --since $(BASE) --minutes $(MINUTES)

test-postgres: dev
	@echo "Running the inventory, checkout and shop tests on a private PostgreSQL."
	@$(ON_POSTGRES) $(PYTEST) -m "django_db and not browser" -k "not iris" $(STOCK) $(ORDERS) \
		$(ALIKE:%=--ignore %)

# The inventory's suites on the stand-in server with each behaviour of a real one alone, then all.
BEHAVIOURS := silent_reload level_stays delete_empties_oid change_commits query_commits alert_leaves_tstart all
test-behaviours: dev
	@for one in $(BEHAVIOURS); do echo "With $$one:"; \
		IRIS_BEHAVIOUR=$$one $(PYTEST) -m "not slow" -k iris $(STOCK) tests/inventory/iris || exit 1; done

# Real processes killed under load, on SQLite, PostgreSQL and IRIS, so many rounds on each.
ROUNDS ?= 10
torture: dev
	@$(PY) -m tests.proofs.torture --rounds $(ROUNDS)

# All schedules of the proofs, of which the long tests try a part each day; best left to run at night.
proofs: dev
	@PROOFS=all $(PYTEST) --timeout 3600 -m slow tests/proofs/protocol tests/proofs/stateful
	@PROOFS=all $(ON_POSTGRES) $(PYTEST) --timeout 3600 -k "not iris" \
		tests/proofs/protocol/test_real_inventories.py "$(MODEL)::test_the_shop_agrees_with_the_model"

lint: dev
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

types: dev
	@$(PY) -m mypy .

# New sentences of pages and mails go into locale/, and what is translated is compiled.
messages: dev
	@$(PY) -m tests.support.tooling.translations

format: dev
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

# After a change of requirements.txt or requirements-dev.txt.
lock:
	@.ci/lock

bench: dev
	@$(PY) -m benchmarks

# Some six minutes, best on a machine that has nothing else to do; PAGE=checkout takes fewer.
PAGE ?=
lighthouse: dev web
	@$(PY) -m tests.support.tooling.lighthouse $(PAGE)

weights: dev
	@$(PY) -m tests.support.tooling.weights

# Some two minutes, best on a machine that has nothing else to do.
faults: dev
	@$(PY) -m tests.support.tooling.fault_table

# Hours for all of it: FILES=checkout/service.py takes one file, SINCE=main what differs from there;
# TESTS=tests/checkout/pay/test_service.py asks these tests alone, which takes minutes.
FILES ?=
TESTS ?=
SINCE ?=
# The long matrix tries for so long what differs from SINCE, or else from the commit before the last.
MINUTES ?= 2
BASE = $(or $(SINCE),HEAD~1)
mutants: dev
	@$(PY) -m tests.support.tooling.mutants $(if $(SINCE),--since $(SINCE)) $(TESTS:%=--tests %) $(FILES)

# Every page of two big shops, on SQLite and on PostgreSQL; half an hour, most of it for the large
# one. ONLY=--small leaves that out; ONLY="--keep DIR" keeps the shops for the next time.
ONLY ?=
bench-scale: dev
	@$(PY) -m benchmarks.scale $(ONLY)

.PHONY: dev web
dev:
	@.ci/venv requirements-dev.lock

# What reads the pages besides a browser; without npm the tests that want it say so.
web: dev
	@$(PY) -m tests.support.tooling.web_tools

help:
	@echo "make run            open the shop on this machine (PORT=8001 for another port)"
	@echo "make demo           the same with forty days of trade that is made up, for a look at the desk"
	@echo "make run-iris       the same with the stock in InterSystems IRIS; needs Docker, or a server"
	@echo "make test           the tests, some minutes on two processors"
	@echo "make test-all       every test, and the shop's own again on PostgreSQL"
	@echo "make test-long      of these, only what make test leaves out"
	@echo "make test-postgres  the inventory, checkout and shop tests on a private PostgreSQL"
	@echo "make test-behaviours  the inventory in IRIS, with each behaviour of a real server alone, and all"
	@echo "make torture        kills the shop under load, ROUNDS=10 times on each database"
	@echo "make proofs         every schedule of the proofs, of which make test-long tries a part"
	@echo "make lint, types    the checks of style and types; make format fixes style"
	@echo "make messages       updates the catalogues of other languages"
	@echo "make lock           the hashes of what requirements.txt and requirements-dev.txt pin"
	@echo "make bench          how fast it is, as ratios"
	@echo "make bench-scale    how fast each page is with up to 1,000,000 orders, on both databases"
	@echo "make lighthouse     Lighthouse's four scores of every public page, phone and desktop"
	@echo "make weights        what a first visit to each page weighs on the wire"
	@echo "make faults         what shoppers see in each fault of IRIS, and how long they wait for it"
	@echo "make mutants        small changes of the code (SINCE=main, FILES=…) that no test notices"
