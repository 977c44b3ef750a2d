"""The document that says what may be asked and what is answered, made from the endpoints and structs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from reasoningbank.http.answers import JSON, ErrorAnswer
from reasoningbank.http.endpoints import Endpoint

PATH: Final = "/openapi.json"
_REFERENCE: Final = "#/components/schemas/{name}"
_ALWAYS: Final = (400, 401, 403, 408, 413, 421, 500, 503)
_SAID: Final[Mapping[int, str]] = {
    200: "Done.",
    201: "Done, and something is new.",
    204: "Done; there is nothing to say.",
    400: "What was asked cannot be done: the field is named.",
    401: "The token is missing or wrong.",
    403: "Not allowed here.",
    404: "There is no such thing in this namespace.",
    408: "The body came too slowly.",
    409: "It exists already, or was changed in the meantime.",
    413: "The body is too long.",
    415: "The body is not what it has to be.",
    421: "The server does not answer to this name.",
    500: "The bank cannot be read, or the server has a defect.",
    502: "A remote model did not give a usable answer.",
    503: "Others hold the bank, or something is missing; try again.",
}

# A document of JSON, whose shape is the specification's and not this module's to type.
Document = dict[str, Any]


def openapi_document(endpoints: Iterable[Endpoint], version: str) -> Document:
    """Give the document in OpenAPI 3.1."""
    known = list(endpoints)
    kinds = [kind for one in known for kind in _kinds(one)]
    described, schemas = msgspec.json.schema_components(
        [*kinds, ErrorAnswer], ref_template=_REFERENCE, schema_hook=_any_value
    )
    schema_of = {_key(kind): schema for kind, schema in zip([*kinds, ErrorAnswer], described, strict=True)}  # fmt: skip
    paths: dict[str, Document] = {}
    for one in known:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ReasoningBank",
            "version": version,
            "summary": "Store strategies, find those that fit a task, and keep what came of them.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _any_value(kind: type) -> Document:
    """Give the schema of what may be any JSON."""
    if kind is object:
        return {"type": ["object", "array", "string", "number", "boolean", "null"]}
    raise NotImplementedError


def _kinds(endpoint: Endpoint) -> list[Any]:
    given = [endpoint.body, *endpoint.answers.values()]
    return [kind for kind in given if kind is not None and not isinstance(kind, str)]


def _key(kind: object) -> str:
    return repr(kind)


def _operation(endpoint: Endpoint, schema_of: Mapping[str, Document]) -> Document:
    operation: Document = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": [*_ids(endpoint.path), *_query(endpoint.query)],
        "responses": _responses(endpoint, schema_of),
    }
    if endpoint.body is not None:
        is_text = isinstance(endpoint.body, str)
        media_type = str(endpoint.body) if is_text else JSON
        schema = {"type": "string"} if is_text else schema_of[_key(endpoint.body)]
        operation["requestBody"] = {"required": True, "content": {media_type: {"schema": schema}}}
    return operation


def _responses(endpoint: Endpoint, schema_of: Mapping[str, Document]) -> Document:
    responses: Document = {}
    for status, kind in endpoint.answers.items():
        response: Document = {"description": _SAID[status]}
        if isinstance(kind, str):
            response["content"] = {kind: {}}
        elif kind is not None:
            response["content"] = {JSON: {"schema": schema_of[_key(kind)]}}
        responses[str(status)] = response
    failures = {*_ALWAYS, *endpoint.errors}
    if endpoint.body is not None:
        failures.add(415)
    error = {JSON: {"schema": schema_of[_key(ErrorAnswer)]}}
    for status in sorted(failures):
        responses[str(status)] = {"description": _SAID[status], "content": error}
    return responses


def _ids(path: str) -> list[Document]:
    schema = {"type": "string", "format": "uuid"}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _query(kind: type) -> list[Document]:
    [described], components = msgspec.json.schema_components(
        [kind], ref_template="{name}", schema_hook=_any_value
    )
    schema = components[described["$ref"]]
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _written(one)}
        for name, one in schema["properties"].items()
    ]


def _written(schema: Document) -> Document:
    """Give the schema of a value as it stands in an address, where nothing is null."""
    given = {
        name: value for name, value in schema.items() if name != "default" or value is not None
    }
    choices = [one for one in given.pop("anyOf", []) if one != {"type": "null"}]
    if "enum" in given:
        given["enum"] = [one for one in given["enum"] if one is not None]
    return {**given, **(choices[0] if choices else {})}
