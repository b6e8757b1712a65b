"""Versions of a target that a person is changing: which is on screen, what is said of it, what of it is new. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.model.artifact import Artifact
from inspector.model.link import LinkIndex
from inspector.model.stage import Stage
from inspector.model.text_difference import Change
from inspector.model.version import NOT_YET, Standing, Version, with_version
from inspector.say import version as words
from inspector.say.doc import Tone
from inspector.tui.desk.captured import with_capture
from inspector.tui.desk.effects import Act, OpenEditor
from inspector.tui.desk.intents import Here
from inspector.tui.desk.parts import Race
from inspector.tui.desk.state import Desk, say, with_effect
from inspector.tui.header import Parts

if TYPE_CHECKING:
    from inspector.client.outcome import Outcome

_STYLES = {Tone.GOOD: "bold $success", Tone.WARNING: "$warning", Tone.ERROR: "bold $error", Tone.STRONG: "bold"}


def toggled(desk: Desk) -> Desk:
    """Watches the target's files from now on, or no longer; what is on screen stays."""
    from inspector.client.outcome import Outcome, OutcomeKind

    if not desk.live or desk.request is None:
        return say(desk, "An opened capture has no target to compile again: `inspector watch TARGET` does.", timeout=5)
    if desk.watches:
        over = Outcome(OutcomeKind.CANCELLED, "The files are watched no longer.")
        desk = replace(desk, watches=False, outcome=over, runner="idle")
        return say(with_effect(desk, Act.STOP), "The files are watched no longer; Ctrl+R compiles again.", timeout=5)
    desk = replace(
        desk, watches=True, versions=(), version=0, version_shown=0, outcome=None, race=Race(by_itself=False)
    )
    return say(with_effect(desk, Act.START), "Each save of the target's files is compiled from now on.", timeout=5)


def saved(desk: Desk, news: Sequence[Version], now: float) -> Desk:
    """Newer states of versions: the newest that has code is shown, unless a person looks at another."""
    before = {item.number: item for item in desk.versions}
    versions = desk.versions
    for item in news:
        versions = with_version(versions, item)
    phase, waited = desk.phase, bool(desk.versions) and desk.versions[-1].standing is Standing.FAILED
    if versions[-1].standing is Standing.FAILED:
        phase = "waiting for a save"
    elif waited:
        phase = "compiling"
    desk = replace(desk, versions=versions, phase=phase)
    for item in versions:
        old = before.get(item.number)
        if item is not old and _settled(item) and (old is None or not _settled(old)):
            bad = item.standing is Standing.FAILED
            severity = "error" if bad else "information"
            desk = say(desk, words.headline(item), title=f"Version {item.number}", severity=severity, timeout=8)
    return _put_up(desk, now)


def _settled(version: Version) -> bool:
    if version.standing is not Standing.GOOD:
        return version.standing is Standing.FAILED
    return version.uncompared != NOT_YET and (version.before is None or version.unraced != NOT_YET)


def step(desk: Desk, by: int, now: float) -> Desk:
    """Looks at an older version, or a newer one; beyond the newest the screen follows what is saved."""
    there = [item.number for item in desk.versions if _has_code(item)]
    shown = shown_version(desk)
    if not desk.versions or shown is None:
        return say(desk, "There are no versions yet: Ctrl+W watches the files, and each save makes one.", timeout=5)
    at = there.index(shown.number) + by
    if not 0 <= at < len(there):
        return say(desk, f"Version {shown.number} is the {'first' if by < 0 else 'newest'} whose texts are kept.")
    follows = at == len(there) - 1
    return _put_up(replace(desk, version=0 if follows else there[at]), now)


def shown_version(desk: Desk) -> Version | None:
    """The one on screen: that a person looks at, else the newest that has code; None while there is none."""
    found = [item for item in desk.versions if _has_code(item)]
    if not found and desk.compiling:  # there is nothing yet that would have to stay meanwhile
        found = [item for item in desk.versions[-1:] if item.capture.artifacts]
    return next((item for item in found if item.number == desk.version), found[-1] if found else None)


def _has_code(version: Version) -> bool:
    """Whether it came as far as Inductor's code: one that fails before stays beside the last good one."""
    if version.standing is Standing.GOOD:
        return bool(version.capture.artifacts)
    return version.standing is Standing.COMPILING and bool(version.capture.find(Stage.INDUCTOR))


def _put_up(desk: Desk, now: float) -> Desk:
    version = shown_version(desk)
    if version is None or version.capture is desk.capture:
        return desk
    capture = version.capture
    if version.number != desk.version_shown:
        ids = {item.compile_id for item in capture.compilations}
        texts = {item.id for item in capture.artifacts}
        desk = replace(
            desk,
            version_shown=version.number,
            compile_id=desk.compile_id if desk.compile_id in ids else None,
            kernel=desk.kernel if desk.kernel in capture.kernels else None,
            source=desk.source if desk.source in texts else None,
            pins={stage: text for stage, text in desk.pins.items() if text in texts},
            index=LinkIndex(),
            indexed=(),
            asked=None,
            kept=(),
            trail=(),
            early=None,
        )
    return with_capture(desk, capture, now)


# --- what is drawn ------------------------------------------------------------------------------------------


def heading(desk: Desk) -> Parts:
    """What the version on screen changed, and what became of a newer one; nothing where none is watched."""
    version = shown_version(desk)
    if version is None and not desk.versions:
        return [("waiting for the first version", "$foreground 60%")]
    newest = desk.versions[-1]
    if version is None:
        return [(f"version {newest.number} {words.headline(newest)}", _of_newest(newest))]
    of = f" of {newest.number}" if newest.number != version.number else ""
    parts: Parts = [(f"version {version.number}{of}", "bold $primary")]
    if newest.number != version.number and newest.standing is not Standing.GOOD:
        parts.append((f"{newest.number} {words.headline(newest)}", _of_newest(newest)))
    found = list(words.clauses(version))
    parts += [(row.text, _STYLES.get(row.tone, "$foreground 60%")) for row in found]
    if not found:
        parts.append((words.headline(version), _of_newest(version)))
    return parts


def _of_newest(version: Version) -> str:
    """The style of how far a version is."""
    styles = {Standing.FAILED: "bold $error", Standing.GOOD: "$foreground 60%"}
    return styles.get(version.standing, "$warning")


def times(desk: Desk) -> str:
    """How long the version on screen took from its save; empty where none is watched."""
    version = shown_version(desk)
    return words.times(version) if version is not None else ""


def changes(desk: Desk, artifact: Artifact) -> Mapping[int, Change]:
    """What became of the lines of a text since the version before, by meaning."""
    version = shown_version(desk)
    text = version.difference.by_text.get(artifact.id) if version is not None and version.difference else None
    return text.changed_lines if text is not None else {}


# --- an editor, and what went wrong -------------------------------------------------------------------------


def edit(desk: Desk, here: Here) -> Desk:
    """Opens the source where the cursor is, or where what the cursor is on comes from."""
    text, line = here.artifact, here.cursor.line
    if text is None or text.stage is not Stage.SOURCE:
        group = desk.group_of(here.spot) if here.spot is not None else None
        found = next(
            ((item, places[0]) for item in desk.sources() if group and (places := group.found_in(item.id))), None
        )
        text = found[0] if found is not None else desk.artifact(Stage.SOURCE)
        line = found[1].span.start.line if found is not None else (text.focus if text is not None else 1)
    if text is None or not text.path:
        return say(desk, "It is not known which file this comes from.", timeout=4)
    return with_effect(desk, OpenEditor(text.path, line))


def failure(desk: Desk) -> Outcome | None:
    """Why the newest version does not compile; None where it does."""
    from inspector.client.outcome import Outcome, OutcomeKind

    newest = desk.versions[-1] if desk.versions else None
    if newest is None or newest.standing is not Standing.FAILED:
        return None
    return Outcome(
        OutcomeKind.FAILED, newest.message, newest.hint, exit_code=newest.exit_code, traceback=newest.traceback
    )
