"""The bundle's README.md: what this is, in words, for someone who finds the folder."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence

from inspector.bundle.layout import (
    ANNOTATIONS,
    DIFFERENCES,
    EVENTS,
    GUARDS,
    LATENCY,
    LINKS,
    MANIFEST,
    PAGE,
    README,
    REPRO,
)
from inspector.bundle.markdown import fence
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest
from inspector.notes.markup import code
from inspector.say.start import title
from inspector.say.units import plural

_EXTRA = {
    PAGE: "all of it in a browser, side by side and linked; it asks for nothing from anywhere",
    REPRO: "needs torch alone, and compiles the captured graphs once more; what it cannot, its top says",
}

_DIFFERENCES = f"- `{DIFFERENCES}/`: what each recompile changed, side by side with the compile before"


def text(capture: Capture, paths: Sequence[str], extra: Collection[str] = ()) -> str:
    """The README of a bundle.

    Args:
        capture: what the bundle holds.
        paths: where each of `capture.artifacts` lies, in their order.
        extra: further files that lie beside them.
    """
    parts = [
        f"# {code(title(capture))}, as torch.compile saw it\n",
        _opening(capture),
        _again(capture.request),
        "## Stages\n",
        *(_line(artifact, path) for artifact, path in zip(capture.artifacts, paths, strict=True)),
        "\n## The other files\n",
        f"- `{MANIFEST}`: the request, the environment, every artifact, and the SHA-256 of every file",
        f"- `compilations/*/{GUARDS}`: what must hold for the compiled code to be used again",
        "- `compilations/*/graph_breaks.json`, `recompiles.json`, `metrics.json`: why graphs ended early, why code was "
        "compiled again, and torch's own figures",
        "- `compilations/*/fusion.json`: what was fused into each kernel, what that saved, and what was not, and why",
        f"- `{LINKS}`: which lines of one stage belong to which of another, and how that is known",
        f"- `{EVENTS}`: the compile phases as Chrome trace events; open it in https://ui.perfetto.dev",
        f"- `{LATENCY}`: eager against compiled, raw samples in seconds a call, and a summary",
        *(f"- `{name}`: {_EXTRA[name]}" for name in extra if name in _EXTRA),
        *([_DIFFERENCES] if any(name.startswith(f"{DIFFERENCES}/") for name in extra) else ()),
        f"- `{ANNOTATIONS}`: notes on places, people's and those that the facts give; `inspector notes .` lists them",
        f"- `{README}`: this file\n",
    ]
    return "\n".join(parts)


def _opening(capture: Capture) -> str:
    environment = capture.environment
    names = (("torch", "torch"), ("python", "Python"))
    made = [f"{name} {code(str(environment[key]))}" for key, name in names if environment.get(key)]
    lines = [
        "All that one run of torch.compile left behind: the Python source, the FX graphs, the code that Inductor "
        f"wrote, the kernels and their machine code{' (' + ', '.join(made) + ')' if made else ''}. Plain text "
        "throughout; `inspector open .` shows it side by side, with what belongs together lit up.\n",
    ]
    if capture.cut_off:
        lines.append("**This capture is incomplete**: the run ended before the compiler was done.\n")
    lines += [f"- {code(note.kind)}: {code(note.message)}" for note in capture.notes]
    return "\n".join(lines) + ("\n" if capture.notes else "")


def _again(request: CaptureRequest | None) -> str:
    if request is None:
        return "It was read from a recorded trace, so it cannot be made again from here.\n"
    command = shlex.join(["inspector", "capture", *request.arguments()])
    return f"Make it again with\n\n{fence(f'{command} -o DIR')}\n"


def _line(artifact: Artifact, path: str) -> str:
    words = artifact.stage.heading + (f" {code(artifact.kernel)}" if artifact.kernel else "")
    words += f", {code(artifact.variant)}" if artifact.variant else ""
    place = f" of {code(artifact.compile_id)}" if artifact.compile_id else ""
    return f"- [`{path}`]({path}): {words}{place}, {plural(len(artifact.lines), 'line')}"
