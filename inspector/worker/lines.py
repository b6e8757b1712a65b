"""`python -m inspector.worker.lines REQUEST LINES`: a target compiled by the lines that a person puts into a program.

Nothing of inspector's is between the lines and torch: what they compile is in the trace that TORCH_TRACE names.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from inspector.codec import decode
from inspector.model.request import CaptureRequest


def main(request: str, lines: str) -> None:
    """Builds the target, runs the lines on it as `model`, and calls what they make of it once."""
    import torch

    from inspector.targets.base import Inputs
    from inspector.worker.calls import Caller
    from inspector.worker.resolve import resolve

    asked = decode(request.encode(), CaptureRequest)
    torch.manual_seed(asked.seed)
    built = resolve(asked)
    names: dict[str, Any] = {"torch": torch, "model": built.call}
    exec(compile(lines, "<lines>", "exec"), names)
    Caller(built.call, train=asked.train)(names["model"], Inputs(built.args, built.kwargs))


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))  # as for a target that is named by its module
    main(*sys.argv[1:])
