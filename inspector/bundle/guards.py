"""`guards.txt`: one guard a line, for people and `grep`."""

from __future__ import annotations

from inspector.jsontext import Malformed
from inspector.model.guards import Guard

_GUARD_HEADER = "# kind\tsource\tguard\tplace\tfailed for"


def guards_text(guards: tuple[Guard, ...]) -> bytes:
    r"""One guard a line, five fields between tabs; `\\`, `\t` and `\n` stand for themselves within a field."""
    rows = [
        "\t".join(map(_escape, (item.kind, item.source, item.code, item.place, " ".join(item.failed_for))))
        for item in guards
    ]
    return ("\n".join([_GUARD_HEADER, *rows]) + "\n").encode(errors="surrogatepass")


def guards(data: bytes) -> tuple[Guard, ...]:
    """Reads what `guards_text` wrote; older bundles have no fifth field."""
    try:
        lines = data.decode(errors="surrogatepass").split("\n")
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8 from byte {error.start} on") from error
    found = []
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#"):
            continue
        fields = [_unescape(field) for field in line.split("\t")]
        if len(fields) not in (4, 5):
            raise Malformed(f"line {number} has {len(fields)} fields, not 5")
        kind, source, code, place, *failed = fields
        found.append(Guard(code, kind, source, place, tuple(failed[0].split()) if failed else ()))
    return tuple(found)


_ESCAPED = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\#": "#"}


def _escape(field: str) -> str:
    field = field.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    return f"\\{field}" if field.startswith("#") else field


def _unescape(field: str) -> str:
    parts = field.split("\\\\")
    return "\\".join(part.replace("\\t", "\t").replace("\\n", "\n").replace("\\#", "#") for part in parts)
