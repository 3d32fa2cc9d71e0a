"""The inventory file, field by field, as a person writes it."""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool
from pydantic_core import PydanticCustomError

from auditor.inventory.words import (
    IDENTITIES,
    address_problem,
    kind_of,
    name_problem,
    nearest,
    network_problem,
    platform_of,
)
from auditor.model.asset import Criticality, Kind, Platform

Format = Literal["csv", "ansible", "nmap", "intune", "jamf", "google", "devices"]


def _wrong(problem: str) -> PydanticCustomError:
    return PydanticCustomError("inventory", "{problem}", {"problem": problem})


def _kind(value: object) -> object:
    if not isinstance(value, str) or (found := kind_of(value)) is None:
        raise _wrong(f"there is no kind {value}. {nearest(str(value), [kind.value for kind in Kind])}")
    return found


def _platform(value: object) -> object:
    if value == "ios":
        raise _wrong("ios is Cisco's and Apple's. Write cisco-ios or apple-ios.")
    if not isinstance(value, str) or (found := platform_of(value)) is None:
        raise _wrong(f"there is no platform {value}. {nearest(str(value), [known.value for known in Platform])}")
    return found


def _criticality(value: object) -> object:
    known = [level.value for level in Criticality]
    if value not in known:
        raise _wrong(f"there is no criticality {value}. {nearest(str(value), known)}")
    return value


def _text(problem_of: Callable[[str], str]) -> BeforeValidator:
    def check(value: object) -> object:
        if isinstance(value, str) and (problem := problem_of(value)):
            raise _wrong(f"{value!r} {problem}")
        return value

    return BeforeValidator(check)


def _identity_problem(text: str) -> str:
    kind, colon, value = text.partition(":")
    if colon and kind in IDENTITIES and value.strip():
        return ""
    return f"is not an identity such as serial:FCZ1234. {nearest(kind, IDENTITIES)}"


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _empty_mapping(value: object) -> object:
    """Return an empty mapping for a key that is written with nothing behind it, such as `nmap:`."""
    return {} if value is None else value


def _one_mapping(value: object) -> object:
    return [value] if isinstance(value, dict) else value


Word = Annotated[str, Field(min_length=1, max_length=200)]
Name = Annotated[str, _text(name_problem)]
Address = Annotated[str, _text(address_problem)]
Network = Annotated[str, _text(network_problem)]
Identity = Annotated[str, _text(_identity_problem)]
KindWord = Annotated[Kind, BeforeValidator(_kind)]
PlatformWord = Annotated[Platform, BeforeValidator(_platform)]
CriticalityWord = Annotated[Criticality, BeforeValidator(_criticality)]
Port = Annotated[int, Field(ge=1, le=65535, strict=True)]
CredentialName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]
SnmpVersion = Annotated[Literal["2c", "3"], BeforeValidator(lambda value: str(value) if value == 3 else value)]


class Written(BaseModel):
    """A mapping of the file in which every unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Plainly(Written):
    """A transport that needs nothing said: `local: {}`, `nmap: {}`."""


class Login(Written):
    """`ssh:` and `cli:`: where to log in, as whom, by which credential, through whom, and whether in an old way."""

    port: Port = 0
    user: Word = ""
    credential: CredentialName = ""
    jump: Word = ""
    jump_credential: CredentialName = Field(default="", alias="jump-credential")
    legacy: StrictBool = False


class SnmpAgent(Written):
    """`snmp:`: the agent's port, the version it is asked in, and the credential."""

    port: Port = 0
    version: SnmpVersion | Literal[""] = ""
    credential: CredentialName = ""


class SavedFile(Written):
    """`file:`, one or several: a saved configuration, or an export and the cell by which the record is found."""

    configuration: Word = ""
    device_record: Word = Field(default="", alias="device-record")
    key: Word = ""
    columns: dict[Word, Word] = Field(default_factory=dict)


class Replayed(Written):
    """`replay:`: a folder of recorded answers."""

    folder: Word


class Transports(Written):
    """The ways of asking an asset."""

    local: Annotated[Plainly | None, BeforeValidator(_empty_mapping)] = None
    ssh: Annotated[Login | None, BeforeValidator(_empty_mapping)] = None
    cli: Annotated[Login | None, BeforeValidator(_empty_mapping)] = None
    snmp: Annotated[SnmpAgent | None, BeforeValidator(_empty_mapping)] = None
    nmap: Annotated[Plainly | None, BeforeValidator(_empty_mapping)] = None
    file: Annotated[tuple[SavedFile, ...], BeforeValidator(_one_mapping)] = ()
    replay: Replayed | None = None


class Common(Written):
    """What an asset may say, and a file's defaults for all of its assets."""

    kind: KindWord = Kind.OTHER
    platform: PlatformWord = Platform.UNKNOWN
    site: Word = ""
    zone: Word = ""
    owner: Word = ""
    department: Word = ""
    criticality: CriticalityWord = Criticality.MEDIUM
    tags: Annotated[frozenset[Word], BeforeValidator(_one_or_more)] = frozenset()
    model: Word = ""
    transports: Transports = Transports()


class Row(Common):
    """One asset."""

    name: Name
    addresses: Annotated[tuple[Address, ...], BeforeValidator(_one_or_more)] = ()
    identities: Annotated[tuple[Identity, ...], BeforeValidator(_one_or_more)] = ()
    aliases: Annotated[tuple[Name, ...], BeforeValidator(_one_or_more)] = ()


class Scope(Written):
    """The networks that may be asked, and those that may not."""

    allow: Annotated[tuple[Network, ...], BeforeValidator(_one_or_more)] = ()
    deny: Annotated[tuple[Network, ...], BeforeValidator(_one_or_more)] = ()


class Included(Written):
    """A further source. `columns` maps our field names to the file's column names, or names a YAML file that does."""

    path: Word
    format: Format | None = None
    columns: dict[Word, Word] | Word = Field(default_factory=dict)
    defaults: Common = Common()


class InventoryFile(Written):
    """A whole inventory file."""

    scope: Scope = Scope()
    defaults: Common = Common()
    include: tuple[Included, ...] = ()
    assets: tuple[Row, ...] = ()
