"""How shell start files are read: commands, the conditions above them, and what they set."""

import shutil
import subprocess

import pytest

from auditor.facts.shell_text import assignments, commands


def umasks(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return each umask with the conditions that it stands under."""
    found = commands("/etc/profile", text.split("\n"))
    return [(one.words[1], one.conditions) for one in found if one.words[0] == "umask"]


def both(condition: str) -> list[tuple[str, tuple[str, ...]]]:
    return [("1", (condition,)), ("2", (condition,))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("umask 027", [("027", ())]),
        ("  umask  027  # why", [("027", ())]),
        ("# umask 027", []),
        ("echo '# umask 1' ; umask 027", [("027", ())]),
        ('echo "a;\numask 1" ; umask 027', [("027", ())]),
        ("echo \\\numask 1", []),
        ("umask 027; umask 077", [("027", ()), ("077", ())]),
        ("x#y umask 1", []),
        ("if true; then umask 2; fi; umask 027", [("2", ("if true",)), ("027", ())]),
        ("if a\nthen\n umask 1\n umask 2\nfi\numask 3", [*both("if a"), ("3", ())]),
        ("if a\nthen :\nelif b; then umask 1\nelse umask 2\nfi", both("elif b")),
        ("[ a ] && umask 2", [("2", ("[ a ]",))]),
        ("[ a ] || [ b ] && umask 2\numask 3", [("2", ("[ a ] [ b ]",)), ("3", ())]),
        ("case $x in\na) umask 1 ;;\n(b|c) umask 2 ;;\nesac\numask 3", [*both("case $x in"), ("3", ())]),
        ("for i in a b; do umask 1; done; umask 2", [("1", ("for i in a b",)), ("2", ())]),
        ("f() {\numask 1\n}\numask 2", [("1", ("function f",)), ("2", ())]),
        ("function f { umask 1\numask 2; }\numask 3", [*both("function f"), ("3", ())]),
        ("function g() { umask 1; umask 2; }\numask 3", [*both("function g"), ("3", ())]),
        ("{ umask 027; }", [("027", ())]),
        ("(umask 0)", [("0", ("a subshell",))]),
        ("x=$(umask 0); umask 1", [("1", ())]),
        ("x=`umask 0`; umask 1", [("1", ())]),
        ("x='left open\numask 1", [("1", ())]),
    ],
)  # fmt: skip
def test_where_a_command_stands(text: str, expected: list[tuple[str, tuple[str, ...]]]):
    """Comments, quotes, continued lines, conditions within each other, functions, subshells."""
    assert umasks(text) == expected


BASH = shutil.which("bash")


@pytest.mark.skipif(BASH is None, reason="bash is not on this machine")
@pytest.mark.parametrize(
    "text",
    [
        "umask 027 # umask 1",
        "umask 077;umask 027",
        'umask "027"',
        "if false; then umask 1; else :; fi; umask 027",
        "f() { umask 1; }\numask 027",
        "(umask 0)\numask 027",
        "echo 'x; umask 1' >/dev/null; umask 027",
        "case a in b) umask 1;; esac; umask 027",
    ],
)
def test_the_last_that_has_no_condition_is_what_bash_does(text: str):
    """Else the tests above would only say what we think."""
    done = subprocess.run([str(BASH), "-c", f"{text}\numask"], capture_output=True, text=True, check=True)
    always = [words for words, conditions in umasks(text) if not conditions]

    assert always[-1].strip('"') == "027"
    assert done.stdout.strip() == "0027"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1", [("A", "1", False, False)]),
        ("A=1 B=2", [("A", "1", False, False), ("B", "2", False, False)]),
        ("A=1 env", []),
        ("export A=1", [("A", "1", False, True)]),
        ("export A", [("A", None, False, True)]),
        ("readonly A", [("A", None, True, False)]),
        ("declare -xr A=1", [("A", "1", True, True)]),
        ("typeset -r -x A=1", [("A", "1", True, True)]),
        ("declare A=1", [("A", "1", False, False)]),
        ('A="b c"', [("A", "b c", False, False)]),
        ("A='b'", [("A", "b", False, False)]),
        ("A='$B'", [("A", "'$B'", False, False)]),
        ("A=$B/c", [("A", "$B/c", False, False)]),
        ("unset A", [("A", "", False, False)]),
        ("echo A=1", []),
    ],
)
def test_what_is_set(text: str, expected: list[tuple[str, str | None, bool, bool]]):
    """The name, its value, and whether it is made readonly and exported."""
    found = assignments(commands("/etc/profile", [text]))

    assert [(one.name, one.value, one.readonly, one.exported) for one in found] == expected
