"""The bottom row: what a place came from and became, its ends first."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from inspector.bundle import read
from inspector.model.artifact import Position
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.say.chain import LinkChain, chain

SAMPLE = Path(__file__).parents[2] / "samples" / "llama-mlp.inspector"


@cache
def sample() -> Capture:
    return read(SAMPLE)


def of(stage: Stage, line: int, col: int | None) -> LinkChain:
    capture = sample()
    (artifact, *_) = capture.find(stage)
    relatives = capture.index.relatives(artifact.id, line, col)
    by_id = {item.id: item for item in (*capture.find(Stage.SOURCE), *capture.artifacts)}
    found = chain(relatives, artifact, Position(line, col or 0), by_id, capture.find(Stage.SOURCE)[0].id)
    assert found is not None
    return found


def test_it_goes_from_the_expression_to_its_instructions() -> None:
    assert "".join(of(Stage.SOURCE, 164, 36).fitting(120)) == (
        "164 self.act_fn(self.gate_proj(x)) → 1 FX → 4 ATen → cpp_fused_… 7 statements · exact "
        "→ 7 instructions · debug info"
    )


@pytest.mark.parametrize("width", range(67, 200, 7))
@pytest.mark.parametrize("place", [(Stage.SOURCE, 164, 36), (Stage.SOURCE, 164, 50), (Stage.ATEN, 17, 9)])
def test_its_ends_and_the_place_stay_longest_and_it_fits(width: int, place: tuple[Stage, int, int]) -> None:
    words = "".join(of(*place).fitting(width))
    assert len(words) <= width
    assert words.startswith("164 ") and "instruction" in words
    assert place[0] is Stage.SOURCE or "ATen:17 exp" in words


def test_each_run_of_steps_says_how_it_is_known() -> None:
    cut = of(Stage.KERNEL, 20, 40).fitting(500)
    assert cut.before.count("· exact") == 1 and cut.after.endswith("1 instruction · from debug info")
    assert cut.place.startswith("Kernel:20 auto tmp2 = tmp1.exp();")
