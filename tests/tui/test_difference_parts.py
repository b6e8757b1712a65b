"""What the list of a difference holds, and how lists, tables and times show what differs."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from comparisons import EVIL, evil, recorded, training, unlike
from fakes import llama_mlp
from rich.segment import Segment
from textual.color import Color

from inspector.compare import compare_captures
from inspector.model.capture import Capture, Compilation, CompileStatus, Guard
from inspector.model.difference import (
    Change,
    FactChange,
    GuardChange,
    KernelChange,
    KernelDifference,
    LatencyChange,
    PhaseChange,
)
from inspector.say.difference_times import latency_words
from inspector.say.findings import LEFT_AND_RIGHT
from inspector.tui.compare.list import folded_first, only_different
from inspector.tui.compare.listings import facts_text, guards_text
from inspector.tui.compare.overview import overview
from inspector.tui.compare.parts import DifferencePart, capture_parts
from inspector.tui.compare.tables import kernel_table, phase_table
from inspector.tui.compare.times import drawn, latency_sections
from inspector.tui.printable import Printable
from inspector.tui.widgets import glyphs


def titles(parts: tuple[DifferencePart, ...]) -> list[str]:
    return [f"{'  ' * part.depth}{part.mark.sign} {part.title}" for part in parts]


def words(difference) -> str:
    return "\n".join(f"{row.label} {row.text}" for section in overview(difference) for row in section.rows)


# --- the list -----------------------------------------------------------------------------------------------


def test_stages_stand_in_order_with_kernels_and_their_code_below() -> None:
    parts = capture_parts(training())
    found = titles(parts)
    assert found[0] == "≠ Overview"
    order = [found.index(title) for title in ("≠ 0/0  forward", "  ≠ Guards", "  ≠ Kernels", "  ≠ AOT ATen graph")]
    assert order == sorted(order), "the answer first"
    assert found.index("  ≠ Counts") < found.index("  = Bytecode") < found.index("· Phases"), "and the bytecode last"
    kernels = found.index("  ≠ Kernels")
    assert found[kernels + 1].startswith("    ≠ cpp_fused")
    assert found[kernels + 2].startswith("    + cpp_fused")
    assert found[-2:] == ["· Phases", "· Latency"]
    assert len({part.key for part in parts}) == len(parts)


def test_guards_that_no_record_holds_are_not_called_identical() -> None:
    bare = Capture(compilations=(Compilation("0/0", CompileStatus.DONE, "f"),))
    part = next(item for item in capture_parts(compare_captures(bare, bare, ("a", "b"))) if item.title == "Guards")
    assert part.mark.words == "not recorded on either side"
    assert part.sections[0].rows[0].text == "Nothing is in a record of both sides."


def test_machine_code_stands_below_the_kernel_it_was_built_from() -> None:
    capture = llama_mlp(timed=False)
    found = titles(capture_parts(compare_captures(capture, capture, ("a", "b"))))
    assert found[found.index("  = Kernels") + 1 :][:2] == [
        "    = cpp_fused__unsafe_view_mul_silu_0",
        "      = Machine code",
    ]


def test_what_one_side_alone_compiled_is_listed_and_said() -> None:
    found = titles(capture_parts(unlike()))
    assert "− 1/0  torch_dynamo_resume_in_f_at_21" in found
    assert "+ 0/0~2  f" in found
    assert "≠ 0/0  f" in found
    alone = next(part for part in capture_parts(unlike()) if part.title.startswith("1/0"))
    assert "The left side alone compiled this function" in alone.sections[0].rows[0].text


def test_a_capture_against_itself_is_identical_and_nothing_of_it_differs() -> None:
    capture = replace(recorded("recompile"), phases=())
    difference = compare_captures(capture, capture, ("a", "b"))
    parts = capture_parts(difference)
    assert all(part.alike for part in parts)
    assert only_different(parts) == ()
    assert "= identical" in words(difference)


def test_names_alone_are_said_to_be_names_alone() -> None:
    one = llama_mlp(timed=False)
    renamed = tuple(
        replace(
            item, text=item.text.replace("mul:", "mul_77:").replace("(mul,", "(mul_77,").replace("= mul", "= mul_77")
        )
        if item.id == "0/0:aten"
        else item
        for item in one.artifacts
    )
    difference = compare_captures(one, replace(one, artifacts=renamed), ("a", "b"))
    part = next(part for part in capture_parts(difference) if part.title == "AOT ATen graph")
    assert (part.mark.sign, part.mark.words, part.alike) == ("≈", "identical up to names", True)
    assert "≈ identical up to names" in words(difference)


def test_what_a_cache_kept_out_of_a_log_is_no_difference() -> None:
    pair = training().compilations[0]
    texts = tuple(replace(text, change=Change.UNRECORDED) if text.a is None else text for text in pair.texts)
    difference = replace(training(), compilations=(replace(pair, texts=texts),))
    assert "; as far as both logs hold it)" in words(difference)
    joint = next(part for part in capture_parts(difference) if part.title == "AOT joint graph")
    assert (joint.alike, joint.count) == (True, "")
    assert "came from a cache" in joint.mark.words
    assert joint not in only_different(capture_parts(difference))


def test_only_what_differs_keeps_what_it_lies_in() -> None:
    parts = capture_parts(training())
    kept = only_different(parts)
    assert 0 < len(kept) < len(parts)
    for part in kept:
        below = parts[parts.index(part) + 1 :]
        inside = below[: next((n for n, item in enumerate(below) if item.depth <= part.depth), None)]
        assert not part.alike or any(not item.alike for item in inside)


def test_of_many_pairs_those_that_are_alike_are_folded() -> None:
    capture = recorded("recompile")
    three = capture_parts(compare_captures(capture, capture, ("a", "b")))
    assert folded_first(three) == ()
    again = [("0/0", "0/0"), ("0/1", "0/1"), ("0/2", "0/2"), ("0/0", "0/1")]
    four = capture_parts(compare_captures(capture, capture, ("a", "b"), pairs=again))
    assert folded_first(four) == ("0/0|0/0", "0/1|0/1", "0/2|0/2")


# --- guards and settings ------------------------------------------------------------------------------------


def test_guards_stand_beside_what_guards_the_same_with_the_words_that_differ() -> None:
    keys = "DispatchKeySet(CPU, AutogradCPU)"
    a, b = (Guard(f"check_tensor(x, {keys}, size=[{size}])", "T", "x") for size in ("8, 16", "None, 16"))
    made = guards_text(
        [GuardChange(Change.CHANGED, a, b), GuardChange(Change.ADDED, None, Guard("2 <= x.size()[0]", "S"))]
    )
    assert made is not None
    assert made.a is not None
    assert made.b is not None
    assert made.a.lines == ["check_tensor(x, DispatchKeySet(…), size=[8, 16])"]
    assert made.b.lines[1] == "2 <= x.size()[0]"
    changed, added = made.rows
    assert [made.a.lines[0][start:end] for start, end in changed.parts_a] == ["8"]
    assert [made.b.lines[0][start:end] for start, end in changed.parts_b] == ["None"]
    assert (added.change, added.a, added.b) == (Change.ADDED, None, 2)


def test_dispatch_keys_that_differ_are_shown() -> None:
    a, b = (Guard(f"check_tensor(x, DispatchKeySet({keys}))", "T", "x") for keys in ("CPU", "CUDA"))
    made = guards_text([GuardChange(Change.CHANGED, a, b)])
    assert made is not None
    assert made.a is not None
    assert "DispatchKeySet(CPU)" in made.a.text


def test_a_setting_that_one_side_lacks_stands_alone() -> None:
    made = facts_text("settings", [FactChange("dynamic", "", "true"), FactChange("mode", "default", "max-autotune")])
    assert made is not None
    assert made.a is not None
    assert made.b is not None
    assert made.a.lines == ["mode     default"]
    assert made.b.lines == ["dynamic  true", "mode     max-autotune"]
    assert [row.change for row in made.rows] == [Change.ADDED, Change.CHANGED]
    assert facts_text("settings", []) is None


def test_a_line_of_a_list_stays_one_line_whatever_it_holds() -> None:
    made = guards_text(compare_captures(evil(1), evil(2), ("a", "b")).compilations[0].guards)
    assert made is not None
    assert all(side is not None and len(side.lines) == len(made.rows) for side in (made.a, made.b))


# --- kernels and phases -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "a", "b", "said"),
    [
        (KernelChange.RENAMED, ("k0",), ("k1",), "≈ identical up to names"),
        (KernelChange.CHANGED, ("k0",), ("k0",), "≠ different"),
        (KernelChange.SPLIT, ("k0",), ("k0", "k1"), "≠ split into 2"),
        (KernelChange.MERGED, ("k0", "k1", "k2"), ("k0",), "≠ merged from 3"),
        (KernelChange.REGROUPED, ("k0", "k1"), ("k0", "k1", "k2"), "≠ regrouped, 2 into 3"),
        (KernelChange.REMOVED, ("k0",), (), "− only on the left"),
        (KernelChange.ADDED, (), ("k0",), "+ only on the right"),
    ],
)
def test_what_became_of_kernels_is_said_and_every_name_has_a_row(
    change: KernelChange, a: tuple[str, ...], b: tuple[str, ...], said: str
) -> None:
    facts = (FactChange("instructions", "10", "12"),)
    table = kernel_table([KernelDifference(change, a, b, (), ("sin",), ("cos",), facts=facts)], {0: "code"})
    first = table.items[0]
    assert (first.cells[0].text, first.opens, table.leads) == (said, True, {"0": "code"})
    for column, names in ((1, a), (2, b)):
        assert [item.cells[column].text for item in table.items[: max(len(a), len(b))]][: len(names)] == list(names)
    rest = [tuple(cell.text for cell in item.cells) for item in table.items]
    assert ("computes alone", "sin", "cos") in rest
    assert (("instructions", "10", "12") in rest) == bool(a and b)


def test_phases_say_both_times_their_ratio_and_the_difference() -> None:
    table = phase_table(
        [
            PhaseChange("outer", 2, 2.0, 3.0, 1, 1),
            PhaseChange("inner", 3, 0.5, None, 1, 0),
            PhaseChange("same", 3, 1, 1, 1, 1),
        ]
    )
    assert [[cell.text for cell in item.cells] for item in table.items] == [
        ["outer", "2.00 s", "3.00 s", "1.50×", "+1.00 s"],
        ["inner", "500 ms", "not recorded", "", "-500 ms"],
        ["same", "1.00 s", "1.00 s", "1.00×", ""],
    ]
    assert [(item.depth, item.cells[4].share) for item in table.items] == [(0, 1.0), (1, 0.5), (1, 0.0)]


# --- latency ------------------------------------------------------------------------------------------------


def test_a_certain_difference_says_which_side_is_faster() -> None:
    slower, alike = training().latency
    assert latency_words(slower, LEFT_AND_RIGHT)[0] == "The left side is faster, 1.25×."
    assert "could tell from chance" in latency_words(alike, LEFT_AND_RIGHT)[0]
    text = "\n".join(
        f"{row.label}: {row.text}" for section in latency_sections(training().latency) for row in section.rows
    )
    assert "right / left: 1.250 (95 % interval 1.2" in text
    assert "pairs of samples: 60 → 60" in text


def test_a_side_that_was_not_timed_is_named() -> None:
    one = LatencyChange("s", None, training().latency[0].b)
    assert latency_words(one, LEFT_AND_RIGHT)[0] == "The left side was not timed."


def test_an_interval_is_drawn_around_one_on_a_logarithmic_scale() -> None:
    row = drawn(1.5, (1.2, 2.0), math.log(2), width=21)
    scale = row.split(" ", 1)[1].rsplit(" ", 1)[0]
    assert (row.startswith("0.50 "), row.endswith(" 2.00"), len(scale)) == (True, True, 21)
    assert (scale[10], scale[20], scale.index("├"), scale.index("●")) == ("│", "┤", 13, 16)
    assert drawn(9.0, (0.001, 9.0), math.log(2), width=5).count("●") == 1  # what lies outside stands at the end


def test_signs_have_stand_ins_where_the_terminal_knows_ascii_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.tui.printable.glyphs", lambda: glyphs.ASCII)
    said = [titles(capture_parts(training()))[0], drawn(1.0, (0.9, 1.1), 0.2)]
    shown = [segment.text for segment in Printable().apply(list(map(Segment, said)), Color(0, 0, 0))]
    assert shown[0] == "! Overview"
    assert shown[1].isascii()


def test_hostile_names_are_kept_for_the_screen_to_make_safe() -> None:
    parts = capture_parts(compare_captures(evil(1), evil(2), (EVIL, EVIL)))
    assert any(EVIL in part.title for part in parts)
