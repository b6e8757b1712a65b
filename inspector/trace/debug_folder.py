"""A run in a `torch_compile_debug` folder without a trace, told as one, so that one reader reads both.

torch writes one folder for each graph that Inductor compiles, `torchinductor/model__0_inference_0.0/`, with the graph
before and after its passes, the loop IR before and after fusion, and the output code. The folder's name has the number
of the AOT graph and not the compile id, so a compile id is made of that number, and a note says so.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from inspector.model.overview import READ_FROM
from inspector.regular import read_regular
from inspector.trace.reader import MAX_RECORD

_GRAPH = re.compile(
    r"(?P<model>.*)__(?P<number>\d{1,9})_(?P<kind>inference|forward|backward|joint)_\d+\.(?P<order>\d+)"
)
_STAGES = {"ir_pre_fusion.txt": "ir_pre_fusion", "ir_post_fusion.txt": "ir_post_fusion"}
_AS_IN_A_TRACE = frozenset(
    (
        "fx_graph_runnable",
        "inductor_provenance_tracking_node_mappings",
        "inductor_provenance_tracking_kernel_stack_traces",
    )
)
"""Texts that torch gives the same name in a trace, without the ending."""
_TEXT = frozenset((".py", ".txt", ".json", ".log", ".cpp", ".stats"))
_NOTE = (
    "A torch_compile_debug folder does not name compile ids:"
    " 0/0 stands here for the first AOT graph, 1/0 for the second."
)


def as_trace(run: Path) -> bytes:
    """The trace of one run, `run_2026_11_23_07_10_12_345678-pid_77`.

    Raises:
        OSError: a file cannot be read.
    """
    graphs = []
    for folder in (run / "torchinductor").glob("*"):
        found = _GRAPH.fullmatch(folder.name)
        if found is not None and folder.is_dir() and not folder.is_symlink():
            graphs.append((int(found["order"]), int(found["number"]), found["kind"], folder))
    lines = [record(run, "artifact:inspector_note", json.dumps({"kind": "warning", "message": _NOTE}))]
    lines.append(record(run, "artifact:inspector_environment", json.dumps({READ_FROM: "a torch_compile_debug folder"})))
    for _, number, kind, folder in sorted(graphs):
        for name, payload, details in _records(folder, kind, f"{number}/0"):
            lines.append(record(folder, name, payload, number, details))
    return b"".join(lines)


def _records(folder: Path, kind: str, compile_id: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Kind, payload and details of what a graph's folder holds, in the order that the compiler makes it."""
    rest = {path.name: path for path in sorted(folder.iterdir()) if path.suffix in _TEXT}
    graph = {"forward": "aot_forward_graph", "backward": "aot_backward_graph"}.get(kind, "aot_inference_graph")
    for name, record in (("fx_graph_readable.py", graph), ("fx_graph_transformed.py", "inductor_post_grad_graph")):
        if text := _text(rest.pop(name, None)):
            yield record, text, {}
    for name, stage in _STAGES.items():
        if text := _text(rest.pop(name, None)):
            payload = {"compile_id": compile_id, "stage": stage, "text": text}
            yield "artifact:inspector_ir", json.dumps(payload), {}
    code = rest.pop("output_code.py", None)
    if text := _text(code):
        yield "inductor_output_code", text, {"filename": str(code)}
    for name, path in rest.items():
        if text := _text(path):
            known = path.stem if path.stem in _AS_IN_A_TRACE else name
            yield f"artifact:{known}", text, {"encoding": "json" if path.suffix == ".json" else "string"}


def _text(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return read_regular(path, MAX_RECORD).decode(errors="replace")
    except OSError:
        return ""


def record(
    path: Path, kind: str, payload: str, number: int | None = None, details: dict[str, Any] | None = None
) -> bytes:
    key, _, name = kind.partition(":")
    metadata: dict[str, Any] = {key: {"name": name, **(details or {})} if name else details or {}}
    if number is not None:
        metadata |= {"frame_id": number, "frame_compile_id": 0, "attempt": 0}
    data = payload.encode()
    metadata["has_payload"] = hashlib.md5(data, usedforsecurity=False).hexdigest()
    time = datetime.fromtimestamp(path.stat().st_mtime).strftime("%m%d %H:%M:%S.%f")
    body = b"\t" + data.replace(b"\n", b"\n\t")
    return f"V{time} 0 torch_compile_debug:0] {json.dumps(metadata)}\n".encode() + body + b"\n"
