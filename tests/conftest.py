"""What the whole suite shares: one cache of the toolchain's answers, so that its probes run once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def shared_toolchain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """inspector's own cache for the whole run, away from the user's."""
    home = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(home))
        yield home
