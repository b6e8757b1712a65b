"""The worker's life: one capture, then whatever the front asks for."""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from inspector import protocol
from inspector.errors import EXIT_OK, EXIT_USAGE, InspectorError, TargetFailed
from inspector.worker import settings
from inspector.worker.channel import Channel

if TYPE_CHECKING:
    from inspector.worker.bench import LatencyBench
    from inspector.worker.capture import TargetCapture
    from inspector.worker.edits.session import EditBench


class Session:
    """Does what the front asks, one request after the other, until told to end.

    Nothing here imports torch before the environment that torch reads is in place.

    Args:
        channel: to the front.
        warm: whether this process has been made ready to compile, and writes where the run's folder is from its start.
    """

    def __init__(self, channel: Channel, *, warm: bool = False) -> None:
        self._channel = channel
        self._warm = warm
        self._edits: EditBench | None = None

    def run(self) -> int:
        """The whole session; returns the process's exit code."""
        start = self._channel.receive()
        if isinstance(start, protocol.Prepare):
            try:
                start = self._prepared(start)
            except InspectorError as error:
                self._fail(error, fatal=True)
                return error.exit_code
        if isinstance(start, protocol.StartStudy | protocol.StartPack):
            return self._once(start)
        if not isinstance(start, protocol.Start):
            self._channel.send(protocol.Failed("The first request has to be a start.", exit_code=EXIT_USAGE))
            return EXIT_USAGE
        try:
            capture = self._capture(start)
        except InspectorError as error:
            self._fail(error, fatal=True)
            return error.exit_code
        except Exception as error:  # noqa: BLE001 - the boundary: a mistake of ours is reported like any other
            self._fail(_unforeseen(error), fatal=True)
            return TargetFailed.exit_code
        try:
            self._serve(capture)
        finally:
            capture.close()
        return EXIT_OK

    def _prepared(self, asked: protocol.Prepare) -> protocol.Message | None:
        """Gets ready; returns the request that comes then."""
        from inspector.worker.ready import prepare

        prepare(asked.request, Path(asked.directory), alone=False)
        self._warm = True
        self._channel.send(protocol.Prepared())
        return self._channel.receive()

    def _once(self, start: protocol.StartStudy | protocol.StartPack) -> int:
        """What is done in one go and answered with `Measured`; returns the process's exit code."""
        try:
            if isinstance(start, protocol.StartPack):
                from inspector.worker.packs.session import pack

                pack(start, self._channel)
            else:
                from inspector.worker.study.session import measure

                measure(start, self._channel)
        except InspectorError as error:
            self._fail(error, fatal=True)
            return error.exit_code
        except Exception as error:  # noqa: BLE001 - the boundary, as for a capture
            self._fail(_unforeseen(error), fatal=True)
            return TargetFailed.exit_code
        return EXIT_OK

    def _progress(self, phase: str) -> None:
        self._channel.send(protocol.Progress(phase))

    def _fail(self, error: InspectorError, *, fatal: bool) -> None:
        self._channel.send(protocol.Failed(error.message, error.hint, error.exit_code, error.detail, fatal=fatal))

    def _capture(self, start: protocol.Start) -> TargetCapture:
        request = start.request
        if self._warm:
            from inspector.worker.ready import adopt

            adopt(Path(start.directory))
        settings.prepare_environment(request, Path(start.directory))
        self._progress("importing torch")
        settings.import_torch(request)
        settings.configure_torch(request)

        from inspector.worker.capture import TargetCapture
        from inspector.worker.loaded import loaded_files

        before = set(sys.modules)
        try:
            capture = TargetCapture(request, self._progress)
        except InspectorError as error:
            self._channel.send(protocol.Loaded(loaded_files(before, error)))
            raise
        self._channel.send(protocol.Loaded(loaded_files(before)))
        capture.run()
        self._channel.send(
            protocol.Compiled(
                capture.seconds, request.cache.value, capture.built.reshape is not None, capture.batch, capture.seq
            )
        )
        return capture

    def _serve(self, capture: TargetCapture) -> None:
        from inspector.worker.bench import LatencyBench

        latency = LatencyBench(capture, self._channel)
        self._edits = None
        while True:
            request = self._channel.receive(0 if latency.running else None)
            if isinstance(request, protocol.Shutdown):
                return
            try:
                if request is not None:
                    self._answer(request, capture, latency)
                elif latency.running:
                    latency.step()
            except InspectorError as error:
                latency.pause()
                self._fail(error, fatal=False)
            except Exception as error:  # noqa: BLE001 - the target's own code runs here, over and over
                latency.pause()
                self._fail(_unforeseen(error), fatal=False)

    def _answer(self, request: protocol.Message, capture: TargetCapture, latency: LatencyBench) -> None:
        match request:
            case protocol.RunLatency(samples):
                latency.run(samples)
            case protocol.PauseLatency():
                latency.pause()
            case protocol.ResetLatency():
                latency.restart()
            case protocol.RunProfile():
                latency.pause()
                self._profile(request, capture)
            case protocol.CompareOutputs(keep, against):
                from inspector.worker.kept_outputs import compare_outputs

                latency.pause()
                self._channel.send(compare_outputs(capture, Path(keep), Path(against) if against else None))
            case protocol.EditKernel():
                latency.pause()
                self._edit(request, capture)
            case protocol.ChangeShape(batch, seq):
                self._change_shape(batch, seq, capture, latency)
            case _:
                raise TargetFailed(f"The worker cannot {request.type.replace('_', ' ')} now.")

    def _profile(self, request: protocol.RunProfile, capture: TargetCapture) -> None:
        from inspector.worker.profiling.session import answer

        self._channel.send(answer(request, capture, self._progress, self._channel.cancelled.is_set))

    def _edit(self, request: protocol.EditKernel, capture: TargetCapture) -> None:
        from inspector.worker.edits.session import EditBench

        if self._edits is None:
            self._edits = EditBench(capture, self._channel.send, self._channel.cancelled.is_set)
        self._channel.send(self._edits.answer(request))

    def _change_shape(self, batch: int | None, seq: int | None, capture: TargetCapture, latency: LatencyBench) -> None:
        self._progress("running another shape")
        started = time.perf_counter()
        new = capture.reshape(batch, seq)
        seconds = time.perf_counter() - started
        self._channel.send(
            protocol.ShapeChanged(capture.shape, latency.series + 1, capture.batch, capture.seq, list(new), seconds)
        )
        latency.restart()


def _unforeseen(error: Exception) -> InspectorError:
    """An exception that nothing on the way has translated."""
    from inspector.worker.failures import out_of_memory
    from inspector.worker.user_errors import words

    detail = "".join(traceback.format_exception(error))
    return out_of_memory(error, detail) or TargetFailed(words(error), "--traceback shows where.", detail=detail)
