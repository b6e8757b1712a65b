"""Two look-ups under one key: what is said of an entry that was not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.cli.main import main
from inspector.compare import compare_caches, compare_compilations
from inspector.model.cache import NOT_STORED, CacheLookup, cache_words
from inspector.say.difference_caches import cache_rows
from inspector.trace import read_capture
from tests.unit.trace_text import record

TRACES = Path(__file__).parent.parent / "traces"
AOT = CacheLookup("0/0", "aotautograd", "miss", "key", "full_miss")
FX = replace(AOT, cache="fx_graph")
FAILED = replace(AOT, answer=NOT_STORED, key="", reason="cannot pickle 'module' object (in compiled_fw)")


def later(lookup: CacheLookup) -> CacheLookup:
    """The same question, asked by another process."""
    return replace(lookup, details={"cache_event_time": 2})


def said(a: CacheLookup, counters: Mapping[str, Any] | None, *more: CacheLookup) -> str:
    (found,) = compare_caches([a, *more], [later(replace(a, answer="miss"))], counters)
    assert found.answers == ("miss on both sides" if a.answer == "miss" else "hit → miss")
    return found.key_words


def test_equal_keys_that_both_sides_missed_are_told_with_what_is_known_of_storing() -> None:
    assert said(AOT, None) == "The keys are equal, key. Whether A stored an entry is not recorded."
    assert "A's process stored nothing in this cache (autograd_cache_saved)." in said(AOT, {})
    stored = {"aot_autograd": {"autograd_cache_saved": 2}}
    assert "By torch's counters, A's process stored 2 entries in this cache" in said(AOT, stored)
    assert "A could not store it: cannot pickle 'module' object (in compiled_fw)." in said(AOT, stored, FAILED)
    assert said(FX, {}).endswith("Whether A stored an entry is not recorded: torch does not count it.")
    wrong = {"inductor": {"fxgraph_cache_pickle_error": 1}}
    assert said(FX, wrong).endswith("torch counted in A's process: fxgraph_cache_pickle_error 1.")
    assert said(replace(AOT, answer="hit"), {}).endswith("A found it there; B did not.")


def test_nothing_is_said_of_storing_where_the_second_side_hit_or_the_keys_differ() -> None:
    (hit,) = compare_caches([AOT], [replace(AOT, answer="hit")], {})
    assert hit.key_words == "The keys are equal, key."
    (other,) = compare_caches([AOT], [replace(AOT, key="other")], {})
    assert other.key_words == "The keys differ; a log does not list their parts."


def test_hits_alike_are_not_told_and_a_failure_to_store_is_no_look_up() -> None:
    hit = replace(AOT, answer="hit")
    assert compare_caches([hit, FAILED], [later(hit)]) == ()


def test_two_processes_look_ups_that_read_alike_are_two_and_one_is_not_held_against_itself() -> None:
    """AOTAutograd's hold no time: in two logs of one program they may not differ in a letter."""
    capture = read_capture(TRACES / "recompile.log")
    one = replace(capture.compilations[0], log="one.log")
    ours = replace(capture, compilations=(one,), cache_lookups=(replace(AOT, compile_id=one.compile_id),))
    theirs = replace(ours, compilations=(replace(one, log="other.log"),))
    (found,) = compare_compilations(ours, one.compile_id, theirs, one.compile_id).caches
    assert found.answers == "miss on both sides"
    assert compare_compilations(ours, one.compile_id, ours, one.compile_id).caches == ()


def test_which_graph_was_asked_about_is_named() -> None:
    asked = [FX, replace(FX, backward=True)]
    found = compare_caches(asked, map(later, asked))
    rows = [row for item in found for row in cache_rows(item)]
    assert [(row.label, row.text) for row in rows if "both sides" in row.text] == [
        ("fx_graph", "miss on both sides"),
        ("fx_graph, backward", "miss on both sides"),
    ]


def test_that_it_could_not_be_stored_stands_behind_the_answers() -> None:
    asked = [AOT, FX, replace(FX, answer="hit", backward=True), FAILED]
    assert cache_words(asked) == "AOT miss, not stored, FX miss/hit"


def test_a_log_says_that_an_entry_could_not_be_stored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = {"compile_id": (0, 0)}
    path = tmp_path / "one.log"
    path.write_bytes(
        record("artifact:aotautograd_cache_miss", json.dumps({"key": "key"}), **at)
        + record("artifact:aotautograd_cache_pickle_failure", json.dumps({"error": "no", "field": "guards"}), **at)
    )
    assert main(["show", str(path)]) == 0
    assert "AOT miss, not stored" in capsys.readouterr().out
    assert main(["show", str(path), "--compile-id", "0/0"]) == 0
    out = capsys.readouterr().out
    assert "aotautograd  not stored\n    no (in guards)" in out
    assert "guards not recorded, kernels not recorded" in out
