"""`python -m inspector.worker.doctor`: which of torch's private parts hold on the torch at hand, as a line of JSON."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import Any

from inspector.worker.private_part import LOGGER, PrivatePart
from inspector.worker.register import USES


def held() -> dict[str, Any]:
    """The torch at hand, and for each use of the register what of it is not as we know it."""
    import torch

    return {
        "torch": torch.__version__,
        "uses": [
            {
                "name": name,
                "files": use.files,
                "parts": [item.name for item in use.parts],
                "changed": [words for item in use.parts if (words := _changed(item))],
                "lost": use.lost,
                "test": use.test,
                "seen": use.seen,
            }
            for name, use in USES.items()
        ],
    }


def _changed(part: PrivatePart) -> str:
    from inspector.worker.private import changed

    if part.name.startswith(LOGGER):  # torch makes a module's loggers when it is imported
        import_module(part.name.removeprefix(LOGGER).rpartition(".")[0])
    return changed(part)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(held()) + "\n")
