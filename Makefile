# Each target makes .venv on first use. The same without make is in the README.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

# One stamp a requirements file: changed requirements are installed again.
$(VENV)/student: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --upgrade pip
	$(RUN) -m pip install --quiet -r requirements.txt
	@touch $@

$(VENV)/developer: requirements-dev.txt $(VENV)/student
	$(RUN) -m pip install --quiet -r requirements-dev.txt
	@touch $@

.PHONY: demo test lab build notebooks bench site

demo: $(VENV)/student  ## make up a class of submissions, grade it, compare every grade
	$(RUN) -W ignore -m autograder demo

lab: $(VENV)/student  ## open JupyterLab on the assignments, without the menus that are for instructors
	JUPYTER_CONFIG_PATH="$(CURDIR)/autograder/jupyter" JUPYTER_PATH="$(CURDIR)/autograder/jupyter" \
		$(VENV)/bin/jupyter lab --log-level=ERROR --notebook-dir assignments \
		--LabApp.default_url=/lab/tree/01-filter-visualization/01-filter-visualization.ipynb

test: $(VENV)/developer  ## everything that has to hold, in minutes
	$(VENV)/bin/ruff check lib autograder tests nbgrader_config.py
	$(RUN) -m pytest tests -n 2
	$(RUN) -m pytest --nbval-lax solutions -o testpaths=solutions -p no:cacheprovider

build: $(VENV)/student  ## bring what is generated up to date
	$(RUN) -W ignore -m autograder build

notebooks: $(VENV)/student  ## run every solution notebook in full
	$(RUN) -W ignore -m autograder build --force

site: $(VENV)/developer  ## the texts and pictures, without solutions, as web pages in build/site
	$(RUN) -W ignore -m autograder.web build/web
	$(VENV)/bin/mkdocs build --strict --quiet --config-file build/web/mkdocs.yml --site-dir ../site

bench: $(VENV)/developer  ## measure; NAME=... for one
	$(RUN) -m tests.benchmarks $(NAME)
