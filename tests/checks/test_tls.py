"""Verdicts on TLS services."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from auditor.facts.ambient import Today
from auditor.facts.tls import Certificate, Offer, Suite, TlsService, TlsServices
from tests.make import ABSENT, TODAY, UNKNOWN, Case, Verdict, checks, names

tls = checks("tls")

PASS, FAIL, DONT_KNOW, NOT_APPLICABLE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
NOW = Today(TODAY)
CERTIFICATE = Certificate(
    subject="commonName=www.example.net",
    issuer="commonName=Example CA",
    key_type="rsa",
    key_bits=2048,
    signature="sha256WithRSAEncryption",
    not_before=datetime(2026, 9, 1, tzinfo=UTC),
    not_after=datetime(2027, 9, 1, tzinfo=UTC),
)
GOOD = TlsService(
    port=443,
    offers=(
        Offer("TLSv1.2", (Suite("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ecdh_x25519"),)),
        Offer("TLSv1.3", (Suite("TLS_AKE_WITH_AES_256_GCM_SHA384", "ecdh_x25519"),)),
    ),
    certificate=CERTIFICATE,
)
MUTE = TlsServices((TlsService(port=443),))


def offering(version: str, suite: str, exchange: str = "") -> TlsServices:
    """Return a good service and one that offers this."""
    return TlsServices((GOOD, TlsService(port=8443, offers=(Offer(version, (Suite(suite, exchange),)),))))


def showing(**changed: object) -> TlsServices:
    """Return a service with a certificate that differs from a good one."""
    return TlsServices((replace(GOOD, certificate=replace(CERTIFICATE, **changed)),))  # type: ignore[arg-type]


OFFERS = [tls.versions, tls.ciphers, tls.forward_secrecy]
CERTIFICATES = [tls.certificate_key, tls.certificate_signature, tls.certificate_issuer]
GCM = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
WEAK_SUITES = [
    "TLS_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_DHE_RSA_WITH_DES_CBC_SHA",
    "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_NULL_SHA",
    "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA",
]

CASES: list[Case] = [
    *(Case(check, (TlsServices((GOOD,)),), PASS) for check in OFFERS + CERTIFICATES),
    *(Case(check, (MUTE,), DONT_KNOW, why="nmap got nothing out of it") for check in OFFERS + CERTIFICATES),
    *(Case(check, (UNKNOWN,), DONT_KNOW) for check in OFFERS + CERTIFICATES),
    *(Case(check, (ABSENT,), NOT_APPLICABLE) for check in OFFERS + CERTIFICATES),
    Case(tls.versions, (offering("TLSv1.1", GCM),), FAIL, at=("8443/tcp TLSv1.1",)),
    Case(tls.versions, (offering("SSLv3", GCM),), FAIL, at=("8443/tcp SSLv3",)),
    Case(
        tls.versions,
        (offering("TLSv1.1", GCM),),
        PASS,
        settings={"allowed": frozenset({"TLSv1.1", "TLSv1.2", "TLSv1.3"})},
    ),
    *(Case(tls.ciphers, (offering("TLSv1.2", suite),), FAIL, at=(f"8443/tcp {suite}",)) for suite in WEAK_SUITES),
    Case(
        tls.ciphers,
        (offering("TLSv1.2", GCM, "dh 1024"),),
        FAIL,
        at=("8443/tcp key exchange",),
        why="the group is small",
    ),
    Case(tls.ciphers, (offering("TLSv1.2", GCM, "dh 2048"),), PASS, why="the group is large enough"),
    Case(
        tls.ciphers,
        (offering("TLSv1.2", "TLS_RSA_WITH_AES_128_CBC_SHA", "rsa 1024"),),
        PASS,
        why="RSA is judged elsewhere",
    ),
    Case(
        tls.ciphers,
        (TlsServices((TlsService(port=1, offers=(Offer("TLSv1.2", ()),)),)),),
        DONT_KNOW,
        why="no suite is listed",
    ),
    Case(tls.forward_secrecy, (offering("TLSv1.2", "TLS_RSA_WITH_AES_128_GCM_SHA256"),), FAIL, at=("8443/tcp",)),
    Case(
        tls.forward_secrecy,
        (offering("TLSv1.2", "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"),),
        PASS,
        why="the key is ephemeral",
    ),
    Case(tls.certificate_valid, (TlsServices((GOOD,)), NOW), PASS),
    Case(
        tls.certificate_valid, (showing(not_after=datetime(2026, 11, 21, tzinfo=UTC)), NOW), FAIL, at=("443/tcp end",)
    ),
    Case(
        tls.certificate_valid,
        (showing(not_after=datetime(2026, 12, 5, tzinfo=UTC)), NOW),
        FAIL,
        why="it ends within days",
    ),
    Case(
        tls.certificate_valid,
        (showing(not_after=datetime(2026, 12, 6, tzinfo=UTC)), NOW),
        PASS,
        why="two weeks are left",
    ),
    Case(
        tls.certificate_valid,
        (showing(not_before=datetime(2026, 11, 23, tzinfo=UTC)), NOW),
        FAIL,
        at=("443/tcp start",),
    ),
    Case(
        tls.certificate_valid,
        (showing(not_before=datetime(2026, 11, 22, 23, tzinfo=UTC)), NOW),
        PASS,
        why="it begins today",
    ),
    Case(tls.certificate_valid, (showing(not_after=None), NOW), DONT_KNOW, why="its dates cannot be read"),
    Case(tls.certificate_valid, (MUTE, NOW), DONT_KNOW, why="no certificate came"),
    Case(tls.certificate_valid, (UNKNOWN, NOW), DONT_KNOW),
    Case(tls.certificate_valid, (ABSENT, NOW), NOT_APPLICABLE),
    Case(tls.certificate_key, (showing(key_bits=1024),), FAIL, at=("443/tcp",)),
    Case(tls.certificate_key, (showing(key_type="ec", key_bits=256),), PASS, why="elliptic curves need fewer bits"),
    Case(tls.certificate_key, (showing(key_type="ec", key_bits=160),), FAIL),
    Case(tls.certificate_key, (showing(key_bits=None),), DONT_KNOW, why="its length is not shown"),
    Case(tls.certificate_key, (showing(key_type="ed25519", key_bits=256),), DONT_KNOW, why="its type is new"),
    *(
        Case(tls.certificate_signature, (showing(signature=weak),), FAIL, at=("443/tcp",), why=weak)
        for weak in ("sha1WithRSAEncryption", "ecdsa-with-SHA1", "md5WithRSAEncryption", "dsaWithSHA1-old")
    ),
    *(
        Case(tls.certificate_signature, (showing(signature=strong),), PASS, why=strong)
        for strong in ("ecdsa-with-SHA384", "sha512WithRSAEncryption", "ED25519")
    ),
    *(
        Case(tls.certificate_signature, (showing(signature=unsaid),), DONT_KNOW, why=f"it reads {unsaid!r}")
        for unsaid in ("rsassaPss", "")
    ),
    Case(tls.certificate_issuer, (showing(issuer=CERTIFICATE.subject),), FAIL, at=("443/tcp",)),
    Case(tls.certificate_issuer, (showing(issuer="", subject=""),), DONT_KNOW, why="it names nobody"),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case) -> None:
    case.assert_right()
