"""CUDA graphs that were asked for: what they leave out and why, in torch's words, and what a log cannot tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from inspector.model.annotation import Annotation, Fact
from inspector.model.capture import Capture, Compilation
from inspector.model.frame import Frame
from inspector.notes.markup import code, prose
from inspector.notes.where import line_of
from inspector.say.names import frame_words

_SETTING = "triton.cudagraphs"
_MODES = ("reduce-overhead", "max-autotune")
"""torch.compile's modes that turn it on."""
_FRAME = re.compile(r'File "(?P<file>[^"\n]+)", line (?P<line>\d{1,9})(?:, in (?P<function>\S+))?')


def cuda_graphs(capture: Capture) -> Iterator[Annotation]:
    """A note on each thing that CUDA graphs leave out; one for all compiles of a log on which they cannot be used."""
    asking = [item for item in capture.compilations if asked(capture, item)]
    useless = [item.compile_id for item in asking if on_cpu(item)]
    if useless:
        ids = ", ".join(map(code, useless))
        text = (
            f"**CUDA graphs were asked for, and there are none on a CPU** ({ids}): all operations run there, so that "
            '`mode="reduce-overhead"` and `triton.cudagraphs` change nothing here.'
        )
        yield Annotation("cuda_graphs:cpu", text, None, useless[0], fact=Fact.CUDA_GRAPHS)
    for item in asking:
        if item.compile_id not in useless:
            yield from _of(capture, item)


def _of(capture: Capture, item: Compilation) -> Iterator[Annotation]:
    events = _events(item)
    told = list(_told(item, events))
    for number, (what, frames) in enumerate(dict.fromkeys(told)):
        place = f"\n\n{code(frame_words(frames[-1]))}" if frames else ""
        text = f"**{what}** ({code(item.compile_id)}){place}"
        yield Annotation(
            f"cuda_graphs:{item.compile_id}:{number}",
            text,
            line_of(capture, frames),
            item.compile_id,
            fact=Fact.CUDA_GRAPHS,
        )
    parts = [event for event in events if event["event"] == "partitioned"]
    pieces = [piece for event in parts for piece in event.get("partitions") or ()]
    inside = sum(not piece.get("outside") for piece in pieces)
    recorded = sum(event["event"] == "recorded" for event in events)
    words = ["**CUDA graphs were asked for**"]
    if pieces:
        words.append(f"{inside} of {len(pieces)} parts of the graph can be one")
    if "counters" not in capture.environment:
        words.append(
            "whether they were used, skipped or recorded again when the code was called is not in this log "
            "(a recording by `inspector run` that has come to its end has it)"
        )
    elif recorded:
        words.append(f"recorded {recorded} {'time' if recorded == 1 else 'times'} while the program ran")
    else:
        words.append("none was recorded while the program ran")
    text = f"{words[0]} ({code(item.compile_id)}): {'; '.join(words[1:])}."
    yield Annotation(f"cuda_graphs:{item.compile_id}", text, None, item.compile_id, fact=Fact.CUDA_GRAPHS)


def _told(item: Compilation, events: list[Mapping[str, Any]]) -> Iterator[tuple[str, tuple[Frame, ...]]]:
    """What is left out and why, each with the user's frames."""
    for event in events:
        for reason in event.get("reasons") or () if event["event"] == "partitioned" else ():
            nodes = ", ".join(code(str(name)) for name in reason.get("nodes") or ()) or code(str(reason["operation"]))
            yield (
                f"CUDA graphs leave out {nodes}: {prose(str(reason['reason']))}",
                _frames(str(reason.get("stack") or "")),
            )
        if event["event"] == "skipped":
            when = ", when it was called" if event.get("when") == "call" else ""
            yield f"CUDA graphs were skipped{when}: {_head(str(event['reason']))}", _frames(str(event["reason"]))
    reason = item.metrics.get("cudagraph_skip_reason")
    if reason and not any(event["event"] == "skipped" for event in events):
        yield f"CUDA graphs were skipped: {_head(str(reason))}", _frames(str(reason))


def _head(reason: str) -> str:
    """torch's reason without the stack that it ends with, and without the words that we have said already."""
    first = next((line for line in reason.strip().splitlines() if line.strip()), "")
    return prose(first.removeprefix("skipping cudagraphs due to ").partition(" Found from")[0])


def _frames(text: str) -> tuple[Frame, ...]:
    return tuple(Frame(m["file"], int(m["line"]), m["function"] or "") for m in _FRAME.finditer(text))


def _events(item: Compilation) -> list[Mapping[str, Any]]:
    return list(item.metrics.get("cudagraphs") or ())


def asked(capture: Capture, item: Compilation) -> bool | None:
    """Whether CUDA graphs were asked for; None where neither the request nor the log says."""
    if _events(item) or item.metrics.get("cudagraph_skip_reason"):
        return True
    if capture.request is not None:
        told = dict(capture.request.inductor).get(_SETTING)
        return capture.request.mode in _MODES if told is None else told == "True"
    lookups = (lookup for lookup in capture.cache_lookups if lookup.compile_id == item.compile_id)
    values = [part.text for lookup in lookups for part in lookup.parts if part.name == f"inductor_config[{_SETTING}]"]
    return "True" in values if values else None


def on_cpu(item: Compilation) -> bool:
    """Whether everything that was compiled runs on a CPU: all its kernels are C++, or all operations are told so."""
    told = [
        reason["reason"]
        for event in _events(item)
        if event["event"] == "partitioned"
        for reason in event.get("reasons") or ()
    ]
    inside = any(not part.get("outside") for event in _events(item) for part in event.get("partitions") or ())
    if told:
        return not inside and all(reason == "cpu ops" for reason in told)
    return bool(item.kernels) and all(name.startswith("cpp_") for name in item.kernels)
