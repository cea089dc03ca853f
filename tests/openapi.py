"""The operations of a running API, from its own OpenAPI document, so that no route can be left out of a test."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

JSON = ("application/json", "application/merge-patch+json")


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """`scope` is what its key needs, None where no key is; `path_schemas` and `query_schemas` are by name."""

    method: str
    path: str
    scope: str | None
    path_schemas: Mapping[str, Mapping[str, Any]]
    query_schemas: Mapping[str, Mapping[str, Any]]
    body: Mapping[str, Any]
    """Arguments of httpx that send the documented example."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def url(self, **values: str) -> str:
        """The path with these values; what is not given is a value that names nothing."""
        return self.path.format(**{name: stand_in(name, schema) for name, schema in self.path_schemas.items()} | values)


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parameters = [_resolved(document, one) for one in operation.get("parameters", ())]
            schemas = {
                place: {
                    one["name"]: _resolved(document, one["schema"]) | {"examples": _examples(one)}
                    for one in parameters
                    if one["in"] == place
                }
                for place in ("path", "query")
            }
            (scope,) = [scope for one in operation.get("security", ()) for scope in one["key"]] or [None]
            yield Operation(
                method=method.upper(),
                path=path,
                scope=scope,
                path_schemas=schemas["path"],
                query_schemas=schemas["query"],
                body=_body(document, operation),
            )


def stand_in(name: str, schema: Mapping[str, Any]) -> str:
    """A value of the right form that names nothing we have."""
    if schema.get("format") == "uuid":
        return str(uuid4())
    if "enum" in schema:
        return str(schema["enum"][0])
    if schema.get("type") == "integer":
        return str(schema["maximum"])
    for value in ("99.9.9", "0" * 64):
        if "pattern" in schema and re.fullmatch(schema["pattern"], value):
            return value
    raise AssertionError(f"say in tests/openapi.py what can stand for the path parameter {name}: {schema}")


def _examples(parameter: Mapping[str, Any]) -> list[Any]:
    return [*parameter.get("schema", {}).get("examples", ()), *parameter.get("examples", ())]


def _resolved(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The node itself, the one that it refers to, or the first choice that is not null."""
    if "$ref" in node:
        for part in node["$ref"].removeprefix("#/").split("/"):
            document = document[part]
        return document
    for choice in node.get("anyOf", ()):
        if choice.get("type") != "null":
            return _resolved(document, choice)
    return node


def _body(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Mapping[str, Any]:
    contents = operation.get("requestBody", {}).get("content", {})
    for content_type in JSON:
        if content_type in contents:
            schema = contents[content_type]["schema"]
            [example, *_] = schema.get("examples") or _resolved(document, schema).get("examples", [None])
            return {"json": contents[content_type].get("example") or example}
    if form := contents.get("multipart/form-data"):
        return {"files": {name: (name, str(value)) for name, value in form["example"].items()}}
    assert not contents, f"say in tests/openapi.py how to send {sorted(contents)}"
    return {}
