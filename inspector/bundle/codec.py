"""Between the model's types and JSON. Writing cannot fail; reading raises `Malformed` on anything unexpected."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, TypeVar

from inspector.model.artifact import Artifact, Position, Span
from inspector.model.capture import Compilation, CompileStatus, Frame, GraphBreak, Guard, Note, Recompile
from inspector.model.fusion import Intermediate, KernelFusion, Neighbour, Recomputed, Tensor
from inspector.model.guards import GuardManager
from inspector.model.latency import Difference, GpuTime, LatencyRun
from inspector.model.link import Link, Origin
from inspector.model.recompiles import whole_reasons

T = TypeVar("T")
Json = dict[str, Any]


class Malformed(Exception):
    """A file of a bundle is not what the format says."""


# --- JSON in general ----------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """`value` with JSON's types only: numbers that JSON lacks (inf, nan) and foreign objects become strings."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)


def dump(value: Any) -> bytes:
    """Indented JSON with a newline at its end."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False).encode(errors="surrogatepass") + b"\n"


def load(data: bytes) -> Any:
    """The value in a JSON text."""
    try:
        return json.loads(data.decode(errors="surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON ({error})") from error


def get(data: Any, key: str, kind: type[T]) -> T:
    """`data[key]`, which has to be a `kind`; an int passes for a float."""
    value = data.get(key) if isinstance(data, dict) else None
    if kind is float and isinstance(value, int):
        value = float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise Malformed(f"{key!r} is not of type {kind.__name__}")
    return value


def maybe(data: Json, key: str, kind: type[T]) -> T | None:
    """`data[key]`, or None where it is null or absent."""
    return None if data.get(key) is None else get(data, key, kind)


def texts(data: Json, key: str) -> tuple[str, ...]:
    """`data[key]`, a list of strings."""
    value = get(data, key, list)
    if not all(isinstance(item, str) for item in value):
        raise Malformed(f"{key!r} is not a list of strings")
    return tuple(value)


def objects(data: Any, key: str) -> list[Json]:
    """`data[key]`, a list of objects."""
    value = get(data, key, list)
    if not all(isinstance(item, dict) for item in value):
        raise Malformed(f"{key!r} is not a list of objects")
    return value


# --- the model's types --------------------------------------------------------------------------------------


def _frame(data: Json) -> Frame:
    return Frame(get(data, "file", str), get(data, "line", int), get(data, "function", str), get(data, "code", str))


def compilation(
    data: Json, guards: tuple[Guard, ...], metrics: Json, guard_tree: tuple[GuardManager, ...] = ()
) -> Compilation:
    """One entry of the manifest's `compilations`, with what its folder holds."""
    place = maybe(data, "place", dict)
    try:
        status = CompileStatus(get(data, "status", str))
    except ValueError as error:
        raise Malformed(str(error)) from error
    return Compilation(
        compile_id=get(data, "compile_id", str),
        status=status,
        function=get(data, "function", str),
        place=_frame(place) if place is not None else None,
        stack=tuple(_frame(item) for item in objects(data, "stack")) if "stack" in data else (),
        log=maybe(data, "log", str) or "",
        restarts=get(data, "restarts", int),
        guards=guards,
        guard_tree=guard_tree,
        guard_seconds=maybe(data, "guard_seconds", float),
        kernels=texts(data, "kernels"),
        cache=get(data, "cache", str),
        metrics=metrics,
        error=get(data, "error", str),
        autograd_reasons=texts(data, "autograd_reasons") if "autograd_reasons" in data else (),
    )


def compilation_json(item: Compilation, folder: str) -> Json:
    """Guards and metrics have files of their own in `folder`."""
    data = asdict(replace(item, guards=(), guard_tree=(), metrics={}))
    del data["guards"], data["guard_tree"], data["metrics"]
    return {**data, "folder": folder}


def artifact_json(item: Artifact, path: str) -> Json:
    """One entry of the manifest's `artifacts` or `others`; `path` is where its text lies in the bundle."""
    return {
        "id": item.id,
        "stage": item.stage.value,
        "compile_id": item.compile_id,
        "kernel": item.kernel,
        "path": path,
        "language": item.language.value,
        "origin": item.path,
        "focus": item.focus,
    }


def graph_break(data: Json) -> GraphBreak:
    """One entry of `graph_breaks.json`."""
    return GraphBreak(
        get(data, "compile_id", str),
        get(data, "reason", str),
        get(data, "explanation", str),
        texts(data, "hints"),
        tuple(_frame(item) for item in objects(data, "stack")),
        maybe(data, "url", str) or "",
    )


def recompile(data: Json) -> Recompile:
    """One entry of `recompiles.json`."""
    return Recompile(get(data, "compile_id", str), get(data, "function", str), whole_reasons(texts(data, "reasons")))


def fusion_json(item: KernelFusion) -> Json:
    """One entry of `fusion.json`; the sums are for other readers."""
    intermediates = [{**asdict(value), "saved": value.saved} for value in item.intermediates]
    return {**asdict(item), "intermediates": intermediates, "saved_bytes": item.saved_bytes}


def fusion(data: Json) -> KernelFusion:
    """Reads what `fusion_json` wrote."""
    return KernelFusion(
        get(data, "compile_id", str),
        get(data, "kernel", str),
        texts(data, "nodes"),
        get(data, "loops", int),
        tuple(
            Intermediate(
                get(value, "node", str),
                texts(value, "shape"),
                get(value, "dtype", str),
                maybe(value, "size", int),
                get(value, "reads", int),
                get(value, "written", bool),
            )
            for value in objects(data, "intermediates")
        ),
        tuple(
            Neighbour(
                get(other, "name", str),
                texts(other, "nodes"),
                get(other, "relation", str),
                get(other, "why", str),
                get(other, "torch", str),
            )
            for other in objects(data, "neighbours")
        ),
        # Bundles written before statements were held against torch's lists lack all that follows.
        known=bool(maybe(data, "known", bool)),
        unit=maybe(data, "unit", str) or "",
        loads=_tensors(data, "loads"),
        stores=_tensors(data, "stores"),
        scratch=texts(data, "scratch") if "scratch" in data else (),
        recomputed=tuple(
            Recomputed(get(item, "node", str), get(item, "kernel", str), get(item, "forward", bool))
            for item in (objects(data, "recomputed") if "recomputed" in data else ())
        ),
        listed=texts(data, "listed") if "listed" in data else (),
        folded=texts(data, "folded") if "folded" in data else (),
        around=texts(data, "around") if "around" in data else (),
        several=texts(data, "several") if "several" in data else (),
    )


def _tensors(data: Json, key: str) -> tuple[Tensor, ...]:
    return tuple(
        Tensor(get(item, "name", str), get(item, "node", str), maybe(item, "size", int))
        for item in (objects(data, key) if key in data else ())
    )


def note(data: Json) -> Note:
    """One entry of the manifest's `notes`."""
    return Note(get(data, "kind", str), get(data, "message", str))


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
    found = []
    for number, line in enumerate(data.decode(errors="surrogatepass").split("\n"), 1):
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


def links_text(links: tuple[Link, ...]) -> bytes:
    """One link a line, so that `grep` and `git diff` see single links."""
    rows = ",\n".join(
        json.dumps({"a": span_json(link.a), "b": span_json(link.b), "origin": link.origin.value}) for link in links
    )
    return f'{{"version": 1, "links": [\n{rows}\n]}}\n'.encode()


def span_json(span: Span) -> Json:
    """A range, as links and notes have it."""
    return {"artifact": span.artifact, "start": list(span.start), "end": list(span.end)}


_ORIGINS = {origin.value: origin for origin in Origin}


def links(data: Any) -> tuple[Link, ...]:
    """Reads what `links_text` wrote."""
    try:
        return tuple(
            Link(read_span(item["a"]), read_span(item["b"]), _ORIGINS[item["origin"]])
            for item in objects(data, "links")
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed(f"a link is not complete ({error})") from error


def read_span(data: Json) -> Span:
    """Reads what `span_json` wrote; raises KeyError, TypeError or ValueError on anything else."""
    line, col = data["start"]
    end_line, end_col = data["end"]
    # Written out, and the ids interned: a large capture has a hundred thousand links.
    if not (
        type(line) is type(col) is type(end_line) is type(end_col) is int
        and line > 0 <= col
        and end_line > 0 <= end_col
    ):
        raise ValueError("a position is not a line from 1 and a column from 0")
    return Span(sys.intern(data["artifact"]), Position(line, col), Position(end_line, end_col))


def latency_run(data: Json) -> LatencyRun:
    """One entry of `latency.json`; its `summary` is for other readers."""
    from inspector.bundle import typed  # which reads with what is here

    difference, gpu = maybe(data, "difference", dict), maybe(data, "gpu", dict)
    try:
        eager = tuple(float(item) for item in get(data, "eager", list))
        compiled = tuple(float(item) for item in get(data, "compiled", list))
        found = difference and typed.from_json(Difference, difference)
        busy = gpu and GpuTime(float(gpu["eager"]), float(gpu["compiled"]))
    except (TypeError, ValueError, KeyError) as error:
        raise Malformed(f"a sample is not a number ({error})") from error
    return LatencyRun(
        get(data, "shape", str),
        eager,
        compiled,
        maybe(data, "tokens", int),
        found or None,
        texts(data, "compile_ids"),
        get(data, "calls_per_sample", int),
        busy or None,
        _starts(data.get("starts"), len(eager)),
        maybe(data, "busy", float),
    )


def _starts(value: object, count: int) -> tuple[int, ...]:
    """Where further processes begin among so many samples."""
    found = tuple(value) if isinstance(value, list) else ()
    if not all(isinstance(item, int) for item in found) or list(found) != sorted(set(found) & set(range(1, count))):
        raise Malformed("the starts of a series are not places in it")
    return found
