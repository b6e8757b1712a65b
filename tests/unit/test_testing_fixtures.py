"""The fixtures of `inspector.testing`, on recorded logs and on a real, small compile."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import inspector.api
from inspector.errors import UsageError
from inspector.testing import CheckLog, CompileLimits, check_log, compile_limits

__all__ = ["check_log", "compile_limits"]

TRACES = Path(__file__).parents[1] / "traces"
Failed = pytest.fail.Exception


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Puts a recorded log in place of a compile; empty for a block that compiles nothing."""
    names: list[str] = ["recompile.log"]

    @contextmanager
    def record(folder: Path, *, warm: bool = False) -> Iterator[Path]:
        assert warm, "the caches that the program itself would have"
        folder.mkdir()
        yield folder
        for name in names:
            shutil.copy(TRACES / name, folder)

    monkeypatch.setattr(inspector.api, "record", record)
    return names


@pytest.mark.usefixtures("recorded")
def test_limits_that_are_kept(compile_limits: CompileLimits) -> None:
    with compile_limits(max_graph_breaks=0, max_recompiles=2, max_compile_time=60, max_failures=0) as seen:
        assert seen.overview.rows == (), "complete when the block has ended"
    assert [row.compile_id for row in seen.overview.rows] == ["0/0", "0/1", "0/2"]
    with compile_limits(max_recompiles=2) as again:
        pass
    assert again.folder != seen.folder


@pytest.mark.usefixtures("recorded")
def test_a_limit_that_is_exceeded_fails_the_test_and_says_why(compile_limits: CompileLimits) -> None:
    with pytest.raises(Failed) as caught, compile_limits(max_recompiles=1, max_graph_breaks=0):
        pass
    message = str(caught.value)
    assert "2 recompiles, at most 1 allowed" in message
    assert "0/1 f: tensor 'x' size mismatch at index 1. expected 16, actual 32" in message
    assert "graph breaks" not in message, "a limit that is kept is not worth a word"
    assert "inspector open " in message


def test_a_block_that_compiles_nothing_fails(compile_limits: CompileLimits, recorded: list[str]) -> None:
    recorded.clear()
    with (
        pytest.raises(Failed, match=r"torch compiled nothing in this block.*torch\._dynamo\.reset"),
        compile_limits(max_graph_breaks=0),
    ):
        pass


@pytest.mark.usefixtures("recorded")
def test_the_blocks_own_error_comes_first(compile_limits: CompileLimits) -> None:
    with pytest.raises(ZeroDivisionError), compile_limits(max_recompiles=0):
        raise ZeroDivisionError


def test_a_log_is_held_against_limits(check_log: CheckLog) -> None:
    assert len(check_log(TRACES / "graph_break.log", max_graph_breaks=2).rows) == 3
    with pytest.raises(Failed, match="2 graph breaks, at most 1 allowed"):
        check_log(TRACES / "graph_break.log", max_graph_breaks=1)


def test_wrong_use_is_told(check_log: CheckLog, compile_limits: CompileLimits) -> None:
    with pytest.raises(UsageError, match="No limit is given"):
        check_log(TRACES / "graph_break.log")
    with pytest.raises(UsageError, match="There are: max_graph_breaks"):
        check_log(TRACES / "graph_break.log", max_breaks=1)
    with pytest.raises(UsageError, match="no such limit"), compile_limits(max_brakes=0):  # type: ignore[call-arg]
        pytest.fail("the block must not run")
    with pytest.raises(UsageError, match="Cannot read"):
        check_log(TRACES / "nowhere.log", max_graph_breaks=1)


@pytest.mark.compiles
def test_a_real_compile(compile_limits: CompileLimits) -> None:
    import torch

    torch._dynamo.reset()

    @torch.compile(backend="eager")
    def whole(x: torch.Tensor) -> torch.Tensor:
        return x.sin() + 1

    @torch.compile(backend="eager")
    def broken(x: torch.Tensor) -> torch.Tensor:
        y = x.sin()
        torch._dynamo.graph_break()
        return y + 1

    with compile_limits(max_graph_breaks=0, max_recompiles=0) as seen:
        whole(torch.ones(3))
    assert [row.function for row in seen.overview.rows] == ["whole"]
    with pytest.raises(Failed, match=r"1 graph break, at most 0 allowed"), compile_limits(max_graph_breaks=0):
        broken(torch.ones(3))
    with pytest.raises(Failed, match="torch compiled nothing"), compile_limits(max_graph_breaks=0):
        whole(torch.ones(3))
    with pytest.raises(Failed, match=r"1 recompile, at most 0 allowed"), compile_limits(max_recompiles=0):
        whole(torch.ones(4))


def test_half_a_log_keeps_no_limit(check_log: CheckLog, tmp_path: Path) -> None:
    data = (TRACES / "recompile.log").read_bytes()
    last = data.rindex(b'{"compilation_metrics"')
    (tmp_path / "half.log").write_bytes(data[: data.rindex(b"\n", 0, last) + 1])
    with pytest.raises(Failed, match=r"--max-compile-time cannot be checked: the log ends before 0/2 does\."):
        check_log(tmp_path / "half.log", max_compile_time=60)
