"""A live capture against a fake worker: what arrives, how it ends, and that nothing is left."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psutil
import pytest

from inspector import protocol
from inspector.errors import EnvironmentLacking, UsageError
from inspector.live import CaptureUpdated, Ended, EventArrived, LiveCapture, LogText, Outcome, OutcomeKind, Update
from inspector.live.rundir import RunDirectory, remove_stale
from inspector.model.capture import CompileStatus
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage

FAKE = Path(__file__).with_name("fake_worker.py")


os.environ["INSPECTOR_TEST"] = MARK = secrets.token_hex(8)
"""Inherited by every process that is started here, so that another run of these tests at the same time is not seen."""


class Watched:
    """A live capture whose updates are kept; `on` sends a request when an event of that kind arrives."""

    def __init__(
        self, scenario: str, *, on: dict | None = None, timeout: float | None = None, **fields: object
    ) -> None:
        self.updates: list[Update] = []
        self.on = on or {}
        self.condition = threading.Condition()
        command = [sys.executable, str(FAKE), scenario]
        self.live = LiveCapture(CaptureRequest("toy", **fields), self.take, timeout=timeout, command=command)
        self.live.start()

    def take(self, update: Update) -> None:
        with self.condition:
            self.updates.append(update)
            self.condition.notify_all()
        if isinstance(update, EventArrived) and type(update.event) in self.on:
            self.live.send(self.on[type(update.event)])

    def until(self, wanted: type[Update] | type[protocol.Message]) -> Update:
        def found() -> list[Update]:
            return [u for u in self.updates if isinstance(getattr(u, "event", u), wanted)]

        with self.condition:
            assert self.condition.wait_for(found, 60), f"no {wanted.__name__}"
            return found()[0]

    def text(self, stream: str) -> str:
        return "".join(u.text for u in self.updates if isinstance(u, LogText) and u.stream == stream)

    def end(self) -> Outcome:
        outcome = self.live.wait()
        assert isinstance(self.updates[-1], Ended)
        assert self.updates[-1].outcome is outcome
        assert sum(isinstance(update, Ended) for update in self.updates) == 1
        assert processes() == []
        return outcome


def processes() -> list[psutil.Process]:
    """Every living process that was started from here."""
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get("INSPECTOR_TEST") == MARK and process.pid != os.getpid()
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


SHUT_DOWN = {protocol.Compiled: protocol.Shutdown()}


def test_a_whole_capture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    watched = Watched("finish", on=SHUT_DOWN)
    assert watched.end().kind is OutcomeKind.FINISHED
    capture = watched.live.capture
    assert capture.finished
    assert capture.request == CaptureRequest("toy")
    assert capture.target["name"] == "toy"
    (aten,) = capture.find(Stage.ATEN, "0/0")
    assert "mul = arg0_1 * 2" in aten.text
    updates = [update for update in watched.updates if isinstance(update, CaptureUpdated)]
    assert updates[-1].capture is capture
    assert list(tmp_path.iterdir()) == [], "the run's folder is gone"


@pytest.mark.parametrize(
    ("scenario", "kind", "words"),
    [
        ("segfault", OutcomeKind.CRASHED, "SIGSEGV"),
        ("abort", OutcomeKind.CRASHED, "SIGABRT"),
        ("bad_alloc", OutcomeKind.OUT_OF_MEMORY, "ran out of memory"),
        ("kill", OutcomeKind.KILLED, "SIGKILL"),
        ("kill_big", OutcomeKind.OUT_OF_MEMORY, "when last heard of"),
        ("term", OutcomeKind.KILLED, "SIGTERM"),
    ],
)
def test_a_sudden_end_is_named_and_what_arrived_is_kept(scenario: str, kind: OutcomeKind, words: str) -> None:
    watched = Watched(scenario)
    outcome = watched.end()
    assert outcome.kind is kind
    assert words in outcome.message
    assert outcome.hint
    assert outcome.exit_code == 1
    assert any(line.startswith("the last words") for line in outcome.log_tail)
    assert "\x1b" not in "".join(outcome.log_tail) + watched.text("err")
    assert "on stdout" in watched.text("out")
    capture = watched.live.capture
    assert capture.find(Stage.ATEN), "what arrived is kept"
    assert not capture.finished
    assert capture.compilation("0/0").status is CompileStatus.FAILED
    assert any("incomplete" in note.message for note in capture.notes)


def test_the_worker_says_itself_what_is_wrong() -> None:
    outcome = Watched("fail").end()
    assert (outcome.kind, outcome.message, outcome.hint) == (OutcomeKind.FAILED, "toy has no forward", "Give it one.")
    assert outcome.exit_code == 2
    assert outcome.traceback == "Traceback: …"


def test_no_memory_said_by_the_worker() -> None:
    outcome = Watched("no_memory").end()
    assert outcome.kind is OutcomeKind.OUT_OF_MEMORY
    assert "4 TB" in outcome.message


def test_an_exit_in_the_middle() -> None:
    outcome = Watched("leave").end()
    assert outcome.kind is OutcomeKind.CRASHED
    assert "exit code 7 in the phase “compiling”" in outcome.message
    assert outcome.log_tail == ("gone",)


@pytest.mark.parametrize(("scenario", "words"), [("silent", "no sign of life"), ("standstill", "nothing came of it")])
def test_hung(scenario: str, words: str) -> None:
    outcome = Watched(scenario, timeout=2).end()
    assert outcome.kind is OutcomeKind.HUNG
    assert words in outcome.message
    assert "--timeout" in outcome.hint
    assert any("fake_worker.py" in line for line in outcome.log_tail), "the stacks, by faulthandler"


def test_a_worker_of_another_version() -> None:
    outcome = Watched("old").end()
    assert outcome.kind is OutcomeKind.FAILED
    assert "version 2" in outcome.message


@pytest.mark.parametrize("how", ["cancel", "killed", "shutdown"])
def test_no_process_is_left(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled, killed from outside, or ended in good order: children in other sessions and orphans go, too."""
    monkeypatch.setattr("inspector.live.capture._GRACE", 0.2)
    seed = {"cancel": 0, "killed": 1, "shutdown": 2}[how]
    watched = Watched("children", seed=seed, on=SHUT_DOWN)
    watched.until(LogText)
    if how == "cancel":
        assert len(processes()) >= 3
        watched.live.cancel()
        assert processes() == [], "nothing is left when cancel returns"
    outcome = watched.end()
    pids = [int(word) for word in watched.text("out").split()[1:]]
    assert len(pids) == 4
    assert [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"] == []
    expected = {"cancel": OutcomeKind.CANCELLED, "killed": OutcomeKind.KILLED, "shutdown": OutcomeKind.FINISHED}
    assert outcome.kind is expected[how]


@pytest.mark.parametrize("moment", [None, protocol.Hello, protocol.Progress, CaptureUpdated, protocol.Alive])
def test_cancel_at_any_moment(moment: type | None) -> None:
    watched = Watched("children")
    if moment is not None:
        watched.until(moment)
    watched.live.cancel()
    outcome = watched.end()
    assert outcome.kind is OutcomeKind.CANCELLED
    assert outcome.exit_code == 130
    watched.live.cancel()
    watched.live.send(protocol.Shutdown())


def test_cancel_after_the_end_changes_nothing() -> None:
    watched = Watched("finish", on=SHUT_DOWN)
    outcome = watched.end()
    watched.live.cancel()
    assert watched.live.wait() is outcome


def test_a_worker_deaf_to_shutdown_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.live.capture._GRACE", 0.2)
    assert Watched("unstoppable", on=SHUT_DOWN).end().kind is OutcomeKind.FINISHED


def test_latency_is_folded_into_the_capture() -> None:
    watched = Watched("finish", on={protocol.Compiled: protocol.RunLatency(3)})
    watched.until(protocol.Samples)
    watched.live.send(protocol.Shutdown())
    watched.end()
    (run,) = watched.live.capture.latency
    assert run.shape == "batch 1 · seq 8"
    assert run.eager == (0.002,) * 3
    assert run.compiled == (0.001,) * 3
    assert (run.difference.max_abs, run.tokens) == (1e-6, 8)


def test_a_request_made_at_once_reaches_the_worker() -> None:
    watched = Watched("finish")
    watched.live.send(protocol.Shutdown())
    assert watched.end().kind is OutcomeKind.FINISHED


def test_what_was_worked_out_for_a_capture_survives_an_update() -> None:
    """The link index of a large capture must not be made anew for every latency sample."""
    watched = Watched("finish", on={protocol.Compiled: protocol.RunLatency(3)})
    watched.until(protocol.LatencyState)
    index = watched.live.capture.index
    watched.live.send(protocol.RunLatency(3))
    watched.live.send(protocol.Shutdown())
    watched.end()
    last = watched.live.capture
    assert last.links is not None
    assert last.index is index or not last.links


def test_babble_becomes_a_log_line() -> None:
    watched = Watched("babble", on=SHUT_DOWN)
    assert watched.end().kind is OutcomeKind.FINISHED
    assert "this is no event" in watched.text("inspector")


def test_an_update_that_raises_ends_the_worker() -> None:
    thrown: list[object] = []
    hook, threading.excepthook = threading.excepthook, lambda args: thrown.append(args.exc_value)
    try:

        def take(update: Update) -> None:
            raise ZeroDivisionError

        live = LiveCapture(CaptureRequest("toy"), take, command=[sys.executable, str(FAKE), "children"])
        live.start()
        assert "ZeroDivisionError" in live.wait().message
    finally:
        threading.excepthook = hook
    assert isinstance(thrown[0], ZeroDivisionError)
    assert processes() == []


def test_a_missing_compiler_is_found_before_anything_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "g++-that-is-not-there")
    live = LiveCapture(CaptureRequest("toy"), lambda _: None, command=["/nowhere"])
    with pytest.raises(EnvironmentLacking, match="CXX") as caught:
        live.start()
    assert caught.value.exit_code == 3


def test_a_given_directory_is_kept(tmp_path: Path) -> None:
    live = LiveCapture(
        CaptureRequest("toy"), lambda _: None, directory=tmp_path / "run", command=[sys.executable, str(FAKE), "leave"]
    )
    live.start()
    live.wait()
    assert (tmp_path / "run" / "err.log").read_text() == "gone\n"
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be made"):
        RunDirectory(tmp_path / "file")


def test_stale_directories_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = "import os; from inspector.live.rundir import RunDirectory; run = RunDirectory(None); os._exit(1)"
    root = str(Path(__file__).parents[2])
    subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": root}, check=False
    )
    (dead,) = tmp_path.iterdir()
    made = tmp_path / "inspector-run-being-made"
    made.mkdir()
    (tmp_path / "something-else").mkdir()
    mine = RunDirectory(None)  # which removes what is stale, as every run does
    assert not dead.exists()
    assert mine.path.exists()
    assert remove_stale() == [], "one is in use, the other just being made"
    assert remove_stale(now=made.stat().st_mtime + 7200) == [made]
    mine.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["something-else"]


def test_a_reader_that_fails_ends_with_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> None:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr("inspector.live.capture.CaptureBuilder.snapshot", fails)
    ended: list[Ended] = []
    live = LiveCapture(
        CaptureRequest("toy"),
        lambda update: ended.append(update) if isinstance(update, Ended) else None,
        command=[sys.executable, str(FAKE), "children"],
    )
    live.start()
    outcome = live.wait()
    assert outcome.kind is OutcomeKind.FAILED
    assert "a mistake of ours" in outcome.message
    assert "ZeroDivisionError" in outcome.traceback
    assert [update.outcome for update in ended] == [outcome]
