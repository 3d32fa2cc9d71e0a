"""What a credential is to SNMP: a community (v1, v2c), or a user with protocols and passwords (v3, RFC 3414)."""

from typing import Final

from pysnmp.hlapi.v3arch.asyncio import (  # type: ignore[import-untyped]
    USM_AUTH_HMAC96_MD5,
    USM_AUTH_HMAC96_SHA,
    USM_AUTH_HMAC128_SHA224,
    USM_AUTH_HMAC192_SHA256,
    USM_AUTH_HMAC256_SHA384,
    USM_AUTH_HMAC384_SHA512,
    USM_PRIV_CBC56_DES,
    USM_PRIV_CBC168_3DES,
    USM_PRIV_CFB128_AES,
    USM_PRIV_CFB192_AES,
    USM_PRIV_CFB192_AES_BLUMENTHAL,
    USM_PRIV_CFB256_AES,
    USM_PRIV_CFB256_AES_BLUMENTHAL,
    CommunityData,
    UsmUserData,
)

from auditor.credentials import Credential, Secret
from auditor.errors import CredentialMissing

_LEAST: Final = 8  # characters of a password, RFC 3414, section 11.2
_AUTH: Final = {
    "md5": USM_AUTH_HMAC96_MD5,
    "sha": USM_AUTH_HMAC96_SHA,
    "sha1": USM_AUTH_HMAC96_SHA,
    "sha224": USM_AUTH_HMAC128_SHA224,
    "sha256": USM_AUTH_HMAC192_SHA256,
    "sha384": USM_AUTH_HMAC256_SHA384,
    "sha512": USM_AUTH_HMAC384_SHA512,
}
_PRIVACY: Final = {
    "des": USM_PRIV_CBC56_DES,
    "3des": USM_PRIV_CBC168_3DES,
    "aes": USM_PRIV_CFB128_AES,
    "aes128": USM_PRIV_CFB128_AES,
    "aes192": USM_PRIV_CFB192_AES,  # Reeder's key extension, as Cisco and most vendors have it
    "aes256": USM_PRIV_CFB256_AES,
    "aes192blumenthal": USM_PRIV_CFB192_AES_BLUMENTHAL,
    "aes256blumenthal": USM_PRIV_CFB256_AES_BLUMENTHAL,
}


def auth_data(credential: Credential, version: str) -> CommunityData | UsmUserData:
    """Return what pysnmp authenticates with. Raises CredentialMissing."""
    name = f"credential {credential.name}"
    if version not in {"", "2c", "3"}:
        raise CredentialMissing(f'SNMP version "{version}" is not asked: write "2c" or "3" in the inventory')
    if version == "3" or (not version and credential.user):
        return _user(credential, name)
    community = _plain(credential.community)
    if not community:
        raise CredentialMissing(f"{name}: SNMPv2c needs a community, and the credential has none")
    return CommunityData(community, mpModel=1)  # noqa: S508  (what the company uses; a check says that it is weak)


def level(auth: CommunityData | UsmUserData) -> str:
    """Return how an answer was protected: `community`, `noAuthNoPriv`, `authNoPriv` or `authPriv`."""
    return "community" if isinstance(auth, CommunityData) else str(auth.security_level)


def _user(credential: Credential, name: str) -> UsmUserData:
    if not credential.user:
        raise CredentialMissing(f"{name}: SNMPv3 needs a user, and the credential has none")
    auth, privacy = _plain(credential.auth), _plain(credential.privacy)
    if privacy and not auth:
        raise CredentialMissing(f"{name}: SNMPv3 has no privacy without authentication: give an auth password too")
    given: dict[str, object] = {}
    if auth:
        _long_enough(auth, "auth", name)
        given |= {"authKey": auth, "authProtocol": _protocol(credential.auth_protocol or "sha256", _AUTH, name)}
    if privacy:
        _long_enough(privacy, "privacy", name)
        given |= {"privKey": privacy, "privProtocol": _protocol(credential.privacy_protocol or "aes", _PRIVACY, name)}
    return UsmUserData(credential.user, **given)  # noqa: S509  (likewise)


def _plain(secret: Secret | None) -> str:
    return secret.reveal() if secret is not None else ""


def _long_enough(password: str, what: str, name: str) -> None:
    if len(password) < _LEAST:
        raise CredentialMissing(f"{name}: the {what} password is shorter than the {_LEAST} characters RFC 3414 demands")


def _protocol(word: str, known: dict[str, object], name: str) -> object:
    plain = "".join(character for character in word.lower() if character.isalnum())
    if plain not in known:
        raise CredentialMissing(f"{name}: {word} is no SNMPv3 protocol; known are {', '.join(known)}")
    return known[plain]
