"""`auditor.toml` and AUDITOR_* in the environment become one frozen Settings; the environment wins.

A nested setting is named with two underscores: AUDITOR_COLLECT__WORKERS=20. Commas part a list; JSON does as well.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Final, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from auditor.documents import Document, Key, content_error, read_toml
from auditor.errors import ContentError, Place
from auditor.model.asset import Asset
from auditor.workspace import Workspace

_PREFIX: Final = "AUDITOR_"


def _number(value: object) -> object:
    """Refuse a switch, which pydantic would take for 1 or 0."""
    if isinstance(value, bool):
        raise ValueError("should be a number, and not a switch")  # noqa: TRY004  (pydantic places ValueErrors)
    return value


Number = BeforeValidator(_number)
Positive = Annotated[float, Field(gt=0), Number]
Seconds = Annotated[float, Field(gt=0, le=86_400), Number]
_NESTED: Final = (
    ("connect_seconds", "asset_seconds"),
    ("asset_seconds", "audit_seconds"),
)


class Section(BaseModel):
    """A table of auditor.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StoreSettings(Section):
    """Where audits are remembered."""

    url: str = ""  # a SQLAlchemy URL; empty: SQLite in the workspace's .auditor folder


class CollectSettings(Section):
    """How hard assets may be asked, and how long for. Times are in seconds; a number that is zero sets no limit.

    Each limit of time has to leave room for the one inside it: `connect_seconds` may not be more
    than `asset_seconds`, nor that more than `audit_seconds`.
    """

    workers: Annotated[int, Field(gt=0, le=1000), Number] = 50  # assets that are asked at once, over all processes
    processes: Annotated[int, Field(ge=0, le=64), Number] = 0  # that ask; 0: one a core where there are many assets
    connect_seconds: Seconds = 10.0  # for each of: connecting, agreeing on keys, logging in
    asset_seconds: Seconds = 300.0  # for everything that is asked of one asset
    audit_seconds: Annotated[float, Field(ge=0, le=604_800), Number] = 86_400.0  # for a whole audit; 0: no limit
    jitter_seconds: Annotated[float, Field(ge=0, le=60), Number] = 0.0  # a random pause up to this before each asset
    refusals: Annotated[int, Field(ge=1, le=100), Number] = 3  # of a credential; then it is tried nowhere any more
    enrol: bool = False  # pin the host keys of hosts that are seen for the first time


AtOnce = Annotated[int, Field(ge=0, le=1000), Number]


class LimitSettings(Section):
    """How many assets of one zone or site, or with one credential, may be asked at once; 0 sets no limit.

    `zones`, `sites` and `credentials` name those that differ from the number for all. An asset that lies in no zone is
    not counted for one, and likewise for the others.
    """

    per_zone: AtOnce = 0
    per_site: AtOnce = 0
    per_credential: AtOnce = 0
    zones: dict[str, AtOnce] = {}
    sites: dict[str, AtOnce] = {}
    credentials: dict[str, AtOnce] = {}

    def of_zone(self, zone: str) -> int:
        """Return how many assets of a zone may be asked at once; 0: no limit."""
        return self.zones.get(zone, self.per_zone) if zone else 0

    def of_site(self, site: str) -> int:
        """Return how many assets of a site may be asked at once; 0: no limit."""
        return self.sites.get(site, self.per_site) if site else 0

    def on(self, zone: str, site: str) -> dict[tuple[str, str], int]:
        """Return the limits that a place sets: ("zone", "dmz") and how many of its assets may be asked at once."""
        found = {("zone", zone): self.of_zone(zone), ("site", site): self.of_site(site)}
        return {place: most for place, most in found.items() if most}

    def of_credential(self, credential: str) -> int:
        """Return how many assets may be asked at once with a credential; 0: no limit."""
        return self.credentials.get(credential, self.per_credential) if credential else 0


class ScopeSettings(Section):
    """Networks and addresses that may be asked, and those that never may. An empty `allow` allows all."""

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


class ProjectSettings(Section):
    """What work costs."""

    currency: str = "EUR"
    hourly_rate: Positive = 80.0
    rates: dict[str, Positive] = {}  # of a role, where it differs


class IntelSettings(Section):
    """Where dated knowledge is fetched from, by what it is about, where that is not its publisher's own address."""

    urls: dict[str, str] = {}


class Environment(EnvSettingsSource):
    """The environment, in which a list may be written as people write one."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: str | bytes) -> object:
        """Return JSON as what it says, and for a list any other text as the words between its commas."""
        del field_name
        text = value.decode() if isinstance(value, bytes) else value
        if get_origin(getattr(field, "annotation", None)) is tuple and not text.lstrip().startswith("["):
            return [word.strip() for word in text.split(",") if word.strip()]
        return json.loads(text)


class Settings(BaseSettings):
    """Everything that can be set for a workspace."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    company: str = "Example company"
    inventory: tuple[str, ...] = ("inventory/example.yaml",)
    policy: str = "baseline"
    output: str = "out"
    store: StoreSettings = StoreSettings()
    collect: CollectSettings = CollectSettings()
    limits: LimitSettings = LimitSettings()
    scope: ScopeSettings = ScopeSettings()
    projects: ProjectSettings = ProjectSettings()
    intel: IntelSettings = IntelSettings()
    credentials: dict[str, object] = {}  # validated by auditor.credentials, which knows their forms
    vault: dict[str, object] = {}  # and so is this
    windows: tuple[object, ...] = ()  # these two by auditor.windows
    freezes: tuple[object, ...] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, and read nothing else."""
        del env_settings, dotenv_settings, file_secret_settings
        return Environment(settings_cls), init_settings


def read_settings(workspace: Workspace) -> tuple[Settings, Document]:
    """Return a workspace's settings, and the document for messages about them. Raises ContentError."""
    written = read_toml(workspace.settings_file) if workspace.exists else Document("auditor.toml", {})
    given = _environment()
    _refuse_stray_variables(given)

    def find(path: tuple[Key, ...]) -> Place | None:
        return given.get(path) or written.find(path)

    document = Document(written.file, written.value, find, find)
    assert isinstance(document.value, dict)
    try:
        settings = Settings(**document.value)  # type: ignore[arg-type]
    except ValidationError as error:
        raise content_error(document, error) from error
    except SettingsError as error:
        mend = 'Write words parted by commas, or JSON: ["a", "b"].'
        raise ContentError(Place("the environment"), f"{error.__cause__ or error} ({error})", mend) from error
    if problems := list(_impossible(settings.collect, document)):
        raise ContentError.of(problems)
    return settings, document


def _impossible(collect: CollectSettings, document: Document) -> Iterator[ContentError]:
    """Yield a problem for each limit of time that leaves no room for the one inside it."""
    for inner, outer in _NESTED:
        shorter, longer = getattr(collect, outer), getattr(collect, inner)
        if shorter and longer > shorter:
            written = inner if document.find(("collect", inner)) else outer
            yield ContentError(
                document.place("collect", written),
                f"{inner}: {longer:g} s do not fit into the {shorter:g} s of {outer}",
                f"Lower {inner} to {shorter:g} at most, or raise {outer} to {longer:g} at least.",
            )


def refuse_stray_limits(settings: Settings, document: Document, assets: Iterable[Asset]) -> None:
    """Raise ContentError for limits of zones, sites and credentials that there are not."""
    owned = tuple(assets)
    known = {
        "zones": {asset.zone for asset in owned},
        "sites": {asset.site for asset in owned},
        "credentials": settings.credentials.keys(),
    }
    problems = [
        ContentError(document.place("limits", table, name), f"limits.{table}: there is no {table[:-1]} {name}")
        for table, names in known.items()
        for name in sorted(getattr(settings.limits, table).keys() - names)
    ]
    if problems:
        raise ContentError.of(problems)


def _environment() -> dict[tuple[Key, ...], Place]:
    """Return which settings the environment gives, and the variable of each."""
    names = [name for name in os.environ if name.upper().startswith(_PREFIX)]
    return {
        tuple(name[len(_PREFIX) :].lower().split("__")): Place(f"{name} in the environment") for name in sorted(names)
    }


def _refuse_stray_variables(given: Mapping[tuple[Key, ...], Place]) -> None:
    """Raise ContentError for nested settings that there are not: a scope would not be narrowed by a misspelt one.

    What has no two underscores in it may be anybody's, such as a secret that a credential names.
    """
    tables = Settings.model_fields
    problems = []
    for (table, *inner), place in given.items():
        if inner and table not in tables:
            close = get_close_matches(str(table), tables, 1)
            mend = f"Did you mean {_PREFIX}{close[0].upper()}__{'__'.join(map(str, inner)).upper()}?" if close else ""
            problems.append(ContentError(place, f"{table}: there is no such setting", mend))
    if problems:
        raise ContentError.of(problems)


def store_url(workspace: Workspace, settings: Settings) -> str:
    """Return the database's URL; a relative path counts from the workspace, wherever one stands in it."""
    url = settings.store.url or f"sqlite:///{Path(workspace.state, 'auditor.db')}"
    if "://" in url and not url.startswith("sqlite:///"):
        return url
    return f"sqlite:///{Path(workspace.root, Path(url.removeprefix('sqlite:///')).expanduser())}"
