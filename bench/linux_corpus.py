"""Grade Linux verdicts on a folder with a manifest.csv of scenarios and the verdicts that are right after them.

A scenario's script is the file of its name in a folder of its rule's name, anywhere below the folder. Where there is
none, one of our own in its spirit runs (scripts_by_template.py, scripts_by_rule.py). Scripts have no network: the
packages that a rule is about are installed, or fetched for its script to install, beforehand.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from auditor.checking import demanded
from auditor.errors import UsageError
from auditor.model.result import Result, Verdict
from auditor.plugins import Content
from bench import scripts_by_rule, scripts_by_template
from bench.grades import Grade, Graded, Tables, grade_of
from bench.linux_rules import Asked, Row, asked
from tests.lab.root import Lab, LabFailed, Root
from tests.system import outcome

MANIFEST: Final = "manifest.csv"
WRITTEN: Final = "effective and written"
_ROOTS_AT_ONCE: Final = 6
_THERE: Final = {"audit", "pam", "rsyslog", "sudo"}  # as the manifest calls what every root has
# Upstream wants a setting written down and no line anywhere against it; what is in force may be right without.
_MORE_THAN_IN_FORCE: Final = re.compile(
    r"comment(ed)?|line_not_there|.*conflict.*|.*argument_missing|wrong_value_d_directory|wrong_etc_ufw_correct_rt|no_kex"
)


# Where upstream compares text, and the system comes to another verdict by that text: rule, scenario -> why.
_DECIDED_OTHERWISE: Final = {
    (r"kernel_module_\w+_disabled", r"correct_value_(run_|usr_lib_)?modules_load_d"): (
        "modprobe reads no commands in modules-load.d (modprobe.d(5), modules-load.d(5))"
    ),
    ("audit_rules_sysadmin_actions", "missing_slash"): "a watch of a folder is the same with and without a slash",
    ("accounts_no_uid_except_zero", "locked_user_uid_0"): (
        "a locked password stops no key, job or service; user id 0 is root"
    ),
}


@dataclass(frozen=True, slots=True)
class Corpus:
    """The scenarios of a folder that are to be graded, and their scripts by rule and scenario."""

    rows: Sequence[Row]
    scripts: Mapping[tuple[str, str], Path]


def read(folder: Path, *, tailored: bool = False, rule: str = "") -> Corpus:
    """Return the usable scenarios: self-contained, with upstream's own values, and confirmed by upstream's own scanner.

    With `tailored` also those that need values of their own, which nobody confirmed.
    """
    with (folder / MANIFEST).open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["self_contained"] == "yes" and rule in row["rule"]]
    policies = {"default", "tailored"} if tailored else {"default"}
    used = [row for row in rows if row["policy"] in policies and row["confirmed"] != "no"]
    used = [row for row in used if tailored or row["confirmed"] == "yes"]
    return Corpus(used, dict(_scripts(folder)))


def _scripts(folder: Path) -> Iterator[tuple[tuple[str, str], Path]]:
    for path in folder.rglob("*.sh"):
        for parent in path.relative_to(folder).parts[:-1]:
            yield (parent, path.name), path


def mapped(corpus: Corpus, content: Content) -> Iterator[str]:
    """Yield each rule with the check that answers it and the settings that it takes; `-` where there is no check."""
    for rule, row in {row["rule"]: row for row in corpus.rows}.items():
        wanted = asked(row)
        known = wanted is not None and wanted.check in content.checks
        settings = ", ".join(f"{name}={value}" for name, value in wanted.settings.items()) if wanted else ""
        yield f"{rule:44} {wanted.check if wanted and known else '-':32} {settings}".rstrip()


def grade(corpus: Corpus, below: Path, content: Content) -> Tables:
    """Return the grades: of the view that upstream takes, and of what is in force where a check offers both."""
    both: list[tuple[Graded, Graded | None]] = []
    with TemporaryDirectory(prefix="auditor-packages-") as folder, ThreadPoolExecutor(_ROOTS_AT_ONCE) as pool:
        rows = sorted(corpus.rows, key=lambda row: _packages(row, corpus))
        for number, (packages, alike) in enumerate(groupby(rows, lambda row: _packages(row, corpus))):
            layer = _with_packages(below, packages, Path(folder, f"{number}.tar")) if packages else None
            with Lab(below, layer) as lab:
                both += pool.map(lambda row, lab=lab: _graded(row, corpus, lab, content), list(alike))
    return {
        "as upstream asks": [upstream for upstream, _ in both],
        "what is in force": [effective for _, effective in both if effective is not None],
    }


def _packages(row: Row, corpus: Corpus) -> str:
    """Return the command that gets what a row needs and a root does not have, or nothing."""
    needed = [name for name in row["packages"].replace(";", " ").split() if name not in _THERE]
    commands = [f"apt-get -qy --no-install-recommends install {name}" for name in sorted(needed)]
    if row["template"].startswith("package_") and (row["rule"], row["scenario"]) in corpus.scripts:
        package = json.loads(row["template_vars"])["pkgname"]
        commands.append(f"apt-get -qy --download-only --no-install-recommends install {package}")
    return "\n".join(commands)


def _with_packages(below: Path, commands: str, kept: Path) -> Path:
    """Return a layer in which these commands have run; a package that there is not in Debian is left out."""
    policy = "/usr/sbin/policy-rc.d"
    script = (
        f"printf '#!/bin/sh\\nexit 101\\n' >{policy}; chmod 755 {policy}\napt-get -q update\n{commands}\nrm {policy}"
    )
    with Lab(below) as lab:
        return lab.changed_by(script, kept, network=True)


def _graded(row: Row, corpus: Corpus, lab: Lab, content: Content) -> tuple[Graded, Graded | None]:
    what, wanted = f"{row['rule']} {row['scenario']}", asked(row)
    bare = Graded(row["area"], what, Grade.NO_CHECK, wanted.check if wanted else "")
    if wanted is None or wanted.check not in content.checks:
        return bare, None
    script, beside = _script(row, corpus)
    if not script:
        return replace(bare, grade=Grade.NOT_RUN, why="no script"), None
    try:
        with lab.root(script, beside) as root:
            if root.status:
                return replace(bare, grade=Grade.NOT_RUN, why=f"status {root.status}: {root.said[-300:]}"), None
            return _judged(root, bare, row["expected"], wanted, content)
    except (LabFailed, UsageError) as problem:
        return replace(bare, grade=Grade.NOT_RUN, why=str(problem)), None


def _script(row: Row, corpus: Corpus) -> tuple[str, Path | None]:
    if path := corpus.scripts.get((row["rule"], row["scenario"])):
        return f"exec bash ./{path.name}", path.parent
    own = scripts_by_rule.script(row) or scripts_by_template.script(row)
    return own and f"set -e\n{own}", None


def _judged(root: Root, bare: Graded, expected: str, wanted: Asked, content: Content) -> tuple[Graded, Graded | None]:
    check = content.checks[wanted.check]
    views = [{}]
    if "view" in check.settings and WRITTEN in str(check.settings["view"].annotation) and "view" not in wanted.settings:
        views.append({"view": WRITTEN})
    words = [[f"{name}={value}" for name, value in {**wanted.settings, **view}.items()] for view in views]
    results = outcome.asked(root, "root", [demanded([check], word)[0] for word in words], content)
    grades = [_grade(bare, result, expected, wanted.places) for result in results]
    return grades[-1], _in_force(grades[0]) if len(grades) > 1 else None


def _in_force(graded: Graded) -> Graded:
    """Return the grade of a verdict on what is in force: where upstream asks for more, a pass only differs."""
    name = graded.what.split()[1].partition(".")[0]
    more = graded.grade is Grade.WRONG_PASS and _MORE_THAN_IN_FORCE.fullmatch(name)
    return replace(graded, grade=Grade.DIFFERS) if more else graded


def _grade(bare: Graded, result: Result, expected: str, places: tuple[str, ...]) -> Graded:
    """Return the grade of a verdict; where only some places of a check are asked about, of what it says of these."""
    wrong = [one for one in result.violations if not places or one.subject.startswith(places)]
    unsure = [one for one in result.undecided if not places or one.subject.startswith(places)]
    verdict = result.verdict
    if places and verdict in {Verdict.FAIL, Verdict.UNKNOWN} and (result.violations or result.undecided):
        verdict = Verdict.FAIL if wrong else Verdict.UNKNOWN if unsure else Verdict.PASS
    said = "; ".join(f"{one.subject}: {one.found}" for one in wrong) or result.reason
    worth = grade_of(verdict, Verdict(expected))
    if worth is not Grade.RIGHT and (otherwise := _decided_otherwise(bare.what)):
        worth, said = Grade.DIFFERS, f"{said}; {otherwise}"
    return replace(bare, grade=worth, why=f"{result.check} {verdict.value}: {said}"[:300])


def _decided_otherwise(what: str) -> str:
    rule, scenario = what.split()
    name = scenario.partition(".")[0]
    reasons = (why for (of, at), why in _DECIDED_OTHERWISE.items() if re.fullmatch(of, rule) and re.fullmatch(at, name))
    return next(reasons, "")
