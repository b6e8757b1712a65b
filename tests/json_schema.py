"""docs/json.schema.json and the list of documents in docs/json.md, from the types that `--json` prints.

python tests/json_schema.py        writes both; `make schema` does
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
import typing
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal

import pytest

from inspector.cli.documents import encoding
from inspector.cli.documents.register import DOCUMENTS
from inspector.jsontext import Real
from inspector.model.artifact import Position

DOCS = Path(__file__).parents[1] / "docs"
SCHEMA = DOCS / "json.schema.json"
PAGE = DOCS / "json.md"
MARK = "<!-- made by tests/json_schema.py from here on -->\n"
POSITION = {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "integer"}], "minItems": 2, "maxItems": 2}
SCALARS = {str: "string", bool: "boolean", int: "integer", float: "number", NoneType: "null", Path: "string"}
REAL = {"anyOf": [{"type": "number"}, {"enum": ["nan", "inf", "-inf"]}]}


class Schema:
    """The schema of every document, and of every type that is in one."""

    def __init__(self) -> None:
        self.named: dict[str, Any] = {}
        self._made_of: dict[str, type] = {}

    def of(self, kind: Any) -> dict[str, Any]:
        """The schema of a type, as a field is annotated with."""
        if kind is Any or kind is object:
            return {}
        if kind == Real:
            return REAL
        if kind is Position:
            return POSITION
        if kind in SCALARS:
            return {"type": SCALARS[kind]}
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin is Annotated:
            return self.of(arguments[0])
        if origin in (UnionType, typing.Union):
            return {"anyOf": [self.of(item) for item in arguments]}
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin in (tuple, list):
            if len(arguments) == 2 and arguments[1] is not Ellipsis:
                pair = [self.of(item) for item in arguments]
                return {"type": "array", "prefixItems": pair, "minItems": 2, "maxItems": 2}
            assert len(arguments) == 1 or arguments[1] is Ellipsis or len(set(arguments)) == 1, kind
            return {"type": "array", "items": self.of(arguments[0])}
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        if isinstance(kind, type) and issubclass(kind, Enum):
            return {"enum": [item.value for item in kind]}
        return {"$ref": f"#/$defs/{self.name(kind)}"}

    def name(self, kind: type) -> str:
        """What the schema of an object is called, made where it is not there yet."""
        if (shape := encoding.SHAPES.get(kind)) is not None:
            kind = shape.__self__
        name = kind.__name__
        assert self._made_of.setdefault(name, kind) is kind, f"two types are called {name}"
        if name not in self.named:
            self.named[name] = {}
            self.named[name] = self._object(kind)
        return name

    def _object(self, kind: type) -> dict[str, Any]:
        names = encoding.names_of(kind)
        assert names is not None, f"{kind} is no object"
        hints, said = typing.get_type_hints(kind, include_extras=True), descriptions(kind)
        properties = {}
        for name in names:
            found = self.of(hints[name] if name in hints else _returned(kind, name))
            properties[name] = found | ({"description": said[name]} if name in said else {})
        required = [name for name in names if kind not in encoding.SPARSE or name == "change"]
        about = inspect.getdoc(kind) or ""
        return {"type": "object", "description": about, "properties": properties, "required": required}


def _returned(kind: type, name: str) -> Any:
    """What a property gives."""
    found = inspect.getattr_static(kind, name)
    return typing.get_type_hints(found.func if hasattr(found, "func") else found.fget)["return"]


def descriptions(kind: type) -> dict[str, str]:
    """Field or property → what stands below it in the source."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if not is_dataclass(base) and not hasattr(base, "_fields"):
            continue
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        assert isinstance(node, ast.ClassDef)
        for item, after in zip(node.body, [*node.body[1:], None], strict=True):
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                found.pop(item.target.id, None)
                if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                    found[item.target.id] = " ".join(str(after.value.value).split())
            elif isinstance(item, ast.FunctionDef) and (text := ast.get_docstring(item)):
                found[item.name] = " ".join(text.split())
    return found


def schema() -> dict[str, Any]:
    """The whole file."""
    made = Schema()
    choices = []
    for kind, (name, version) in DOCUMENTS.items():
        entry = made.named[made.name(kind)]
        entry["properties"] = {"schema": {"const": name}, "version": {"const": version}, **entry["properties"]}
        entry["required"] = ["schema", "version", *entry["required"]]
        choices.append({"$ref": f"#/$defs/{made.name(kind)}"})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What the verbs of inspector print with --json",
        "oneOf": choices,
        "$defs": dict(sorted(made.named.items())),
    }


def strict(value: Any) -> Any:
    """The same, so that a field that is not in it is an error: what inspector prints is held against that."""
    if isinstance(value, dict):
        found = {key: strict(item) for key, item in value.items()}
        return found | ({"additionalProperties": False} if "properties" in found and "required" in found else {})
    return [strict(item) for item in value] if isinstance(value, list) else value


@cache
def validators() -> Mapping[str, Any]:
    """Schema's name → what holds a document against it, fields that are not in it included."""
    import jsonschema

    whole = strict(schema())
    return {
        whole["$defs"][name]["properties"]["schema"]["const"]: jsonschema.Draft202012Validator(
            {"$ref": f"#/$defs/{name}", "$defs": whole["$defs"]}
        )
        for name in (item["$ref"].rpartition("/")[2] for item in whole["oneOf"])
    }


def check(text: str) -> dict[str, Any]:
    """A document that was printed, held against its schema."""
    found: dict[str, Any] = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    validators()[found["schema"]].validate(found)
    return found


def page(whole: Mapping[str, Any]) -> Iterator[str]:
    """The list of the documents and their fields."""
    defined = whole["$defs"]
    documents = {}
    for item in whole["oneOf"]:
        entry = defined[item["$ref"].rpartition("/")[2]]
        documents[entry["properties"]["schema"]["const"]] = entry
    for name, entry in sorted(documents.items()):
        yield f"\n### `{name}` {entry['properties']['version']['const']}\n"
        yield f"{_flat(entry['description'])}\n"
        yield from _table(entry)


def _table(entry: Mapping[str, Any]) -> Iterator[str]:
    yield "| field | type | |"
    yield "|---|---|---|"
    for name, field in entry["properties"].items():
        if name not in ("schema", "version"):
            yield f"| `{name}` | {_type(field)} | {_flat(field.get('description', ''))} |"


def _type(field: Mapping[str, Any]) -> str:
    if field.get("anyOf") == REAL["anyOf"]:
        return 'number, or "nan", "inf", "-inf"'
    if "anyOf" in field:
        return " or ".join(_type(item) for item in field["anyOf"])
    if "$ref" in field:
        return f"`{field['$ref'].rpartition('/')[2]}`"
    if "enum" in field:
        return ", ".join(f"`{item}`" for item in field["enum"])
    if "prefixItems" in field:
        return f"[{', '.join(map(_type, field['prefixItems']))}]"
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    if field.get("type") == "object":
        return f"object, each {_type(field['additionalProperties'])}"
    return str(field.get("type", "anything"))


def _flat(text: str) -> str:
    return " ".join(text.split())


def files() -> dict[Path, str]:
    """What both files hold."""
    whole = schema()
    written = PAGE.read_text().partition(MARK)[0]
    return {
        SCHEMA: json.dumps(whole, indent=2, ensure_ascii=False) + "\n",
        PAGE: written + MARK + "\n".join(page(whole)) + "\n",
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text)
