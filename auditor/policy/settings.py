"""A check's signature as a model: it validates what a policy sets and gives editors their JSON schema."""

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from auditor.documents import Document, Key, content_error
from auditor.errors import ContentError
from auditor.model.check import Check


def validated_settings(
    check: Check, given: Mapping[str, object], document: Document, at: tuple[Key, ...]
) -> dict[str, object]:
    """Return a check's settings with the types that it declares. Raises ContentError at the setting that is wrong."""
    unknown = [name for name in given if name not in check.settings]
    if unknown:
        there = ", ".join(check.settings) or "none"
        raise ContentError.of(
            [
                ContentError(document.key_place(*at, name), f"{check.id} has no setting {name}", f"It has: {there}.")
                for name in unknown
            ]
        )
    try:
        model = settings_model(check).model_validate(given)
    except ValidationError as error:
        raise content_error(document, error, at) from error
    return {name: getattr(model, name) for name in check.settings if name in given}


def parse_settings(check: Check, given: Mapping[str, str]) -> dict[str, object]:
    """Return settings given as words on a command line: commas part a list. Raises pydantic's ValidationError."""
    model = settings_model(check)
    return {name: getattr(_from_words(model, name, text), name) for name, text in given.items()}


def settings_schema(check: Check) -> dict[str, object]:
    """Return the JSON schema of a check's settings."""
    return settings_model(check).model_json_schema()


@cache
def settings_model(check: Check) -> type[BaseModel]:
    """Return the model that a check's signature amounts to."""
    fields = {name: (setting.annotation, setting.default) for name, setting in check.settings.items()}
    name = check.id.title().replace(".", "").replace("-", "")
    made = create_model(name, __config__=ConfigDict(extra="forbid", frozen=True), **cast("dict[str, Any]", fields))
    return cast("type[BaseModel]", made)


def _from_words(model: type[BaseModel], name: str, text: str) -> BaseModel:
    try:
        return model.model_validate({name: text})
    except ValidationError as error:
        if not error.errors()[0]["type"].endswith("_type"):  # not a wrong word, but one word where a list belongs
            raise
    return model.model_validate({name: [word.strip() for word in text.split(",") if word.strip()]})
