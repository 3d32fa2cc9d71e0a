"""Policy files of both releases are read as they are; what cannot be used is told and never dropped in silence."""

import pytest

from auditor.documents import parse_yaml
from auditor.errors import ContentError
from auditor.sca.policy import ScaPolicy, read_policy
from auditor.sca.rules import Dialect

FIVE = """\
policy: {id: acme_linux, name: Acme's Linux}
requirements: {name: Linux, condition: any, rules: ["f:$release -> r:Linux"]}
variables: {$release: /etc/os-release, $release_too: /usr/lib/os-release}
checks:
  - id: 1
    name: "It has $release_too."
    description: What.
    rationale: Why.
    remediation: How.
    compliance: {pci_dss: ["2.2", 6.1], nist_800_53: [CM-6], acme: ["1"]}
    mitre: {technique: {id: [T1021], name: [Remote Services]}, tactic: [TA0008]}
    condition: all
    rules: ["f:$release", "not d:$release_too"]
  - id: 2
    name: No rule can be read
    condition: none
    rules: [something]
  - {id: 3, name: No condition, rules: ["f:/x"]}
  - {name: No id, condition: all, rules: ["f:/x"]}
  - {id: 1, name: Again, condition: all, rules: ["f:/x"]}
"""
FOUR = """\
policy: {id: old, name: Old}
requirements: {title: Linux, condition: all required, rules: ["f:/etc/passwd"]}
checks:
  - id: 1
    title: Listed
    compliance:
      - pci_dss_v4.0: ["2.2"]
      - cis: ["5.1"]
    condition: any
    rules: ["f:/x -> r:a"]
  - {id: 2, title: Its own engine, regex_type: pcre2, condition: any, rules: ["f:/x -> r:a"]}
"""


def read(text: str, dialect: Dialect | None = None) -> ScaPolicy:
    """Return what a policy file says."""
    return read_policy(parse_yaml(text, "acme.yml"), dialect)


def test_a_policy_of_release_5():
    """With variables, requirements, the reasons, and the frameworks that Wazuh knows."""
    policy = read(FIVE)
    first, second = policy.checks
    assert policy.requirements

    assert (policy.id, policy.title) == ("acme_linux", "Acme's Linux")
    assert [rule.text for rule in policy.requirements.rules] == ["f:/etc/os-release -> r:Linux"]
    assert (first.id, first.title) == ("1", "It has /usr/lib/os-release.")
    assert (first.rationale, first.remediation) == ("What.\nWhy.", "How.")
    assert first.compliance == {"pci_dss": ("2.2", "6.1"), "nist_800_53": ("CM-6",)}
    assert first.references == ("mitre-technique:T1021", "mitre-tactic:TA0008")
    assert [rule.text for rule in first.rules.rules] == ["f:/etc/os-release", "not d:/usr/lib/os-release"]
    assert (first.rules.edition.release, first.rules.edition.dialect) == (5, Dialect.PCRE2)
    assert (second.rules.rules, second.rules.left_out) == ((), ("something",))


def test_what_cannot_be_used_is_told_with_its_place():
    """Each in a note of its own."""
    assert [note.split(": ", 1) for note in read(FIVE).notes] == [
        ["acme.yml:10:62", "acme is no framework that Wazuh knows, and is left out"],
        ["acme.yml:17:5", "the rule 'something' cannot be read"],
        ["acme.yml:18:5", "the check 3 has no id or no known condition, and is left out"],
        ["acme.yml:19:5", "the check without an id has no id or no known condition, and is left out"],
        ["acme.yml:20:5", "the check 1 stands twice; the second is left out"],
    ]


def test_a_policy_of_release_4():
    """Titles, a list of mappings, an older word for the condition, and OSRegex unless it says otherwise."""
    policy = read(FOUR)
    first, second = policy.checks
    assert policy.requirements

    assert policy.requirements.condition == "all"
    assert first.compliance == {"pci_dss_v4.0": ("2.2",), "cis": ("5.1",)}
    assert (first.rules.edition.release, first.rules.edition.dialect) == (4, Dialect.OSREGEX)
    assert (second.rules.edition.release, second.rules.edition.dialect) == (4, Dialect.PCRE2)
    assert policy.notes == ()


def test_a_dialect_may_be_given_for_a_file_that_names_none():
    """What the file says itself counts more."""
    other = FOUR.replace("name: Old}", "name: Old, regex_type: osregex}")

    assert read(FOUR, Dialect.PCRE2).checks[0].rules.edition.dialect is Dialect.PCRE2
    assert read(other, Dialect.PCRE2).checks[0].rules.edition.dialect is Dialect.OSREGEX


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "has no `policy`"),
        ("checks: []", "has no `policy`"),
        ("policy: {id: x}", "has no `checks`"),
        ("policy: x\nchecks: []", "has no `policy`"),
        ("policy: {id: x}\nchecks: []\nrequirements: {condition: some}", "its condition is none of all, any and none"),
        ("policy: {id: x}\nchecks: []\nrequirements: x", "its condition is none of all, any and none"),
    ],
)
def test_what_is_no_policy_is_refused(text, why):
    """With the place."""
    with pytest.raises(ContentError, match=why):
        read(text)


@pytest.mark.parametrize("checks", ["[x, 3, [1]]", '[{id: 1, name: a, condition: all, rules: "f:/x"}]', "[{}]"])
def test_checks_of_any_shape_are_read_or_told(checks):
    """Nothing that a file holds breaks the import."""
    policy = read(f"policy: {{id: x}}\nchecks: {checks}")

    assert policy.notes or policy.checks[0].rules.rules == ()
