"""What each recompile changed, as pages beside the capture's own: two columns, the compile before and this one."""

from __future__ import annotations

from collections.abc import Container, Mapping
from itertools import islice

from inspector.bundle.diff_page import render_difference
from inspector.bundle.layout import DIFFERENCES, FileNames
from inspector.compare import compare_captures
from inspector.compare.captures import compiles_before
from inspector.model.capture import Capture

MOST = 40
"""Recompiles that get a page; one takes a quarter of a second, and a frame may be compiled hundreds of times."""

Links = Mapping[str, tuple[str, str]]
"""Compile id of a recompile → the compile id before it, and the path of the page about both."""


def difference_links(capture: Capture, present: Container[str] | None = None) -> Links:
    """Where the pages lie.

    Args:
        present: files that are there; None for all that `difference_pages` makes.
    """
    names = FileNames()
    found = {
        compile_id: (before, names.take(DIFFERENCES, f"{before}-{compile_id}", ".html"))
        for compile_id, before in islice(compiles_before(capture).items(), MOST)
    }
    return {key: link for key, link in found.items() if present is None or link[1] in present}


def difference_pages(capture: Capture) -> dict[str, bytes]:
    """Path → page, for each of `difference_links`."""
    return {
        path: render_difference(
            compare_captures(capture, capture, (before, compile_id), pairs=[(before, compile_id)], timed=False)
        ).encode(errors="replace")
        for compile_id, (before, path) in difference_links(capture).items()
    }
