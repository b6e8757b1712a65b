"""Limits on what torch.compile may cost, as pytest fixtures: the same as `inspector check` in a shell.

In a `conftest.py` at the root of the tests:

    pytest_plugins = ["inspector.testing"]

In a test:

    def test_the_model_compiles_whole(compile_limits):
        with compile_limits(max_graph_breaks=0, max_recompiles=0, max_compile_time=60):
            torch.compile(model)(x)

    def test_last_night(check_log):
        check_log("logs/", max_graph_breaks=0, max_recompiles=2)

What is recorded, and what each limit counts, stands in docs/testing.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest

from inspector.errors import UsageError
from inspector.model.limits import OF_PIECES, Limits, check
from inspector.model.overview import Overview
from inspector.say.limits import complaint


@dataclass
class CompiledBlock:
    """What a block of a test made torch compile; complete when the block has ended."""

    folder: Path
    """Where the logs are: `inspector open` shows them, for as long as pytest keeps its temporary folders."""
    overview: Overview = field(default_factory=Overview)


class CompileLimits(Protocol):
    """What the `compile_limits` fixture gives."""

    def __call__(
        self,
        *,
        max_graph_breaks: int | None = None,
        max_recompiles: int | None = None,
        max_compile_time: float | None = None,
        max_failures: int | None = None,
        max_cache_misses: int | None = None,
        max_pieces: int | None = None,
        max_given_up: int | None = None,
    ) -> AbstractContextManager[CompiledBlock]:
        """Records what torch compiles in a block, and fails the test where that exceeds a limit."""


class CheckLog(Protocol):
    """What the `check_log` fixture gives."""

    def __call__(self, path: str | os.PathLike[str], **limits: float | None) -> Overview:
        """Fails the test where a log, a folder of logs or a bundle exceeds a limit; else gives its overview."""


@pytest.fixture
def compile_limits(tmp_path: Path) -> CompileLimits:
    """Records what torch compiles in a `with` block, and fails the test where that exceeds a limit.

    A block in which nothing is compiled fails too: a function that an earlier test compiled keeps its code until
    `torch._dynamo.reset()`, and a limit on nothing is always kept.
    """
    made = iter(range(1_000_000))

    @contextmanager
    def limited(**limits: Any) -> Iterator[CompiledBlock]:
        from inspector.api import record

        given = _limits(limits)
        compiled = CompiledBlock(tmp_path / f"torch-trace-{next(made)}")
        with record(compiled.folder, warm=True):
            yield compiled
        try:
            compiled.overview = _overview_at(compiled.folder)
        except UsageError:
            pytest.fail(_NOTHING, pytrace=False)
        if not compiled.overview.rows:
            pytest.fail(_NOTHING, pytrace=False)
        _hold(compiled.overview, given, compiled.folder)

    return limited


@pytest.fixture
def check_log() -> CheckLog:
    """Fails the test where a log, a folder of logs or a bundle exceeds a limit; else gives its overview."""

    def checked(path: str | os.PathLike[str], **limits: float | None) -> Overview:
        given = _limits(limits)
        overview = _overview_at(Path(path))
        _hold(overview, given, Path(path))
        return overview

    return checked


_NOTHING = (
    "torch compiled nothing in this block. Is the function called in it, and did no earlier test compile it already? "
    "torch._dynamo.reset() makes torch forget."
)


def _limits(given: dict[str, Any]) -> Limits:
    """The limits of a call.

    Raises:
        UsageError: none is given, or one that does not exist.
    """
    try:
        limits = Limits(**given)
    except TypeError as error:
        raise UsageError(f"There is no such limit: {error}.", f"There are: {', '.join(vars(Limits()))}.") from error
    if not limits.given:
        raise UsageError("No limit is given.", "Give at least one: max_graph_breaks=0.")
    return limits


def _overview_at(path: Path) -> Overview:
    from inspector.work.opening import open_path

    with open_path(path) as found:
        return found.overview(phases=False)


def _hold(overview: Overview, limits: Limits, path: Path) -> None:
    """Fails the test where a limit is exceeded, with what exceeded it."""
    from inspector.work.opening import open_path

    pieces = None
    if any(getattr(limits, name) is not None for name in OF_PIECES):
        with open_path(path) as opened:
            pieces = opened.pieces()
    found = list(complaint(check(overview, limits, pieces)))
    if found:
        pytest.fail("\n".join((*found, f"`inspector open {path}` shows it.")), pytrace=False)
