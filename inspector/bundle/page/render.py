"""Puts the page together: template, style, script and data in one file that asks for nothing from anywhere."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import zlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from inspector.bundle.page.data import page_data
from inspector.bundle.page.style import stylesheet
from inspector.model.capture import Capture
from inspector.model.visible import visible
from inspector.say.start import title

SCRIPTS = (
    "text",
    "spans",
    "links",
    "lighting",
    "dom",
    "capture",
    "prices",
    "pane",
    "workspace",
    "find",
    "guards",
    "sections",
    "compiles",
    "panels",
    "phases",
    "latency",
    "marked",
    "notes",
    "keys",
    "paper",
    "main",
)
"""The parts of the script, in the order in which they are put together."""


def render(capture: Capture, differences: Mapping[str, tuple[str, str]] | None = None) -> str:
    """The capture as one HTML page; the same capture always gives the same text.

    Args:
        capture: to show.
        differences: compile id of a recompile → the compile id before it, and a page beside this one that sets the two
            side by side; None where the page stands alone.

    The data travel as deflated JSON in base64, so that no character of a capture stands in the page's markup; what the
    script puts on the screen goes in as text nodes. The Content-Security-Policy lets exactly this script and this style
    run, and forbids every request, every frame and every form, and with them all that hostile text could try.
    """
    # Level 9 and no header with a time in it. ASCII: a lone surrogate in a source file must survive.
    data = zlib.compress(json.dumps(page_data(capture, differences), separators=(",", ":")).encode("ascii"), 9)
    style, script = stylesheet(), _script()
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_digest(script)}'",
            f"style-src '{_digest(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
    parts = {
        "title": html.escape(visible(title(capture))),
        "policy": html.escape(policy),
        "style": style,
        "script": script,
        "data": base64.b64encode(data).decode("ascii"),
    }
    # In one pass: a title that looks like a place in the template stays a title.
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _part("page.html"))


@cache
def _script() -> str:
    """One script of all parts, in a scope of its own."""
    parts = "\n".join(_part(f"js/{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\n}})();'


def _digest(text: str) -> str:
    """How a Content-Security-Policy names an inline script or style."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"


def _part(name: str) -> str:
    return files("inspector.bundle.page").joinpath(name).read_text(encoding="utf-8")
