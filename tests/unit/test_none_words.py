"""That there was none of something is said only of a log that would hold it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from inspector.cli.main import main
from inspector.model.cache import CacheLookup, cache_words, had_all
from inspector.model.capture import CompileStatus
from inspector.model.compile_row import CompileRow
from inspector.model.none_words import no_breaks, no_recompiles
from inspector.model.overview import Overview
from tests.unit.trace_text import record

DONE = Overview((CompileRow("0/0", CompileStatus.DONE),), environment={"torch": "2.13.0"}, records=3)


def test_none_of_a_whole_log() -> None:
    assert (no_breaks(DONE), no_recompiles(DONE)) == ("No graph breaks.", "No recompiles.")


@pytest.mark.parametrize(
    ("overview", "breaks", "recompiles"),
    [
        (Overview(), False, False),
        (replace(DONE, bad=1), False, False),
        (replace(DONE, rows=(CompileRow("0/0", CompileStatus.LIVE),)), False, False),
        (replace(DONE, rows=(CompileRow("0/0", CompileStatus.UNKNOWN),)), False, True),
        (replace(DONE, environment={"torch": "2.4.0"}), False, True),
    ],
)
def test_nothing_is_denied_that_would_not_be_recorded(overview: Overview, breaks: bool, recompiles: bool) -> None:
    assert (no_breaks(overview) == "No graph breaks.") is breaks
    assert (no_recompiles(overview) == "No recompiles.") is recompiles


def test_a_plain_trace_of_an_export_says_how_exports_are_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plain.log"
    path.write_bytes(record("artifact:torch_version", '{"pytorch_version": "2.13.0"}'))
    assert main(["show", str(path)]) == 0
    out = capsys.readouterr().out
    assert "Nothing was compiled, as far as this log tells." in out
    assert "TORCH_DTRACE" in out


@pytest.mark.parametrize(
    ("answers", "words", "cached"),
    [
        ((("aotautograd", "miss"), ("fx_graph", "hit")), "AOT miss, FX hit", False),
        ((("fx_graph", "hit"), ("fx_graph", "hit"), ("aotautograd", "hit")), "AOT hit, FX hit", True),
        ((("aotautograd", "miss"), ("fx_graph", "hit"), ("fx_graph", "miss")), "AOT miss, FX hit/miss", False),
        ((), "", False),
    ],
)
def test_a_caches_answer_names_the_cache(answers: tuple[tuple[str, str], ...], words: str, cached: bool) -> None:
    lookups = [CacheLookup("0/0", cache, answer) for cache, answer in answers]
    assert (cache_words(lookups), had_all(lookups)) == (words, cached)
