"""Sentences that are written from facts: each with the condition under which it is said, both ways."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector.model.cache import CacheLookup
from inspector.model.capture import Capture, Compilation, CompileStatus, GraphBreak, Phase
from inspector.model.compile_time import CompilePart
from inspector.model.overview_of import overview_of
from inspector.model.request import CaptureRequest
from inspector.notes.compile_time import _first, _packable, compile_times
from inspector.say.levers import levers_of
from inspector.tui.desk.asking import no_failure
from inspector.tui.desk.state import Desk

REQUEST = CaptureRequest(target="llama-mlp")


def said(capture: Capture) -> str:
    return "\n".join(note.text for note in compile_times(capture))


def compiled(request: CaptureRequest | None = REQUEST, **changes: object) -> Capture:
    """Most of whose time went to Dynamo."""
    phases = (
        Phase("entire_frame_compile", 0.0, 5.0, 0, "0/0"),
        Phase("bytecode_tracing", 0.1, 4.0, 1, "0/0"),
    )
    done = Compilation("0/0", CompileStatus.DONE, "forward", metrics={"entire_frame_compile_time_s": 5.0})
    return replace(Capture(request=request, phases=phases, compilations=(done,)), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("capture", "advised"),
    [
        (compiled(), True),
        (compiled(None), False),
        (compiled(replace(REQUEST, train=True)), False),
        (compiled(replace(REQUEST, device="cuda")), False),
        (compiled(graph_breaks=(GraphBreak("0/0", "print", "", stack=()),)), False),
    ],
    ids=["forward", "log", "train", "cuda", "break"],
)
def test_a_pack_is_advised_where_pack_takes_the_target(capture: Capture, advised: bool) -> None:
    assert _packable(capture) is advised
    assert ("inspector pack" in said(capture)) is (advised and "Dynamo" in said(capture))
    assert any("inspector pack" in lever.how for lever in levers_of(CompilePart.DYNAMO, packable=advised)) is advised
    assert overview_of(capture).rows


@pytest.mark.parametrize("status", [CompileStatus.EAGER, CompileStatus.FAILED, CompileStatus.DONE])
def test_what_left_no_code_is_not_called_a_compile_that_could_be_faster(status: CompileStatus) -> None:
    (done,) = compiled().compilations
    text = said(compiled(compilations=(replace(done, status=status, error="a graph break in a loop"),)))
    made = status is CompileStatus.DONE
    assert text.startswith("**Compiling took 5.00 s**" if made else "**Trying to compile took 5.00 s**")
    assert ("What would avoid it" in text) is made
    assert ("It left no code to call." in text) is not made


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (
            {"fx_graph": "hit", "aotautograd": "hit"},
            "No code generation is recorded: every cache whose answer is recorded",
        ),
        (
            {"fx_graph": "hit", "aotautograd": "miss"},
            "No code generation is recorded, though not every cache that was asked",
        ),
        ({"fx_graph": "miss"}, "Of what is recorded it is the first of its process to generate code"),
    ],
)
def test_what_caches_answered_is_said_of_what_is_recorded(answers: dict[str, str], words: str) -> None:
    lookups = tuple(CacheLookup("0/0", cache, answer) for cache, answer in answers.items())
    assert words in said(compiled(cache_lookups=lookups))
    others = ("No code generation is recorded:", "recorded, though not", "Of what is recorded it is the first")
    assert sum(item in said(compiled(cache_lookups=lookups)) for item in others) == 1
    assert not any(item in said(compiled()) for item in others), "no cache was asked"


@pytest.mark.parametrize(
    ("parts", "reused", "paid"),
    [
        (
            {CompilePart.PROBES: 3.0, CompilePart.HEADER: 2.0},
            (),
            "imports, probes of the machine (3.00 s) and the precompiled header (2.00 s)",
        ),
        (
            {CompilePart.PROBES: 0.0007, CompilePart.HEADER: 1.2},
            ("precompiled header", "vector-ISA probes"),
            "imports, probes of the machine (700 µs, though reused) and the precompiled header (1.20 s, though reused)",
        ),
        ({CompilePart.HEADER: 2.0}, ("vector-ISA probes",), "imports and the precompiled header (2.00 s)"),
        ({CompilePart.PROBES: 0.0, CompilePart.KERNELS: 2.0}, (), "imports"),
    ],
)
def test_a_first_compile_pays_for_what_was_recorded_of_it(
    parts: dict[CompilePart, float], reused: tuple[str, ...], paid: str
) -> None:
    assert f"it also pays for {paid};" in _first(parts, reused)


def test_what_the_capture_was_spared_is_said_beside_its_time() -> None:
    miss = (CacheLookup("0/0", "fx_graph", "miss"),)
    header = (*compiled().phases, Phase("precompile_header", 4.2, 0.5, 1, "0/0"))
    for reused in (["precompiled header"], []):
        made = compiled(cache_lookups=miss, phases=header, environment={"cache": {"mode": "kept", "reused": reused}})
        assert ("though reused" in said(made)) is bool(reused)
        assert "the precompiled header (500 ms" in said(made)


def test_regions_are_advised_where_a_layer_is_repeated() -> None:
    """Nothing recorded says that the model has layers that are alike."""
    assert "where a layer is repeated, compile one for all" in said(compiled())


@pytest.mark.parametrize(
    ("status", "live", "words"),
    [
        (CompileStatus.DONE, False, "The one compile id recorded here did not fail."),
        (CompileStatus.LIVE, True, "The one compile id recorded so far did not fail."),
        (CompileStatus.FAILED, False, "0/0 did not compile: D says why. The worker itself did not fail."),
        (None, False, "No compile id is recorded here, so none that failed."),
    ],
)
def test_that_nothing_failed_is_said_of_what_was_recorded(status: CompileStatus | None, live: bool, words: str) -> None:
    made = () if status is None else (Compilation("0/0", status, "f"),)
    assert no_failure(Desk(capture=Capture(compilations=made), live=live)) == words
