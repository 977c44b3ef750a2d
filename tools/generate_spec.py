"""Writes the files of spec/ that follow from the source: schemas of every object, limits, codes, weights and tables.

    python tools/generate_spec.py            writes them
    python tools/generate_spec.py --check    fails, naming the files, when they are not what the source says

What is not made here is written by hand and held to by tests: the scenarios, and the golden values of
normalisation, checksums and embeddings.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Generic, TypeAlias

import apsw
import msgspec

import reasoningbank
from reasoningbank import ReasoningBank, ReasoningBankError
from reasoningbank.domain import export_formats, limits, outcome, text
from reasoningbank.domain.records import PatternRecord, TrajectoryRecord
from reasoningbank.storage.sqlite.schema import MIGRATIONS

SPEC: Final = Path(__file__).resolve().parent.parent / "spec"
COMMAND: Final = "python tools/generate_spec.py"
NULL: Final = {"type": "null"}
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

Json: TypeAlias = "dict[str, object]"

RANGES: Final = (
    "UNSTABLE",
    "DELETED",
    "WHITE_SPACE",
    "COMPATIBILITY_SPACE",
    "SPACED_LETTERS",
    "UNSPACED_CHARACTERS",
)

# What is read as well as written: fields with a default may be left out. Everything else has all its fields.
READ_TOO: Final = frozenset({"PatternInput", "PatternRecord", "TrajectoryRecord"})

TIME: Final[Json] = {
    "format": "date-time",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
}
COUNT: Final[Json] = {"minimum": 0, "maximum": limits.SAFE_INTEGER}
SHARE: Final[Json] = {"minimum": 0, "maximum": 1}


def text_of(most: int) -> Json:
    """Give the bounds of a text: bytes as they are counted, characters as JSON Schema can."""
    return {"minLength": 1, "maxLength": most, "x-max-bytes": most}


# What the types cannot say, by the name of the field; the same name means the same everywhere.
BOUNDS: Final[Mapping[str, Json]] = {
    "namespace": text_of(limits.NAMESPACE_BYTES),
    "task_category": text_of(limits.CATEGORY_BYTES),
    "task_description": text_of(limits.TASK_DESCRIPTION_BYTES),
    "strategy": text_of(limits.STRATEGY_BYTES),
    "title": text_of(limits.TITLE_BYTES),
    "tags": {
        "maxItems": limits.TAGS,
        "items": {"type": "string", **text_of(limits.TAG_BYTES)},
    },
    "metadata": {"x-max-bytes": limits.METADATA_BYTES, "x-max-depth": limits.METADATA_DEPTH},
    "evidence": {"x-max-bytes": limits.EVIDENCE_BYTES, "x-max-depth": limits.METADATA_DEPTH},
    "actor": text_of(limits.ACTOR_BYTES),
    "created_by": text_of(limits.ACTOR_BYTES),
    "success_score": SHARE,
    "score": SHARE,
    "posterior_mean": SHARE,
    "duration_seconds": {"minimum": 0},
    "similarity": {"minimum": -1, "maximum": 1},
    **dict.fromkeys(("created_at", "updated_at", "last_used_at", "at"), TIME),
    **dict.fromkeys(("uses", "successes", "failures", "outcomes", "read", "created"), COUNT),
    **dict.fromkeys(("merged", "unchanged", "vectors", "total_patterns"), COUNT),
    **dict.fromkeys(("active_patterns", "size_bytes", "bytes_checked"), COUNT),
}


def generated() -> dict[str, str]:
    """Give the content of every generated file by its path within spec/."""
    return {
        **{f"schemas/{name}.json": as_json(schema) for name, schema in schemas().items()},
        "limits.json": as_json(limit_values()),
        "errors.json": as_json(error_codes()),
        "outcome-weights.json": as_json(outcome_weights()),
        "text-tables.json": text_tables(),
        "schema.sql": sql_schema(),
        "schema-steps.sql": sql_steps(),
    }


def as_json(value: object) -> str:
    """Give JSON text for a file that people read."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


# ------------------------------------------------------------------ objects


def schemas() -> dict[str, Json]:
    """Give the JSON Schema of every public object by its name."""
    exported = (getattr(reasoningbank, name) for name in reasoningbank.__all__)
    public = [one for one in exported if isinstance(one, type) and issubclass(one, msgspec.Struct)]
    # What holds a value of the caller's own, such as an attempt, never leaves the process.
    public = [one for one in public if not issubclass(one, Generic)]  # type: ignore[arg-type]
    structs: list[type[msgspec.Struct]] = [
        *map(_input_of_json, public),
        PatternRecord,
        TrajectoryRecord,
    ]
    _, components = msgspec.json.schema_components(
        structs, schema_hook=_any_json, ref_template="{name}.json"
    )
    found = {
        struct.__name__: _object_schema(struct, components[struct.__name__]) for struct in structs
    }
    found |= {
        "ExportHeader": export_header("ExportHeader", export_formats.PATTERNS, "PatternRecord"),
        "TrajectoryExportHeader": export_header(
            "TrajectoryExportHeader", export_formats.EXPERIENCES, "TrajectoryRecord"
        ),
        "Error": error_object(),
    }
    return dict(sorted(found.items()))


def _any_json(kind: type) -> Json:
    if kind is object:
        return {"description": "Any JSON value."}
    raise NotImplementedError


def _input_of_json(struct: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """Give what JSON can carry of an input that in Python also takes lists and datetimes."""
    if struct is not reasoningbank.PatternInput:
        return struct
    narrowed = {"tags": tuple[str, ...], "expires_at": str | None}
    fields = [
        (field.name, narrowed.get(field.name, field.type), _default_of(field))
        if not field.required
        else (field.name, field.type)
        for field in msgspec.structs.fields(struct)
    ]
    made = msgspec.defstruct(struct.__name__, fields, kw_only=True, forbid_unknown_fields=True)
    made.__doc__ = struct.__doc__
    return made


def _default_of(field: msgspec.structs.FieldInfo) -> object:
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return field.default_factory()


def _object_schema(struct: type[msgspec.Struct], component: Json) -> Json:
    name = struct.__name__
    summary, of_fields = described(struct)
    read = name in READ_TOO
    properties: Json = {}
    for field, given in component["properties"].items():  # type: ignore[attr-defined]
        schema = bounded(field, given)
        if not read:
            schema.pop("default", None)
        if name == "PatternInput" and field == "expires_at":
            schema = {**schema, "description": "RFC 3339 with a zone; kept in UTC milliseconds."}
        if field in of_fields:
            schema["description"] = of_fields[field]
        properties[field] = schema
    return {
        "$schema": DIALECT,
        "$id": f"{name}.json",
        "title": name,
        "description": summary,
        "type": "object",
        "properties": properties,
        "required": component["required"] if read else list(properties),
        **({"additionalProperties": False} if "additionalProperties" in component else {}),
    }


def bounded(field: str, schema: Json) -> Json:
    """Give the schema of a field with the bounds that go with its name."""
    bounds = BOUNDS.get(field, {})
    if field == "expires_at" and "default" not in schema:  # an output, in its one form
        bounds = TIME
    alternatives = schema.get("anyOf")
    if isinstance(alternatives, list):
        held = [one if one == NULL else {**one, **bounds} for one in alternatives]
        held.sort(key=lambda one: one == NULL)  # releases of msgspec differ in where they put it
        return {**schema, "anyOf": held}
    if "$ref" in schema or (schema.get("type") == "array" and field != "tags"):
        return dict(schema)
    return {**schema, **bounds}


def described(struct: type) -> tuple[str, dict[str, str]]:
    """Give a docstring's account of a struct and of each of its fields."""
    whole = inspect.getdoc(struct) or ""
    said = re.split(r"^>>> ", whole, maxsplit=1, flags=re.MULTILINE)[0].replace("``", "'")
    account, _, arguments = said.partition("\nArgs:\n")
    fields: dict[str, str] = {}
    for entry in re.split(r"\n(?=    \w)", f"\n{arguments}"):
        name, colon, meaning = entry.strip().partition(": ")
        if colon:
            fields[name] = _one_line(meaning)
    return _one_line(account), fields


def _one_line(account: str) -> str:
    return " ".join(account.split())


def export_header(name: str, form: str, record: str) -> Json:
    """Give the schema of an export's first line."""
    return {
        "$schema": DIALECT,
        "$id": f"{name}.json",
        "title": name,
        "description": f"The first line of an export; each line after it is a {record}.",
        "type": "object",
        "properties": {
            "format": {"const": form},
            "version": {"const": export_formats.VERSION},
            "namespace": {"type": "string", **BOUNDS["namespace"]},
            "exported_at": {"type": "string", **TIME},
        },
        "required": ["format", "version", "namespace", "exported_at"],
    }


def error_object() -> Json:
    """Give the schema of an error: what every error has, and what some say beside it."""
    optional: Json = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    extra: Json = {
        name: {"description": f"Only with {', '.join(codes)}.", **_kind_of(name)}
        for name, codes in _extra_fields().items()
    }
    return {
        "$schema": DIALECT,
        "$id": "Error.json",
        "title": "Error",
        "description": "An error as data: stable code, what happened, where, and the way out.",
        "type": "object",
        "properties": {
            "code": {"enum": [kind.code for kind in error_kinds()]},
            "message": {"type": "string", "description": "What happened, for people."},
            "field": {**optional, "description": "The argument or field, as the caller named it."},
            "path": {**optional, "description": "The file or URL concerned."},
            "hint": {**optional, "description": "What to do about it, in one sentence."},
            **extra,
        },
        "required": ["code", "message", "field", "path", "hint"],
    }


def _kind_of(name: str) -> Json:
    if name == "damaged_ids":
        return {"type": "array", "items": {"type": "string"}}
    if name in {"found", "supported"}:
        return {"type": "integer"}
    if name == "existing_id":
        return {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}
    return {"type": "string"}


# ------------------------------------------------------------------ values


def limit_values() -> Json:
    """Give every limit by its name in small letters; bytes are UTF-8."""
    return {
        name.lower(): value
        for name, value in vars(limits).items()
        if name.isupper() and isinstance(value, int)
    }


def error_kinds() -> list[type[ReasoningBankError]]:
    """Give the leaves of the error tree in its own order."""
    return ReasoningBankError.__subclasses__()


def error_codes() -> list[Json]:
    """Give each code with its class, its meaning and the fields only it has."""
    return [
        {
            "code": kind.code,
            "name": kind.__name__,
            "meaning": described(kind)[0],
            "fields": [name for name, codes in _extra_fields().items() if kind.code in codes],
        }
        for kind in error_kinds()
    ]


def _extra_fields() -> dict[str, list[str]]:
    common = {"self", "message", "field", "path", "hint"}
    extra: dict[str, list[str]] = {}
    for kind in error_kinds():
        for name in inspect.signature(kind.__init__).parameters:
            if name not in common:
                extra.setdefault(name, []).append(kind.code)
    return extra


def outcome_weights() -> Json:
    """Give what an outcome of each source is worth, with worked examples."""
    examples: list[dict[outcome.OutcomeSource, tuple[float, float, int]]] = [
        {},
        {"test": (1.0, 1.0, 1)},
        {"test": (1.0, 1.0, 1), "agent": (0.0, 1.0, 1)},
        {"caller": (2.5, 4.0, 4), "imported": (3.0, 3.0, 3), "human": (0.0, 2.0, 2)},
        {"test": (0.5, 0.5, 1), "human": (0.25, 0.75, 2)},
    ]
    return {
        "trust_order": list(outcome.TRUST_ORDER),
        "sources": {
            source: {"trust": outcome.TRUST_OF_SOURCE[source], "weight": weight}
            for source, weight in outcome.SOURCE_WEIGHT.items()
        },
        "prior": {"successes": outcome.PRIOR_SUCCESSES, "failures": outcome.PRIOR_FAILURES},
        "examples": [
            {
                "sums": {
                    source: {"score_sum": total, "weight_sum": weight, "known": known}
                    for source, (total, weight, known) in sums.items()
                },
                "reliability": msgspec.to_builtins(outcome.reliability_of(sums)),
            }
            for sums in examples
        ],
    }


def text_tables() -> str:
    """Give the code point tables of normalisation and of the embedder's words, a table a line."""
    tables: Json = {
        name.lower(): [[f"{first:04X}", f"{last:04X}"] for first, last in getattr(text, name)]
        for name in RANGES
    }
    tables["folded"] = {f"{code:04X}": written for code, written in text.FOLDED.items()}
    tables["capitals"] = [
        [f"{first:04X}", f"{last:04X}", distance] for first, last, distance in text.CAPITALS
    ]
    tables["digit_zeros"] = [f"{zero:04X}" for zero in text.DIGIT_ZEROS]
    lines = (f"  {json.dumps(name)}: {json.dumps(table)}" for name, table in tables.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def sql_schema() -> str:
    """Give the tables and indexes of a new bank, as its file holds them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bank.db"
        ReasoningBank.open(path).close()
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        [(application_id,)] = connection.execute("PRAGMA application_id")
        [(user_version,)] = connection.execute("PRAGMA user_version")
        statements = [
            str(sql)
            for (sql,) in connection.execute(
                "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid"
            )
        ]
        connection.close()
    head = (
        f"-- The tables of a new bank, read from one. Made by: {COMMAND}\n"
        f"-- PRAGMA application_id = {application_id};  -- 0x{application_id:08X}\n"
        f"-- PRAGMA user_version = {user_version};\n"
    )
    return head + "".join(f"\n{statement};\n" for statement in statements)


def sql_steps() -> str:
    """Give the statements that took a bank from each schema to the next, from an empty file on."""
    head = f"-- How a bank of an older release becomes one of this. Made by: {COMMAND}\n"
    return head + "".join(
        f"\n-- PRAGMA user_version = {version};\n{sql}" for version, sql in MIGRATIONS.items()
    )


# ------------------------------------------------------------------ files


def outdated() -> list[str]:
    """Name the generated files that are missing, differ, or should not be there."""
    wanted = generated()
    present = {f"schemas/{path.name}" for path in (SPEC / "schemas").glob("*")}
    return sorted(
        {name for name, content in wanted.items() if _content(name) != content}
        | (present - wanted.keys())
    )


def _content(name: str) -> str | None:
    path = SPEC / name
    return path.read_text("utf-8") if path.exists() else None


def write() -> None:
    """Write every generated file and remove schemas of objects that are gone."""
    for name in outdated():
        (SPEC / name).unlink(missing_ok=True)
    for name, content in generated().items():
        path = SPEC / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8", newline="\n")


def main(arguments: list[str]) -> int:
    """Write the files, or with --check compare them; give the exit status."""
    if arguments == ["--check"]:
        different = outdated()
        if different:
            print(f"Not what the source says: {', '.join(different)}. Run: {COMMAND}")
        return 1 if different else 0
    if arguments:
        print(f"usage: {COMMAND} [--check]", file=sys.stderr)
        return 2
    write()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
