"""`auditor.toml` and AUDITOR_* in the environment become one frozen Settings; the environment wins.

A nested setting is named with two underscores: AUDITOR_COLLECT__WORKERS=20.
"""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from auditor.documents import Document, content_error, read_toml
from auditor.workspace import Workspace

Positive = Annotated[float, Field(gt=0)]


class Section(BaseModel):
    """A table of auditor.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StoreSettings(Section):
    """Where audits are remembered."""

    url: str = ""  # a SQLAlchemy URL; empty: SQLite in the workspace's .auditor folder


class CollectSettings(Section):
    """How hard assets may be asked. Times are in seconds."""

    workers: Annotated[int, Field(gt=0, le=1000)] = 50
    connect_seconds: Positive = 10.0
    asset_seconds: Positive = 300.0
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


class Settings(BaseSettings):
    """Everything that can be set for a workspace."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="AUDITOR_",
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
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


def read_settings(workspace: Workspace) -> tuple[Settings, Document]:
    """Return a workspace's settings, and the document for messages about them. Raises ContentError."""
    document = read_toml(workspace.settings_file) if workspace.exists else Document("auditor.toml", {})
    assert isinstance(document.value, dict)
    try:
        return Settings(**document.value), document  # type: ignore[arg-type]
    except ValidationError as error:
        raise content_error(document, error) from error


def store_url(workspace: Workspace, settings: Settings) -> str:
    """Return the database's URL."""
    return settings.store.url or f"sqlite:///{Path(workspace.state, 'auditor.db')}"
