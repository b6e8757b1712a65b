"""Edits of kernels in one live worker: a text is built, checked and raced, and the next one may follow."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from inspector import protocol
from inspector.edits.experiments import Situation, applied, experiments
from inspector.edits.text import flags_in, plain, same_text, settings_in, with_settings
from inspector.errors import UsageError, from_exit_code
from inspector.live import Ended, EventArrived, LiveCapture, Outcome, Update
from inspector.model.artifact import Artifact
from inspector.model.build import command_difference
from inspector.model.capture import Capture
from inspector.model.edit import KernelEdit
from inspector.model.number import whole
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.work.compiling import TICK, compile_target

Tell = Callable[[str], bool]
"""Told in words what is going on, about ten times a second; True gives up."""


class GivenUp(Exception):
    """Whoever is told wants no more of it."""


def kernel_of(capture: Capture, name: str | None, compile_id: str | None = None) -> Artifact:
    """The text of the kernel that is meant.

    Raises:
        UsageError: there is none of that name, or several.
    """
    there = capture.find(Stage.KERNEL)
    found = [item for item in there if item.kernel == name or name is None]
    found = [item for item in found if compile_id in (None, item.compile_id)]
    if not there:
        raise UsageError("Nothing was compiled to a kernel here, so there is none to edit.")
    known = ", ".join(dict.fromkeys(f"{item.kernel} of {item.compile_id}" for item in there))
    if not found:
        what = name or "kernel"
        raise UsageError(f"There is no {what}{f' of {compile_id}' if compile_id else ''}.", f"There are: {known}.")
    if len(found) > 1:
        of = "Name one with --kernel" if name is None else "Say of which with --compile-id"
        raise UsageError(f"{len(found)} kernels could be meant.", f"{of}: {known}.")
    return found[0]


def situation_of(capture: Capture, kernel: Artifact) -> Situation:
    """What is known of a kernel beside its text."""
    compilation = capture.compilation(kernel.compile_id or "")
    launches = compilation.metrics.get("triton_launch", {}) if compilation is not None else {}
    launch = launches.get(kernel.key.local, {}) if kernel.key is not None and isinstance(launches, dict) else {}
    threads = capture.environment.get("threads")
    return Situation(
        {str(key): value for key, value in launch.items() if isinstance(value, int)},
        threads if isinstance(threads, int) else None,
    )


def edit_request(number: int, kernel: Artifact, text: str, *, seconds: float, limit: float) -> protocol.EditKernel:
    """What a worker is asked for; flags and settings are those that the text names.

    Raises:
        UsageError: the text is the compiler's own, or names something that is no setting.
    """
    if same_text(text, kernel.text):
        raise UsageError(f"The text is the compiler's own, nothing of {kernel.kernel} was changed.")
    if not plain(text).strip():
        raise UsageError("The text is empty, so there is nothing to build.")
    return protocol.EditKernel(
        number,
        kernel.compile_id or "",
        kernel.kernel or "",
        kernel.text,
        text,
        kernel.unit,
        flags=list(flags_in(text)),
        settings=list(settings_in(text)),
        seconds=seconds,
        limit=limit,
    )


class EditSession:
    """A worker that has compiled and takes edits, one after the other.

    Args:
        request: what to compile.
        tell: told what is going on while something is waited for.
    """

    def __init__(self, request: CaptureRequest, tell: Tell = lambda _: False) -> None:
        self._request, self._tell = request, tell
        self._changed = threading.Condition()
        self._phase = "starting"
        self._compiled = False
        self._answer: protocol.KernelEdited | protocol.Failed | None = None
        self._outcome: Outcome | None = None
        self._count = 0
        self._live = LiveCapture(request, self._hear)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._live.cancel()

    @property
    def capture(self) -> Capture:
        """What there is so far, edits included."""
        return self._live.capture

    @property
    def outcome(self) -> Outcome | None:
        """How the worker ended; None while it lives."""
        return self._outcome

    def compile(self) -> Capture:
        """Waits until all is compiled.

        Raises:
            InspectorError: it did not come that far.
            GivenUp: whoever is told wants no more of it.
        """
        self._wait(lambda: self._compiled or self._outcome is not None)
        if self._outcome is not None:
            end = self._outcome
            raise from_exit_code(end.exit_code, end.message, end.hint, detail=end.traceback)
        return self.capture

    def edit(self, kernel: Artifact, text: str, *, seconds: float, limit: float) -> KernelEdit:
        """Tries a text; where that ends the worker, the edit says so, and there is no further one.

        Raises:
            InspectorError: this text cannot be tried so.
            GivenUp: whoever is told wants no more of it.
        """
        self._count += 1
        self._live.send(edit_request(self._count, kernel, text, seconds=seconds, limit=limit))
        self._wait(lambda: self._answer is not None or self._outcome is not None)
        answer, self._answer = self._answer, None
        if isinstance(answer, protocol.Failed):
            failed = answer
            raise from_exit_code(failed.exit_code, failed.message, failed.hint, detail=failed.traceback)
        found = next((item for item in self.capture.edits if item.number == self._count), None)
        if found is None and self._outcome is not None:
            raise from_exit_code(self._outcome.exit_code, self._outcome.message, self._outcome.hint)
        assert found is not None
        return found

    def _wait(self, there: Callable[[], bool]) -> None:
        while True:
            with self._changed:
                if self._changed.wait_for(there, TICK):
                    return
            if self._tell(self._phase):
                self._live.cancel()
                raise GivenUp

    def _hear(self, update: Update) -> None:
        with self._changed:
            match update:
                case EventArrived(protocol.Progress(phase)):
                    self._phase = phase
                case EventArrived(protocol.Compiled()):
                    self._compiled = True
                case EventArrived(protocol.KernelEdited() as event):
                    self._answer = event
                case EventArrived(protocol.Failed(fatal=False) as event):
                    self._answer = event
                case Ended(outcome):
                    self._outcome = outcome
            self._changed.notify_all()


# --- what Inductor's own settings would write ---------------------------------------------------------------


def regenerated(
    request: CaptureRequest, kernel: Artifact, settings: Sequence[tuple[str, str]], tell: Tell = lambda _: False
) -> str:
    """The text that the compiler writes for a kernel with other settings, with the line that names them.

    Raises:
        InspectorError: it does not compile so, or has no such kernel then.
    """
    capture = _captured(replace(request, inductor=(*request.inductor, *settings)), tell)
    found = [item for item in capture.find(Stage.KERNEL, kernel.compile_id) if item.key == kernel.key]
    words = " ".join(f"{key}={value}" for key, value in settings)
    if not found:
        raise UsageError(f"With {words} the compiler writes no kernel {kernel.kernel}.")
    return with_settings(found[0].text, dict(settings))


def same_setting(request: CaptureRequest, edit: KernelEdit, tell: Tell = lambda _: False) -> str:
    """A setting with which the compiler writes an edit's very text and builds it alike; empty where none is found.

    Each that could is tried by compiling with it.
    """
    for words, asked in _candidates(request, edit):
        capture = _captured(asked, tell)
        texts = [item.text for item in capture.find(Stage.KERNEL, edit.compile_id, edit.kernel)]
        if any(same_text(text, plain(edit.text)) for text in texts) and _built_alike(edit, capture):
            return words
    return ""


_HEADER = "TORCH_INDUCTOR_PRECOMPILE_HEADERS"
"""An edit that has flags or settings is built without the header that was precompiled for others."""


def _built_alike(edit: KernelEdit, capture: Capture) -> bool:
    """Whether a capture builds a kernel of that name by the edit's command; Triton has none to compare."""
    if edit.triton:
        return True
    asm = capture.find(Stage.ASM, edit.compile_id, edit.kernel)
    commands = [item.command for item in capture.builds if any(item.so == text.path for text in asm)]
    apart = [command_difference(command, edit.command) for command in commands if command]
    return any({*item.more, *item.less} <= {"-D", _HEADER} for item in apart)


_FLAGS = {
    ("-ffp-contract=fast",): ("cpp.enable_floating_point_contract_flag", "fast"),
    ("-funsafe-math-optimizations",): ("cpp.enable_unsafe_math_opt_flag", "True"),
}
"""Flags → Inductor's setting that adds them."""


def _candidates(request: CaptureRequest, edit: KernelEdit) -> list[tuple[str, CaptureRequest]]:
    """What might write the text: its words, and the request with it."""
    found = []
    settings = [*edit.settings, *([_FLAGS[edit.flags]] if edit.flags in _FLAGS else [])]
    if edit.flags and edit.flags not in _FLAGS:
        return []
    if settings:
        words = " ".join(f"--inductor {key}={value}" for key, value in settings)
        found.append((words, replace(request, inductor=(*request.inductor, *settings))))
    before, now = _threads_in(edit.before), _threads_in(edit.text)
    if now is not None and now != before and not settings:
        found.append((f"--threads {now}", replace(request, threads=now)))
    return found


def _threads_in(text: str) -> int | None:
    _, found, rest = text.partition("num_threads(")
    return whole(rest.partition(")")[0]) if found else None


def _captured(request: CaptureRequest, tell: Tell) -> Capture:
    """A capture of its own process.

    Raises:
        GivenUp: whoever is told wants no more of it.
        InspectorError: it did not end well.
    """
    done = compile_target(request, tell=lambda _, phase: tell(f"{phase} (with other settings)"))
    end = done.outcome
    if done.compiled is None:
        if str(end.kind) == "cancelled":
            raise GivenUp
        raise from_exit_code(end.exit_code, end.message, end.hint, detail=end.traceback)
    return done.capture


def text_with(
    request: CaptureRequest,
    capture: Capture,
    kernel: Artifact,
    asked: Sequence[tuple[str, str]],
    tell: Tell = lambda _: False,
) -> str:
    """A kernel's text with experiments, those included that have the compiler write it anew.

    Raises:
        InspectorError: one does not apply, or does not compile.
    """
    situation = situation_of(capture, kernel)
    offered = {item.key: item for item in experiments(kernel, situation)}
    settings = [(offered[key].setting, value) for key, value in asked if key in offered and offered[key].regenerates]
    text = applied(kernel, situation, asked)
    if not settings:
        return text
    made = regenerated(request, kernel, settings, tell)
    rest = [(key, value) for key, value in asked if key in offered and not offered[key].regenerates]
    return applied(replace(kernel, text=made), situation, rest) if rest else made
