"""Trains several times, one after the other, in one process. The argument is a list of command lines in JSON."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "training"))

import cli

for words in json.loads(sys.argv[1]):
    if cli.main(words) != 0:
        sys.exit(1)
