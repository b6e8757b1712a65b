"""Makes the sample bundle anew: the gated MLP of Llama compiled, timed, noted on, and cleaned of one machine's traces.

    python samples/make.py samples/llama-mlp.inspector

Of the source files only what something was compiled from is kept, at its line, with the file's licence.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from inspector import protocol
from inspector.bundle.export import export
from inspector.bundle.redact import anonymous
from inspector.live import EventArrived, LiveCapture, Update
from inspector.model.annotation import Annotation
from inspector.model.artifact import Artifact, Position, Span
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage

PAIRS = 200
KEPT = ("torch", "transformers", "python", "inspector", "isa", "compiler", "threads", "device", "cache")
"""What of the environment the generated code depends on."""
EXPRESSION = "self.act_fn(self.gate_proj(x)) * self.up_proj(x)"


def made() -> Capture:
    """Compiles and times."""
    taken = 0

    def on_update(update: Update) -> None:
        nonlocal taken
        if not isinstance(update, EventArrived):
            return
        if isinstance(update.event, protocol.Compiled):
            live.send(protocol.RunLatency(PAIRS))
        elif isinstance(update.event, protocol.Samples):
            taken += len(update.event.eager)
            if taken >= PAIRS:
                live.send(protocol.Shutdown())

    live = LiveCapture(CaptureRequest(target="llama-mlp"), on_update)
    live.start()
    try:
        outcome = live.wait()
    finally:
        live.cancel()
    if outcome.exit_code:
        raise SystemExit(f"{outcome.message} {outcome.hint}")
    return live.capture


def cleaned(capture: Capture) -> Capture:
    """Without what is this machine's, and with no more of others' files than is compiled."""
    artifacts = tuple(_excerpt(capture, item) if item.stage is Stage.SOURCE else item for item in capture.artifacts)
    environment = {key: capture.environment[key] for key in KEPT if key in capture.environment}
    # The calls that led there are this program's own; a log's file name is as good as any.
    compilations = tuple(replace(item, stack=(), log="") for item in capture.compilations)
    capture = replace(capture, artifacts=artifacts, others=(), compilations=compilations, logs=())
    return anonymous(replace(capture, environment=environment))


def _excerpt(capture: Capture, item: Artifact) -> Artifact:
    lines = list(item.lines)
    head = next((number for number, line in enumerate(lines, 1) if not line.startswith("#")), 1)
    linked = capture.index.linked_lines(item.id)
    kept = set(range(1, head)) | linked
    for line in linked:  # the function and the class around it
        indent = len(lines[line - 1]) - len(lines[line - 1].lstrip())
        for number in range(line, 0, -1):
            text = lines[number - 1]
            depth = len(text) - len(text.lstrip())
            if text.strip() and depth < indent and text.lstrip().startswith(("def ", "class ")):
                kept.add(number)
                indent = depth
    return replace(item, text="\n".join(text if number in kept else "" for number, text in enumerate(lines, 1)))


def noted(capture: Capture) -> Capture:
    """With two notes, as a person would write them."""
    source = next(item for item in capture.find(Stage.SOURCE) if EXPRESSION in item.text)
    line, col = next((n, text.index(EXPRESSION)) for n, text in enumerate(source.lines, 1) if EXPRESSION in text)
    kernel = capture.find(Stage.KERNEL)[0]
    span = Span(source.id, Position(line, col), Position(line, col + len(EXPRESSION)))
    notes = (
        Annotation(
            "n-5a3b01",
            "The matrix products stay calls into a **library**; the SiLU and the product of both sides become *one* "
            "loop, and the value of `act_fn` is never written to memory.",
            span,
        ),
        Annotation(
            "n-5a3b02",
            "`at::vec` holds as many floats as one vector register does: follow the load into the next pane.",
            Span.of_lines(kernel.id, _first(kernel, "Vectorized<float>")),
        ),
    )
    return replace(capture, annotations=notes)


def _first(item: Artifact, words: str) -> int:
    return next(number for number, line in enumerate(item.lines, 1) if words in line)


if __name__ == "__main__":
    export(noted(cleaned(made())), Path(sys.argv[1]), force=True)
