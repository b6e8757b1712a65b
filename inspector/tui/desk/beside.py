"""What runs beside the screen of one capture, each as a task."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TYPE_CHECKING

from inspector.highlight import warm
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.link import Link, LinkIndex
from inspector.model.price import Price
from inspector.model.request import CaptureRequest
from inspector.price import TextPrices
from inspector.why.verdict import Answer

if TYPE_CHECKING:
    from inspector.live.updates import Update
    from inspector.model.version import Version
    from inspector.tui.source import LiveSource

Index = tuple[tuple[Link, ...], LinkIndex]
"""Links, and the index that holds them."""


def start(source: LiveSource, say: Callable[[Update | Version], None]) -> None:
    """Ends the worker before, and starts one."""
    source.stop()
    source.start(say)
    warm()


def early(request: CaptureRequest, _: object) -> Artifact | None:
    """The target's file, before torch has been imported."""
    from inspector.live.early import early_source

    return early_source(request)


def found(capture: Capture, _: object) -> tuple[Capture, tuple[Answer, ...]]:
    """What the rules say of a capture."""
    from inspector.why.rules import answers, facts_of

    return capture, answers(facts_of(capture))


def joined(capture: Capture, price: Price, texts: list[Artifact], _: object) -> TextPrices:
    """A price joined with the links, and what the texts in sight cost."""
    prices = TextPrices(capture, price)
    for text in texts:
        prices.of(text)
    return prices


def rewritten(request: CaptureRequest, kernel: Artifact, setting: str, value: str, _: object) -> tuple[str, str]:
    """A kernel's id, and its text as the compiler writes it with a setting."""
    from inspector.work.editing import regenerated

    return kernel.id, regenerated(request, kernel, [(setting, value)])


def index(capture: Capture, seen: list[tuple[str, int]], _: object) -> Index:
    """The links of a capture, and what belongs to the lines in sight."""
    from inspector.tui.source import spare_collector

    spare_collector()
    index = capture.index
    for artifact_id, line in seen:
        index.group(artifact_id, line)
    # So many links stay for long; Python need not look through them again and again. What was closed while they were
    # being made is let go with the next ones.
    gc.freeze()
    return capture.links, index
