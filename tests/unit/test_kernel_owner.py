"""Whose kernel a record is about: its output code decides, not the compile id that a busy worker wrote beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.trace import Record, read_log
from inspector.trace.builder import CaptureBuilder
from inspector.trace.registry import kind_of

LOG = Path(__file__).parent.parent / "traces" / "live_gated.log"
Change = Callable[[dict[str, Any]], dict[str, Any]]
OF_KERNELS = ("artifact:inspector_kernel", "artifact:inspector_asm")


def twice(change: Change) -> Capture:
    """The capture of a log that compiles the same code as 0/0 and, into another output code, as 7/0.

    The records about kernels of 0/0 are changed on the way; 7/0 has none of its own.
    """
    builder = CaptureBuilder()
    for record in read_log(LOG):
        assert isinstance(record, Record)
        if kind_of(record) == "inductor_output_code":
            details = {"inductor_output_code": {"filename": "/tmp/run/other.py"}, "frame_id": 7}
            builder.feed(replace(record, metadata=record.metadata | details))
        if kind_of(record) in OF_KERNELS:
            record = replace(record, payload=json.dumps(change(json.loads(record.payload or "{}"))))  # noqa: PLW2901
        builder.feed(record)
    return builder.snapshot()


def listings(capture: Capture) -> set[str]:
    return {artifact.compile_id or "" for artifact in capture.find(Stage.ASM)}


def test_a_kernel_recorded_for_another_threads_compile_goes_to_its_own() -> None:
    assert listings(twice(lambda data: data)) == {"0/0"}
    assert listings(twice(lambda data: data | {"compile_id": "7/0"})) == {"0/0"}
    assert listings(twice(lambda data: data | {"output_code": "/tmp/run/other.py"})) == {"7/0"}


def test_a_kernel_of_an_output_code_that_nobody_has_is_dropped_and_told() -> None:
    capture = twice(lambda data: data | {"output_code": "/tmp/run/third.py"})
    assert not listings(capture)
    assert capture.dropped == 1
    assert any("in that output code" in note.message for note in capture.notes)


@pytest.mark.parametrize("path", ["", None])
def test_without_a_path_the_compile_that_is_named_has_it(path: str | None) -> None:
    assert listings(twice(lambda data: data | {"output_code": path, "compile_id": "7/0"})) == {"7/0"}
