"""The desk after what a person wants, or after what has arrived: one pure function, and nothing else changes a desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from inspector.model.artifact import Artifact, Position, Span
from inspector.model.capture import Capture
from inspector.model.numerics import NodeNumerics
from inspector.model.price import Cost
from inspector.model.profile import Part, ProfileRow
from inspector.model.stage import Stage
from inspector.notes import summary
from inspector.say.units import plural
from inspector.tui import layout
from inspector.tui.desk import asking, edits, links, moves, notes, pricing, running, trial, versions
from inspector.tui.desk import intents as want
from inspector.tui.desk.captured import with_capture
from inspector.tui.desk.effects import Act, Effect, FocusNext
from inspector.tui.desk.intents import Do, Intent
from inspector.tui.desk.parts import NUMERICS, Race
from inspector.tui.desk.state import Desk, but, looks_alike, say, with_effect
from inspector.tui.intents import FocusOn, Resized, ShowEvidence, StepBy


def _does(effect: Effect) -> Callable[[Desk], Desk]:
    return lambda desk: with_effect(desk, effect)


_DO: Mapping[Do, Callable[[Desk], Desk]] = {
    Do.STORY: moves.story,
    Do.ZOOM: asking.zoomed,
    Do.GROW: asking.grown,
    Do.FORM: asking.reformed,
    Do.INGREDIENTS: asking.ingredients,
    Do.PIN: moves.toggle_pin,
    Do.COPY_ALL: moves.copy_all,
    Do.PANEL_SIZE: moves.next_panel_size,
    Do.BACK: moves.back,
    Do.LET_GO: links.let_go,
    Do.SCROLLS: links.toggle_scrolls,
    Do.COMPILE_IDS: asking.compile_ids,
    Do.KERNELS: asking.kernels,
    Do.SOURCES: asking.sources,
    Do.TEXTS: asking.texts,
    Do.NOTES: notes.listed,
    Do.EDIT_NOTE: lambda desk: notes.one_of(desk, "Which note?", notes.edit, want.EditNote),
    Do.REMOVE_NOTE: lambda desk: notes.one_of(desk, "Remove which note?", notes.remove, want.RemoveNote),
    Do.COSTS: pricing.toggled,
    Do.RACE: running.toggle_race,
    Do.RESET_RACE: running.reset_race,
    Do.CANCEL_MEASURING: running.cancel_measuring,
    Do.DIFFERENCE: asking.difference,
    Do.GUARDS: asking.guards,
    Do.PASSES: asking.passes,
    Do.COMPARE: asking.compare,
    Do.BACK_TO_LOG: asking.back_to_log,
    Do.FAILURE: asking.failure,
    Do.EXPORT: asking.export,
    Do.SAVE: _does(Act.SAVE),
    Do.KEEP: asking.keep,
    Do.FIND: asking.find,
    Do.GO_TO_LINE: asking.go_to_line,
    Do.HELP: _does(Act.HELP),
    Do.PALETTE: _does(Act.PALETTE),
    Do.THEME: _does(Act.THEME),
    Do.LEAVE: _does(Act.LEAVE),
    Do.INTERRUPT: _does(Act.INTERRUPT),
    Do.WATCH: versions.toggled,
}


def opened(
    size: tuple[int, int], *, capture: Capture | None = None, now: float = 0.0, by_itself: bool = True, **about: object
) -> Desk:
    """The first state.

    Args:
        size: columns and rows that panes and panels have.
        capture: a finished capture; None for one that a worker will make.
        now: seconds on the app's clock.
        by_itself: whether the race begins when its panel comes into sight.
        about: further fields of the desk: `title`, `request`, `live`, `of_log`, `panel_names`…
    """
    wanted = layout.story(layout.layout_for(*size).panes)
    desk = Desk(size=size, wanted=wanted, stage=wanted[0], started=now, race=Race(by_itself), **about)  # type: ignore[arg-type]
    desk = with_capture(desk, capture, now) if capture is not None else desk
    return replace(moves.settled(desk), painted=False)


def after(desk: Desk, intent: Intent) -> Desk:
    """The next state; what is to be said and done stands in its `effects`, behind what was there."""
    now = moves.settled(_after(desk, intent))
    if isinstance(intent, want.Painted):
        return but(now, painted=now.cramped or intent.stages >= set(now.shown))
    if now.asks != desk.asks:
        return but(now, painted=desk.painted and now.indexed is now.capture.links)
    if not looks_alike(now, desk) and (
        now.capture is not desk.capture
        or (now.compiling, now.size) != (desk.compiling, desk.size)
        or now.texts != desk.texts
    ):
        return but(now, painted=False)
    return now


def _after(desk: Desk, intent: Intent) -> Desk:  # noqa: PLR0911, PLR0912 (a case each)
    match intent:
        case Do():
            return _DO[intent](desk)
        case StepBy(by):
            return moves.step(desk, by)
        case want.Slide(by):
            return moves.slide(desk, by)
        case want.ShowStage(stage):
            return moves.choose(desk, stage)
        case want.ShowNumber(number):
            return moves.choose(desk, desk.stages[number]) if number < len(desk.stages) else desk
        case want.ShowStages(stages, stage):
            return moves.show_stages(desk, stages, stage)
        case want.Chosen(stage):
            return replace(desk, stage=stage)
        case FocusOn(by):
            return with_effect(desk, FocusNext(by))
        case want.ShowCompileId(compile_id):
            return moves.show_compile_id(desk, compile_id)
        case want.ShowKernel(key):
            return moves.show_kernel(desk, key)
        case want.ShowText(artifact, pinned):
            return _with_text(desk, artifact, partial(moves.show_text, pinned=pinned))
        case want.ShowPanel(name):
            return moves.show_panel(desk, name)
        case want.PanelSize(size):
            return replace(desk, panel_size=size)
        case want.SwitchIngredient(name):
            return asking.switched(desk, name)
        case Resized(size, cramped):
            return moves.resized(desk, size, cramped)
        case want.Follow(spot):
            return links.follow(desk, spot)
        case want.Jump(here):
            return links.jump(desk, here, moves.go)
        case want.Go(artifact, position):
            return _with_text(desk, artifact, lambda desk, text: moves.go(desk, text, position))
        case want.GoToPlace(file, line):
            return moves.go_to_place(desk, file, line)
        case want.KeepLit(here):
            return links.keep_lit(desk, here)
        case want.Explain(here):
            return asking.meaning(desk, here)
        case want.FindText(here):
            return asking.find_text(desk, here)
        case want.Reshape(batch, seq):
            return running.reshape(desk, batch, seq)
        case want.ToShape(batch, seq):
            return running.to_shape(desk, batch, seq)
        case want.MeasureNow(request):
            return running.measure(desk, request)
        case want.StepShape(by):
            return running.step_shape(desk, by)
        case want.OpenRow(row):
            return _opened_row(desk, row)
        case want.AddNote(here):
            return notes.add(desk, here)
        case want.EditNote(key) | want.RemoveNote(key):
            act = notes.edit if isinstance(intent, want.EditNote) else notes.remove
            return act(desk, note) if (note := notes.found(desk, key)) is not None else desk
        case want.GoToNote(key):
            return _go_to_note(desk, key)
        case want.WriteNote():
            return notes.write(desk, intent)
        case want.Begin(now, request):
            return running.begun(desk, now, request)
        case want.Burst(updates, now):
            return trial.went_on(edits.heard(running.heard(desk, updates, now), updates, now))
        case want.Found(capture, answers):
            return trial.went_on(replace(desk, found=answers, found_in=capture))
        case want.TryFinding(now):
            return trial.try_finding(desk, now)
        case ShowEvidence(show):
            return moves.show_evidence(desk, show)
        case want.PriceRead(prices):
            return replace(desk, prices=prices)
        case want.Dearest(here, by):
            return pricing.dearest(desk, here, by)
        case want.Saved(news, now):
            return versions.saved(desk, news, now)
        case want.Edit(here):
            return versions.edit(desk, here)
        case (
            want.StepVersion()
            | want.EditThis()
            | want.ListExperiments()
            | want.TryExperiment()
            | want.OwnKernel()
            | want.Edited()
        ):
            return edits.after(desk, intent)
        case want.Early(source):
            return replace(desk, early=source)
        case want.Grown(capture, now):
            return with_capture(desk, capture, now)
        case want.Quiet():
            return running.quiet(desk)
        case want.Painted(stages, made):
            if made is not None:
                desk = but(desk, indexed=made[0], index=made[1])
            return links.first_lit(desk, stages) if desk.asked is None else desk
        case want.Discreet(discreet):
            return replace(desk, discreet=discreet)


def _with_text(desk: Desk, key: str, act: Callable[[Desk, Artifact], Desk]) -> Desk:
    """What is to be done with a text, unless it has gone meanwhile."""
    artifact = desk.capture.by_id.get(key)
    return act(desk, artifact) if artifact is not None else desk


def _go_to_note(desk: Desk, key: str) -> Desk:
    note = notes.found(desk, key)
    if note is None:
        return desk
    if (goal := notes.goal(desk, note)) is not None:
        return moves.go(desk, *goal)
    words = f"{summary(note.text)}  It is about {notes.where(desk, note)}, no line of it."
    return say(moves.show_panel(desk, "details"), words, timeout=8)


# --- where rows of what was measured lead -------------------------------------------------------------------


def _go_to_line(desk: Desk, artifact: Artifact, line: int) -> Desk:
    if not desk.layout.panel_rows:  # the panel covers what there was no room for beside it
        desk = replace(desk, panel_size="")
    text = artifact.lines[line - 1] if 1 <= line <= len(artifact.lines) else ""
    return moves.go(desk, artifact, Position(max(1, line), len(text) - len(text.lstrip())))


def _opened_row(desk: Desk, row: ProfileRow | NodeNumerics | Cost | Span) -> Desk:
    if isinstance(row, Cost | Span):
        span = row.span if isinstance(row, Cost) else row
        return _with_text(desk, span.artifact, lambda desk, text: moves.go(desk, text, span.start)) if span else desk
    return _open_node(desk, row) if isinstance(row, NodeNumerics) else _open_row(desk, row)


def _open_row(desk: Desk, row: ProfileRow) -> Desk:
    if row.part is Part.KERNEL:
        found = desk.capture.find(Stage.KERNEL, row.compile_id or None, row.name)
        if not found:
            return say(desk, f"This capture does not hold the text of {row.name}.", timeout=4)
        return _go_to_line(desk, found[0], found[0].focus)
    if row.part is not Part.OPERATOR:
        return desk
    from inspector.link.numerics import lines_calling

    for stage in (Stage.ATEN, Stage.ATEN_BACKWARD):
        for graph in desk.capture.find(stage, desk.compile_id):
            if lines := lines_calling(graph, row.name):
                desk = _go_to_line(desk, graph, lines[0])
                if len(lines) == 1:
                    return desk
                desk = replace(desk, kept=tuple((graph.id, Position(line, 0)) for line in lines))
                words = plural(len(lines), "node calls", "nodes call")
                return say(desk, f"{words} {row.name}, and stay lit; x clears them.", timeout=4)
    return say(desk, f"No ATen node calls {row.name}: it was decomposed, or stands in eager alone.", timeout=5)


def _open_node(desk: Desk, node: NodeNumerics) -> Desk:
    from inspector.link.numerics import graph_of

    numerics, _ = running.chosen(desk.capture.numerics, desk.measuring.shapes.get(NUMERICS, ""))
    graphs = numerics.node_graphs if numerics is not None else ()
    nodes = next((item for item in graphs if node in item.nodes), None)
    graph = graph_of(nodes, desk.capture) if nodes is not None else None
    if graph is None or node.line is None:
        return say(desk, f"This capture does not hold the graph of {node.node}.", timeout=4)
    return _go_to_line(desk, graph, node.line)
