"""What all tests of the terminal face share: the same colours, whatever terminal they are run in."""

from __future__ import annotations

import pytest
from textual import constants


@pytest.fixture(autouse=True)
def all_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a terminal that can mix them."""
    monkeypatch.setattr(constants, "COLOR_SYSTEM", "truecolor")
