"""Run one study: ``python run_search.py search_spaces/mri_like.yaml``."""

import sys

from tuner.cli import main

sys.exit(main(["run", *sys.argv[1:]]))
