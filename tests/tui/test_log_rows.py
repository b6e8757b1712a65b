"""What rows say, and which of them are wanted; no screen."""

from __future__ import annotations

import pytest
from logfakes import FakeLog, flame, overview, ranks, rows

from inspector.say.flame import flame_words
from inspector.trace.log import IndexProgress
from inspector.trace.reader import BadRecord
from inspector.tui.log import breaks, compiles, recompiles, records, times
from inspector.tui.log.layout import BELOW, HIDDEN, RIGHT, layout_for
from inspector.tui.log.parts import LogState, Options

STATE = LogState(overview=overview(), indexed=True)


def test_words_that_are_no_condition_are_lit_up() -> None:
    table = compiles.table(STATE, Options(needle="time>1 forward", flat=True))
    assert [item.key for item in table.items] == ["0/0"]
    assert table.lit == "forward"


def test_a_sorted_tree_puts_the_branch_with_the_first_row_first() -> None:
    items = compiles.table(STATE, Options(sort="recompiles")).items
    names = [item.cells[0].text for item in items if item.depth == 1]
    assert names[0] == "attention"
    assert [item.key for item in items if item.depth == 2] == ["1/5", "1/4", "1/3", "1/2", "1/1", "1/0"]


def test_the_tree_follows_the_stack() -> None:
    items = compiles.table(STATE, Options()).items
    assert items[0].cells[0].text == "step"
    assert "‹ train ‹ main" in items[0].cells[0].after
    by_key = {item.key: item for item in items}
    assert by_key["0/0"].depth == 1
    assert by_key["1/2"].depth == 2
    assert by_key["1/2"].cells[0].text == "↻ q size at index 1: 16, now 24"
    sums = next(item for item in items if item.cells[0].text == "attention")
    assert sums.cells[1].text == "× 6"
    assert sums.cells[3].text == "3.90 s"


def test_a_filtered_tree_keeps_the_way_to_what_is_wanted() -> None:
    items = compiles.table(STATE, Options(needle="status:failed")).items
    assert [item.key for item in items if item.opens] == ["4/0"]
    assert [item.depth for item in items] == [0, 1]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (LogState(indexed=True), "no damaged record"),
        (LogState(), "no damaged record so far"),
        (LogState(indexed=True, verified=IndexProgress(1, 2)), "no damaged record so far"),
        (LogState(indexed=True, verified=IndexProgress(2, 2)), "no damaged record"),
    ],
)
def test_no_damage_is_said_of_a_whole_log_only_once_it_was_read(state: LogState, words: str) -> None:
    assert any(item.cells[0].text == words for item in records.table(state, Options()).items)


def test_columns_that_would_be_empty_are_left_out() -> None:
    shown = {column.title for column in compiles.table(STATE, Options()).columns if not column.hidden}
    assert {"breaks", "recompiles", "cache"} <= shown
    only = LogState(overview=overview(rows()[7:8]))
    shown = {column.title for column in compiles.table(only, Options()).columns if not column.hidden}
    assert not {"breaks", "recompiles"} & shown


def test_a_recompile_is_held_against_the_one_whose_guard_failed() -> None:
    assert recompiles.before(STATE, "1/3") == "1/2"
    assert recompiles.before(STATE, "1/0") is None
    assert recompiles.before(LogState(overview=ranks()), "rank1/1/3") == "rank1/1/2"


def test_a_chain_names_its_culprit() -> None:
    head, first, second, *_ = recompiles.table(STATE, Options()).items
    assert "5 recompiles" in head.cells[0].after
    assert "q size at index 1 × 5" in head.cells[0].after
    assert first.cells[0].text == "first compile"
    assert [cell.text for cell in second.cells[1:4]] == ["8", "16", "1/0"]


def test_breaks_are_counted_once_a_reason() -> None:
    items = breaks.table(STATE, Options()).items
    assert [item.cells[1].text for item in items] == ["3", "2", "1"]
    found = breaks.of(STATE, items[1])
    assert found is not None
    assert found[1] is not None
    assert found[1].compile_ids == ("0/0", "0/0")
    assert breaks.of(LogState(), items[1]) is None


def test_time_by_compile_id_counts_a_phase_inside_itself_once() -> None:
    spent = times.by_compile_id(STATE.overview, "entire_frame_compile")
    assert spent["0/0"] == pytest.approx(6.2)
    assert spent.most_common(1)[0][0] == "0/0"
    nodes = (STATE.overview.flame, flame("0/0", "forward", 6.2))
    assert "of all" in flame_words(nodes)


def test_damage_is_listed_with_its_byte_offset() -> None:
    log = FakeLog()
    state = LogState(bad=(BadRecord(48_213, "its payload is cut", "train.log"),), kinds=log.kinds, sources=log.sources)
    items = records.table(state, Options()).items
    words = [[cell.text for cell in item.cells] for item in items]
    assert ["train.log", "byte 48,213", "its payload is cut"] in words
    assert ["chromium_event", "900", ""] in words
    section = records.about(state, items[1])[0]
    assert "48,213" in [line.text for line in section.rows]


def test_what_fits() -> None:
    assert layout_for(80, 24, "compiles", 9).details == HIDDEN
    assert layout_for(80, 24, "compiles", 9, details=True).details == BELOW
    assert layout_for(200, 50, "compiles", 9).details == RIGHT
    assert layout_for(200, 50, "compiles", 9).flame == 10
    assert layout_for(200, 50, "compiles", 3).flame == 4
    assert layout_for(80, 24, "compiles", 9).flame == 0
    assert layout_for(80, 24, "time", 30).flame == 13
    assert layout_for(80, 24, "time", 30, flame=False).flame == 0
