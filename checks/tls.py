"""TLS services: versions, cipher suites and certificates, as shown to anybody who connects."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import Final

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.ambient import Today
from auditor.facts.tls import Certificate, Suite, TlsService, TlsServices

_NO_OFFER: Final = "nmap got no list of versions and cipher suites out of the service"
_NO_CERTIFICATE: Final = "nmap got no certificate out of the service"


_HASH: Final = re.compile(r"md[245]|sha(1|224|256|384|512)(?![0-9])")
_FIXED_KEY: Final = ("TLS_RSA_", "TLS_ECDH_RSA_", "TLS_ECDH_ECDSA_", "TLS_DH_RSA_", "TLS_DH_DSS_", "TLS_PSK_")


def _configure(what: str) -> Fix:
    return Fix(f"{what} in the service's TLS settings, then reload it.", solution="modernise-tls")


def _replace(what: str) -> Fix:
    return Fix(f"Have the certificate issued anew {what}, and install it.", solution="modernise-tls")


def _place(service: TlsService) -> str:
    return f"{service.port}/tcp"


def _certificates(tls: TlsServices) -> Iterator[tuple[str, Certificate] | Undecided]:
    for service in tls.services:
        if service.certificate is None:
            yield Undecided(_place(service), _NO_CERTIFICATE)
        else:
            yield _place(service), service.certificate


@check(
    "tls.versions",
    severity=Severity.HIGH,
    fix=_configure("Allow TLS 1.2 and 1.3 only"),
    references=("rfc:8996", "rfc:7568", "rfc:9325"),
)
def versions(tls: TlsServices, *, allowed: frozenset[str] = frozenset({"TLSv1.2", "TLSv1.3"})) -> Iterator[Outcome]:
    """Only current versions of TLS are spoken

    SSL 3.0, TLS 1.0 and TLS 1.1 have known breaks and were withdrawn; browsers and auditors no longer accept them.
    """
    for service in tls.services:
        if service.offers is None:
            yield Undecided(_place(service), _NO_OFFER)
            continue
        for offer in service.offers:
            if offer.version not in allowed:
                yield Violation(f"{_place(service)} {offer.version}", found="accepted", wanted=allowed)


@check(
    "tls.ciphers",
    severity=Severity.HIGH,
    fix=_configure("Remove the weak cipher suites"),
    references=("rfc:9325", "rfc:7465", "nist-800-52r2:3.3.1"),
)
def ciphers(
    tls: TlsServices,
    *,
    weak: frozenset[str] = frozenset(
        {
            "*_NULL_*",
            "*_anon_*",
            "*_EXPORT_*",
            "*_EXPORT1024_*",
            "*_RC4_*",
            "*_RC2_*",
            "*_DES_*",
            "*_DES40_*",
            "*_3DES_*",
            "*_IDEA_*",
            "SSL_CK_*",
        }
    ),
    least_dh_bits: int = 2048,
) -> Iterator[Outcome]:
    """No broken cipher suite is accepted

    Suites without encryption or authentication, with export-grade keys, RC4 or 64-bit block ciphers can be read by an
    attacker. So can key exchanges in Diffie-Hellman groups of 1024 bits.
    """
    for service in tls.services:
        if not (suites := _suites(service)):
            yield Undecided(_place(service), _NO_OFFER)
            continue
        for name in dict.fromkeys(suite.name for suite in suites):
            if any(fnmatchcase(name, pattern) for pattern in weak):
                yield Violation(f"{_place(service)} {name}", found="accepted", wanted="not accepted")
        sizes = [bits for suite in suites if (bits := _dh_bits(suite.exchange)) is not None]
        if (smallest := min(sizes, default=least_dh_bits)) < least_dh_bits:
            yield Violation(f"{_place(service)} key exchange", found=f"{smallest} bits", wanted=least_dh_bits)


def _suites(service: TlsService) -> list[Suite]:
    every = (suite for offer in service.offers or () for suite in offer.suites)
    return list(dict.fromkeys(every))


def _dh_bits(exchange: str) -> int | None:
    kind, _, bits = exchange.partition(" ")
    return int(bits) if kind == "dh" and re.fullmatch("[0-9]{1,9}", bits) else None


@check(
    "tls.forward-secrecy",
    severity=Severity.MEDIUM,
    fix=_configure("Remove the suites that begin with TLS_RSA_WITH"),
    references=("rfc:9325",),
)
def forward_secrecy(tls: TlsServices) -> Iterator[Outcome]:
    """A stolen key does not open what was recorded before

    With plain RSA key exchange, whoever records traffic today and gets the server's key years later reads all of it.
    """
    for service in tls.services:
        if not (suites := _suites(service)):
            yield Undecided(_place(service), _NO_OFFER)
            continue
        if fixed := [suite.name for suite in suites if suite.name.startswith(_FIXED_KEY)]:
            yield Violation(_place(service), found=tuple(sorted(set(fixed))), wanted="ephemeral key exchange only")


@check(
    "tls.certificate-valid",
    severity=Severity.HIGH,
    fix=_replace("before it expires, if possible by an automatism"),
    references=("rfc:5280",),
)
def certificate_valid(tls: TlsServices, today: Today, *, days_left: int = 14) -> Iterator[Outcome]:
    """Certificates are valid, and stay so for the next days

    An expired certificate stops whoever checks it, and teaches everybody else to click warnings away.
    """
    morning = datetime.combine(today.date, time(), UTC)
    for found in _certificates(tls):
        if isinstance(found, Undecided):
            yield found
            continue
        place, certificate = found
        if certificate.not_after is None or certificate.not_before is None:
            yield Undecided(place, "the certificate's dates cannot be read")
        elif certificate.not_after < morning + timedelta(days=days_left):
            wanted = f"{(morning + timedelta(days=days_left)).date()} or later"
            yield Violation(f"{place} end", found=f"valid until {certificate.not_after.date()}", wanted=wanted)
        elif certificate.not_before >= morning + timedelta(days=1):
            wanted = f"{today.date} or earlier"
            yield Violation(f"{place} start", found=f"valid from {certificate.not_before.date()}", wanted=wanted)


@check(
    "tls.certificate-key",
    severity=Severity.MEDIUM,
    fix=_replace("for a longer key"),
    references=("nist-800-57-1r5:5.6.1", "rfc:9325"),
)
def certificate_key(tls: TlsServices, *, least_rsa_bits: int = 2048, least_ec_bits: int = 224) -> Iterator[Outcome]:
    """Certificates' keys are long enough

    RSA keys of 1024 bits are within reach of those who can pay for it.
    """
    least = {"rsa": least_rsa_bits, "dsa": least_rsa_bits, "ec": least_ec_bits}
    for found in _certificates(tls):
        if isinstance(found, Undecided):
            yield found
            continue
        place, certificate = found
        if certificate.key_bits is None or certificate.key_type not in least:
            yield Undecided(place, f"nothing is known of keys of the type {certificate.key_type or 'not shown'}")
        elif certificate.key_bits < least[certificate.key_type]:
            shown = f"{certificate.key_type} {certificate.key_bits} bits"
            yield Violation(place, found=shown, wanted=f"{least[certificate.key_type]} bits or more")


@check(
    "tls.certificate-signature",
    severity=Severity.MEDIUM,
    fix=_replace("with a signature over SHA-256 or better"),
    references=("rfc:9155", "nist-800-131ar2:3"),
)
def certificate_signature(
    tls: TlsServices, *, weak: frozenset[str] = frozenset({"md2", "md4", "md5", "sha1"})
) -> Iterator[Outcome]:
    """Certificates are signed over a strong hash

    Certificates signed over MD5 or SHA-1 can be forged: two with the same signature have been made in public.
    """
    for found in _certificates(tls):
        if isinstance(found, Undecided):
            yield found
            continue
        place, certificate = found
        name = _hash(certificate.signature)
        if not name:
            yield Undecided(place, f"the hash of the signature is not shown ({certificate.signature or 'no name'})")
        elif name in weak:
            yield Violation(place, found=certificate.signature, wanted="sha256 or better")


def _hash(signature: str) -> str:
    """Return the hash that a signature's name tells, as in sha1WithRSAEncryption or ecdsa-with-SHA256; else empty."""
    if signature.lower() in {"ed25519", "ed448"}:
        return "sha512"
    found = _HASH.search(signature.lower().replace("-", ""))
    return found[0] if found else ""


@check(
    "tls.certificate-issuer",
    severity=Severity.LOW,
    fix=_replace("by the company's own or a public authority"),
    references=("nist-800-53r5:SC-17",),
)
def certificate_issuer(tls: TlsServices) -> Iterator[Outcome]:
    """Certificates are issued by an authority, not by themselves

    Nobody can tell a self-signed certificate from an attacker's, so people learn to accept both.
    """
    for found in _certificates(tls):
        if isinstance(found, Undecided):
            yield found
            continue
        place, certificate = found
        if not certificate.subject and not certificate.issuer:
            yield Undecided(place, "the certificate shows neither subject nor issuer")
        elif certificate.is_self_signed:
            yield Violation(place, found=f"issued by itself ({certificate.subject})", wanted="issued by an authority")
