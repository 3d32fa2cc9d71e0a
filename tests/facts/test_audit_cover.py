"""Which rules record an event: the first that fits decides, and each of its conditions has to hold."""

import pytest

from auditor.facts.audit_cover import UNSET, Event, Recorded, recorded
from auditor.facts.audit_rules import rule_set

YES, NO, PERHAPS = Recorded.YES, Recorded.NO, Recorded.PERHAPS
PEOPLE = {"auid": (1000, UNSET - 1)}
MOUNT = Event(call="mount", given=PEOPLE)
DENIED = Event(call="open", given={**PEOPLE, "exit": (-13, -13)})
CLOCK = Event(call="clock_settime", given={"a0": (0, 0)})
AS_OTHERS = Event(call="execve", given={"auid": (0, UNSET - 1)}, compared=frozenset({"euid,uid"}))
PASSWD = Event(path="/etc/passwd", access="wa")
FOLDER = Event(path="/etc/sudoers.d", access="wa", tree=True)
SU = Event(path="/usr/bin/su", access="x", given=PEOPLE)
B64 = "-a always,exit -F arch=b64 -S"

CASES = [
    (MOUNT, [f"{B64} mount"], YES),
    (MOUNT, [f"{B64} mount -F auid>=1000 -F auid!=unset"], YES),
    (MOUNT, [f"{B64} mount -F auid>=500"], YES),
    (MOUNT, [f"{B64} mount -F auid>999 -F auid!=-1"], YES),
    (MOUNT, [f"{B64} mount -F auid>=1001"], NO),
    (MOUNT, [f"{B64} mount -F auid=1000"], NO),
    (MOUNT, [f"{B64} mount -F auid=unset"], NO),
    (MOUNT, [f"{B64} mount -F auid>=alice"], NO),
    (MOUNT, [f"{B64} mount -F success=1"], NO),
    (MOUNT, [f"{B64} mount -F dir=/mnt"], NO),
    (MOUNT, [f"{B64} umount2"], NO),
    (MOUNT, [f"{B64} all"], YES),
    (MOUNT, ["-a always,exit -F arch=b32 -S mount"], NO),
    (MOUNT, ["-a always,exit -S mount"], YES),
    (MOUNT, ["-a always,task -F auid>=1000", "-a always,user -F auid>=1000"], NO),
    (MOUNT, ["-a never,exit -F arch=b64 -S mount", f"{B64} mount"], NO),
    (MOUNT, [f"{B64} mount", "-a never,exit -F arch=b64 -S mount"], YES),
    (MOUNT, ["-a never,exit -F auid>=1000", f"{B64} mount"], NO),
    (MOUNT, ["-a never,exit -F exe=/usr/bin/mount", f"{B64} mount"], PERHAPS),
    (MOUNT, ["-a never,exit -F auid=unset", f"{B64} mount"], YES),
    (MOUNT, ["-a never,exit -F uid=0 -F auid=unset", f"{B64} mount"], YES),
    (MOUNT, ["-a never,exit -F arch=b64 -S adjtimex", f"{B64} mount"], YES),
    (MOUNT, [f"{B64} mount", "-a never,task"], NO),
    (MOUNT, [f"{B64} mount", "-a never,task -F uid=123"], PERHAPS),
    (MOUNT, ["-a always,exclude -F msgtype=CWD", f"{B64} mount"], YES),
    (MOUNT, ["-a always,exclude -F msgtype=SYSCALL", f"{B64} mount"], PERHAPS),
    (MOUNT, ["-a always,exclude -F msgtype>=1300", f"{B64} mount"], PERHAPS),
    (MOUNT, ["-e 0", f"{B64} mount"], NO),
    (MOUNT, ["-w /x # y", f"{B64} mount"], PERHAPS),
    (MOUNT, ["-w /x # y", f"{B64} umount2"], NO),
    (MOUNT, ["--new 1"], PERHAPS),
    (DENIED, [f"{B64} open -F exit=-EACCES"], YES),
    (DENIED, [f"{B64} open -F exit=-EPERM"], NO),
    (DENIED, [f"{B64} open -F exit=EACCES"], NO),
    (DENIED, [f"{B64} open -F success=0 -F auid>=1000"], YES),
    (DENIED, [f"{B64} open -F success!=0"], NO),
    (DENIED, [f"{B64} open -F exit<0"], YES),
    (CLOCK, [f"{B64} clock_settime -F a0=0x0"], YES),
    (CLOCK, [f"{B64} clock_settime"], YES),
    (CLOCK, [f"{B64} clock_settime -F a0=1"], NO),
    (CLOCK, [f"{B64} clock_settime -F a0&1"], NO),
    (CLOCK, ["-a never,exit -F arch=b64 -S clock_settime -F uid=chrony", f"{B64} clock_settime"], PERHAPS),
    (AS_OTHERS, [f"{B64} execve -C uid!=euid -F auid!=unset"], YES),
    (AS_OTHERS, [f"{B64} execve -F euid=0 -C uid!=euid"], NO),
    (AS_OTHERS, [f"{B64} execve -C uid=euid"], NO),
    (AS_OTHERS, [f"{B64} execve"], YES),
    (PASSWD, ["-w /etc/passwd -p wa"], YES),
    (PASSWD, ["-w /etc/passwd"], YES),
    (PASSWD, ["-w /etc/passwd -p w"], NO),
    (PASSWD, ["-w /etc/passwd -p rx"], NO),
    (PASSWD, ["-w /etc/passwd- -p wa"], NO),
    (PASSWD, ["-w /etc -p wa"], YES),
    (PASSWD, ["-w /et -p wa"], NO),
    (PASSWD, ["-a always,exit -F path=/etc -F perm=wa -F auid!=-1"], NO),
    (PASSWD, ["-a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa"], YES),
    (PASSWD, ["-a always,exit -F arch=b32 -F path=/etc/passwd -F perm=wa"], NO),
    (PASSWD, ["-a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa -F auid>=1000"], NO),
    (PASSWD, [f"{B64} open -F path=/etc/passwd -F perm=wa"], NO),
    (PASSWD, ["-a never,exit -F path=/etc/passwd", "-w /etc/passwd -p wa"], NO),
    (PASSWD, ["-a never,exit -F dir=/etc -F perm=r", "-w /etc/passwd -p wa"], YES),
    (FOLDER, ["-w /etc/sudoers.d/ -p wa"], YES),
    (FOLDER, ["-a always,exit -F arch=b64 -F dir=/etc/sudoers.d -F perm=wa"], YES),
    (FOLDER, ["-a always,exit -F arch=b64 -F path=/etc/sudoers.d -F perm=wa"], NO),
    (FOLDER, ["-w /etc/sudoers.d/own -p wa"], NO),
    (SU, ["-a always,exit -F path=/usr/bin/su -F perm=x -F auid>=1000 -F auid!=unset"], YES),
    (SU, ["-w /usr/bin/su -p x"], YES),
    (SU, ["-a always,exit -F arch=b64 -S execve -F path=/usr/bin/su"], YES),
    (SU, ["-a always,exit -F arch=b64 -S execve -F auid>=1000"], YES),
    (SU, ["-a always,exit -F arch=b64 -S open -F path=/usr/bin/su"], NO),
    (SU, ["-w /usr/bin/su -p r"], NO),
    (SU, ["-w /usr/bin -p x"], YES),
    (SU, ["-w /usr/bin/sudo -p x"], NO),
]


@pytest.mark.parametrize(("event", "lines", "expected"), CASES)
def test_whether_an_event_is_recorded(event: Event, lines: list[str], expected: Recorded):
    """For programs of 64 bits."""
    assert recorded(rule_set(lines), event, "b64")[0] is expected


def test_what_was_not_seen_is_not_said():
    """Without the kernel's word on whether auditing is on."""
    assert recorded(rule_set([f"{B64} mount"], None), MOUNT, "b64")[0] is PERHAPS


def test_names_without_arch_are_not_those_of_other_programs():
    """The number that a name has differs between the two kinds."""
    rules = rule_set(["-a always,exit -S mount", "-w /etc/passwd -p wa"])

    assert recorded(rules, MOUNT, "b32")[0] is NO
    assert recorded(rules, PASSWD, "b32")[0] is YES
