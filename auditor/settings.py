"""`auditor.toml` and AUDITOR_* in the environment become one frozen Settings; the environment wins.

A nested setting is named with two underscores: AUDITOR_COLLECT__WORKERS=20. Commas part a list; JSON does as well.
"""

import json
import os
from pathlib import Path
from typing import Annotated, Final, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
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
from auditor.workspace import Workspace

_PREFIX: Final = "AUDITOR_"
Positive = Annotated[float, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Section(BaseModel):
    """A table of auditor.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StoreSettings(Section):
    """Where audits are remembered."""

    url: str = ""  # a SQLAlchemy URL; empty: SQLite in the workspace's .auditor folder


class CollectSettings(Section):
    """How hard assets may be asked. Times are in seconds."""

    workers: Annotated[int, Field(gt=0, le=1000)] = 50
    connect_seconds: Seconds = 10.0
    asset_seconds: Seconds = 300.0
    enrol: bool = False  # pin the host keys of hosts that are seen for the first time


class ScopeSettings(Section):
    """Networks and addresses that may be asked, and those that never may. An empty `allow` allows all."""

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


class ProjectSettings(Section):
    """What work costs."""

    currency: str = "EUR"
    hourly_rate: Positive = 80.0
    rates: dict[str, Positive] = {}  # of a role, where it differs


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
    scope: ScopeSettings = ScopeSettings()
    projects: ProjectSettings = ProjectSettings()
    credentials: dict[str, object] = {}  # validated by auditor.credentials, which knows their forms

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
    places = {**written.places, **_environment()}
    document = Document(written.file, written.value, places, places)
    assert isinstance(document.value, dict)
    try:
        return Settings(**document.value), document  # type: ignore[arg-type]
    except ValidationError as error:
        raise content_error(document, error) from error
    except SettingsError as error:
        mend = 'Write words parted by commas, or JSON: ["a", "b"].'
        raise ContentError(Place("the environment"), f"{error.__cause__ or error} ({error})", mend) from error


def _environment() -> dict[tuple[Key, ...], Place]:
    """Return which settings the environment gives, and the variable of each."""
    names = [name for name in os.environ if name.upper().startswith(_PREFIX)]
    return {
        tuple(name[len(_PREFIX) :].lower().split("__")): Place(f"{name} in the environment") for name in sorted(names)
    }


def store_url(workspace: Workspace, settings: Settings) -> str:
    """Return the database's URL; a relative path counts from the workspace, wherever one stands in it."""
    url = settings.store.url or f"sqlite:///{Path(workspace.state, 'auditor.db')}"
    if "://" in url and not url.startswith("sqlite:///"):
        return url
    return f"sqlite:///{Path(workspace.root, Path(url.removeprefix('sqlite:///')).expanduser())}"
