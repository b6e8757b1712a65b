"""A capture made ready to be shared: the bundle with its page and its reproducer, as much of it as is wanted."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from inspector.bundle.differences import difference_links, difference_pages
from inspector.bundle.layout import PAGE, REPRO, ZIP_ENDING
from inspector.bundle.page import render
from inspector.bundle.redact import keeping, redacted, without_source
from inspector.bundle.repro import repro
from inspector.bundle.writer import write
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.paths import free_path


@dataclass(frozen=True)
class Wanted:
    """What of a capture is shared."""

    source: bool = True
    """Source files, and the lines of them that torch quotes elsewhere."""
    redact: bool = False
    """Neither source, nor paths, nor names of people and machines."""
    only: Collection[Stage] = ()
    """These stages alone; empty for all. Links that led through the others stay."""


_LONGEST = 80
"""Letters of a title that a file is called by: a title is anybody's, and most file systems end at 255 bytes."""


def prepared(capture: Capture, wanted: Wanted) -> Capture:
    """The capture as far as it is wanted."""
    if wanted.redact:
        capture = redacted(capture)
    elif not wanted.source:
        capture = without_source(capture)
    if wanted.only:
        capture = keeping(capture, lambda item: item.stage in wanted.only)
    return capture


def export(capture: Capture, destination: Path, wanted: Wanted | None = None, *, force: bool = False) -> Path:
    """Writes the bundle with `index.html`, a page about each recompile and, where there is a graph, `repro.py`.

    The same capture always gives the same bytes: nothing in it says when it was written.

    Raises:
        UsageError: as `write`.
    """
    capture = prepared(capture, wanted or Wanted())
    extra = {PAGE: render(capture, difference_links(capture)).encode(), **difference_pages(capture)}
    if (script := repro(capture)) is not None:
        extra[REPRO] = script.encode(errors="surrogatepass")
    return write(capture, destination, force=force, dated=False, extra=extra)


def free_place(title: str, folder: Path | None = None) -> Path:
    """Where nothing is yet: `mlp.inspector` for an input called `mlp.log`, with a number where that is taken.

    Args:
        title: what the capture is called; what no file name should hold becomes a dash.
        folder: where; None for the current one.
    """
    clean = re.sub(r"[^A-Za-z0-9._-]+", "-", title.removesuffix(ZIP_ENDING).removesuffix(".log"))
    return free_path(folder or Path(), clean[:_LONGEST].strip("-.") or "capture", ZIP_ENDING)
