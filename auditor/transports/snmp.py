"""Ask SNMP agents by v2c and v3: our own messages for nearly all, pysnmp for what they do not speak.

pysnmp takes a hundred microseconds for each object of a walk, ours a few; bench/snmp.py measures both.
"""

import contextlib
import math
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self

from auditor.credentials import Credential
from auditor.errors import CollectionError, CredentialMissing, Unreachable
from auditor.model.asset import FRAGILE, Access, Asset
from auditor.model.probe import Answer, Request
from auditor.transports.attempts import Attempts
from auditor.transports.scope import RESOLVING, Scope
from auditor.transports.snmp_auth import Community, User, auth_data
from auditor.transports.snmp_links import CommunityLink, Link, UserLink
from auditor.transports.snmp_session import Session
from auditor.transports.snmp_sweep import Target, sweep
from auditor.transports.snmp_udp import Udp
from auditor.transports.snmp_usm import Master, master, speaks

if TYPE_CHECKING:
    from auditor.transports.snmp_pysnmp import PysnmpLoop

_PORT: Final = 161


class Credentials(Protocol):
    """Where secrets are opened, by name."""

    def open(self, name: str) -> Credential:
        """Return a credential. Raises CredentialMissing."""
        ...


class SnmpTransport:
    """Asks SNMP agents. Close it when done; it can be used from any thread, and starts nothing before it is asked."""

    def __init__(  # noqa: PLR0913  (all but two are given by name)
        self,
        credentials: Credentials,
        scope: Scope,
        *,
        timeout: float = 2.0,
        retries: int = 2,
        asset_seconds: float = math.inf,
        attempts: Attempts | None = None,
        fast: bool = True,
    ) -> None:
        """Take where secrets and permissions come from, seconds for each try, and tries after the first.

        An asset is given up after `asset_seconds`, whatever its requests may take. What refuses a credential is counted
        in `attempts`. Unless `fast`, everything goes over pysnmp.
        """
        self._credentials, self._scope = credentials, scope
        self._timeout, self._retries, self._fast = timeout, retries, fast
        self._asset_seconds = asset_seconds
        self._attempts = attempts or Attempts()
        self._masters: dict[User, Master] = {}
        self._loop: PysnmpLoop | None = None
        self._starting = threading.Lock()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def ask(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        """Return one answer a request. Raises CollectionError when the agent said nothing to any of them."""
        if not asset.addresses:
            raise Unreachable(f"{asset.name} has no address to ask by SNMP")
        until = time.monotonic() + self._asset_seconds
        host = str(self._scope.admit(asset.addresses[0]))
        with Udp(host, access.port or _PORT, self._timeout, self._retries) as udp:
            fragile = asset.kind in FRAGILE
            return Session(udp, lambda: self._link(udp, access), until, fragile=fragile).answers(requests)

    def silent(
        self, wanted: Sequence[tuple[Asset, Access]], communities: Mapping[str, Sequence[str]] | None = None
    ) -> dict[str, str]:
        """Return why nothing answers, by the name of the asset. Who said anything is not in it, and may be asked.

        `communities` has what else will be tried (`SnmpAccepts`), by the name of the asset: without them, an agent that
        answers nobody but `public` is silent too.
        """
        words = communities or {}

        def target(one: tuple[Asset, Access]) -> Target | None:
            with contextlib.suppress(CollectionError):  # asking it will say why it cannot be asked
                return self._target(*one, tuple(words.get(one[0].name, ())))
            return None

        with ThreadPoolExecutor(RESOLVING) as pool:
            found = zip(wanted, pool.map(target, wanted), strict=True)
            targets = {asset.name: one for (asset, _), one in found if one is not None}
        sweep(list(targets.values()))
        return {name: target.why for name, target in targets.items() if target.why}

    def close(self) -> None:
        """End the loop of pysnmp, if it was needed."""
        with self._starting:
            loop, self._loop = self._loop, None
        if loop is not None:
            loop.close()

    def _target(self, asset: Asset, access: Access, communities: tuple[str, ...]) -> Target:
        if not asset.addresses:
            raise Unreachable(f"{asset.name} has no address to ask by SNMP")
        host = str(self._scope.admit(asset.addresses[0]))
        own = auth_data(self._credentials.open(access.credential), access.version) if access.credential else None
        words = (own.word, *communities) if isinstance(own, Community) else communities
        return Target(host, access.port or _PORT, words, communities)

    def _link(self, udp: Udp, access: Access) -> tuple[Link, str]:
        """Return how to ask an agent, and its security level. Raises CredentialMissing."""
        if not access.credential:
            raise CredentialMissing("no credential is named for SNMP: name one in the inventory, or with --credential")
        auth = auth_data(self._credentials.open(access.credential), access.version)
        attempt = partial(self._attempts.of, access.credential)
        if self._fast and isinstance(auth, Community):
            return CommunityLink(udp, auth.word), auth.level
        if self._fast and isinstance(auth, User) and speaks(auth):
            return UserLink(udp, self._master(auth), attempt), auth.level
        from auditor.transports.snmp_pysnmp import PysnmpLink  # noqa: PLC0415  (half a second of CPU)

        return PysnmpLink(self._pysnmp(), udp, auth, f"{access.credential} {access.version}", attempt), auth.level

    def _master(self, user: User) -> Master:
        with self._starting:
            if user not in self._masters:
                self._masters[user] = master(user)
            return self._masters[user]

    def _pysnmp(self) -> "PysnmpLoop":
        from auditor.transports.snmp_pysnmp import PysnmpLoop  # noqa: PLC0415  (half a second of CPU)

        with self._starting:
            if self._loop is None:
                self._loop = PysnmpLoop()
            return self._loop
