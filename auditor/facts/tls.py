"""TLS services as they answer: versions and cipher suites offered, and the certificate shown.

From nmap's `ssl-enum-ciphers` and `ssl-cert`. nmap's letters are kept out: they mark every suite down for a fault of
the certificate, and say nothing that the suite's name does not say.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from auditor.facts.nmap_xml import ScannedPort, ScriptTable, need, parse_answering
from auditor.model.probe import Answer, Limits, Nmap, probe

_SUITES: Final = "ssl-enum-ciphers"
_CERTIFICATE: Final = "ssl-cert"
_USUAL: Final = (
    "21,25,110,143,443,465,563,587,636,853,989-990,992-995,2376,3269,3389,4443,5061,5432,5986,6443,8006,8443,8834,9443,"
    "10000,10443"
)
_ALTERNATIVE_NAMES: Final = "X509v3 Subject Alternative Name"


@dataclass(frozen=True, slots=True)
class Suite:
    """A cipher suite by its IANA name, and the key exchange as nmap met it: `ecdh_x25519`, `dh 1024`, `rsa 2048`."""

    name: str
    exchange: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A protocol version (`SSLv3`, `TLSv1.0` to `TLSv1.3`) that the service accepts, and with which suites."""

    version: str
    suites: tuple[Suite, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """An X.509 certificate as shown. Times are UTC; None where nmap could not read them."""

    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    key_type: str = ""  # rsa, ec, dsa
    key_bits: int | None = None
    signature: str = ""  # such as sha256WithRSAEncryption
    not_before: datetime | None = None
    not_after: datetime | None = None

    @property
    def is_self_signed(self) -> bool:
        """Whether it names itself as its issuer."""
        return bool(self.subject) and self.subject == self.issuer


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsService:
    """A service that speaks TLS; `offers` and `certificate` are None where nmap got none out of it."""

    port: int
    service: str = ""
    offers: tuple[Offer, ...] | None = None
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class TlsServices:
    """The TLS services of an asset, one a port."""

    services: tuple[TlsService, ...]


@probe(Nmap(ports=_USUAL, scripts=(_CERTIFICATE, _SUITES), versions=True, limits=Limits(seconds=300.0)))
def seen(answer: Answer) -> TlsServices:
    """Read every TLS service that the scan met. Raises NotPresent when it met none."""
    scan = parse_answering(answer.text)
    services = tuple(_service(port) for port in scan.open if _speaks_tls(port))
    need(services, "TLS service", 443, scan)
    return TlsServices(services)


def _speaks_tls(port: ScannedPort) -> bool:
    return port.tunnel == "ssl" or _SUITES in port.scripts or _CERTIFICATE in port.scripts


def _service(port: ScannedPort) -> TlsService:
    suites, certificate = port.scripts.get(_SUITES), port.scripts.get(_CERTIFICATE)
    return TlsService(
        port=port.number,
        service=port.service,
        offers=_offers(suites) if suites else None,
        certificate=_certificate(certificate) if certificate and certificate.tables else None,
    )


def _offers(script: ScriptTable) -> tuple[Offer, ...] | None:
    found = tuple(
        Offer(
            version,
            tuple(
                Suite(row.values["name"], row.values.get("kex_info", ""))
                for row in table.table("ciphers").rows
                if "name" in row.values
            ),
        )
        for version, table in script.tables.items()
        if version.startswith(("SSL", "TLS"))
    )
    return found or None


def _certificate(script: ScriptTable) -> Certificate:
    key, validity = script.table("pubkey").values, script.table("validity").values
    bits = key.get("bits", "")
    return Certificate(
        subject=_name(script.table("subject")),
        issuer=_name(script.table("issuer")),
        names=_alternatives(script.table("extensions")),
        key_type=key.get("type", ""),
        key_bits=int(bits) if re.fullmatch("[0-9]{1,9}", bits) else None,
        signature=script.values.get("sig_algo", ""),
        not_before=_time(validity.get("notBefore", "")),
        not_after=_time(validity.get("notAfter", "")),
    )


def _name(table: ScriptTable) -> str:
    return ", ".join(f"{part}={value}" for part, value in sorted(table.values.items()))


def _alternatives(extensions: ScriptTable) -> tuple[str, ...]:
    values = (row.values.get("value", "") for row in extensions.rows if row.values.get("name") == _ALTERNATIVE_NAMES)
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None
