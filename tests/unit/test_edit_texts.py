"""Edited kernels without a compiler: experiments on texts, what a text says of its build, words, views, losses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from inspector import protocol
from inspector.bundle import read, write
from inspector.client.outcome import Outcome, OutcomeKind
from inspector.edits import cpp, triton
from inspector.edits.experiments import Situation, applied, experiments
from inspector.edits.text import (
    changed_counts,
    flags_in,
    patch,
    plain,
    same_text,
    settings_in,
    with_flags,
    with_settings,
)
from inspector.edits.view import changed_lines, with_edit
from inspector.errors import UsageError
from inspector.live.edits import EditFold
from inspector.live.watch import Watch
from inspector.model.artifact import Artifact, Language
from inspector.model.build import command_difference
from inspector.model.capture import Capture
from inspector.model.deviation import Deviation
from inspector.model.edit import EditedOutput, EditedText, EditRace, Fate, KernelEdit, Problem
from inspector.model.stage import Stage
from inspector.model.text_difference import Change
from inspector.say import edit as say
from inspector.trace import read_capture

CPP = """#include <torch/csrc/inductor/cpp_prefix.h>
extern "C"  void  kernel(const float* in_ptr0,
                       float* out_ptr0)
{
    #pragma omp parallel num_threads(8)
    {
        #pragma omp for collapse(2)
        for(int64_t x0=static_cast<int64_t>(0L); x0<static_cast<int64_t>(64L); x0+=static_cast<int64_t>(1L))
        {
            for(int64_t x1=static_cast<int64_t>(0L); x1<static_cast<int64_t>(64L); x1+=static_cast<int64_t>(16L))
            {
                auto tmp0 = at::vec::Vectorized<float>::loadu(in_ptr0 + static_cast<int64_t>(x1), 16);
                tmp0.store(out_ptr0 + static_cast<int64_t>(x1));
            }
        }
    }
}
"""
TRITON = """import triton
import triton.language as tl

@triton_heuristics.pointwise(
    size_hints={'x': 65536},
    filename=__file__,
    triton_meta={'signature': {'in_ptr0': '*fp32', 'xnumel': 'i32', 'XBLOCK': 'constexpr'}, 'device': 0},
    inductor_meta={'grid_type': 'Grid1D', 'kernel_name': 'triton_poi_fused_sin_0'},
    min_elem_per_thread=0
)
@triton.jit
def triton_poi_fused_sin_0(in_ptr0, out_ptr0, xnumel, XBLOCK : tl.constexpr):
    xoffset = tl.program_id(0) * XBLOCK
"""
LAUNCH = {"XBLOCK": 512, "num_warps": 4, "num_stages": 1, "registers": 19}


def kernel(text: str = CPP, language: Language = Language.CPP) -> Artifact:
    return Artifact("0/0:kernel:k", Stage.KERNEL, "0/0", "k", language, text)


def here(text: str = CPP) -> Situation:
    return Situation({}, 8) if text is CPP else Situation(LAUNCH)


def edit(**fields: object) -> KernelEdit:
    return replace(KernelEdit(1, "0/0", "k", Fate.SAME, CPP, CPP.replace("16L", "32L")), **fields)  # type: ignore[arg-type]


# --- experiments --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("schedule", "static,64", "        #pragma omp for collapse(2) schedule(static, 64)"),
        ("schedule", "guided", "        #pragma omp for collapse(2) schedule(guided)"),
        ("threads", "2", "    #pragma omp parallel num_threads(2)"),
        ("unroll", "4", "            #pragma GCC unroll 4"),
        ("flags", "-ffast-math -O2", "// flags: -ffast-math -O2"),
    ],
)
def test_an_experiment_is_one_line_and_goes_back(key: str, value: str, line: str) -> None:
    text = applied(kernel(), here(), [(key, value)])
    assert line in text.split("\n")
    assert sum(patch(edit(text=text)).count(sign) for sign in ("\n+", "\n-")) <= 3
    if key != "threads":
        back = applied(replace(kernel(), text=text), here(), [(key, cpp.OWN)])
        assert same_text(back, CPP)


def test_a_pragma_never_comes_between_openmp_and_its_loop() -> None:
    lines = applied(kernel(), here(), [("unroll", "2")]).split("\n")
    at = lines.index("        #pragma omp for collapse(2)")
    assert lines[at + 1].lstrip().startswith("for(int64_t x0")
    alone = "\n".join(line for line in CPP.split("\n") if "x1" not in line)
    assert "unroll" not in {item.key for item in experiments(kernel(alone), here())}


def test_only_what_applies_is_offered() -> None:
    assert [item.key for item in experiments(kernel(), here())] == ["schedule", "threads", "unroll", "simdlen", "flags"]
    assert [item.key for item in experiments(kernel("void kernel() {}"), here())] == ["flags"]
    assert {item.key: item.now for item in experiments(kernel(), here())}["threads"] == "8"
    offered = experiments(kernel(TRITON, Language.TRITON), here(TRITON))
    assert [item.key for item in offered] == ["XBLOCK", "num_warps", "num_stages"]
    assert offered[0].values == ("128", "256", "1024", "2048")
    assert experiments(kernel("def f(): pass", Language.TRITON), here(TRITON)) == ()


@pytest.mark.parametrize(
    "asked", [("schedule", "fast"), ("schedule", "static,x"), ("threads", "0"), ("unroll", "²"), ("nothing", "1")]
)
def test_what_is_no_value_is_refused(asked: tuple[str, str]) -> None:
    with pytest.raises(UsageError):
        applied(kernel(), here(), [asked])


def test_what_changes_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="changes nothing"):
        applied(kernel(), here(), [("threads", "8")])


def test_a_triton_kernel_gets_one_fixed_configuration_which_can_be_changed_further() -> None:
    text = applied(kernel(TRITON, Language.TRITON), here(TRITON), [("num_warps", "8"), ("XBLOCK", "1024")])
    assert "@triton_heuristics.fixed_config(" in text and "pointwise" not in text and "min_elem_per_thread" not in text
    assert "config={'XBLOCK': 1024, 'num_warps': 8, 'num_stages': 1}," in text
    assert "filename=__file__," in text and "'grid_type': 'Grid1D'" in text
    assert text.count("@triton.jit") == 1
    compile(text, "it", "exec")
    assert {name: now for name, _, now, _ in triton.knobs(text, {})} == {
        "XBLOCK": "1024",
        "num_warps": "8",
        "num_stages": "1",
    }
    with pytest.raises(UsageError, match="power of two"):
        triton.with_knob(TRITON, "XBLOCK", "300", LAUNCH)


# --- what a text says of itself -----------------------------------------------------------------------------


def test_flags_and_settings_stand_in_the_text() -> None:
    text = with_settings(with_flags(CPP, ["-O2", "-funroll-loops"]), {"cpp.simdlen": "256"})
    assert flags_in(text) == ("-O2", "-funroll-loops")
    assert settings_in(text) == (("cpp.simdlen", "256"),)
    assert same_text(plain(text), CPP)
    assert same_text(with_flags(with_settings(text, {}), []), CPP)
    with pytest.raises(UsageError, match="KEY=VALUE"):
        settings_in("// inductor: simdlen")


def test_a_patch_takes_one_text_to_the_other() -> None:
    made = patch(edit())
    assert made.startswith("--- a/k.cpp\n+++ b/k.cpp\n")
    assert changed_counts(edit()) == (1, 1)
    assert patch(edit(text=CPP)) == ""


def test_two_commands_differ_in_what_counts() -> None:
    own = "g++ /a/x.main.cpp -O3 -ffp-contract=off -fno-math-errno -include /p.h -o /a/x.main.so"
    same = command_difference(own, own.replace("/a/x", "/b/y"))
    assert (same.more, same.less) == ((), ())
    other = command_difference(own, f"{own} -ffp-contract=fast -O2")
    assert (other.more, other.less) == (("-ffp-contract=fast", "-O2"), ("-O3", "-ffp-contract=off"))


# --- words --------------------------------------------------------------------------------------------------


def output(differing: int, beyond: int, *, eager_beyond: int = 0) -> EditedOutput:
    found = Deviation(0.5, 0.2, 100.0, elements=64, differing=differing, beyond=beyond, excess=float(beyond))
    eager = replace(found, beyond=eager_beyond)
    return EditedOutput("output 0", "f32", (8, 8), found, eager, eager, worst=(1, 2), values=(float("nan"), -1.5))


def race(factor: float, busy: float = 0.0) -> EditRace:
    edited = tuple(1e-3 + 1e-6 * (at % 3) for at in range(40))
    return EditRace("x", tuple(3 * item for item in edited), tuple(factor * item for item in edited), edited, 4, busy)


def test_what_was_won_is_said_with_its_interval() -> None:
    words = say.headline(edit(outputs=(output(0, 0),), calls=1, race=race(1.12)))
    assert words == "edited against compiled 1.12 × (95 %: 1.12 to 1.12), numbers the same in 64 of 64"
    same = say.headline(edit(outputs=(output(0, 0),), calls=1, race=race(1.0)))
    assert same.startswith("no measurable change in speed: edited against compiled 1.00 ×")


def test_on_a_busy_machine_no_speed_is_said() -> None:
    made = edit(outputs=(output(0, 0),), calls=1, race=race(2.0, busy=0.6))
    assert say.headline(made) == (
        "speed not compared (others used 60 % of the machine meanwhile), numbers the same in 64 of 64"
    )
    assert "2.00 ×" not in " ".join(row.text for row in say.rows(made))


def test_a_wrong_edit_is_wrong_and_not_fast() -> None:
    made = edit(fate=Fate.WRONG, outputs=(output(9, 5, eager_beyond=5),), calls=1, race=race(9.0))
    text = "\n".join(row.text for row in say.rows(made))
    assert say.headline(made) == "numbers wrong in 5 of 64: output 0[1, 2] is nan in place of -1.5"
    assert "9.00 ×" not in text and "against compiled 9" not in text


@pytest.mark.parametrize(("times", "rounded"), [(1.0, True), (2.0, True), (2.1, False), (float("nan"), False)])
def test_a_sum_in_another_order_is_not_wrong_where_float64_says_so(times: float, rounded: bool) -> None:
    """Beyond the tolerance against both: what is as near to the truth as they are is rounded otherwise."""
    plain = output(9, 5, eager_beyond=5)
    exact = replace(plain.compiled, excess=3.0)
    found = replace(plain, edited_double=replace(exact, excess=3.0 * times), compiled_double=exact)
    assert (found.rounded, found.wrong) == (rounded, not rounded)
    assert plain.wrong and not plain.rounded, "nothing was calculated in float64"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"fate": Fate.ROUNDED, "outputs": (output(9, 5, eager_beyond=5),)}, "as near to float64 as compiled or eager"),
        ({"fate": Fate.CLOSE, "outputs": (output(3, 0),)}, "within the tolerance in 64 of 64, 3 not equal"),
        ({"fate": Fate.OTHER, "outputs": (output(9, 5),)}, "against eager all are within it"),
        ({"fate": Fate.NOT_BUILT, "problem": Problem("no x.", 7)}, "not built at line 7: no x"),
        ({"fate": Fate.CRASHED, "problem": Problem("It crashed (SIGSEGV).")}, "it crashed: It crashed (SIGSEGV)"),
        ({"fate": Fate.UNCOMPARED, "unraced": "nobody calls it"}, "numbers not compared (nobody calls it), not raced"),
        (
            {"fate": Fate.WRONG, "notes": ("It writes outside the memory that it was given.",)},
            "wrong: It writes outside",
        ),
    ],
)
def test_each_fate_has_its_words(fields: dict[str, object], words: str) -> None:
    given = {"unraced": "no race was asked for", **fields}
    assert words in say.headline(edit(calls=1, **given))


# --- the live capture ---------------------------------------------------------------------------------------

ASKED = protocol.EditKernel(2, "0/0", "k", CPP, "edited")
CRASH = Outcome(OutcomeKind.CRASHED, "The worker crashed.")


def test_a_worker_that_ends_while_the_edit_runs_was_ended_by_it() -> None:
    fold = EditFold()
    fold.asked(ASKED)
    fold.take(protocol.Calling(2, 20.0))
    assert fold.lost(CRASH)
    (lost,) = fold.edits(Capture())
    assert (lost.fate, lost.text, lost.number) == (Fate.CRASHED, "edited", 2)
    assert not fold.lost(CRASH), "once"


@pytest.mark.parametrize("ended", [OutcomeKind.CANCELLED, OutcomeKind.FINISHED])
def test_a_worker_that_was_told_to_end_is_no_crash_of_an_edit(ended: OutcomeKind) -> None:
    fold = EditFold()
    fold.asked(ASKED)
    assert not fold.lost(replace(CRASH, kind=ended))
    assert fold.edits(Capture()) == ()


@pytest.mark.parametrize(("called", "fate"), [(False, Fate.NOT_BUILT), (True, Fate.CRASHED)])
def test_what_an_edit_destroyed_may_end_the_worker_later_and_before_it_ran_nothing_is_blamed_on_it(
    called: bool, fate: Fate
) -> None:
    fold = EditFold()
    fold.asked(ASKED)
    if called:
        fold.take(protocol.Calling(2, 20.0))
        fold.take(protocol.Calling(2, None))
    assert fold.lost(CRASH)
    assert fold.edits(Capture())[0].fate is fate


def test_a_call_that_does_not_return_is_noticed_though_the_worker_lives() -> None:
    now = [0.0]
    watch = Watch(clock=lambda: now[0])
    watch.asked(ASKED)
    watch.heard(protocol.Calling(2, 20.0))
    now[0] = 19.0
    watch.heard(protocol.Alive(1, 1))
    assert watch.verdict() == ""
    now[0] = 21.0
    watch.heard(protocol.Alive(1, 1))
    assert watch.verdict() == "the edited kernel had not returned after 20 s"
    watch.heard(protocol.Calling(2, None))
    assert watch.verdict() == ""


# --- as it is shown, and kept -------------------------------------------------------------------------------

RECORDED = read_capture(Path(__file__).parents[1] / "traces" / "live_gated.log")


def recorded_edit() -> KernelEdit:
    own = RECORDED.find(Stage.KERNEL)[0]
    line = next(line for line in own.lines if " = tmp" in line and " * " in line)
    text = own.text.replace(line, f"// one more line\n{line.replace(' * ', ' + ')}", 1)
    texts = (EditedText("asm", "kernel:\n        ret\n", lines=(0, 3)),)
    return KernelEdit(1, own.compile_id or "", own.kernel or "", Fate.SAME, own.text, text, own.unit, texts=texts)


def test_links_of_lines_that_were_left_alone_stay_and_move_along() -> None:
    made, own = recorded_edit(), RECORDED.find(Stage.KERNEL)[0]
    seen = with_edit(RECORDED, made)
    now = seen.find(Stage.KERNEL)[0]
    assert (now.text, now.id, now.key) == (made.text, own.id, own.key)
    changed = {line for line, what in changed_lines(own, made).items() if what is not Change.SAME}
    ends = [span for link in seen.links for span in (link.a, link.b) if span.artifact == own.id]
    assert ends
    for span in ends:
        assert not any(span.touches(line) for line in changed)
    texts = {own.lines[span.start.line - 1] for link in RECORDED.links for span in link[:2] if span.artifact == own.id}
    kept = [span for span in ends if span.start.line != 3]  # 3 is where the made-up machine code comes from
    assert {now.lines[span.start.line - 1] for span in kept} <= texts
    code = seen.find(Stage.ASM)[0]
    assert code.text.startswith("kernel:")
    (link,) = [item for item in seen.links if code.id in (item.a.artifact, item.b.artifact)]
    assert link.a.start.line == 3


def test_a_bundle_keeps_both_texts_and_the_patch(tmp_path: Path) -> None:
    made = replace(recorded_edit(), race=race(1.2), outputs=(replace(output(0, 0), values=None),))
    place = write(replace(RECORDED, edits=(made,)), tmp_path / "b")
    assert read(place).edits == (made,)
    files = {item.name: item.read_text() for item in (place / "edits").iterdir()}
    assert set(files) == {f"1-{made.kernel}{end}" for end in ("-before.cpp", ".cpp", ".patch")}
    assert files[f"1-{made.kernel}.patch"] == patch(made)
