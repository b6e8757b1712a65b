"""A target's file is there before torch is imported, and what takes an import to know is not guessed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from inspector.live.early import early_source
from inspector.model.request import CaptureRequest


@pytest.mark.parametrize(
    ("target", "name", "line"),
    [
        ("llama-mlp", "source:modeling_llama.py", "def forward(self, x):"),
        ("softmax", "source:softmax.py", "def softmax(scores: Tensor) -> Tensor:"),
        ("graph-break", "source:graph_break.py", "def forward(self, x: Tensor) -> Tensor:"),
    ],
)
def test_the_gallerys_targets_are_found_where_they_are_written(target: str, name: str, line: str) -> None:
    found = early_source(CaptureRequest(target=target))
    assert found is not None and found.id == name and found.lines[found.focus - 1].strip() == line


def test_a_persons_own_file_begins_at_the_name(tmp_path: Path) -> None:
    file = tmp_path / "model.py"
    file.write_text(
        "import nowhere\n\nclass Net:\n    def other(self): ...\n\n    def forward(self, x):\n        return x\n"
    )
    found = early_source(CaptureRequest(target=f"{file}:Net"))
    assert found is not None and (found.focus, found.path) == (6, str(file))
    for wrong in (f"{file}:Nothing", f"{tmp_path}/none.py:Net", "no_such_package.part:name", "no-such-target"):
        assert early_source(CaptureRequest(target=wrong)) is None
    file.write_text("class Net(:\n")
    assert early_source(CaptureRequest(target=f"{file}:Net")) is None
    assert early_source(CaptureRequest(model="llama")) is None


def test_nothing_of_it_is_imported() -> None:
    code = (
        "import sys\nfrom inspector.live.early import early_source\n"
        "from inspector.model.request import CaptureRequest\n"
        "assert early_source(CaptureRequest(target='llama-mlp')) is not None\n"
        "print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
