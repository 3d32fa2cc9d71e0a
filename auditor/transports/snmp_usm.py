"""The user-based security model of SNMPv3: keys from passwords, digests and ciphers.

RFC 3414 (MD5, SHA-1, DES), RFC 3826 (AES-128), RFC 7860 (SHA-2). AES with longer keys is in no RFC: keys are lengthened
as Reeder wrote it down (draft-reeder-snmpv3-usm-3desede; Cisco, net-snmp and most vendors) or as Blumenthal did
(draft-blumenthal-aes-usm).
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from auditor.transports.snmp_auth import User
from auditor.transports.snmp_ber import Malformed, octets
from auditor.transports.snmp_message import UserMessage

try:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB  # since 47
except ImportError:
    from cryptography.hazmat.primitives.ciphers.modes import CFB  # type: ignore[no-redef,unused-ignore]

_PASSWORD_OCTETS: Final = 2**20  # RFC 3414, A.2: a password is repeated until there are so many
_SALT: Final = 8
_DIGESTS: Final = {  # hash, octets of the digest that a message carries
    "md5": ("md5", 12),
    "sha1": ("sha1", 12),
    "sha224": ("sha224", 16),
    "sha256": ("sha256", 24),
    "sha384": ("sha384", 32),
    "sha512": ("sha512", 48),
}
_KEY_OCTETS: Final = {  # DES: eight for the key and eight for the vector
    "des": 16, "aes128": 16, "aes192": 24, "aes256": 32, "aes192blumenthal": 24, "aes256blumenthal": 32,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Keys:
    """What a user signs and encrypts with at one engine. Never shown."""

    hash: str
    digest_size: int
    auth: bytes = field(repr=False)
    privacy_protocol: str
    privacy: bytes = field(repr=False)

    def digest(self, message: bytes) -> bytes:
        """Return the digest of a message whose own digest is zero."""
        return hmac.digest(self.auth, message, self.hash)[: self.digest_size]

    def signed(self, message: bytes, at: int) -> bytes:
        """Return a message with its digest in its place."""
        return message[:at] + self.digest(message) + message[at + self.digest_size :]

    def is_authentic(self, message: bytes, at: int, digest: bytes) -> bool:
        """Whether who sent a message has the key. A digest of any other length is none (CVE-2008-0960)."""
        if len(digest) != self.digest_size:
            return False
        blank = message[:at] + bytes(self.digest_size) + message[at + self.digest_size :]
        return hmac.compare_digest(self.digest(blank), digest)

    def sealed(self, data: bytes, boots: int, seconds: int, counter: int) -> tuple[bytes, bytes]:
        """Return an element encrypted, itself an element, and its salt; no counter may be used twice."""
        if self.privacy_protocol == "des":
            salt = boots.to_bytes(4, "big") + (counter % 2**32).to_bytes(4, "big")
            data += bytes(-len(data) % 8)
        else:
            salt = (counter % 2**64).to_bytes(_SALT, "big")
        encryptor = self._cipher(boots, seconds, salt).encryptor()
        return octets(encryptor.update(data) + encryptor.finalize()), salt

    def opened(self, message: UserMessage) -> bytes:
        """Return what is in an encrypted message. Raises Malformed when it cannot have been encrypted."""
        if not self.privacy or len(message.salt) != _SALT or (self.privacy_protocol == "des" and len(message.data) % 8):
            raise Malformed("an encrypted text of a wrong length, or with a wrong salt")
        decryptor = self._cipher(message.security.boots, message.security.seconds, message.salt).decryptor()
        return decryptor.update(message.data) + decryptor.finalize()

    def _cipher(self, boots: int, seconds: int, salt: bytes) -> Cipher[CBC] | Cipher[CFB]:
        if self.privacy_protocol == "des":
            key, start = self.privacy[:8], self.privacy[8:16]
            return Cipher(TripleDES(key * 3), CBC(bytes(one ^ other for one, other in zip(start, salt, strict=True))))
        return Cipher(AES(self.privacy), CFB(boots.to_bytes(4, "big") + seconds.to_bytes(4, "big") + salt))


@dataclass(frozen=True, slots=True)
class Master:
    """A user's passwords made into keys, before they are those of one engine: the slow half, done once a credential."""

    user: User
    auth: bytes = field(repr=False)
    privacy: bytes = field(repr=False)

    def at(self, engine: bytes) -> Keys:
        """Return the user's keys at an engine (RFC 3414, 2.6)."""
        if not self.user.auth:
            return Keys("", 0, b"", "", b"")
        name, size = _DIGESTS[self.user.auth_protocol]
        privacy = b""
        if self.user.privacy:
            wanted = _KEY_OCTETS[self.user.privacy_protocol]
            short = _localised(name, self.privacy, engine)
            privacy = _lengthened(name, short, engine, self.user.privacy_protocol)[:wanted]
        return Keys(name, size, _localised(name, self.auth, engine), self.user.privacy_protocol, privacy)


def master(user: User) -> Master:
    """Return the keys that a user's passwords make: a megabyte is hashed for each."""
    if not user.auth:
        return Master(user, b"", b"")
    name = _DIGESTS[user.auth_protocol][0]
    return Master(user, _from_password(name, user.auth.encode()), _from_password(name, user.privacy.encode()))


def speaks(user: User) -> bool:
    """Whether the user's protocols are among those written here."""
    return (not user.auth or user.auth_protocol in _DIGESTS) and (
        not user.privacy or user.privacy_protocol in _KEY_OCTETS
    )


def _from_password(name: str, password: bytes) -> bytes:
    if not password:
        return b""
    times = _PASSWORD_OCTETS // len(password) + 1
    return hashlib.new(name, (password * times)[:_PASSWORD_OCTETS]).digest()


def _localised(name: str, key: bytes, engine: bytes) -> bytes:
    return hashlib.new(name, key + engine + key).digest()


def _lengthened(name: str, key: bytes, engine: bytes, protocol: str) -> bytes:
    wanted = _KEY_OCTETS[protocol]
    while len(key) < wanted:
        key += (
            hashlib.new(name, key).digest()
            if protocol.endswith("blumenthal")
            else _localised(name, _from_password(name, key), engine)
        )
    return key
