import pytest

from inspector.model.stage import Stage
from inspector.tui import layout
from inspector.tui.desk.parts import expected_stages

CPU = expected_stages(None)
SOURCE, ATEN, KERNEL, ASM = Stage.SOURCE, Stage.ATEN, Stage.KERNEL, Stage.ASM


@pytest.mark.parametrize(
    ("size", "columns", "rows", "panels"),
    [((80, 24), 1, 1, 0), ((120, 40), 2, 2, 2), ((200, 50), 3, 1, 3), ((300, 80), 3, 2, 3), ((300, 50), 3, 1, 3)],
)
def test_layout_by_size(size, columns, rows, panels):
    found = layout.layout_for(*size)
    assert (found.columns, found.rows) == (columns, rows)
    assert (found.panels if found.panel_rows else 0) == panels


@pytest.mark.parametrize(("size", "small"), [((60, 15), False), ((59, 15), True), ((60, 14), True), ((200, 5), True)])
def test_too_small(size, small):
    assert layout.too_small(*size) is small


def test_every_pane_keeps_a_readable_height():
    for height in range(15, 120):
        for width in range(60, 320, 7):
            found = layout.layout_for(width, height)
            below = found.panel_rows + 1 if found.panel_rows else 1
            assert (height - 3 - below) // found.rows >= 11, (width, height)


def test_settle_replaces_what_is_missing_by_its_neighbour():
    without = tuple(stage for stage in CPU if stage not in (KERNEL, ASM))
    assert layout.settle((SOURCE, ATEN, KERNEL), without) == (SOURCE, ATEN, Stage.INDUCTOR)
    assert layout.settle((SOURCE, ATEN, KERNEL), (SOURCE,)) == (SOURCE,)
    assert layout.settle((SOURCE, ATEN), ()) == ()


def test_choose_puts_a_stage_into_the_pane():
    assert layout.choose((SOURCE, ATEN, KERNEL), 1, Stage.DYNAMO, CPU) == ((SOURCE, Stage.DYNAMO, KERNEL), 1)


def test_choose_what_is_shown_goes_there():
    assert layout.choose((SOURCE, ATEN, KERNEL), 0, KERNEL, CPU) == ((SOURCE, ATEN, KERNEL), 2)


def test_choose_pushes_the_others_only_as_far_as_needed():
    assert layout.choose((SOURCE, ATEN, KERNEL), 0, Stage.INDUCTOR, CPU) == ((Stage.INDUCTOR, KERNEL, ASM), 0)
    assert layout.choose((SOURCE, ATEN, KERNEL), 0, ASM, CPU) == ((SOURCE, ATEN, ASM), 2)
    assert layout.choose((ATEN, KERNEL, ASM), 2, SOURCE, CPU) == ((SOURCE, KERNEL, ASM), 0)


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_choose_always_shows_the_stage_in_order(count):
    for slot in range(count):
        for stage in CPU:
            shown, at = layout.choose(layout.settle(layout.story(count), CPU), slot, stage, CPU)
            assert shown[at] is stage
            assert len(shown) == count
            assert list(shown) == sorted(set(shown), key=CPU.index)


def test_step_skips_what_other_panes_show():
    assert layout.step((Stage.PRE_GRAD, ATEN, KERNEL), 0, 1, CPU) == ((ATEN, Stage.POST_GRAD, KERNEL), 1)
    assert layout.step((SOURCE, ATEN, KERNEL), 0, -1, CPU) == ((SOURCE, ATEN, KERNEL), 0)
    assert layout.step((SOURCE, ATEN, KERNEL), 1, 1, CPU) == ((SOURCE, Stage.POST_GRAD, KERNEL), 1)


def test_slide_moves_all_or_none():
    assert layout.slide((SOURCE, ATEN, KERNEL), 1, CPU) == (Stage.BYTECODE, Stage.POST_GRAD, ASM)
    assert layout.slide((SOURCE, ATEN, KERNEL), -1, CPU) == (SOURCE, ATEN, KERNEL)
    assert layout.slide((SOURCE, ATEN, ASM), 1, CPU) == (SOURCE, ATEN, ASM)


def test_resize_keeps_the_chosen_pane():
    for slot, stage in enumerate((SOURCE, ATEN, KERNEL)):
        for count in (1, 2, 3, 6):
            shown = layout.resize((SOURCE, ATEN, KERNEL), slot, count, CPU)
            assert stage in shown
            assert len(shown) == count
            assert list(shown) == sorted(shown, key=CPU.index)


def test_where_two_columns_fit_the_source_shares_its_own_with_the_graph():
    tall, low = layout.layout_for(120, 40), layout.layout_for(120, 30)
    assert tall.panes == 3 and tall.tall and layout.story(tall.panes) == (SOURCE, ATEN, KERNEL)
    assert low.panes == 2 and not low.tall
