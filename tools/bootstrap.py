"""The two commands: `make audit` and `make test`, on a machine with nothing but Python.

    python3 -m tools.bootstrap audit [OPTION...]    make .venv, then audit; 0 once it was carried out, whatever it found
    python3 -m tools.bootstrap test [OPTION...]     make .venv, install what the tests need, then run pytest
    python3 -m tools.bootstrap lint                 ruff, mypy and import-linter
    python3 -m tools.bootstrap wheel-check          build, install and try the wheel
    python3 -m tools.bootstrap lock [--upgrade]     resolve the dependencies anew

Status 2 means that something is missing, and a sentence on stderr says what. Like `python`, this module keeps to the
grammar of Python 3.6.
"""

import sys
from pathlib import Path

from tools import python

CHECKOUT = Path(__file__).resolve().parent.parent


def main(arguments: "list[str]") -> int:
    """Run one command and return its exit status."""
    python.demand_new_enough(CHECKOUT)
    from tools import commands  # noqa: PLC0415 - written for a new Python, which is certain only now

    return commands.run(CHECKOUT, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
