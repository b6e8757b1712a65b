"""What the whole suite shares: one cache of the toolchain's answers, so that its probes run once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

# A shell that starts the suite in the background, or nohup, has these ignored, and all that a test starts would inherit
# that: Ctrl-C would then do nothing where a test sends it.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def shared_toolchain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """inspector's own cache for the whole run, all its test processes together, away from the user's."""
    run = tmp_path_factory.getbasetemp()
    home = (run.parent if "PYTEST_XDIST_WORKER" in os.environ else run) / "cache"
    home.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(home))
        yield home


@pytest.fixture(scope="session", autouse=True)
def documents_fit_their_schema() -> Iterator[None]:
    """Whatever a test has printed with `--json`, in this process, is held against its schema."""
    from inspector.cli.documents import register
    from tests.json_schema import check

    def checked(document: object) -> str:
        text = made(document)
        check(text)
        return text

    made = register.as_json
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(register, "as_json", checked)
        yield
