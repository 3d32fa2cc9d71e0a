"""Objects of every type for a real agent: a program for snmpd's `pass_persist` (snmpd.conf(5)), run by path.

Started with the OID below which it answers.
"""

import sys

VALUES = (  # index, type and value in the words of pass_persist
    ((1, 1), "integer", "-2147483648"),
    ((1, 2), "integer", "-1"),
    ((1, 3), "integer", "0"),
    ((1, 4), "integer", "127"),
    ((1, 5), "integer", "128"),
    ((1, 6), "integer", "2147483647"),
    ((2, 1), "counter", "4294967295"),
    ((2, 2), "gauge", "2147483648"),
    ((2, 3), "timeticks", "4294967295"),
    ((2, 4), "counter64", "18446744073709551615"),
    ((2, 5), "counter64", "9223372036854775808"),
    ((2, 6), "counter64", "0"),
    ((3, 1), "ipaddress", "0.0.0.0"),  # noqa: S104  (a value)
    ((3, 2), "ipaddress", "255.255.255.255"),
    ((4, 1), "objectid", ".0.0"),
    ((4, 2), "objectid", ".1.3.6.1.4.1.4294967295.0.128.16384"),
    ((4, 3), "objectid", ".2.40.1"),
    ((5, 1), "string", "plain | text"),
    ((5, 2), "string", ""),
    ((5, 3), "octet", "00"),
    ((5, 4), "octet", "61 00 62"),
    ((5, 5), "octet", "c3 a4 e2 82 ac f0 9f 98 80"),
    ((5, 6), "octet", "0a 0d 09 5c"),
    ((5, 7), "octet", "ff fe 80"),
    ((5, 8), "octet", "ed a0 80"),
    ((5, 9), "octet", "e2 80 ae 61"),
    ((5, 10), "octet", "c2 85 e2 80 a8"),
    ((5, 11), "string", "x" * 200),
    ((16384, 4294967295), "integer", "1"),
)


def main(root: str) -> None:
    """Answer until the agent closes our input."""
    base = tuple(int(part) for part in root.strip(".").split("."))
    known = {(*base, *index): (kind, value) for index, kind, value in VALUES}
    for line in sys.stdin:
        if line.strip() == "PING":
            say("PONG")
            continue
        asked = tuple(int(part) for part in sys.stdin.readline().strip().strip(".").split("."))
        found = asked if line.strip() == "get" else min((oid for oid in known if oid > asked), default=())
        if found in known:
            say("." + ".".join(map(str, found)), *known[found])
        else:
            say("NONE")


def say(*lines: str) -> None:
    """Write lines to the agent, at once."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
