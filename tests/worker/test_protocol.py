"""The worker's side of the protocol, from the first word to the last."""

from __future__ import annotations

from pathlib import Path

import pytest
from worker_driver import Finished, Worker

from inspector import protocol
from inspector.errors import EXIT_USAGE

pytestmark = pytest.mark.compiles


def test_says_hello_then_tells_what_it_does(inference: Finished) -> None:
    told = [event for event in inference.events if not isinstance(event, protocol.Alive)]
    assert isinstance(told[0], protocol.Hello)
    assert told[0].version == protocol.VERSION
    assert [event.phase for event in told if isinstance(event, protocol.Progress)] == [
        "importing torch",
        f"building {inference.payloads('request')[0]['target']}",
        "compiling",
        "machine code",
    ]
    assert isinstance(told[-1], protocol.Compiled)
    assert inference.exit_code == 0


def test_beats_while_it_works(inference: Finished) -> None:
    beats = [event for event in inference.events if isinstance(event, protocol.Alive)]
    assert len(beats) > 1
    assert all(0 < beat.rss <= beat.peak_rss for beat in beats)
    assert beats[0].rss < 60 << 20, "torch must not be there when the worker first speaks"


def test_compiled_says_what_it_was(inference: Finished) -> None:
    (compiled,) = [event for event in inference.events if isinstance(event, protocol.Compiled)]
    assert compiled.cache == "kept"
    assert not compiled.can_reshape
    assert inference.payloads("done") == [{"seconds": compiled.seconds}]


def test_first_request_must_be_a_start(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    worker.send(protocol.PauseLatency())
    (failed,) = [event for event in worker.rest() if isinstance(event, protocol.Failed)]
    assert failed.fatal
    assert failed.exit_code == EXIT_USAGE
    assert worker.close() == EXIT_USAGE


def test_a_line_that_is_no_request_is_reported_and_survived(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    worker.send_line(b"compile this, please\n")
    while not isinstance(event := worker.next(), protocol.Failed):
        assert event is not None
    assert not event.fatal
    assert worker.close() == EXIT_USAGE  # the shutdown comes where a start should


def test_end_of_the_requests_ends_the_worker(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    assert isinstance(worker.next(), protocol.Hello)
    worker.hang_up()
    worker.rest()
    assert worker.close() == 0
