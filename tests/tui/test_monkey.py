"""A monkey at the keyboard of every screen: no exception, nothing drawn that a terminal acts on.

`make monkey` plays for longer.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from monkey import HOSTILE, SCREENS, Walk

STEPS = int(os.environ.get("MONKEY_STEPS", "350"))
SEEDS = os.environ.get("MONKEY_SEEDS", "1").split(",")
"""Numbers, or how many new ones by `?`: `?5`."""


def seeds() -> list[int]:
    return [
        seed
        for word in SEEDS
        for seed in ([random.randrange(10**6) for _ in range(int(word[1:]))] if word[0] == "?" else [int(word)])
    ]


@pytest.mark.parametrize("seed", seeds())
@pytest.mark.parametrize("screen", [*SCREENS, *HOSTILE])
async def test_nothing_that_is_pressed_clicked_or_sized_breaks_a_screen(
    screen: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("XDG_STATE_HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.setenv(place, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    walk = Walk(screen, seed)
    try:
        await walk.go(STEPS if screen in SCREENS else STEPS // 5)
    except Exception as error:
        last = " · ".join(walk.done[-30:])
        raise AssertionError(
            f"MONKEY_SEEDS={seed} pytest tests/tui/test_monkey.py -k {screen}- plays it again; "
            f"it ended after {len(walk.done):,}: {last}"
        ) from error
