"""What is read of core dumps: limits of sessions, and systemd-coredump's settings."""

import pytest

from auditor.errors import Unreadable
from auditor.facts.coredumps import CoreDumps, Prelink, core_dumps, prelink, size
from tests.make import fact, refused

LOGIN = "session required pam_limits.so\n@include common-session\n"
PAM = {"/etc/pam.d/login": LOGIN, "/etc/pam.d/common-session": "session required pam_unix.so\n"}
MAIN, MORE = "/etc/security/limits.conf", "/etc/security/limits.d"
CONF, DROPINS = "/etc/systemd/coredump.conf", "/etc/systemd/coredump.conf.d"
FILES = {**PAM, MAIN: "* hard core 0\n", CONF: "[Coredump]\nStorage=none\n"}
HANDLER = "/usr/lib/systemd/systemd-coredump\n"


def text(files: dict[str, str], *, handler: str = HANDLER, prelinked: str = "") -> str:
    """Return an answer with these files."""
    shown = "".join(f"\n#== file {path}\n{content}" for path, content in files.items())
    return f"{shown}\n#== file handler\n{handler}\n#== file prelink\n{prelinked}\n#== end\n"


def dumps(files: dict[str, str], *, handler: str = HANDLER) -> CoreDumps:
    read = fact(core_dumps, text({**PAM, **files}, handler=handler))
    assert isinstance(read, CoreDumps)
    return read


def limits(files: dict[str, str]) -> dict[str, int | None]:
    return {limit.who: limit.kib for limit in dumps(files).limits}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({MAIN: "* hard core 0"}, {"*": 0}),
        ({MAIN: "*\tHARD\tCore\t0 # nobody"}, {"*": 0}),
        ({MAIN: "* - core 0"}, {"*": 0}),
        ({MAIN: "* soft core 0"}, {}),
        ({MAIN: "#* hard core 0\n* hard cpu 0"}, {}),
        ({MAIN: "* hard core 0 0"}, {}),
        ({MAIN: "* hard core unlimited"}, {"*": None}),
        ({MAIN: "* hard core -1"}, {"*": None}),
        ({MAIN: "* hard core 0\n@devs - core 1000\nalice -"}, {"*": 0, "@devs": 1000, "alice": None}),
        ({MAIN: "* hard core 0\n* hard core 5"}, {"*": 5}),
        ({MAIN: "* hard core 5", f"{MORE}/a.conf": "* hard core 0"}, {"*": 0}),
        ({MAIN: "* hard core 0", f"{MORE}/a.conf": "* hard core 5"}, {"*": 5}),
        ({f"{MORE}/10-a.conf": "* hard core 0", f"{MORE}/9-b.conf": "* hard core 5"}, {"*": 5}),
        ({MAIN: "", "/usr/etc/security/limits.conf": "* hard core 0"}, {}),
        ({"/usr/etc/security/limits.conf": "* hard core 0"}, {"*": 0}),
        ({"/usr/etc/security/limits.d/a.conf": "* hard core 0", f"{MORE}/a.conf": ""}, {}),
    ],
)
def test_the_last_line_for_a_name_counts(files: dict[str, str], expected: dict[str, int | None]) -> None:
    """Hard limits only, drop-ins after the main file by name, /etc before the vendor's, `NAME -` lifts all limits."""
    assert expected == limits(files)


def test_a_stack_without_pam_limits_applies_none() -> None:
    """Through includes, and not through a comment."""
    read = dumps({"/etc/pam.d/sshd": "#session required pam_limits.so\n@include common-session\n"})

    assert (("login", "sshd"), ("sshd",)) == (read.services, read.unlimiting)


@pytest.mark.parametrize(
    ("files", "storage"),
    [
        ({CONF: "[Coredump]\nStorage=none"}, ("none",)),
        ({CONF: "[Coredump]\n#Storage=none\n;Storage=none"}, ()),
        ({CONF: "[Journal]\nStorage=none"}, ()),
        ({CONF: "[Coredump]\n storage = none"}, ()),
        ({CONF: "[Coredump]\n  Storage = none"}, ("none",)),
        ({CONF: "[Coredump]\nStorage=none\nStorage=nothing"}, ("none",)),
        ({CONF: "[Coredump]\nStorage=none", f"{DROPINS}/b.conf": "[Coredump]\nStorage=external"}, ("none", "external")),
        (
            {f"{DROPINS}/b.conf": "[Coredump]\nStorage=none", f"{DROPINS}/a.conf": "[Coredump]\nStorage=journal"},
            ("journal", "none"),
        ),
        ({f"{DROPINS}/b.txt": "[Coredump]\nStorage=none"}, ()),
        (
            {f"{DROPINS}/a.conf": "", "/usr/lib/systemd/coredump.conf.d/a.conf": "[Coredump]\nStorage=none"},
            (),
        ),
    ],
)
def test_what_systemd_keeps(files: dict[str, str], storage: tuple[str, ...]) -> None:
    """The section and the spelling matter; drop-ins come after the main file, and what is unknown is left out."""
    assert storage == dumps(files).storage


@pytest.mark.parametrize(
    ("written", "number"), [("0", 0), ("0K", 0), ("0.5G", 0), ("1K", 1024), ("2G", 2 << 30), ("1 M", 1 << 20)]
)
def test_sizes_have_suffixes(written: str, number: int) -> None:
    """To the base of 1024; what stands behind a point does not make it less than nothing."""
    read = dumps({CONF: f"[Coredump]\nProcessSizeMax={written}"})

    assert (number, (written,)) == (size(written), read.size_max)


def test_a_host_without_the_handler() -> None:
    """Then its settings change nothing."""
    assert not dumps({}, handler="").handler


def test_prelink_leaves_a_program_and_a_cache() -> None:
    """Either shows it."""
    read = fact(prelink, text(FILES, prelinked="/etc/prelink.cache\n"))

    assert isinstance(read, Prelink)
    assert (("/etc/prelink.cache",), ()) == (read.files, fact(prelink, text(FILES)).files)  # type: ignore[attr-defined]


@pytest.mark.parametrize("broken", ["", "<html>", text(FILES)[:-8], "\n#== end\n"])
def test_anything_else_is_unknown(broken: str) -> None:
    """Half an answer proves nothing."""
    assert isinstance(refused(core_dumps, broken), Unreadable)
    assert isinstance(refused(prelink, broken), Unreadable)


def test_an_include_that_is_missing_is_unknown() -> None:
    """What it would run is not known."""
    assert isinstance(refused(core_dumps, text({"/etc/pam.d/login": "session include system-auth\n"})), Unreadable)
