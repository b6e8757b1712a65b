"""The panes behind a Triton kernel, from a log that was recorded on a GPU: shown, coloured and linked without one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from driving import opened, pane_of, screen_text, shown
from fakes import find_line

from inspector.link.triton import STAGES
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.trace import read_capture
from inspector.tui.panes.marks import Strength

LOG = Path(__file__).parents[1] / "traces" / "live_softmax_cuda.log"


@pytest.fixture(scope="module")
def softmax() -> Capture:
    return read_capture(LOG)


async def test_six_panes_end_in_what_the_gpu_runs(softmax: Capture) -> None:
    async with opened(softmax, (240, 80)) as (_, main):
        assert shown(main) == ["source", "dynamo", "aten", "inductor", "kernel", "sass"]
        assert re.search(r"\b(LDC|IMAD|FADD|SHFL|MUFU|STG)\b", screen_text(main))


async def test_every_stage_has_a_key_and_shows_its_text(softmax: Capture) -> None:
    async with opened(softmax, (120, 40)) as (pilot, main):
        for key, stage in zip(("minus", "equals_sign", "plus", "underscore", "backslash"), STAGES, strict=True):
            await pilot.press(key)
            await pilot.pause()
            pane = pane_of(main, stage)
            (artifact,) = softmax.find(stage)
            assert pane.artifact is not None and pane.artifact.id == artifact.id


async def test_a_triton_line_lights_up_its_ptx_and_sass(softmax: Capture) -> None:
    async with opened(softmax, (240, 80)) as (pilot, main):
        for stage, key in ((Stage.KERNEL, "underscore"), (Stage.INDUCTOR, "0")):
            pane_of(main, stage).focus()
            await pilot.press(key)
        assert shown(main)[3:] == ["kernel", "ptx", "sass"]
        kernel = pane_of(main, Stage.KERNEL)
        kernel.focus()
        kernel.goto(find_line(kernel.artifact, "tl.store"), 0, by_user=True)
        await pilot.pause()
        for stage, needle in ((Stage.PTX, "st.global"), (Stage.SASS, "STG.E")):
            pane = pane_of(main, stage)
            assert pane._marks[find_line(pane.artifact, needle)].strength is Strength.RELATIVE
        assert main.picture.status.words.count("→ Kernel:46 tl.store(") == 1
        assert "SASS instructions" in main.picture.status.words
