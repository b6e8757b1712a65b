"""What `EditKernel` asks for: build, put in place, check, race; afterwards the compiler's own kernel is back."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from inspector import protocol
from inspector.errors import TargetFailed, UsageError
from inspector.model.edit import EditedText, Fate, KernelEdit, Problem
from inspector.worker.bench import synchroniser
from inspector.worker.capture import TargetCapture
from inspector.worker.edits.build import BuiltKernel, KernelPlace, NotBuilt, build, find_kernel
from inspector.worker.edits.check import Baseline, Witness, baseline_of, checked, once_more
from inspector.worker.edits.race import race
from inspector.worker.kernels import disassemble
from inspector.worker.triton_kernels import texts_of
from inspector.worker.user_errors import words


class EditBench:
    """Tries edited kernels in a capture that has compiled.

    Args:
        capture: the target.
        tell: told what the front has to know.
        cancelled: asked whether the front wants no more of it.
    """

    def __init__(
        self,
        capture: TargetCapture,
        tell: Callable[[protocol.Message], object],
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._capture, self._tell, self._cancelled = capture, tell, cancelled
        self._base: Baseline | None = None

    def answer(self, asked: protocol.EditKernel) -> protocol.KernelEdited:
        """Builds, checks and races one text.

        Raises:
            UsageError: this kernel cannot be edited, or not so.
        """
        capture = self._capture
        if capture.patches.get("triton.cudagraphs"):
            raise UsageError(
                "CUDA graphs replay what they recorded, an edited kernel would not run.",
                "Leave --mode reduce-overhead out; max-autotune-no-cudagraphs is the other one without them.",
            )
        place = find_kernel(capture, asked.compile_id, asked.kernel, asked.before)
        edit = KernelEdit(
            asked.number,
            asked.compile_id,
            asked.kernel,
            Fate.UNCOMPARED,
            asked.before,
            asked.text,
            asked.unit,
            triton=place.types is None,
            flags=tuple(asked.flags),
            settings=tuple((key, value) for key, value in asked.settings),
        )
        self._progress(f"building {asked.kernel}")
        try:
            built = build(capture, place, asked.text, edit.flags, edit.settings)
        except NotBuilt as refused:
            unraced = "it was not built"
            return protocol.KernelEdited(replace(edit, fate=Fate.NOT_BUILT, problem=refused.problem, unraced=unraced))
        edit = replace(edit, command=built.command, apart=built.apart, seconds=built.seconds)
        if self._base is None or self._base.inputs is not capture.inputs:
            self._progress("comparing: eager, compiled and float64")
            self._base = baseline_of(capture)
        edit = self._tried(asked, place, built, self._base, edit)
        return protocol.KernelEdited(replace(edit, texts=_texts(place, built)))

    def _tried(
        self, asked: protocol.EditKernel, place: KernelPlace, built: BuiltKernel, base: Baseline, edit: KernelEdit
    ) -> KernelEdit:
        self._progress(f"calling the edited {asked.kernel}")
        synchronise = synchroniser(self._capture.request.device)

        @contextmanager
        def calling() -> Iterator[None]:
            self._tell(protocol.Calling(asked.number, asked.limit))
            yield
            synchronise()
            self._tell(protocol.Calling(asked.number, None))

        try:
            edit = checked(self._capture, base, Witness(place, built.loaded, asked.text, calling), edit)
        except Exception as error:  # noqa: BLE001 - a person's own code, whatever it raises
            if not _device_lives(self._capture.request.device):
                self._end(f"The edited {asked.kernel} ended the device's context: {words(error)}")
            edit = replace(edit, fate=Fate.RAISED, problem=Problem(words(error)), unraced="it raised an error")
            self._tell(protocol.Calling(asked.number, None))
        if not edit.fate.right:
            return replace(edit, unraced=edit.unraced or "its numbers are wrong")
        if not asked.seconds:
            return replace(edit, unraced="no race was asked for")
        self._progress("racing eager, compiled and edited")
        found = race(self._capture, place, built.loaded, asked.seconds, self._go_on)
        edit = replace(
            edit, race=found, unraced="" if found is not None else "it was cancelled, or a call takes too long"
        )
        return once_more(self._capture, base, place, built.loaded, edit)

    def _go_on(self) -> bool:
        self._progress("racing eager, compiled and edited")
        return not self._cancelled()

    def _end(self, message: str) -> None:
        """Ends this process: what a GPU's error leaves behind answers nothing any more."""
        self._tell(protocol.Failed(message, "Ctrl+R, or the command again, begins a new process."))
        os._exit(TargetFailed.exit_code)

    def _progress(self, phase: str) -> None:
        self._tell(protocol.Progress(phase))


def _device_lives(device: str) -> bool:
    """Whether anything can still be asked of it."""
    if torch.device(device).type == "cpu":
        return True
    try:
        torch.ones(1, device=device).item()
    except Exception:  # noqa: BLE001 - whatever it says, it says no
        return False
    return True


def _texts(place: KernelPlace, built: BuiltKernel) -> tuple[EditedText, ...]:
    """What the compiler made of it: raw, as its tool prints it."""
    found: dict[str, str] = {}
    try:
        if place.types is None:
            found = _triton_texts(built.loaded)
        elif (objdump := shutil.which("objdump")) is not None:
            found = {"asm": disassemble(objdump, Path(built.binary))}
    except (OSError, subprocess.SubprocessError):
        pass  # the texts are one more thing to look at; that there is none says enough
    return tuple(EditedText(stage, text, place.ahead) for stage, text in found.items())


def _triton_texts(tuner: Any) -> dict[str, str]:
    launchers = list(tuner.launchers)
    return texts_of(tuner, launchers[0]) if len(launchers) == 1 else {}
