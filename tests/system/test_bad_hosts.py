"""Hosts that are hard to ask: every verdict stays what it was on the undisturbed root, or is unknown and says why.

The whole baseline is asked over real SSH, on the good root and on one that is broken in every place at once.
"""

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from auditor.model.result import Result, Verdict
from auditor.plugins import load_content
from auditor.workspace import Workspace
from tests.lab.root import RUNNING, Lab, cached, why_not
from tests.make import ROOT
from tests.system.bad_hosts import BUSYBOX, ROOTS, TROUBLES, WANTED, Trouble
from tests.system.outcome import asked, good_roots

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(bool(why_not()), reason=f"a Debian root {why_not()}"),
    pytest.mark.skipif(shutil.which(BUSYBOX) is None, reason="busybox is not installed"),
]
CONTENT = load_content(Workspace(ROOT))
Results = dict[str, Result]
Asked = dict[tuple[str, str, str], "Future[Results]"]  # by trouble, root and account
UNDISTURBED = Trouble("nothing", "")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return a lab on the Debian that was made for it, if one was, else on the system that runs."""
    below = cached() if cached().exists() else RUNNING
    with good_roots(below, tmp_path_factory.mktemp("good")) as started:
        yield started


@pytest.fixture(scope="module")
def results(lab: Lab, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Asked:
    """Return what the chosen troubles come to; several roots are up at a time, and all are waited for here."""
    beside = tmp_path_factory.mktemp("beside")
    shutil.copy(str(shutil.which(BUSYBOX)), beside / BUSYBOX)
    chosen = [
        trouble
        for item in request.session.items
        if isinstance(trouble := getattr(item, "callspec", None) and item.callspec.params.get("trouble"), Trouble)
    ]
    wanted = {(UNDISTURBED, root, one.account) for one in chosen for root in one.roots}
    wanted |= {(one, root, one.account) for one in chosen for root in one.roots}
    with ThreadPoolExecutor(4) as pool:
        return {
            (trouble.name, root, account): pool.submit(verdicts, lab, ROOTS[root] + trouble.does, beside, account)
            for trouble, root, account in sorted(wanted, key=lambda one: (one[0] is not UNDISTURBED, one[0].name))
        }


def verdicts(lab: Lab, script: str, beside: Path, account: str) -> Results:
    """Return what the whole baseline comes to in a root in which a script has run."""
    with lab.root(script, beside) as root:
        assert root.status == 0, root.said
        wanted = [(CONTENT.checks[check], settings) for check, settings in WANTED.items()]
        return {one.check: one for one in asked(root, account, wanted, CONTENT)}


@pytest.mark.parametrize("root", ["good", "broken"])
def test_undisturbed_roots_are_judged(results: Asked, root: str) -> None:
    """What troubles are compared with: nothing is wrong with one, and nearly everything with the other."""
    count = Counter(one.verdict for one in results["nothing", root, "root"].result().values())

    assert count[Verdict.PASS if root == "good" else Verdict.FAIL] > (len(WANTED) - 1 if root == "good" else 170)


@pytest.mark.parametrize("trouble", TROUBLES, ids=[trouble.name for trouble in TROUBLES])
def test_no_verdict_is_wrong(trouble: Trouble, results: Asked) -> None:
    """It is what it was, or unknown for a reason that names the trouble, or there is nothing left to judge."""
    for root in trouble.roots:
        before = results["nothing", root, trouble.account].result()
        now = results[trouble.name, root, trouble.account].result()

        assert {} == {
            check: f"{before[check].verdict.value} became {one.verdict.value}: {one.reason}"
            for check, one in now.items()
            if one.verdict is not before[check].verdict and not expected(trouble, one)
        }


@pytest.mark.parametrize("trouble", [one for one in TROUBLES if one.absent], ids=lambda one: one.name)
def test_what_is_not_there_is_not_judged(trouble: Trouble, results: Asked) -> None:
    """Rather than passed by its absence."""
    now = results[trouble.name, "good", trouble.account].result()

    gone = [one for check, one in now.items() if check.startswith(trouble.absent)]
    assert {Verdict.NOT_APPLICABLE} == {one.verdict for one in gone}


def expected(trouble: Trouble, one: Result) -> bool:
    """Whether a verdict may differ from the undisturbed root's."""
    if one.verdict is Verdict.UNKNOWN:
        return bool(trouble.reason and re.search(trouble.reason, one.reason))
    absent = one.verdict is Verdict.NOT_APPLICABLE and one.check.startswith(trouble.absent)
    return bool(trouble.absent) and absent and bool(re.search(trouble.absent_why, one.reason))
