"""What a credential is to SNMP: a community (v1, v2c), or a user with protocols and passwords (v3, RFC 3414)."""

from dataclasses import dataclass, field
from typing import Final

from auditor.credentials import Credential, Secret
from auditor.errors import CredentialMissing

_LEAST: Final = 8  # characters of a password, RFC 3414, section 11.2
_AUTH: Final = {"sha": "sha1", **{name: name for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")}}
_PRIVACY: Final = {
    "aes": "aes128",
    # aes192 and aes256 with Reeder's key extension, as Cisco and most vendors have it
    **{name: name for name in ("des", "3des", "aes128", "aes192", "aes256", "aes192blumenthal", "aes256blumenthal")},
}


@dataclass(frozen=True, slots=True)
class Community:
    """A community of SNMPv2c."""

    word: str = field(repr=False)
    level: str = "community"


@dataclass(frozen=True, slots=True)
class User:
    """A user of SNMPv3: protocols by their names in small letters and digits, passwords empty where there is none."""

    name: str
    auth_protocol: str = ""
    auth: str = field(default="", repr=False)
    privacy_protocol: str = ""
    privacy: str = field(default="", repr=False)

    @property
    def level(self) -> str:
        """Return the security level that the user's messages have (RFC 3411, 3.4.3), and no lower one."""
        return "authPriv" if self.privacy else "authNoPriv" if self.auth else "noAuthNoPriv"


def auth_data(credential: Credential, version: str) -> Community | User:
    """Return what to ask with. Raises CredentialMissing."""
    name = f"credential {credential.name}"
    if version not in {"", "2c", "3"}:
        raise CredentialMissing(f'SNMP version "{version}" is not asked: write "2c" or "3" in the inventory')
    if version == "3" or (not version and credential.user):
        return _user(credential, name)
    community = _plain(credential.community)
    if not community:
        raise CredentialMissing(f"{name}: SNMPv2c needs a community, and the credential has none")
    return Community(community)


def _user(credential: Credential, name: str) -> User:
    if not credential.user:
        raise CredentialMissing(f"{name}: SNMPv3 needs a user, and the credential has none")
    auth, privacy = _plain(credential.auth), _plain(credential.privacy)
    if privacy and not auth:
        raise CredentialMissing(f"{name}: SNMPv3 has no privacy without authentication: give an auth password too")
    auth_protocol = privacy_protocol = ""
    if auth:
        _long_enough(auth, "auth", name)
        auth_protocol = _protocol(credential.auth_protocol or "sha256", _AUTH, name)
    if privacy:
        _long_enough(privacy, "privacy", name)
        privacy_protocol = _protocol(credential.privacy_protocol or "aes", _PRIVACY, name)
    return User(credential.user, auth_protocol, auth, privacy_protocol, privacy)


def _plain(secret: Secret | None) -> str:
    return secret.reveal() if secret is not None else ""


def _long_enough(password: str, what: str, name: str) -> None:
    if len(password) < _LEAST:
        raise CredentialMissing(f"{name}: the {what} password is shorter than the {_LEAST} characters RFC 3414 demands")


def _protocol(word: str, known: dict[str, str], name: str) -> str:
    plain = "".join(character for character in word.lower() if character.isalnum())
    if plain not in known:
        raise CredentialMissing(f"{name}: {word} is no SNMPv3 protocol; known are {', '.join(known)}")
    return known[plain]
