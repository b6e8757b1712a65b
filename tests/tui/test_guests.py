"""A screen that `inspector serve` handed to somebody else writes nothing on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import on_top, opened, screen_text, until


@pytest.mark.parametrize("key", ["E", "ctrl+s"])
async def test_a_guest_exports_nothing(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INSPECTOR_GUEST", "1")
    async with opened() as (pilot, main):
        await pilot.press(key)
        await until(pilot, lambda: not on_top(main))
        await pilot.press("enter")
        await until(pilot, lambda: "it writes nothing on this machine" in screen_text(main))
        await pilot.press("enter", "escape")
        await until(pilot, lambda: on_top(main))
    assert list(tmp_path.iterdir()) == []
