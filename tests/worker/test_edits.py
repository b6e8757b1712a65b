"""Real edits of a C++ kernel: right, wrong, not built, crashing and hanging ones. One worker for most of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import pytest

from inspector.errors import UsageError
from inspector.model.artifact import Artifact
from inspector.model.edit import Fate
from inspector.model.request import CaptureRequest
from inspector.say import edit as say
from inspector.work import editing
from inspector.work.editing import EditSession, kernel_of, same_setting, situation_of, text_with

pytestmark = pytest.mark.compiles

MODULE = """
import torch


def wave(x):
    return torch.sin(x) * 2 + torch.cos(x)
"""
LOOP = "x0<static_cast<int64_t>(4096L)"


@pytest.fixture(scope="module")
def request_of_it(tmp_path_factory: pytest.TempPathFactory) -> CaptureRequest:
    file = tmp_path_factory.mktemp("edits") / "edited_module.py"
    file.write_text(MODULE)
    return CaptureRequest(target=f"{file}:wave", inputs=("x=f32[64,64]",), threads=1)


@pytest.fixture(scope="module")
def session(request_of_it: CaptureRequest) -> Iterator[EditSession]:
    with EditSession(request_of_it) as session:
        session.compile()
        yield session


@pytest.fixture
def kernel(session: EditSession) -> Artifact:
    return kernel_of(session.capture, None)


def changed(kernel: Artifact, before: str, after: str) -> str:
    assert before in kernel.text
    return kernel.text.replace(before, after)


def test_a_comment_is_the_same_machine_code_built_by_the_same_command(session: EditSession, kernel: Artifact) -> None:
    edit = session.edit(kernel, changed(kernel, "tmp0.sin();", "tmp0.sin(); // as it was"), seconds=0.3, limit=60)
    assert edit.fate is Fate.SAME
    assert (edit.calls, edit.elements, edit.differing, edit.notes) == (1, 4096, 0, ())
    assert edit.apart is not None and not edit.apart.more and not edit.apart.less
    assert edit.code is not None and edit.code.same
    assert edit.race is not None and len(edit.race.eager) == len(edit.race.compiled) == len(edit.race.edited) >= 5
    assert min(edit.race.edited) > 0
    assert "numbers the same in 4,096 of 4,096" in say.headline(edit)
    assert session.capture.edits[-1] == edit


def test_a_slower_kernel_has_the_same_numbers_and_its_speed_is_no_praise(
    session: EditSession, kernel: Artifact
) -> None:
    loop = "auto tmp1 = tmp0.sin(); for (int k = 0; k < 40; ++k) { volatile float waits = in_ptr0[x0]; (void)waits; }"
    edit = session.edit(kernel, changed(kernel, "auto tmp1 = tmp0.sin();", loop), seconds=0.3, limit=60)
    assert edit.fate is Fate.SAME and edit.race is not None
    assert edit.code is not None and not edit.code.same
    assert say.ratio(edit.race.against_compiled)


def test_a_wrong_kernel_is_said_to_be_wrong_where_and_by_how_much(session: EditSession, kernel: Artifact) -> None:
    edit = session.edit(
        kernel, changed(kernel, "static_cast<float>(2.0)", "static_cast<float>(2.5)"), seconds=1, limit=60
    )
    assert edit.fate is Fate.WRONG and edit.race is None
    (output,) = edit.outputs
    assert output.compiled.beyond > 4000 and output.eager is not None and output.eager.beyond > 4000
    assert output.edited_double is not None and output.edited_double.absolute > 0.4
    assert len(output.worst) == 2 and output.values is not None
    assert abs(output.values[0] - output.values[1]) == pytest.approx(output.compiled.absolute)
    (buffer,) = edit.buffers
    assert buffer.parameter == "out_ptr0" and ".store(out_ptr0" in kernel.lines[buffer.lines[0] - 1]
    words = say.headline(edit)
    assert words.startswith("numbers wrong in 4,0") and "in place of" in words and "×" not in words


def test_what_is_not_written_does_not_look_right_by_luck(session: EditSession, kernel: Artifact) -> None:
    """Torch hands the memory of the call before out again, with the right results in it."""
    store = next(line.strip() for line in kernel.lines if ".store(out_ptr0" in line)
    edit = session.edit(kernel, changed(kernel, store, f"if (x0 != 32) {store}"), seconds=1, limit=60)
    assert edit.fate is Fate.WRONG and edit.race is None
    assert edit.differing == 16
    assert any("memory that nothing has written" in words for words in edit.notes)


def test_what_is_written_beside_the_buffers_is_found(session: EditSession, kernel: Artifact) -> None:
    store = next(line.strip() for line in kernel.lines if ".store(out_ptr0" in line)
    past = f"{store} if (x0 == 4080) out_ptr0[4096] = 1.0f;"
    edit = session.edit(kernel, changed(kernel, store, past), seconds=1, limit=60)
    assert edit.fate is Fate.WRONG and edit.differing == 0
    assert "writes outside the memory" in say.headline(edit)


def test_a_syntax_error_is_at_its_line_and_the_worker_lives_on(session: EditSession, kernel: Artifact) -> None:
    text = changed(kernel, "auto tmp1 = tmp0.sin();", "auto tmp1 = tmp0.sinus();")
    edit = session.edit(kernel, text, seconds=1, limit=60)
    assert edit.fate is Fate.NOT_BUILT and edit.problem is not None and edit.problem.line is not None
    assert "sinus" in text.split("\n")[edit.problem.line - 1]
    assert edit.problem.column == text.split("\n")[edit.problem.line - 1].index("sinus")
    assert "sinus" in edit.problem.message
    assert session.outcome is None


def test_flags_are_added_to_inductors_command_and_tiny_numbers_stay(session: EditSession, kernel: Artifact) -> None:
    text = text_with(CaptureRequest(), session.capture, kernel, [("flags", "-ffast-math")])
    edit = session.edit(kernel, text, seconds=0, limit=60)
    assert edit.flags == ("-ffast-math",) and edit.apart is not None and edit.apart.more == ("-ffast-math",)
    assert edit.fate.ran and edit.unraced == "no race was asked for"
    again = session.edit(kernel, changed(kernel, "tmp0.sin();", "tmp0.sin(); // again"), seconds=0, limit=60)
    assert again.fate is Fate.SAME


@pytest.mark.parametrize("flags", ["-o/tmp/x", "@file", "-lm", "-include x"])
def test_a_flag_that_names_a_file_is_refused(session: EditSession, kernel: Artifact, flags: str) -> None:
    with pytest.raises(UsageError, match="no flag that changes the code"):
        session.edit(kernel, f"// flags: {flags}\n{kernel.text}", seconds=0, limit=60)


def test_the_compilers_own_text_is_no_edit(session: EditSession, kernel: Artifact) -> None:
    with pytest.raises(UsageError, match="compiler's own"):
        session.edit(kernel, f"\n{kernel.text}\n", seconds=0, limit=60)


def test_an_exception_is_the_edits_own(session: EditSession, kernel: Artifact) -> None:
    text = changed(kernel, "for(int64_t x0", 'throw std::runtime_error("not today");\n for(int64_t x0')
    edit = session.edit(kernel, text, seconds=1, limit=60)
    assert edit.fate is Fate.RAISED and edit.problem is not None and "not today" in edit.problem.message
    assert session.outcome is None


def test_another_vector_width_is_named_as_the_setting_that_gives_it(
    session: EditSession, kernel: Artifact, request_of_it: CaptureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "simdlen" in str(situation_of(session.capture, kernel)) or "at::vec" in kernel.text
    text = text_with(request_of_it, session.capture, kernel, [("simdlen", "1")])
    assert text.startswith("// inductor: cpp.simdlen=1\n") and "at::vec" not in text
    edit = session.edit(kernel, text, seconds=0, limit=60)
    assert edit.fate.right
    assert same_setting(request_of_it, edit) == "--inductor cpp.simdlen=1"
    monkeypatch.setattr(editing, "_captured", lambda *_: session.capture)
    assert same_setting(request_of_it, edit) == "", "of a compile that writes another text it is not named"


@pytest.mark.parametrize("compares", [True, False])
def test_only_the_edited_kernel_itself_has_to_return_in_time(compares: bool) -> None:
    """Copying and comparing large buffers on a busy machine takes longer than any kernel may."""
    import torch

    from inspector.worker.edits.build import KernelPlace
    from inspector.worker.edits.check import Witness

    seen: list[str] = []

    @contextmanager
    def calling() -> Iterator[None]:
        seen.append("begin")
        yield
        seen.append("end")

    module = ModuleType("output_code")
    module.k = lambda *_: seen.append("own")  # type: ignore[attr-defined]
    place = KernelPlace(module, "k", "", ("float*",), "cpu", module.k)
    witness = Witness(place, lambda *_: seen.append("edited"), "", calling, compares)
    with witness.watching():
        module.k(torch.zeros(4))
    assert seen == [*(["own"] if compares else []), "begin", "edited", "end"]
    assert witness.calls == 1 and witness.buffers() == ()


def test_a_crash_ends_the_worker_and_is_told_with_its_text(session: EditSession, kernel: Artifact) -> None:
    """The last one of this worker."""
    text = changed(kernel, "for(int64_t x0", "*(volatile int*)nullptr = 1;\n for(int64_t x0")
    edit = session.edit(kernel, text, seconds=1, limit=60)
    assert edit.fate is Fate.CRASHED and edit.text == text
    assert edit.problem is not None and "segmentation fault" in edit.problem.message
    assert session.capture.finished and session.capture.find(kernel.stage)
    assert not any("incomplete" in note.message for note in session.capture.notes)


def test_an_endless_loop_is_ended(request_of_it: CaptureRequest) -> None:
    with EditSession(request_of_it) as session:
        session.compile()
        kernel = kernel_of(session.capture, None)
        edit = session.edit(
            kernel,
            changed(kernel, "for(int64_t x0", "for (volatile int k = 0;;) k = 1;\n for(int64_t x0"),
            seconds=1,
            limit=2,
        )
        assert edit.fate is Fate.HUNG
        assert "had not returned after 2 s" in say.headline(edit)
