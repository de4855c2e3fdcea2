# make demo: everything on the built-in sample faces.  make test: set up and pass the tests.
UV := $(shell sh packaging/uv.sh)
RUN := $(UV) run --quiet

.PHONY: setup demo run test lint bench words pictures

setup:
	@sh packaging/system-packages.sh
	@$(UV) sync --quiet
	@rm -f uv.lock

demo: setup
	@$(RUN) fairdesk demo --out demo

run: setup
	@$(RUN) fairdesk

lint: setup
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) lint-imports

test: lint
	QT_QPA_PLATFORM=offscreen $(RUN) pytest

bench: setup
	QT_QPA_PLATFORM=offscreen $(RUN) python -m tests.benchmarks

words: setup
	$(RUN) python docs/make_catalogue.py

pictures: setup
	QT_QPA_PLATFORM=offscreen $(RUN) python docs/make_pictures.py
