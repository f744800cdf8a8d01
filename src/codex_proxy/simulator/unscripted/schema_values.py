"""A value that fits a JSON Schema: what the simulated model answers when a schema is asked for.

Rules of this file: deterministic; the first alternative, the first enum value, the smallest size.
"""

from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject

_MAX_DEPTH: Final = 24
_FORMATS: Final = {
    "date": "2026-11-24",
    "date-time": "2026-11-24T12:00:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def value_for(schema: Any, *, text: str = "simulated") -> Any:
    """A value that fits ``schema``; strings are ``text`` where nothing narrower is asked for."""
    root = schema if isinstance(schema, dict) else {}
    return _Maker(root, text).make(root, 0)


class _Maker:
    def __init__(self, root: JsonObject, text: str) -> None:
        self._root = root
        self._text = text

    def make(self, schema: Any, depth: int) -> Any:
        if not isinstance(schema, dict) or depth > _MAX_DEPTH:
            return None
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        if "default" in schema:
            return schema["default"]
        for name in ("anyOf", "oneOf"):
            if schema.get(name):
                return self.make(schema[name][0], depth + 1)
        if schema.get("allOf"):
            merged: JsonObject = {}
            for branch in schema["allOf"]:
                merged |= self._resolved(branch)
            return self.make(merged, depth + 1)
        return self._by_type(schema, depth)

    def _by_type(self, schema: JsonObject, depth: int) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((word for word in kind if word != "null"), "null")
        if kind == "object" or "properties" in schema:
            properties = schema.get("properties") or {}
            return {name: self.make(member, depth + 1) for name, member in properties.items()}
        if kind == "array":
            count = max(1, int(schema.get("minItems") or 1))
            return [self.make(schema.get("items"), depth + 1) for _ in range(count)] if "items" in schema else []
        if kind in {"integer", "number"}:
            return self._number(schema, whole=kind == "integer")
        if kind == "boolean":
            return True
        return None if kind == "null" else self._string(schema)

    def _string(self, schema: JsonObject) -> str:
        text = _FORMATS.get(schema.get("format", ""), self._text)
        shortest, longest = schema.get("minLength") or 0, schema.get("maxLength")
        padded = text + "x" * max(0, shortest - len(text))
        return padded[:longest] if isinstance(longest, int) else padded

    def _number(self, schema: JsonObject, *, whole: bool) -> float | int:
        least = schema.get("minimum", schema.get("exclusiveMinimum"))
        value = 7 if least is None else max(7, least + (1 if "exclusiveMinimum" in schema else 0))
        most = schema.get("maximum")
        value = min(value, most) if isinstance(most, int | float) else value
        return int(value) if whole or float(value).is_integer() else float(value)  # as models write numbers

    def _resolved(self, schema: JsonObject) -> JsonObject:
        reference = schema.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return schema
        found: Any = self._root
        for step in reference[2:].split("/"):
            found = found.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, dict) else {}
        return found if isinstance(found, dict) else {}
