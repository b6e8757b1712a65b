"""Each use of torch's private parts without one of them: a note says what is lost, and torch is left as it was."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest

from inspector.worker import cudagraphs, records
from inspector.worker.autotuning import hearing_autotuning
from inspector.worker.builds import recording_builds
from inspector.worker.direction import Direction
from inspector.worker.doctor import held
from inspector.worker.exports import hearing_exports
from inspector.worker.ir_log import IrLog
from inspector.worker.passes import PassLog
from inspector.worker.patterns import hearing_patterns
from inspector.worker.private import PrivateChanged, changed, replaced, require, swapped
from inspector.worker.private_part import LOGGER, PrivatePart, Use
from inspector.worker.provenance import ProvenanceWriter
from inspector.worker.ran import graphs_in
from inspector.worker.register import USES
from inspector.worker.resumes import Resumes
from inspector.worker.stacks import Stacks
from inspector.worker.toolchain import ToolchainCache


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What was noted in the trace."""
    found: list[dict[str, str]] = []
    monkeypatch.setattr(records, "write", lambda name, payload: found.append(payload) if name == "note" else None)
    return found


def cudagraphs_recorded(folder: Path) -> AbstractContextManager[Any]:
    import torch._inductor.cudagraph_trees  # noqa: F401 - what is waited for

    return cudagraphs.CudaGraphs().hearing()


HEARD: dict[str, Callable[[Path], AbstractContextManager[Any]]] = {
    "resumes": lambda _: Resumes().hearing(),
    "stacks": lambda _: Stacks().recording(),
    "patterns": lambda _: hearing_patterns(),
    "pass by pass": lambda _: PassLog(Direction()).hearing(),
    "loop IR": lambda _: IrLog(Direction())._seeing_nodes(),
    "autotuning": lambda _: hearing_autotuning(),
    "provenance": lambda _: ProvenanceWriter().hearing(),
    "CUDA graphs left out": lambda _: cudagraphs.CudaGraphs().hearing(),
    "CUDA graphs recorded": cudagraphs_recorded,
    "builds": lambda _: recording_builds(),
    "kept probes": lambda folder: ToolchainCache(folder, "g++ 1").in_force(),
    "kept header": lambda folder: ToolchainCache(folder, "g++ 1").in_force(),
    "exports": lambda _: hearing_exports(lambda *_: None),
}
"""Use → what touches its parts, and compiles nothing."""


def functions(use: Use) -> list[PrivatePart]:
    return [part for part in use.parts if part.parameters is not None]


def other(*anything: Any) -> None:
    """A function of other parameters."""


def holder_of(part: PrivatePart) -> tuple[Any, str]:
    module, _, path = part.name.partition(":")
    owner, _, name = path.rpartition(".")
    return pkgutil.resolve_name(f"{module}:{owner}" if owner else module), name


@pytest.mark.parametrize(
    ("name", "part"),
    [(name, part) for name in HEARD for part in functions(USES[name])],
    ids=lambda item: item if isinstance(item, str) else item.name.rpartition(":")[2],
)
def test_what_is_lost_is_told(
    name: str, part: PrivatePart, tmp_path: Path, notes: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "exports":
        import torch.export._trace  # noqa: F401
    before = {item.name: pkgutil.resolve_name(item.name) for item in functions(USES[name])}
    owner, attribute = holder_of(part)
    monkeypatch.setattr(owner, attribute, other)
    with HEARD[name](tmp_path):
        assert getattr(owner, attribute) is other
    said = [note["message"] for note in notes if note["kind"] == "fallback"]
    assert any(words.endswith(USES[name].lost) and part.name.replace(":", ".") in words for words in said), said
    monkeypatch.undo()
    assert {item.name: pkgutil.resolve_name(item.name) for item in functions(USES[name])} == before


def test_graphs_that_cannot_be_counted_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    (part,) = USES["graphs that ran"].parts
    owner, attribute = holder_of(part)
    with graphs_in() as count:
        assert count() == 0
    monkeypatch.setattr(owner, attribute, other)
    with graphs_in() as count:
        assert count() is None


def test_every_part_holds_on_the_torch_of_this_suite() -> None:
    found = held()
    assert {use["name"]: use["changed"] for use in found["uses"] if use["changed"]} == {}
    assert any(part.startswith(LOGGER) for use in found["uses"] for part in use["parts"])


def test_a_part_that_is_gone_is_told_by_name() -> None:
    for part, words in (
        (PrivatePart("torch._inductor.scheduler:Scheduler.gone"), "has no torch._inductor.scheduler.Scheduler.gone"),
        (PrivatePart("torch._inductor.gone:anything"), "has no torch._inductor.gone.anything"),
        (
            PrivatePart("torch._inductor.scheduler:Scheduler.codegen", ("graph",)),
            "has another torch._inductor.scheduler.",
        ),
        (PrivatePart(f"{LOGGER}torch._inductor.__gone"), "has no logger torch._inductor.__gone"),
        (PrivatePart("torch.nn:Module._gone"), "has no torch.nn.Module._gone"),
    ):
        assert changed(part).startswith(words)
    assert changed(PrivatePart("torch.nn:Module._parameters")) == ""


def test_nothing_outside_the_register_can_be_had() -> None:
    with pytest.raises(KeyError):
        require("fusion", "torch._inductor.scheduler:Scheduler.init")


class Base:
    @staticmethod
    def still(a: int) -> int:
        return a

    def method(self, a: int) -> int:
        return a


class Heir(Base):
    pass


def test_what_was_swapped_is_as_it_was_even_after_an_error() -> None:
    before = dict(vars(Base))
    with pytest.raises(ZeroDivisionError), ExitStack() as stack:
        stack.enter_context(swapped(Base, "still", lambda a: a + 1))
        stack.enter_context(swapped(Heir, "method", lambda self, a: a + 2))
        assert (Base().still(1), Heir().method(1), Base().method(1)) == (2, 3, 1)
        raise ZeroDivisionError
    assert dict(vars(Base)) == before
    assert "method" not in vars(Heir)


def test_the_next_to_replace_a_part_sees_the_parameters_of_torchs() -> None:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def replacement(*anything: Any) -> Any:
            return original(*anything)

        return replacement

    name = "torch._inductor.cpu_vec_isa:VecISA.check_build"
    with replaced("builds", name, make), replaced("kept probes", name, make):
        pass
    with pytest.raises(PrivateChanged), swapped(*holder_of(PrivatePart(name)), other), replaced("builds", name, make):
        pass
