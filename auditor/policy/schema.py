"""The JSON schema of policy files: written once, in the models and in the checks' signatures."""

from auditor.plugins import Content
from auditor.policy.files import PolicyFile
from auditor.policy.settings import settings_schema


def policy_schema(content: Content) -> dict[str, object]:
    """Return a schema in which `checks:` knows every check, its title and its settings."""
    schema = PolicyFile.model_json_schema()
    known = {
        check.id: {"description": check.title, "anyOf": [settings_schema(check), {"type": "null"}]}
        for check in content.checks.values()
    }
    checks = {"type": "object", "properties": known, "additionalProperties": False}
    schema["$defs"]["ControlFile"]["properties"]["checks"] = checks
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
