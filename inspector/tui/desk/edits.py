"""A kernel's text that a person changes: opened, tried by the worker, shown with what became of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.edits.experiments import KernelExperiment, applied, experiments
from inspector.errors import UsageError
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.edit import Fate, KernelEdit
from inspector.model.kernel import KernelKey
from inspector.model.stage import Stage
from inspector.model.text_difference import Change
from inspector.say import edit as words
from inspector.say.doc import Tone
from inspector.tui.choice import Choice
from inspector.tui.desk import moves, running, versions
from inspector.tui.desk.captured import with_capture
from inspector.tui.desk.effects import KeepText, OpenText, Pick, Rewrite, Send
from inspector.tui.desk.intents import Edited, EditThis, Here, ListExperiments, OwnKernel, StepVersion, TryExperiment
from inspector.tui.desk.state import Desk, say, with_effect
from inspector.tui.header import Parts

if TYPE_CHECKING:
    from inspector.live.updates import Update

SECONDS, LIMIT = 3.0, 20.0
"""How long an edit is raced, and after what a call with it counts as hung."""
_NAME = re.compile(r"\b(\w+) = async_compile\.")
_STYLES = {Tone.GOOD: "bold $success", Tone.WARNING: "$warning", Tone.ERROR: "bold $error", Tone.STRONG: "bold"}


def own(desk: Desk) -> Capture:
    """The capture as the compiler made it."""
    return desk.own if desk.own is not None else desk.capture


def shown(desk: Desk) -> KernelEdit | None:
    """The edit on screen; None for the compiler's own."""
    return next((item for item in own(desk).edits if item.number == desk.editing.shown), None)


Wanted = StepVersion | EditThis | ListExperiments | TryExperiment | OwnKernel | Edited


def after(desk: Desk, intent: Wanted) -> Desk:
    """What a person wants with a kernel's text, or with versions of the target where there are some."""
    match intent:
        case StepVersion(by, now):
            return versions.step(desk, by, now) if desk.versions or not own(desk).edits else step(desk, by, now)
        case EditThis(here):
            return edit(desk, here)
        case ListExperiments(here):
            return listed(desk, here)
        case TryExperiment(kernel, key, value):
            return try_experiment(desk, kernel, key, value)
        case OwnKernel(now):
            return show(desk, 0, now)
        case Edited(kernel, text):
            return edited(desk, kernel, text)


# --- what is edited -----------------------------------------------------------------------------------------


def meant(desk: Desk, here: Here) -> Artifact | None:
    """The compiler's own text of the kernel that a person means: the pane's, or the one that the cursor is in."""
    capture, text = own(desk), here.artifact
    wanted: KernelKey | None = None
    if text is not None and text.stage.per_kernel:
        wanted = text.key
    elif text is not None and text.stage is Stage.INDUCTOR and text.compile_id is not None:
        names = {item.kernel: item.key for item in capture.find(Stage.KERNEL, text.compile_id)}
        wanted = _named_at(text, here.cursor.line, names)
    if wanted is None:
        kernel = desk.artifact(Stage.KERNEL)
        wanted = kernel.key if kernel is not None else None
    return next((item for item in capture.find(Stage.KERNEL) if item.key == wanted), None)


def _named_at(text: Artifact, line: int, names: Mapping[str | None, KernelKey | None]) -> KernelKey | None:
    """The kernel that a line of the output code names, else the one in whose text it lies."""
    lines = text.lines
    here = lines[line - 1] if 1 <= line <= len(lines) else ""
    if (
        found := next((key for name, key in names.items() if name and re.search(rf"\b{name}\b", here)), None)
    ) is not None:
        return found
    for above in reversed(lines[: line - 1]):
        if above.rstrip() == "''')":
            return None
        if (match := _NAME.search(above)) is not None:
            return names.get(match[1])
    return None


def edit(desk: Desk, here: Here) -> Desk:
    """Opens the kernel's text in the person's editor: the last that they left of it, else the one on screen."""
    if (no := _refused(desk)) is not None:
        return no
    kernel = meant(desk, here)
    if kernel is None:
        return say(desk, "There is no kernel here whose text could be edited.", timeout=4)
    now = shown(desk)
    text = desk.editing.drafts.get(kernel.id)
    if text is None:
        text = now.text if now is not None and now.key == kernel.key else kernel.text
    in_pane = here.artifact is not None and here.artifact.stage is Stage.KERNEL
    line = here.cursor.line if in_pane else _problem_line(desk, kernel)
    return with_effect(desk, OpenText(kernel, text, line, lambda made: Edited(kernel.id, made)))


def _problem_line(desk: Desk, kernel: Artifact) -> int:
    last = next((item for item in reversed(own(desk).edits) if item.key == kernel.key), None)
    return last.problem.line or 1 if last is not None and last.problem is not None else 1


def _refused(desk: Desk) -> Desk | None:
    if desk.watches:
        return say(desk, "Each save makes a new process here: Ctrl+W ends that, then kernels can be edited.", timeout=5)
    if desk.editing.asked is not None:
        return say(desk, "An edit is being tried already.")
    return running.refused(desk, "Editing starts")


def edited(desk: Desk, kernel_id: str, text: str, seconds: float = SECONDS) -> Desk:
    """Has the worker try what a person left."""
    if (no := _refused(desk)) is not None:
        return no
    kernel = own(desk).by_id.get(kernel_id)
    if kernel is None:
        return desk
    from inspector.work.editing import edit_request

    number = max((item.number for item in own(desk).edits), default=0) + 1
    drafts = {**desk.editing.drafts, kernel.id: text}
    try:
        request = edit_request(number, kernel, text, seconds=seconds, limit=LIMIT)
    except UsageError as error:
        drafts.pop(kernel.id)
        return say(replace(desk, editing=replace(desk.editing, drafts=drafts)), str(error), timeout=6)
    desk = replace(desk, editing=replace(desk.editing, asked=request, drafts=drafts))
    return with_effect(desk, Send(request))


# --- experiments --------------------------------------------------------------------------------------------


def listed(desk: Desk, here: Here) -> Desk:
    """Lists the experiments that apply to the kernel, each with its values."""
    if (no := _refused(desk)) is not None:
        return no
    kernel = meant(desk, here)
    offered = _offered(desk, kernel) if kernel is not None else ()
    if kernel is None or not offered:
        return say(desk, "No common experiment applies to this text.", timeout=4)
    choices = tuple(
        Choice(f"{item.key}={value}", f"{item.key}={value}", item.title, f"now {item.now}" if not at else "")
        for item in offered
        for at, value in enumerate(item.values)
    )
    name = kernel.id
    return with_effect(
        desk, Pick(f"Try with {kernel.kernel}", choices, None, lambda key: TryExperiment(name, *_pair(key)))
    )


def _pair(key: str) -> tuple[str, str]:
    name, _, value = key.partition("=")
    return name, value


def _offered(desk: Desk, kernel: Artifact) -> tuple[KernelExperiment, ...]:
    from inspector.work.editing import situation_of

    return experiments(_present(desk, kernel), situation_of(own(desk), kernel))


def _present(desk: Desk, kernel: Artifact) -> Artifact:
    """The kernel with the text on screen: experiments add up."""
    now = shown(desk)
    return replace(kernel, text=now.text) if now is not None and now.key == kernel.key else kernel


def try_experiment(desk: Desk, kernel_id: str, key: str, value: str) -> Desk:
    """Has the worker try the text with an experiment, or the compiler write it anew first."""
    from inspector.work.editing import situation_of

    kernel = own(desk).by_id.get(kernel_id)
    if kernel is None:
        return desk
    found = next((item for item in _offered(desk, kernel) if item.key == key), None)
    request = desk.request
    if found is not None and found.regenerates and request is not None:
        desk = say(desk, f"The compiler writes {kernel.kernel} anew with {found.setting}={value}.", timeout=5)
        return with_effect(desk, Rewrite(request, kernel, found.setting, value))
    try:
        text = applied(_present(desk, kernel), situation_of(own(desk), kernel), [(key, value)])
    except UsageError as error:
        return say(desk, str(error), severity="warning", timeout=6)
    return edited(desk, kernel_id, text)


# --- what becomes of it -------------------------------------------------------------------------------------


def heard(desk: Desk, updates: Sequence[Update], now: float) -> Desk:
    """What the worker has said of an edit that is being tried, once its capture is part of the desk."""
    from inspector import protocol
    from inspector.live.updates import Ended, EventArrived

    for update in updates:
        match update:
            case EventArrived(protocol.KernelEdited(edit)):
                desk = _answered(desk, edit, now)
            case EventArrived(protocol.Failed(fatal=False)) if desk.editing.asked is not None:
                desk = replace(desk, editing=replace(desk.editing, asked=None))
            case Ended() if desk.editing.asked is not None:
                desk = _lost(desk)
    return desk


def _answered(desk: Desk, found: KernelEdit, now: float) -> Desk:
    """One that ran is shown, of one that did not the last good text stays."""
    editing = replace(desk.editing, asked=None)
    if not found.fate.ran:
        return _told(replace(desk, editing=editing), found)
    drafts = {key: text for key, text in editing.drafts.items() if text != found.text}
    return _told(show(replace(desk, editing=replace(editing, drafts=drafts)), found.number, now), found)


def _lost(desk: Desk) -> Desk:
    """The worker has ended while it tried one: the text is kept in a file, the capture stays as it was."""
    asked = desk.editing.asked
    found = next((item for item in own(desk).edits if asked is not None and item.number == asked.number), None)
    desk = replace(desk, editing=replace(desk.editing, asked=None))
    if found is None:
        return desk
    kernel = next((item for item in own(desk).find(Stage.KERNEL) if item.key == found.key), None)
    desk = _told(desk, found)
    return with_effect(desk, KeepText(kernel, found.text)) if kernel is not None else desk


def _told(desk: Desk, found: KernelEdit) -> Desk:
    severity = "information" if found.fate.right else "warning" if found.fate is Fate.UNCOMPARED else "error"
    return say(desk, words.headline(found), title=f"Edit {found.number}", severity=severity, timeout=10)


def step(desk: Desk, by: int, now: float) -> Desk:
    """The edit before the one on screen, or after it; before the first is the compiler's own."""
    there = [0, *(item.number for item in own(desk).edits if item.fate.ran)]
    at = there.index(desk.editing.shown) + by if desk.editing.shown in there else 0
    if not 0 <= at < len(there):
        return say(desk, "That is the last edit." if by > 0 else "That is the compiler's own text.")
    return show(desk, there[at], now)


def show(desk: Desk, number: int, now: float) -> Desk:
    """Another edit, or with 0 the compiler's own."""
    if number == desk.editing.shown:
        return say(desk, "The compiler's own text is on screen.") if not number else desk
    before = own(desk)
    desk = replace(desk, editing=replace(desk.editing, shown=number), own=None, prices=None)
    desk = with_capture(replace(desk, asked=None, kept=()), before, now)
    found = shown(desk)
    return moves.show_kernel(desk, found.key) if found is not None else desk


# --- what is drawn ------------------------------------------------------------------------------------------


def heading(desk: Desk) -> Parts:
    """What is being tried, or what became of the edit on screen; nothing where there is none."""
    found, asked = shown(desk), desk.editing.asked
    if asked is not None:
        return [(f"edit {asked.number}", "bold $primary"), (desk.phase or "waiting for the worker", "$warning")]
    edits = own(desk).edits
    if not edits:
        return []
    if found is None:
        last = edits[-1]
        if last.fate.ran:
            return [(f"the compiler's own; {len(edits)} edited", "$foreground 60%")]
        return [(f"edit {last.number}", "bold $primary"), (words.headline(last), "bold $error")]
    parts: Parts = [(f"edit {found.number} of {edits[-1].number}", "bold $primary")]
    if edits[-1] is not found and not edits[-1].fate.ran:
        parts.append((f"{edits[-1].number} {words.headline(edits[-1])}", "bold $error"))
    return parts + [(row.text, _STYLES.get(row.tone, "$foreground 60%")) for row in words.clauses(found)]


def detail(desk: Desk, text: Artifact) -> str:
    """What a pane's title says of it: `edit 2`; empty of a text that is the compiler's own."""
    found = shown(desk)
    return f"edit {found.number}" if found is not None and text.key == found.key else ""


def changes(desk: Desk, artifact: Artifact) -> Mapping[int, Change]:
    """What became of the lines of a text, by meaning; nothing of a text that is the compiler's own."""
    found = shown(desk)
    if found is None or artifact.stage is not Stage.KERNEL or artifact.key != found.key or desk.own is None:
        return {}
    from inspector.edits.view import changed_lines

    kernel = desk.own.by_id.get(artifact.id)
    return changed_lines(kernel, found) if kernel is not None else {}
