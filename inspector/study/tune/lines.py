"""The lines for one's program, and whether they do what was raced: run in a program of their own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from inspector.client.process import search_path
from inspector.codec import line
from inspector.errors import InspectorError
from inspector.model.capture import Capture
from inspector.model.request import READ_BY_DYNAMO, CaptureRequest, python_value
from inspector.model.stage import Stage
from inspector.model.tune import Candidate, LinesCheck
from inspector.say.units import plural

_LONGEST = 900.0


def lines_of(request: CaptureRequest, candidate: Candidate) -> tuple[str, ...]:
    """What to put into one's program, `model` being what is compiled.

    torch.compile takes a mode or options, and options do not reach what Dynamo itself reads.
    """
    asked = candidate.of(request)
    found = []
    outside = [name for name, _ in asked.inductor if name in READ_BY_DYNAMO]
    if outside or (asked.inductor and asked.mode is not None):
        found.append("import torch._inductor.config")
    if asked.threads is not None:
        found.append(f"torch.set_num_threads({asked.threads})")
    settings = {name: python_value(value) for name, value in asked.inductor}
    found += [f"torch._inductor.config.{name} = {settings.pop(name)}" for name in outside]
    words = [f"{name}={value}" for name, value in (("dynamic", asked.dynamic),) if value is not None]
    if asked.fullgraph:
        words.append("fullgraph=True")
    options = [f'"{name}": {value}' for name, value in settings.items()]
    if options and asked.mode is not None:
        options.insert(0, f"**torch._inductor.list_mode_options({asked.mode!r}, {asked.dynamic})")
    if options:
        words.append(f"options={{{', '.join(options)}}}")
    elif asked.mode is not None:
        words.append(f"mode={asked.mode!r}")
    found.append(f"model = torch.compile({', '.join(['model', *words])})")
    return tuple(found)


def check_lines(request: CaptureRequest, candidate: Candidate, raced: Capture, folder: Path) -> LinesCheck:
    """Runs the lines in a program of their own, and holds the code that they compile to against the one that was raced.

    Args:
        raced: what the candidate compiled to.
        folder: an empty one, for what the program writes; the caller removes it.
    """
    from inspector.programs import ask
    from inspector.work.opening import open_path

    words = "\n".join(lines_of(request, candidate))
    trace = folder / "trace"
    caches = {name: str(folder / name.lower()) for name in ("TORCHINDUCTOR_CACHE_DIR", "TMPDIR")}
    for path in (trace, *map(Path, caches.values())):
        path.mkdir()
    own = {"TORCH_TRACE": str(trace), "INDUCTOR_PROVENANCE": "1", **caches, "TORCHINDUCTOR_FORCE_DISABLE_CACHES": "0"}
    command = ["env", *(f"{name}={value}" for name, value in (search_path() | own).items())]
    asked = line(replace(request, threads=None)).decode().strip()
    try:
        said = ask([*command, sys.executable, "-P", "-m", "inspector.worker.lines", asked, words], _LONGEST)
        if said.code:
            last = (said.err.strip().splitlines() or [f"it ended with {said.code}"])[-1]
            return LinesCheck(False, f"they do not run: {last}")
        with open_path(trace) as found:
            capture = found.capture()
    except (InspectorError, OSError, subprocess.SubprocessError) as error:
        return LinesCheck(False, f"they could not be tried: {error}")
    return _held(raced, capture)


def _held(raced: Capture, ran: Capture) -> LinesCheck:
    """Inductor's output code holds the kernels' code too."""
    from inspector.compare.texts import compare_texts, text_of

    ours, theirs = raced.find(Stage.INDUCTOR), ran.find(Stage.INDUCTOR)
    if not ours or not theirs:
        return LinesCheck(False, "no code of theirs was recorded to compare")
    if len(ours) != len(theirs):
        return LinesCheck(False, f"they make {plural(len(theirs), 'output code')}, and raced were {len(ours)}")
    found = [compare_texts(a.id, text_of(a), text_of(b)).difference for a, b in zip(ours, theirs, strict=True)]
    if apart := [item.title for item in found if not item.change.alike]:
        return LinesCheck(False, f"they compile to other code: {', '.join(apart[:3])}")
    compared = sum(item.compared for item in found)
    return LinesCheck(True, f"they compile to the code that was raced ({plural(compared, 'line')} compared)")
