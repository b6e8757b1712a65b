"""`inspector pack` says what whoever loads the pack has to know of its target."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from inspector.cli.main import main
from inspector.client import toolchain
from inspector.work import measuring


@pytest.mark.parametrize("notes", [[], ["f was in training mode and is compiled in evaluation mode."]])
def test_what_a_target_is_told_stands_before_the_pack(
    notes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    result = {"weights": True, "dynamic": False, "target": "f", "size": 1_000_000, "trust": "00", "notes": notes}
    monkeypatch.setattr(measuring, "run_worker", lambda *_, **__: SimpleNamespace(result=result))
    monkeypatch.setattr(toolchain, "require_compiler", lambda: None)
    monkeypatch.chdir(tmp_path)
    assert main(["pack", "softmax", "-o", "f.pack"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[: len(notes)] == notes
    assert lines[len(notes)] == "f.pack: f with its weights, 1.0 MB, for these sizes only"
