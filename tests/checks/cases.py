"""The cases of plain values of all checks, found in the files beside this one as `auditor checks test` does."""

from typing import Final

from auditor.cases import find_cases
from auditor.workspace import Workspace
from tests.make import ROOT, Case

CASES: Final[list[Case]] = [found.case for found in find_cases(Workspace(ROOT)) if isinstance(found.case.facts, tuple)]
