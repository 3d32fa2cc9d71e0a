"""What is read of the audit system: rules as loaded and as configured, and auditd.conf."""

import pytest

from auditor.errors import NotPresent, Unreadable
from auditor.facts.audit import AuditDaemon, AuditRules, audit_daemon, audit_rules, set_id_programs
from tests.make import ROOT, fact, refused

RECORDED = ROOT / "tests/facts/recorded"
LOADED = (RECORDED / "audit_loaded.txt").read_text()  # what auditctl 3.0.9 lists once it has loaded the next
CONFIGURED = (RECORDED / "audit_configured.txt").read_text()
STATUS = "enabled 1\nfailure 1\npid 312\nrate_limit 0\nloginuid_immutable 0 unlocked\n"
FULL, DOCKER = "000001ffffffffff", "00000000a80425fb"
FOLDER = "/etc/audit/rules.d"
AUGENRULES = "[Service]\nExecStart=/sbin/auditd\nExecStartPost=-/sbin/augenrules --load\n"
LOADS = "ExecStartPost=-/sbin/auditctl -R /etc/audit/audit.rules"
AUDITCTL = f"[Service]\nExecStart=/sbin/auditd\n{LOADS}\n"
UNIT = "/lib/systemd/system/auditd.service"
DEBIAN = {f"{FOLDER}/50-good.rules": CONFIGURED, f"{FOLDER}/99-end.rules": "-e 2\n", UNIT: AUGENRULES}
CONF = "#\nmax_log_file = 8\nmax_log_file_action = ROTATE\nspace_left_action = exec /usr/local/sbin/space\n##name = x\n"


def text(  # noqa: PLR0917
    files: dict[str, str] | None = None,
    loaded: str = LOADED,
    status: str = STATUS,
    may: str = FULL,
    machine: str = "x86_64",
    more: str = "",
    there: str = f"{FOLDER}/",
    exits: str = "0",
) -> str:
    """Return what the request prints on a host with these files."""
    shown = "".join(
        f"[file {path}]\n" + "".join(f"|{line}\n" for line in content.splitlines())
        for path, content in (DEBIAN if files is None else files).items()
    )
    listed = "".join(f"|{line}\n" for line in loaded.splitlines())
    told = "".join(f"|{line}\n" for line in status.splitlines())
    return (
        f"[may {may}]\n{more}[boot]\n|BOOT_IMAGE=/vmlinuz ro audit=1\n{shown}[loaded {exits}]\n{listed}"
        f"[status 0]\n{told}[machine 0]\n|{machine}\n[there]\n|{there}\n"
        "[links]\n|/bin=/usr/bin\n|/var/run=/run\n[end]\n"
    )


def host(files: dict[str, str] | None = None, **changed: str) -> AuditRules:
    """Return what is known of the rules of a host with these files."""
    read = fact(audit_rules, text(files, **changed))
    assert isinstance(read, AuditRules)
    return read


def configured(files: dict[str, str], **changed: str) -> list[str]:
    """Return the rules that are configured, as they are written."""
    rules = host(files, **changed).configured
    assert rules is not None
    return [rule.text for rule in rules.rules]


def conf(content: str) -> AuditDaemon:
    read = fact(audit_daemon, text({"/etc/audit/auditd.conf": content}))
    assert isinstance(read, AuditDaemon)
    return read


def test_what_was_loaded_is_what_is_configured():
    """All 52 rules mean the same as the kernel lists them: joined or split, -1 or unset, -k or -F key."""
    read = host()

    assert read.loaded is not None
    assert read.configured is not None
    assert len(read.loaded.rules) == 52
    assert {rule.meaning for rule in read.configured.rules} == {rule.meaning for rule in read.loaded.rules}
    assert (read.loaded.enabled, read.configured.enabled) == (1, 2)


def test_no_rules_are_none():
    """It is what auditctl prints when there are none."""
    read = host({}, loaded="No rules\n", status=STATUS.replace("enabled 1", "enabled 0"))

    assert read.loaded is not None
    assert (read.loaded.rules, read.loaded.enabled, read.loaded.trouble) == ((), 0, "")


def test_a_line_of_the_list_that_is_not_known_is_doubtful():
    """It may be the rule that is looked for."""
    loaded = host(loaded=LOADED + "-a always,exit -S all f25=1\n").loaded

    assert loaded is not None
    assert loaded.unsure


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exits": "missing", "loaded": ""}, "auditctl is not installed"),
        ({"exits": "4", "loaded": "You must be root to run this program.\n"}, "You must be root"),
        ({"status": "Connection refused\n"}, "does not say whether auditing is on"),
    ],
)
def test_rules_that_cannot_be_listed_are_not_none(changed: dict[str, str], reason: str):
    """What is configured is known nevertheless."""
    read = host(**changed)

    assert read.loaded is None
    assert reason in read.no_loaded
    assert read.configured is not None


def test_the_files_of_rules_d_are_read_in_the_order_of_ls_v():
    """Numbers by size, other names and folders not at all."""
    watch = "-w /etc/{} -p wa\n"
    files = {
        f"{FOLDER}/100-c.rules": watch.format("c"),
        f"{FOLDER}/20-b.rules": watch.format("b"),
        f"{FOLDER}/20.rules": watch.format("a"),
        f"{FOLDER}/30.rules.bak": watch.format("x"),
        "/etc/audit/audit.rules": watch.format("y"),
        UNIT: AUGENRULES,
    }

    assert configured(files) == ["-w /etc/a -p wa", "-w /etc/b -p wa", "-w /etc/c -p wa"]


@pytest.mark.parametrize(
    ("files", "enabled"),
    [
        ({f"{FOLDER}/10.rules": "-e 2\n", f"{FOLDER}/99.rules": "-w /etc/a -p wa\n"}, 2),
        ({f"{FOLDER}/10.rules": "-e 2\n", f"{FOLDER}/99.rules": "-e 1\n"}, 1),
        ({f"{FOLDER}/10.rules": "-e 1\n", f"{FOLDER}/99.rules": "  -e 2"}, 2),
        ({f"{FOLDER}/10.rules": "# -e 2\n"}, 1),
        ({f"{FOLDER}/10.rules": "-e 0\n"}, 0),
        ({f"{FOLDER}/10.conf": "-e 2\n"}, 1),
    ],
)
def test_the_last_e_counts_wherever_it_stands(files: dict[str, str], enabled: int):
    """It is put at the end."""
    rules = host({**files, UNIT: AUGENRULES}).configured

    assert rules is not None
    assert rules.enabled == enabled
    assert not rules.late


def test_a_d_anywhere_deletes_nothing():
    """It is put at the beginning."""
    files = {f"{FOLDER}/10.rules": "-w /etc/a -p wa\n", f"{FOLDER}/20.rules": "-D\n", UNIT: AUGENRULES}

    assert configured(files) == ["-w /etc/a -p wa"]


ONE = {f"{FOLDER}/a.rules": "-w /etc/generated -p wa\n", "/etc/audit/audit.rules": "-w /etc/plain -p wa\n"}
OWN = "/etc/systemd/system/auditd.service"


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ({UNIT: AUGENRULES}, "/etc/generated"),
        ({UNIT: AUDITCTL}, "/etc/plain"),
        ({UNIT: AUGENRULES, OWN: AUDITCTL}, "/etc/plain"),
        ({UNIT: AUGENRULES, f"{OWN}.d/rules.conf": f"[Service]\nExecStartPost=\n{LOADS}\n"}, "/etc/plain"),
        ({UNIT: AUGENRULES.replace("ExecStartPost", "#ExecStartPost")}, ""),
        (
            {UNIT: "[Service]\nExecStart=/sbin/auditd\n", "/usr/lib/systemd/system/audit-rules.service": AUGENRULES},
            "/etc/generated",
        ),
        ({}, "/etc/generated"),
        ({"/etc/default/auditd": 'USE_AUGENRULES="no"'}, "/etc/plain"),
    ],
)
def test_the_unit_says_which_rules_are_loaded(units: dict[str, str], expected: str):
    """Augenrules or auditctl -R, as the host's own unit and its drop-ins have it; without units, what init does."""
    rules = host({**ONE, **units}).configured

    assert expected == (rules.rules[0].path if rules else "")


def test_without_a_folder_of_rules_the_one_file_is_loaded():
    """That is what augenrules does then; a folder without rules makes the file empty."""
    files = {"/etc/audit/audit.rules": "-w /etc/plain -p wa\n", UNIT: AUGENRULES}

    assert configured(files, there="/etc/passwd") == ["-w /etc/plain -p wa"]
    assert configured(files) == []


def test_rules_that_may_not_be_read_are_not_none():
    """Half of them prove nothing."""
    read = host(more=f"[unread {FOLDER}/70-secret.rules]\n")

    assert read.configured is None
    assert "70-secret.rules" in read.no_configured


def test_paths_lead_where_links_do():
    """/var/run/utmp and /run/utmp are one file."""
    rules = host({f"{FOLDER}/a.rules": "-w /var/run/utmp -p wa\n-w /bin/su -p x\n", UNIT: AUGENRULES}).configured

    assert rules is not None
    assert [rule.path for rule in rules.rules] == ["/run/utmp", "/usr/bin/su"]


@pytest.mark.parametrize(
    ("machine", "widths"),
    [("x86_64", ("b64", "b32")), ("aarch64", ("b64",)), ("s390x", ("b64",)), ("i686", ("b32",)), ("armv7l", ("b32",))],
)
def test_what_programs_a_machine_runs(machine: str, widths: tuple[str, ...]):
    """Only a 64-bit PC commonly runs those of 32 bits too."""
    assert host(machine=machine).widths == widths


@pytest.mark.parametrize("changed", [{"may": DOCKER}, {"more": "[namespace]\n"}])
def test_containers_do_not_audit(changed: dict[str, str]):
    """Their host does."""
    assert isinstance(refused(audit_rules, text(**changed)), NotPresent)
    assert isinstance(refused(audit_daemon, text(**changed)), NotPresent)


def test_the_first_person_is_where_login_defs_says():
    """UID_MIN of the host's own file, else of the vendor's."""
    assert host({"/etc/login.defs": "UID_MIN 500\n", "/usr/etc/login.defs": "UID_MIN 600\n"}).first_human == 500
    assert host({"/usr/etc/login.defs": "UID_MIN 600\n"}).first_human == 600
    assert host().first_human == 1000


def test_auditd_conf():
    """Keys in any case; a comment only at a line's start; the last of two counts; an option after the value."""
    read = conf(CONF + "MAX_LOG_FILE = 20\n")

    assert read.values == {
        "max_log_file": "20",
        "max_log_file_action": "ROTATE",
        "space_left_action": "exec",
    }


def test_a_long_line_is_passed_over():
    """Auditd reads at most 160 characters a line."""
    assert conf("max_log_file = 8\nmax_log_file = 9" + " " * 160).values == {"max_log_file": "8"}


@pytest.mark.parametrize("line", ["max_log_file=9", "max_log_file", "max_log_file = 9 # megabytes", "max_log_file ="])
def test_auditd_gives_up_at_a_line_that_it_cannot_read(line: str):
    """Blanks around the sign are needed, and no comment may stand behind."""
    assert conf(f"num_logs = 5\n{line}\nflush = none\n").broken == "/etc/audit/auditd.conf:2"


def test_without_auditd_there_is_no_configuration_of_it():
    """Not installed is not unreadable."""
    assert isinstance(refused(audit_daemon, text({})), NotPresent)
    hidden = text({}, more="[unread /etc/audit/auditd.conf]\n")
    assert isinstance(refused(audit_daemon, hidden), Unreadable)


def test_a_list_of_programs_has_an_end():
    """Without it the list was cut, or there is no find."""
    assert isinstance(refused(set_id_programs, "[set-id]\n/usr/bin/su\n"), Unreadable)
    assert isinstance(refused(set_id_programs, "[set-id]\nfind: unrecognized: -xdev\n[end]\n"), Unreadable)
