"""All cases of all checks, collected from the test files beside this one."""

from itertools import chain
from pathlib import Path
from typing import Final

from auditor.plugins import load_file
from tests.make import Case

ABOUT_ALL: Final = {"test_every_check.py", "test_hidden_fields.py"}
FILES: Final = sorted(path for path in Path(__file__).parent.glob("test_*.py") if path.name not in ABOUT_ALL)
CASES: Final[list[Case]] = list(chain.from_iterable(load_file(path).CASES for path in FILES))
