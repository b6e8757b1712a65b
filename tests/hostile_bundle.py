"""A capture in which every text was written to harm whoever looks at it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from captures import full

from inspector.model.annotation import Annotation
from inspector.model.artifact import Artifact, Language, Position, Span
from inspector.model.cache import CacheLookup
from inspector.model.capture import (
    Capture,
    Compilation,
    CompileStatus,
    Frame,
    GraphBreak,
    Guard,
    Note,
    Phase,
    Recompile,
)
from inspector.model.failure import Failure
from inspector.model.guards import GuardManager
from inspector.model.latency import LatencyRun
from inspector.model.link import Link, Origin
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage

ACTS = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\u2066\r\x08"
"""Escape sequences, a terminal's answers, and marks that turn text round."""
NASTY = (
    f"</script><script>window.taken=1</script><img src=x onerror='window.taken=1'>{ACTS}```\n[a](http://evil.example)"
)
"""That and markup of every kind."""


def hostile() -> Capture:
    """Names of kernels, functions and files, sources, reasons, notes: all of them."""
    frame = Frame(f"/there/{NASTY}.py", 1, NASTY, NASTY)
    source = Artifact(f"source:{NASTY}", Stage.SOURCE, None, None, Language.PYTHON, f"x = 1  # {NASTY}\n", NASTY)
    graph = Artifact("0/0:aten", Stage.ATEN, "0/0", None, Language.FX, f"neg = neg(x)  # {NASTY}\n")
    kernel = Artifact(f"0/0:kernel:{NASTY}", Stage.KERNEL, "0/0", NASTY, Language.CPP, f"// {NASTY}\nvoid k() {{}}\n")
    assembly = Artifact(f"0/0:asm:{NASTY}", Stage.ASM, "0/0", NASTY, Language.ASM, f"ret # {NASTY}\n")
    other = Artifact(f"0/0:other:{NASTY}", Stage.OTHER, "0/0", None, Language.TEXT, NASTY)
    done = Compilation(
        "0/0",
        CompileStatus.DONE,
        NASTY,
        frame,
        (frame,),
        guards=(Guard(NASTY, NASTY, NASTY, NASTY, ("0/1",)),),
        guard_tree=(GuardManager(0, NASTY, NASTY, NASTY, NASTY, (0,)),),
        kernels=(NASTY,),
        cache=NASTY,
        metrics={NASTY: NASTY},
    )
    return Capture(
        request=CaptureRequest(NASTY),
        target={"name": NASTY, "summary": NASTY, NASTY: NASTY},
        environment={"torch": NASTY, NASTY: NASTY},
        artifacts=(source, graph, kernel, assembly),
        others=(other,),
        links=(
            Link(Span.of_lines(source.id, 1), Span.of_lines(graph.id, 1), Origin.EXACT),
            Link(Span.of_lines(graph.id, 1), Span.of_lines(kernel.id, 1), Origin.EXACT),
            Link(Span.of_lines(kernel.id, 1), Span.of_lines(assembly.id, 1), Origin.DEBUG_INFO),
        ),
        compilations=(done, replace(done, compile_id="0/1", status=CompileStatus.FAILED, error=NASTY)),
        graph_breaks=(GraphBreak("0/0", NASTY, NASTY, (NASTY,), (frame,), "javascript:alert(1)"),),
        recompiles=(Recompile("0/1", NASTY, (NASTY,)),),
        phases=(Phase(NASTY, 0.0, 1.0, 0, "0/0", {NASTY: NASTY}),),
        cache_lookups=(CacheLookup("0/0", NASTY, NASTY, NASTY, NASTY),),
        failures=(Failure("0/1", NASTY, NASTY, False, frame, (frame,), NASTY),),
        latency=(LatencyRun(NASTY, (0.002,) * 30, (0.001,) * 30),),
        notes=(Note(NASTY, NASTY),),
        finished=True,
        annotations=(Annotation("n-1", NASTY, Span(graph.id, Position(1, 0), Position(1, 3)), author=NASTY),),
    )


MARKED = f"{ACTS}[red]r[/red][@click=app.quit]q[/] \\[ $x %s {{}} __proto__ "
"""What acts on a terminal, and on whatever takes names for markup, templates or objects of its own."""
WIDE = "日本語" + "e" + "\u0301" * 200 + "\u200b\u200d\U0001f468\u200d\U0001f469\ud800"
"""Letters of two cells, of none, hundreds in one cell, and half a letter."""
LONG = "x" * 10_000
HOSTILE_TEXTS = {"marked": MARKED, "wide": WIDE, "long": LONG}
_COMPILE_ID = re.compile(r"(rank\d+/)?\d+/\d+")


def everywhere(text: str) -> Capture:
    """One of everything, with that text behind every text in it; compile ids alone stay what they are."""
    return _changed(full(), lambda old: old if _COMPILE_ID.fullmatch(old) else f"{old}{text}")


def _changed(item: Any, change: Callable[[str], str]) -> Any:
    if isinstance(item, Enum):
        return item
    if isinstance(item, str):
        return change(item)
    if isinstance(item, tuple):
        parts = (_changed(part, change) for part in item)
        return type(item)(*parts) if hasattr(item, "_fields") else tuple(parts)
    if isinstance(item, Mapping):
        return {_changed(key, change): _changed(value, change) for key, value in item.items()}
    if is_dataclass(item) and not isinstance(item, type):
        texts = (field.name for field in fields(item) if field.init and field.type != "Relation")  # which is of three
        return replace(item, **{name: _changed(getattr(item, name), change) for name in texts})
    return item
