# Each target makes the environment it needs from lock/, once: .venv to colour, .venv-web for the page,
# .venv-dev for the rest.
# Plain GNU make and POSIX sh; Python 3.11 to 3.13.

PHOTO ?=
OPTIONS ?=
ARGS ?=
NAME =  # not ?=, for some systems set a NAME of their own
COUNT = 1000
PYTHON ?=
DEMO := examples/astronaut.jpg
PORT = 8000
QUARTER =

VENV_PYTHON := .venv/bin/python
DEV_BIN := .venv-dev/bin
DEV_PYTHON := $(DEV_BIN)/python

# Through the environment, so that spaces, quotes and $ in a name reach the program as they are.
export PHOTO_PATH := $(value PHOTO)
# The folder of who calls, as a shell gives it; `make -C` has left it.
export CALLER_DIR := $(value PWD)
export CATEGORY_NAME := $(value NAME)
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
TARGETS := help colorize desktop web dev test nightly test-all coverage mutations check browser screen \
	format lock train-quick category categories results evaluate evaluate-paper report soft-routing modes augmentation \
	cross gallery showcase epochs table-one compare claim model-card notebooks speed clean
.PHONY: $(TARGETS) named meant
.NOTPARALLEL:  # each job takes all processors

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

colorize: meant .venv/.ready  ## colour a photo: make colorize PHOTO="my photo.jpg" [OPTIONS=...]; a demo without PHOTO
	@$(find_photo); \
	if [ -n "$$PHOTO_PATH" ]; \
	then $(VENV_PYTHON) -m pipeline.colorize $(OPTIONS) -- "$$PHOTO_PATH"; \
	else $(VENV_PYTHON) -m pipeline.colorize --force $(OPTIONS) -- $(DEMO); fi

desktop: meant .venv/.ready  ## colour photos in a window: make desktop [PHOTO="my photo.jpg"]
	@$(find_photo); \
	if [ -n "$$PHOTO_PATH" ]; \
	then $(VENV_PYTHON) -m pipeline.desktop -- "$$PHOTO_PATH"; \
	else $(VENV_PYTHON) -m pipeline.desktop; fi

# A photo lies in the caller's folder, if there is such a file, else in this one.
define find_photo
case $$PHOTO_PATH in ''|/*) ;; *) \
	if [ -e "$$CALLER_DIR/$$PHOTO_PATH" ] && [ "$$(cd "$$CALLER_DIR" && pwd -P)" != "$$(pwd -P)" ]; \
	then PHOTO_PATH=$$CALLER_DIR/$$PHOTO_PATH; fi;; \
esac
endef

# What was given for a photo, but not as PHOTO=...
export GIVEN := $(strip $(MAKECMDGOALS) $(MAKEOVERRIDES))
export STRAY_PHOTO := $(strip $(filter-out $(TARGETS) .venv%,$(MAKECMDGOALS)) \
	$(foreach name,photo Photo photos PHOTOS,$(if $(filter command%,$(origin $(name))),$(value $(name)))))

meant:
	@if [ -n "$$STRAY_PHOTO" ]; then \
		echo 'error: a photo is named by PHOTO=, in capitals' >&2; \
		echo "  where: make $$GIVEN" >&2; \
		echo "  fix: make $(firstword $(filter colorize desktop,$(MAKECMDGOALS))) PHOTO=\"$$STRAY_PHOTO\"" >&2; \
		exit 1; \
	fi

web: .venv-web/.ready  ## the page and its API on this computer: make web [PORT=8000] [ARGS=...]
	.venv-web/bin/python -m pipeline.web --port $(PORT) $(ARGS)

dev: .venv-dev/.ready browser screen  ## make .venv-dev: all that is needed to scrape, train and test

PYTEST = $(DEV_PYTHON) -m pytest -n auto --dist loadfile --no-loadscope-reorder

test: check browser screen  ## check, then run the tests; ARGS go to pytest: make test ARGS="-k lab"
	$(PYTEST) -m "not nightly" $(ARGS)

NIGHTLY = -m nightly $(if $(QUARTER),--quarter $(QUARTER)) $(ARGS)

nightly: .venv-dev/.ready browser screen  ## the tests that `make test` leaves out, or a quarter of them: [QUARTER=0 ... 3]
	@found=$$($(DEV_PYTHON) -m pytest --collect-only -q $(NIGHTLY)) || { echo "$$found"; exit 1; }; \
	case $$found in \
	*::*) $(PYTEST) $(NIGHTLY);; \
	*) echo 'no nightly test falls into quarter $(QUARTER)' >&2;; \
	esac

test-all: check browser screen  ## check, then run every test
	$(PYTEST) $(ARGS)

coverage: .venv-dev/.ready browser screen  ## which branches all tests take, per package, beside what it was before
	$(PYTEST) --cov --cov-report=json:runs/coverage.json $(ARGS)
	$(DEV_PYTHON) -m tests.coverage_table runs/coverage.json

mutations: .venv-dev/.ready  ## break the code in thirty ways; the tests must notice each
	$(DEV_PYTHON) -m tests.mutations $(ARGS)

check: .venv-dev/.ready  ## lint, format, types, import rules: what CI runs before the tests
	$(DEV_BIN)/ruff check .
	$(DEV_BIN)/ruff format --check .
	$(DEV_BIN)/pyright --pythonpath $(DEV_PYTHON)
	$(DEV_BIN)/lint-imports --no-logo --no-cache

BROWSERS := chromium chromium-browser google-chrome google-chrome-stable

browser:  ## install Chromium where there is no browser and Debian's apt-get may
	@for name in $(BROWSERS); do command -v $$name >/dev/null && exit 0; done; \
	[ -d "/Applications/Google Chrome.app" ] && exit 0; \
	$(call apt,chromium chromium-driver,the tests that drive a browser)

screen: .venv-dev/.ready  ## install a screen for windows (Xvfb), and who clicks on it, likewise
	@missing=; \
	command -v Xvfb >/dev/null || missing=xvfb; \
	command -v xdotool >/dev/null || missing="$$missing xdotool"; \
	$(DEV_PYTHON) -c 'import tkinter' 2>/dev/null || missing="$$missing python3-tk"; \
	[ -z "$$missing" ] && exit 0; \
	$(call apt,$$missing,the tests of the window)

format: .venv-dev/.ready  ## write the code as ruff likes it
	$(DEV_BIN)/ruff check --fix .
	$(DEV_BIN)/ruff format .

train-quick: .venv-dev/.ready  ## train and pack up a small bundle; ARGS go to release.recipe
	$(DEV_PYTHON) -m release.recipe $(ARGS)

category: named .venv-dev/.ready  ## add a category, photos and all: make category NAME=castle [COUNT=1000] [ARGS=...]
	$(DEV_PYTHON) -m release.add_category --count $(COUNT) $(ARGS) -- "$$CATEGORY_NAME"

categories: .venv-dev/.ready  ## the same for each of the twenty
	$(DEV_PYTHON) -m release.add_category --count $(COUNT) $(ARGS) --all

named:
	@if [ -z "$$CATEGORY_NAME" ]; then \
		echo 'error: no category' >&2; \
		echo '  where: NAME=' >&2; \
		echo '  fix: name one, such as: make category NAME=castle' >&2; \
		exit 1; \
	fi

# In this order: the card and the notebooks tell of what the others write. Those that train (epochs,
# table-one, compare, claim) keep their runs below runs/, go on where they were, and only measure when
# given again. ARGS are for one target at a time.
RESULTS = evaluate evaluate-paper soft-routing modes augmentation cross gallery showcase epochs \
	table-one compare claim model-card notebooks

results: $(RESULTS)  ## rebuild every table, figure and notebook below; docs/results.md has the times

evaluate: .venv-dev/.ready  ## measure the shipped networks; ARGS go to evaluation.evaluate
	$(DEV_PYTHON) -m evaluation.evaluate $(ARGS)

evaluate-paper: .venv-dev/.ready  ## the same of the paper's network, Fig. 3
	$(DEV_PYTHON) -m evaluation.evaluate --colorizer encoder_decoder $(ARGS)

report: .venv-dev/.ready  ## every figure that the networks are judged by, in one table; see docs/commands.md
	$(DEV_PYTHON) -m evaluation.report $(ARGS)

soft-routing: .venv-dev/.ready  ## how many colorizers to blend, on the validation photos
	$(DEV_PYTHON) -m evaluation.blends $(ARGS)

modes: .venv-dev/.ready  ## what more colour costs, on the test photos
	$(DEV_PYTHON) -m evaluation.saturations $(ARGS)

augmentation: .venv-dev/.ready  ## what --best gains over passing the networks once, on validation photos
	$(DEV_PYTHON) -m evaluation.augmentation $(ARGS)

cross: .venv-dev/.ready  ## every category's colorizer on every category's photos (Fig. 9)
	$(DEV_PYTHON) -m evaluation.category_matrix $(ARGS)

gallery: .venv-dev/.ready  ## the best and worst coloured photos (Figs. 7, 8); sheets in runs/gallery
	$(DEV_PYTHON) -m evaluation.gallery $(ARGS)

showcase: .venv-dev/.ready  ## photos in the public domain, coloured: those of README.md
	$(DEV_PYTHON) -m evaluation.showcase $(ARGS)

EPOCHS_ARGS = --steps-per-epoch 4 --size 128 --policy mixed_bfloat16

epochs: .venv-dev/.ready  ## one photo after 10, 50 ... 400 epochs (Fig. 6), shortened by EPOCHS_ARGS
	$(DEV_PYTHON) -m experiments.epochs mountain $(EPOCHS_ARGS) $(ARGS)

table-one: .venv-dev/.ready  ## compare the backbones (Table I)
	$(DEV_PYTHON) -m experiments.backbones $(ARGS)

compare: .venv-dev/.ready  ## losses and decoders at one budget, on the validation photos
	$(DEV_PYTHON) -m experiments.losses --encoder $(firstword $(wildcard pretrained/training/router.*)) $(ARGS)

claim: .venv-dev/.ready  ## universal against per-category networks, of both kinds
	$(DEV_PYTHON) -m experiments.universal_vs_category --architecture shared_encoder $(ARGS)
	$(DEV_PYTHON) -m experiments.universal_vs_category --architecture encoder_decoder $(ARGS)

model-card: .venv-dev/.ready  ## write pretrained/MODEL_CARD.md from what was measured
	$(DEV_PYTHON) -m release.model_card $(ARGS)

# lock/excludes.txt: torch's GPU libraries, several GB, which pip brings where they are wanted.
UV_LOCK = $(DEV_BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--fork-strategy fewest --no-emit-index-url --no-emit-find-links \
	--excludes lock/excludes.txt --custom-compile-command "make lock"

lock: .venv-dev/.ready  ## raise every version in lock/ to the newest that fits; run `make test` after it
	$(UV_LOCK) requirements-dev.txt -o lock/dev.txt
	$(UV_LOCK) -c lock/dev.txt requirements.txt -o lock/train.txt
	$(UV_LOCK) -c lock/dev.txt requirements-web.txt -o lock/web.txt
	$(UV_LOCK) -c lock/dev.txt requirements-colorize.txt -o lock/colorize.txt

NOTEBOOKS = $(wildcard notebooks/*.py)

notebooks: .venv-dev/.ready  ## run the notebooks (or NOTEBOOKS=notebooks/03_....py) and keep their outputs
	$(DEV_BIN)/jupytext --quiet --to ipynb $(NOTEBOOKS)
	$(DEV_BIN)/jupyter-execute --inplace $(NOTEBOOKS:.py=.ipynb)

speed: .venv-dev/.ready .venv-web/.ready  ## measure every speed and size anew, on an idle machine; ARGS go to python -m benchmarks
	$(DEV_PYTHON) -m benchmarks $(ARGS)

clean:  ## remove environments and caches; data/ and runs/ stay
	rm -rf .venv .venv-web .venv-dev .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# $(call apt,PACKAGES,WHAT FAILS WITHOUT THEM): as root, or as who may become root without a password.
define apt
if [ "$$(id -u)" = 0 ]; then as_root=; else as_root="sudo -n"; fi; \
	echo "installing $(1)" >&2; \
	if ! { $$as_root apt-get update -q && $$as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends $(1); } </dev/null; \
	then \
		echo "error: not installed: $(1); $(2) will fail" >&2; \
		echo "  fix: install them (Debian: apt install $(1))" >&2; \
	fi
endef

# Is this Python in range, and can it make an environment? (Debian splits venv off.)
FITS := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

# $(call install,FOLDER,LOCK): with the first Python that fits.
define install
	@found=; \
	for candidate in $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3 python); do \
		if "$$candidate" -c '$(FITS)' 2>/dev/null; then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo 'error: no usable Python 3.11, 3.12 or 3.13$(if $(PYTHON),: $(PYTHON))' >&2; \
		echo '  where: $(if $(PYTHON),PYTHON=...,the search path)' >&2; \
		echo '  fix: install one, with its venv module (Debian: apt install python3-venv),' >&2; \
		echo '       or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12' >&2; \
		exit 1; \
	fi; \
	"$$found" lock/make_environment.py $(1) $(2)
endef

.venv/.ready: lock/colorize.txt
	$(call install,.venv,$<)

.venv-web/.ready: lock/web.txt
	$(call install,.venv-web,$<)

.venv-dev/.ready: lock/dev.txt
	$(call install,.venv-dev,$<)
