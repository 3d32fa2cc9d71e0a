"""Small files in the forms of publishers, written for these tests."""

import json
from typing import Final

KEV: Final = {
    "title": "CISA Catalog of Known Exploited Vulnerabilities",
    "catalogVersion": "2026.11.18",
    "dateReleased": "2026-11-18T16:00:12.1234Z",
    "count": 1,
    "vulnerabilities": [
        {"cveID": "CVE-2025-1", "vendorProject": "A", "dateAdded": "2026-11-17", "dueDate": "2026-12-08"}
    ],
}
EOL: Final = {
    "schema_version": "1.2.1",
    "generated_at": "2026-11-19T00:08:50+00:00",
    "total": 2,
    "result": [
        {
            "name": "debian",
            "label": "Debian",
            "releases": [
                {
                    "name": "12",
                    "codename": "Bookworm",
                    "isEol": True,
                    "eolFrom": "2026-07-11",
                    "isEoes": False,
                    "eoesFrom": "2028-06-30",
                    "latest": {"name": "12.15", "date": "2026-07-11", "link": None},
                },
                {"name": "3", "isEol": True, "eolFrom": None, "latest": None},
            ],
        },
        {"name": "docker-engine", "label": "Docker", "releases": [{"name": "29", "isEol": False, "eolFrom": None}]},
    ],
}
EPSS: Final = (
    "#model_version:v2025.03.14,score_date:2026-11-19T00:00:00+0000\ncve,epss,percentile\n"
    "CVE-2025-1,0.84210,0.99321\nCVE-2025-10000,0.00003,0.1\nCVE-2024-7,1.0,1.0\n"
)


def debian(status: str, **more: object) -> dict[str, object]:
    """Return what the tracker says of one release."""
    return {"status": status, "repositories": {"bookworm": "1.2-3"}, "urgency": "not yet assigned", **more}


TRACKER: Final = {
    "openssl": {
        "CVE-2025-1": {
            "description": "A hole",
            "debianbug": 1,
            "scope": "remote",
            "releases": {
                "bookworm": debian(
                    "resolved",
                    fixed_version="3.0.17-1~deb12u2",
                    repositories={"bookworm": "3.0.16-1~deb12u1", "bookworm-security": "3.0.17-1~deb12u2"},
                ),
                "trixie": debian("resolved", fixed_version="0", repositories={"trixie": "3.5.0-1"}),
                "sid": debian("open", repositories={"sid": "3.5.0-1"}),
            },
        },
        "CVE-2025-2": {"releases": {"bookworm": debian("open", nodsa="Minor issue", nodsa_reason="postponed")}},
    },
    "vim": {
        "CVE-2025-3": {"releases": {"bookworm": debian("undetermined")}},
        "CVE-2025-4": {"releases": {"bookworm": debian("open", urgency="unimportant")}},
        "CVE-2025-5": {"releases": {"bookworm": debian("open", urgency="end-of-life")}},
        "CVE-2025-6": {"releases": {"bookworm": debian("open", nodsa="Minor issue", nodsa_reason="")}},
        "TEMP-0000001-ABCDEF": {"releases": {"bookworm": debian("open", nodsa="x", nodsa_reason="ignored")}},
    },
}


def osv(identifier: str = "DEBIAN-CVE-2025-1", **more: object) -> dict[str, object]:
    """Return an OSV record."""
    record: dict[str, object] = {
        "id": identifier,
        "modified": "2026-11-18T10:00:00Z",
        "upstream": ["CVE-2025-1"],
        "affected": [affected("Debian:12", "openssl", {"introduced": "0"}, {"fixed": "3.0.17-1"})],
    }
    return {**record, **more}


def affected(ecosystem: str, name: str, *events: dict[str, str], **more: object) -> dict[str, object]:
    """Return what an OSV record says of one package."""
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}] if events else []
    return {"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges, **more}


def as_bytes(value: object) -> bytes:
    """Return a value as JSON."""
    return json.dumps(value).encode()


_OVAL: Final = """<?xml version="1.0" encoding="utf-8"?>
<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5"
  xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5"
  xmlns:red-def="http://oval.mitre.org/XMLSchema/oval-definitions-5#linux"
  xmlns:ind-def="http://oval.mitre.org/XMLSchema/oval-definitions-5#independent">
 <generator><oval:timestamp>2026-11-18T10:00:00</oval:timestamp></generator>
 <definitions>{definitions}</definitions>
 <tests>
  <red-def:rpminfo_test id="oval:t:tst:1" check="at least one" comment="openssl is earlier than 1:3.0.7-25.el9">
   <red-def:object object_ref="oval:t:obj:1"/><red-def:state state_ref="oval:t:ste:1"/></red-def:rpminfo_test>
  <red-def:rpminfo_test id="oval:t:tst:2" check="at least one" comment="openssl is signed with a key">
   <red-def:object object_ref="oval:t:obj:1"/><red-def:state state_ref="oval:t:ste:2"/></red-def:rpminfo_test>
  <red-def:rpminfo_test id="oval:t:tst:3" check="at least one" comment="nodejs is earlier than 1:18.20.2-1.module+el9">
   <red-def:object object_ref="oval:t:obj:3"/><red-def:state state_ref="oval:t:ste:3"/></red-def:rpminfo_test>
  <ind-def:textfilecontent54_test id="oval:t:tst:4" check="all" comment="Module nodejs:18 is enabled">
   <ind-def:object object_ref="oval:t:obj:4"/></ind-def:textfilecontent54_test>
  <red-def:rpminfo_test id="oval:t:tst:5" check="at least one" comment="vim is installed">
   <red-def:object object_ref="oval:t:obj:5"/></red-def:rpminfo_test>
  <red-def:dpkginfo_test id="oval:t:tst:6" check="all" check_existence="at_least_one_exists" comment="curl">
   <red-def:object object_ref="oval:t:obj:6"/><red-def:state state_ref="oval:t:ste:6"/></red-def:dpkginfo_test>
  <red-def:rpminfo_test id="oval:t:tst:7" check="none satisfy" comment="no kernel-livepatch">
   <red-def:object object_ref="oval:t:obj:7"/><red-def:state state_ref="oval:t:ste:1"/></red-def:rpminfo_test>
 </tests>
 <objects>
  <red-def:rpminfo_object id="oval:t:obj:1"><red-def:name>openssl</red-def:name></red-def:rpminfo_object>
  <red-def:rpminfo_object id="oval:t:obj:3"><red-def:name>nodejs</red-def:name></red-def:rpminfo_object>
  <ind-def:textfilecontent54_object id="oval:t:obj:4">
   <ind-def:filepath>/etc/dnf/modules.d/nodejs.module</ind-def:filepath></ind-def:textfilecontent54_object>
  <red-def:rpminfo_object id="oval:t:obj:5"><red-def:name>vim-minimal</red-def:name></red-def:rpminfo_object>
  <red-def:dpkginfo_object id="oval:t:obj:6"><red-def:name var_ref="oval:t:var:6" var_check="at least one"/>
  </red-def:dpkginfo_object>
  <red-def:rpminfo_object id="oval:t:obj:7"><red-def:name>kernel-default</red-def:name></red-def:rpminfo_object>
 </objects>
 <states>
  <red-def:rpminfo_state id="oval:t:ste:1">
   <red-def:arch datatype="string" operation="pattern match">aarch64|x86_64</red-def:arch>
   <red-def:evr datatype="evr_string" operation="less than">1:3.0.7-25.el9_3</red-def:evr></red-def:rpminfo_state>
  <red-def:rpminfo_state id="oval:t:ste:2">
   <red-def:signature_keyid operation="equals">199e2f91fd431d51</red-def:signature_keyid></red-def:rpminfo_state>
  <red-def:rpminfo_state id="oval:t:ste:3">
   <red-def:evr datatype="evr_string" operation="less than">1:18.20.2-1.module+el9</red-def:evr></red-def:rpminfo_state>
  <red-def:dpkginfo_state id="oval:t:ste:6">
   <red-def:evr datatype="debian_evr_string" operation="less than">0:7.81.0-1ubuntu1.16</red-def:evr>
  </red-def:dpkginfo_state>
 </states>
 <variables>
  <constant_variable id="oval:t:var:6"><value>curl</value><value>libcurl4</value></constant_variable>
 </variables>
</oval_definitions>
"""


def definition(criteria: str, platform: str = "Red Hat Enterprise Linux 9", kind: str = "patch", more: str = "") -> str:
    """Return an OVAL definition of CVE-2025-1."""
    return (
        f'<definition class="{kind}" id="oval:com.example.sa:def:1"><metadata><title>A hole</title>'
        f'<affected family="unix"><platform>{platform}</platform></affected>'
        '<reference ref_id="SA-2025:1" source="SA"/><reference ref_id="CVE-2025-1" source="CVE"/>'
        f"<advisory>{more}</advisory></metadata>{criteria}</definition>"
    )


def criteria(operator: str, *inside: str) -> str:
    """Return OVAL criteria of other criteria and, by their numbers, of tests."""
    parts = [
        part if part.startswith("<") else f'<criterion test_ref="oval:t:tst:{part}" comment=""/>' for part in inside
    ]
    return f'<criteria operator="{operator}">{"".join(parts)}</criteria>'


def criterion(comment: str, test: str = "99", negate: str = "false") -> str:
    """Return an OVAL criterion with a comment."""
    return f'<criterion test_ref="oval:t:tst:{test}" comment="{comment}" negate="{negate}"/>'


def oval(*definitions: str) -> bytes:
    """Return OVAL definitions with some tests: 1 openssl, 2 its signature, 3 nodejs, 4 its module, 5 vim, 6 curl."""
    return _OVAL.replace("{definitions}", "".join(definitions)).encode()
