"""What nmap lists of TLS services becomes a fact."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.facts.tls import Certificate, TlsService, TlsServices, seen
from tests.make import fact

RECORDED = Path(__file__).parent / "nmap"
GOOD, WEAK = (RECORDED / "tls-good.xml").read_text(), (RECORDED / "tls-weak.xml").read_text()


def service(text: str) -> TlsService:
    known = fact(seen, text)
    assert isinstance(known, TlsServices)
    (only,) = known.services
    return only


def test_the_certificate_is_read_whole():
    expected = Certificate(
        subject="commonName=lab.example.net, organizationName=Lab",
        issuer="commonName=lab.example.net, organizationName=Lab",
        names=("DNS:lab.example.net", "IP Address:127.0.0.1"),
        key_type="rsa",
        key_bits=2048,
        signature="sha256WithRSAEncryption",
        not_before=datetime(2026, 11, 22, 2, 43, 40, tzinfo=UTC),
        not_after=datetime(2026, 12, 22, 2, 43, 40, tzinfo=UTC),
    )

    assert (443, expected) == (service(GOOD).port, service(GOOD).certificate)
    assert expected.is_self_signed


def test_versions_are_read_with_their_suites():
    good, weak = service(GOOD).offers, service(WEAK).offers

    assert good is not None
    assert weak is not None
    assert [offer.version for offer in good] == ["TLSv1.2", "TLSv1.3"]
    assert [offer.version for offer in weak] == ["TLSv1.0", "TLSv1.1", "TLSv1.2"]
    assert all(offer.suites for offer in (*good, *weak))
    assert ("TLS_RSA_WITH_AES_256_CBC_SHA", "rsa 1024") in {(suite.name, suite.exchange) for suite in weak[0].suites}


@pytest.mark.parametrize("lost", ["ssl-enum-ciphers", "ssl-cert"])
def test_a_script_that_gave_nothing_leaves_its_part_unknown(lost):
    known = service(GOOD.replace(f'id="{lost}"', 'id="something-else"'))

    assert (lost == "ssl-enum-ciphers", lost == "ssl-cert") == (known.offers is None, known.certificate is None)


def test_tls_that_neither_script_got_anything_out_of_is_kept_with_nothing_shown():
    text = GOOD.replace('id="ssl-enum-ciphers"', 'id="a"').replace('id="ssl-cert"', 'id="b"')

    assert TlsService(port=443, service="unknown") == service(text)


@pytest.mark.parametrize(
    ("was", "becomes", "field"),
    [
        ('<elem key="notAfter">2026-12-22T02:43:40', '<elem key="notAfter">Can\'t parse', "not_after"),
        ('<elem key="bits">2048', '<elem key="bits">many', "key_bits"),
    ],
)
def test_what_cannot_be_read_of_a_certificate_is_not_shown(was, becomes, field):
    assert was in GOOD
    assert getattr(service(GOOD.replace(was, becomes)).certificate, field) is None


def test_a_script_without_tables_shows_no_certificate():
    start, end = GOOD.index('<script id="ssl-cert"'), GOOD.index("</script>", GOOD.index('<script id="ssl-cert"'))
    text = GOOD[:start] + '<script id="ssl-cert" output="ERROR: timed out">' + GOOD[end:]

    assert service(text).certificate is None
