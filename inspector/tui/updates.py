"""What the worker's updates change in the session, and what the person is told about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from inspector import protocol
from inspector.say.units import plural, seconds
from inspector.tui.race import shape_words
from inspector.tui.session import fresh_ids
from inspector.tui.words import short_log

if TYPE_CHECKING:
    from inspector.live import Update
    from inspector.tui.main import MainScreen


def apply(main: MainScreen, updates: Iterable[Update]) -> None:
    """Takes a burst of updates in order, then draws once.

    Of several snapshots in one burst only the last is looked at: each holds all of the earlier ones.
    """
    from inspector.live import CaptureUpdated, Ended, EventArrived, LogText

    capture = None
    ended = None
    for update in updates:
        if isinstance(update, CaptureUpdated):
            capture = update.capture
        elif isinstance(update, LogText):
            main.panels.log_view.append(update.stream, short_log(update.text))
        elif isinstance(update, EventArrived):
            if capture is not None and isinstance(update.event, protocol.Compiled | protocol.ShapeChanged):
                _take_capture(main, capture)
                capture = None
            _take_event(main, update.event)
        elif isinstance(update, Ended):
            ended = update.outcome
    if capture is not None:
        _take_capture(main, capture)
    if ended is not None:
        main.session.outcome = ended
        main.session.runner = "idle"
        main.profiler.ended()
        if main.session.ended is None:
            main.session.ended = main.clock()
    main.view.refresh()
    if main.session.failed and ended is not None:
        main.show_failure()


def _take_capture(main: MainScreen, capture: object) -> None:
    from inspector.model.capture import Capture

    assert isinstance(capture, Capture)
    session = main.session
    new = list(fresh_ids(session.capture, capture))
    session.update(capture, main.clock())
    if session.shape_pending is not None and new:
        session.show(new[-1].compile_id, chosen=False)
        main.race.note = f"recompiling as {new[-1].compile_id}…"
    elif session.compiled is None and not session.discreet:
        for item in new:
            if reason := session.recompile_reason(item.compile_id):
                main.notify(f"{item.function or 'the function'} is compiled again: {reason}", title=item.compile_id)


def _take_event(main: MainScreen, event: protocol.Message) -> None:
    session = main.session
    if main.profiler.hear(event):
        return
    match event:
        case protocol.Progress():
            session.phase = event.phase
        case protocol.Compiled():
            session.compiled, session.ended = event, main.clock()
            session.batch, session.seq = event.batch, event.seq
            _tell_compiled(main, event)
        case protocol.LatencyState():
            session.runner = event.state
        case protocol.ShapeChanged():
            _take_shape(main, event)
        case protocol.Failed(fatal=False):
            session.shape_pending = None
            main.race.note = event.message
            main.notify(f"{event.message} {event.hint}".strip(), severity="error", timeout=10)


def _tell_compiled(main: MainScreen, event: protocol.Compiled) -> None:
    session = main.session
    graphs = sum(1 for item in session.capture.compilations if session.has_graph(item.compile_id))
    words = f"Compiled in {seconds(event.seconds)}."
    if graphs > 1 and not session.discreet:
        words += f" {plural(graphs, 'graph', 'graphs')}: c chooses, D says why."
    main.notify(words, timeout=4)
    main.view.race_if_seen()


def _take_shape(main: MainScreen, event: protocol.ShapeChanged) -> None:
    session = main.session
    session.shape_pending = None
    session.batch, session.seq = event.batch, event.seq
    shape = main.race.shape = event.shape or shape_words(event.batch, event.seq)
    if not event.new_compile_ids:
        main.race.note = f"{shape}: nothing was recompiled"
        main.notify(f"{shape}: nothing was recompiled.", timeout=6)
        return
    new = event.new_compile_ids[-1]
    session.show(new, chosen=False)
    reason = session.recompile_reason(new)
    main.race.note = f"{shape}: recompiled as {new} in {seconds(event.seconds)}"
    main.notify(reason or "A guard failed.", title=f"Recompiled as {new}", severity="warning", timeout=12)
