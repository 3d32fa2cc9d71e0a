"""Just enough of JSON Schema to hold technical.json to its own: no validator is among the dependencies."""

from collections.abc import Iterator

_KINDS = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
    "null": type(None),
}  # fmt: skip


def problems(value: object, schema: dict, path: str = "$") -> list[str]:
    """Return where a value is not as a schema of the few keywords that ours uses."""
    named = schema.get("type", [])
    allowed = [named] if isinstance(named, str) else named
    if allowed and not any(_is(value, kind) for kind in allowed):
        return [f"{path}: {value!r} is not {allowed}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{path}: {value!r} is none of {schema['enum']}"]
    if "pattern" in schema and not str(value).startswith(schema["pattern"].removeprefix("^").replace("\\", "")):
        return [f"{path}: {value!r} does not match"]
    if isinstance(value, dict):
        return list(_in_object(value, schema, path))
    if isinstance(value, list):
        return [one for n, item in enumerate(value) for one in problems(item, schema.get("items", {}), f"{path}[{n}]")]
    return []


def _is(value: object, kind: str) -> bool:
    return isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _in_object(value: dict, schema: dict, path: str) -> Iterator[str]:
    properties, more = schema.get("properties", {}), schema.get("additionalProperties", True)
    yield from (f"{path}: {name} is missing" for name in schema.get("required", ()) if name not in value)
    for name, inner in value.items():
        if name in properties or isinstance(more, dict):
            yield from problems(inner, properties.get(name, more), f"{path}.{name}")
        elif more is False:
            yield f"{path}: {name} is not described"
