"""The note on a compile's time: only of compiles whose whole time is recorded."""

from __future__ import annotations

from inspector.model.capture import Capture, Compilation, CompileStatus, Phase
from inspector.notes.compile_time import compile_times


def test_a_compile_without_an_end_has_no_share_of_its_time() -> None:
    phases = (Phase("compile_attempt_0", 0.0, 14.0, 0, "0/0"), Phase("bytecode_tracing", 0.0, 13.0, 1, "0/0"))

    def told(status: CompileStatus) -> list[str]:
        metrics = {"entire_frame_compile_time_s": 14.0} if status is CompileStatus.DONE else {}
        capture = Capture(compilations=(Compilation("0/0", status, "f", metrics=metrics),), phases=phases)
        return [item.text for item in compile_times(capture)]

    assert len(told(CompileStatus.DONE)) == 1
    assert told(CompileStatus.UNKNOWN) == []
    assert told(CompileStatus.LIVE) == []
