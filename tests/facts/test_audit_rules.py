"""How a line of audit rules is understood, as auditctl 3.0.9 takes it."""

import pytest

from auditor.facts.audit_rules import Control, Filter, Rule, parsed, rule_set

SAME = [
    ("-w /etc/passwd -p wa -k a", "-a always,exit -F path=/etc/passwd -F perm=wa -F key=b"),
    ("-w /etc/passwd -pwa -ka", "-w /etc/passwd -p aw"),
    ("-w /etc/shadow", "-w /etc/shadow -p rwxa"),
    ("-w /etc/sudoers.d/ -p wa", "-w /etc/sudoers.d -p wa"),
    ("-w /etc/apparmor.d -p wa", "-a exit,always -F dir=/etc/apparmor.d/ -F perm=wa"),
    ("-a always,exit -F arch=b64 -S a -S b", "-a exit,always -F arch=x86_64 -S b,a"),
    ("-a always,exit -F arch=b64 -S a", "-a always,exit -F arch=c000003e -S a"),
    ("-a always,exit -S a", "-a always,exit -F arch=b64 -S a"),
    ("-a always,exit -F path=/x -F perm=x", "-a always,exit -S all -F perm=x -F path=/x"),
    ("-a always,exit -S a -F auid>=1000 -F auid!=unset", "-a always,exit -S a -F auid!=4294967295 -F auid>=1000"),
    ("-a always,exit -S a -F auid!=-1", "-a always,exit -S a -F loginuid!=unset"),
    ("-a always,exit -S a -F exit=-EACCES", "-a always,exit -S a -F exit=-13"),
    ("-a always,exit -S a -F a0=0x10", "-a always,exit -S a -F a0=020"),
    ("-a always,exit -S a -C euid!=uid", "-a always,exit -S a -C uid!=euid"),
    ("-w /etc/hosts -p wa -k b", " -p wa-w /etc/hosts -k b"),
]
DIFFERENT = [
    ("-a always,exit -F arch=b64 -S a", "-a always,exit -F arch=b32 -S a"),
    ("-a always,exit -F arch=b64 -S a", "-a never,exit -F arch=b64 -S a"),
    ("-a always,exit -F arch=b64 -S a", "-a always,exit -F arch=b64 -S a -F success=0"),
    ("-a always,exit -S a -F exit=-EACCES", "-a always,exit -S a -F exit=EACCES"),
    ("-w /etc/passwd -p wa", "-w /etc/passwd -p w"),
    ("-a always,exit -S a -F auid=-1", "-a always,exit -S a -F auid!=-1"),
]
WRONG = [
    "-w /etc/hosts -p wa # comment",
    "-w /etc/hosts -p wa -k a key with blanks",
    "-a entry,always -F arch=b64 -S execve",
    "-a always,exit -S execve -F arch=b64",
    "-a always -S execve",
    "-a always,exit -F auid >= 1000",
    "-k a -w /etc/hosts",
    "-S execve -a always,exit",
    "-a always,exit -w /etc/hosts",
    "always,exit -S execve",
    "-W /etc/hosts -p wa",
    "-d always,exit -S execve",
    "-D -k identity",
    "-k alone",
]


def rule(line: str) -> Rule:
    read = parsed(line)
    assert isinstance(read, Rule), line
    return read


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_do_not_matter(one: str, other: str):
    """Watches and syscall rules, joined and split, any order, names and numbers."""
    assert rule(one).meaning == rule(other).meaning


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_differs_stays_different(one: str, other: str):
    """Else the test above would prove nothing."""
    assert rule(one).meaning != rule(other).meaning


@pytest.mark.parametrize("line", WRONG)
def test_what_auditctl_does_not_take_is_no_rule(line: str):
    """Each of these was tried."""
    assert parsed(line) is None


@pytest.mark.parametrize("line", ["-e 2", "-e2", "-b 8192", "-f 1", "-r 0", "-D", "-c", "--backlog_wait_time 60000"])
def test_controls_are_no_rules(line: str):
    """They set something."""
    assert isinstance(parsed(line), Control)


def test_conditions_keep_their_sign():
    """All of them have to hold."""
    filters = rule("-a always,exit -F arch=b64 -S open -F auid>=1000 -F auid!=unset -F success!=1").filters

    assert filters == {
        Filter("auid", ">=", "1000"),
        Filter("auid", "!=", "4294967295"),
        Filter("success", "!=", "1"),
    }


def test_names_without_arch_are_the_machines_own():
    """On a machine of 32 bits they are those of 32 bits."""
    read = parsed("-a always,exit -S adjtimex", "b32")

    assert isinstance(read, Rule)
    assert read.arch == "b32"
    assert rule("-a always,exit -F path=/x -F perm=x").arch == ""


def test_reading_stops_at_a_line_that_fails():
    """The rules below it are not loaded."""
    rules = rule_set(["-w /a -p wa", "-w /b -p wa # why", "-w /c -p wa"])

    assert [one.path for one in rules.rules] == ["/a"]
    assert [one.path for one in rules.late] == ["/c"]
    assert rules.trouble == "-w /b -p wa # why"
    assert not rules.unsure


@pytest.mark.parametrize("option", ["-c", "-i"])
def test_reading_goes_on_where_the_file_says_so(option: str):
    """Auditctl then passes over what fails."""
    rules = rule_set([option, "-w /b # why", "-w /c -p wa"])

    assert [one.path for one in rules.rules] == ["/c"]
    assert not rules.trouble


def test_a_rule_that_is_there_already_fails():
    """The kernel takes none twice."""
    assert rule_set(["-w /a -p wa", "-w  /a -p wa", "-w /c -p wa"]).trouble == "-w  /a -p wa"
    assert not rule_set(["-w /a -p wa -k one", "-w /a -p wa -k two"]).trouble


def test_a_locked_system_takes_no_more_rules():
    """Nor does it let itself be unlocked."""
    rules = rule_set(["-w /a -p wa", "-e 2", "-w /c -p wa", "-e 1"])

    assert [one.path for one in rules.rules] == ["/a"]
    assert (rules.enabled, bool(rules.trouble)) == (2, True)


def test_rules_go_first_where_they_say_so():
    """-A puts a rule at the beginning."""
    assert [one.path for one in rule_set(["-w /a", "-A never,exit -F path=/b"]).rules] == ["/b", "/a"]


def test_d_deletes_what_stands_above():
    """As auditctl -R takes it."""
    assert [one.path for one in rule_set(["-w /a", "-D", "-w /b"]).rules] == ["/b"]


def test_an_option_of_another_release_may_be_good():
    """What auditor does not know is not said to be wrong."""
    assert rule_set(["--new-option 1", "-w /a"]).unsure
