"""Notes on the main screen: where they show, and what the person does with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from inspector.model.annotation import Annotation
from inspector.model.artifact import Artifact, Position, Span
from inspector.model.link import LinkIndex
from inspector.model.stage import Stage
from inspector.notes import Placed, PlacedNotes, added, automatic, changed, removed, span_at, summary
from inspector.say.doc import Row, Section, Tone
from inspector.say.names import place
from inspector.tui.names import SHORT
from inspector.tui.notebook import Notebook
from inspector.tui.panes.marks import NoteMark
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.workspace import StagePane

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen
    from inspector.tui.screens.picker import Choice

_LONGEST = 40
"""Characters of a note in the status line."""
_LISTED = 65
"""Characters of a note and its place in a list."""


class Noter:
    """Shows notes, and lets the person write them.

    Args:
        main: holds the panes, the session and the linker.
        notebook: what was noted; the app's.
    """

    def __init__(self, main: MainScreen, notebook: Notebook) -> None:
        self.main = main
        self.notebook = notebook
        self._made_from: tuple[object, ...] = ()
        self._placed = PlacedNotes((), LinkIndex())
        self._automatic_of: tuple[tuple[object, ...], tuple[Annotation, ...]] = ((), ())

    # --- where they show ------------------------------------------------------------------------------------

    @property
    def placed(self) -> PlacedNotes:
        """All notes on the newest links."""
        notes, index = (*self.notebook.notes, *self.automatic), self.main.linker.index
        made_from = (notes, index)
        if not self._made_from or self._made_from[0] != notes or self._made_from[1] is not index:
            self._made_from, self._placed = made_from, PlacedNotes(notes, index)
        return self._placed

    @property
    def automatic(self) -> tuple[Annotation, ...]:
        """What the facts say, once there are all of them."""
        if self.main.session.compiling:
            return ()
        capture = self.main.session.capture
        # Samples of the race come many times a second, and change nothing of this.
        facts = (
            *(capture.compilations, capture.graph_breaks, capture.recompiles, capture.fusions),
            *(capture.phases, capture.profiles, capture.artifacts),
        )
        known, notes = self._automatic_of
        if len(known) != len(facts) or any(a is not b for a, b in zip(known, facts, strict=True)):
            notes = automatic(capture)
            self._automatic_of = facts, notes
        return notes

    def marks(self, artifact: Artifact) -> Mapping[int, NoteMark]:
        """The lines of an artifact that a note is to be seen at."""
        return {line: _mark(item) for line, item in self.placed.marks(artifact.id).items()}

    def here(self) -> tuple[Placed, ...]:
        """The notes that show at the place asked about."""
        group = self.main.linker.group
        if group is None:
            return ()
        artifact_id, position = group.spot
        artifact = self.main.session.capture.by_id.get(artifact_id)
        if artifact is None or position.line > len(artifact.lines):
            return ()
        # Of what stands in the line itself nothing is left out, wherever in it the cursor is.
        return self.placed.at(artifact_id, position.line, None, group.relatives)

    def words(self) -> str:
        """The notes here, for the status line; empty for none."""
        found = [item.note for item in self.here() if not item.note.automatic]
        if not found:
            return ""
        text = _cut(summary(found[0].text), _LONGEST)
        return f"{glyphs().notes[0]} {text}" + (f" and {len(found) - 1} more" if len(found) > 1 else "")

    def section(self) -> Section | None:
        """The notes here, for the details; None for none."""
        found = self.here()
        if not found:
            return None
        return Section("here", "Notes here", len(found), tuple(row for item in found for row in self._rows(item)), "")

    def _rows(self, item: Placed) -> tuple[Row, ...]:
        note = item.note
        mark = glyphs().notes[_mark(item)]
        by = note.fact.value.replace("_", " ") if note.fact is not None else note.author
        about = " · ".join(filter(None, (by, note.time, self.where(note))))
        tone = Tone.QUIET if note.automatic else Tone.WARNING
        return (Row(f"{mark} {about}".rstrip(), tone), Row(note.text, depth=1, markdown=True))

    def where(self, note: Annotation) -> str:
        """A note's place in words: `modeling_llama.py:164`, `ATen:12`."""
        artifact = self.main.session.capture.by_id.get(note.span.artifact) if note.span is not None else None
        if note.span is None or artifact is None:
            return note.compile_id or (note.span.artifact if note.span is not None else "")
        line = note.span.start.line
        if artifact.stage is Stage.SOURCE:
            return place(artifact.path or artifact.id, line)
        return f"{SHORT[artifact.stage]}:{line}" + (f" of {artifact.compile_id}" if artifact.compile_id else "")

    # --- writing them ---------------------------------------------------------------------------------------

    def add(self) -> None:
        """Asks for a note on the selection, else on what the cursor is on."""
        pane = self.main.view.pane
        if pane is None or pane.artifact is None:
            self.main.notify("There is no text to note on yet.", timeout=3)
            return
        span = self._span(pane, pane.artifact)
        self._ask(f"Note on {self._place(span, pane.artifact)}", None, partial(self._added, span))

    def edit(self) -> None:
        """Asks for another text of a note at the cursor; empty removes it."""
        self._choose("Which note?", self._edit)

    def remove(self) -> None:
        """Removes a note at the cursor."""
        self._choose("Remove which note?", self._remove)

    def list(self) -> None:
        """Lists every note; the chosen one is gone to."""
        from inspector.tui.screens.picker import Picker

        notes = self.placed.notes
        if not notes:
            self.main.notify("There are no notes yet: a puts one on this line.", timeout=3)
            return
        choices = [choice(note, self.where(note), "" if note.automatic else note.author) for note in notes]
        self.main.push(Picker("Notes", choices), self.go)

    def go(self, key: str | None) -> None:
        """Goes to the place of the note of that id; nowhere for None."""
        note = next((note for note in self.placed.notes if note.id == key), None)
        if note is None:
            return
        artifact = self.main.session.capture.by_id.get(note.span.artifact) if note.span is not None else None
        if note.span is None or artifact is None:
            self.main.view.show_panel("details")
            self.main.notify(f"{summary(note.text)}  It is about {self.where(note)}, no line of it.", timeout=8)
            return
        start = note.span.start
        self.main.jumper.go(artifact, Position(min(start.line, len(artifact.lines)), start.col))

    def _choose(self, title: str, act: object) -> None:
        from inspector.tui.screens.picker import Picker

        assert callable(act)
        notes = [item.note for item in self.here() if not item.note.automatic]
        if not notes:
            self.main.notify("No note of yours shows here: a writes one, M lists all.", timeout=4)
        elif len(notes) == 1:
            act(notes[0])
        else:
            by_id = {note.id: note for note in notes}
            choices = [choice(note, self.where(note)) for note in notes]
            self.main.push(Picker(title, choices), lambda key: act(by_id[key]) if key is not None else None)

    def _edit(self, note: Annotation) -> None:
        self._ask(f"Note on {self.where(note)}", note, partial(self._edited, note))

    def _remove(self, note: Annotation) -> None:
        self.notebook.notes, _ = removed(self.notebook.notes, note.id)
        self._changed(f"Removed: {summary(note.text)}")

    def _ask(self, title: str, note: Annotation | None, answered: object) -> None:
        from inspector.tui.screens.noting import NoteScreen

        assert callable(answered)
        author = note.author if note is not None else self.notebook.author
        self.main.push(NoteScreen(title, note.text if note is not None else "", author), answered)

    def _added(self, span: Span, written: object) -> None:
        from inspector.tui.screens.noting import Written

        if not isinstance(written, Written) or not written.text:
            return
        self.notebook.author = written.author
        # Of a log, the compile id says what to save together with the source file.
        at = self.main.session.compile_id if self.main.log_screen is not None else None
        self.notebook.notes, _ = added(
            self.notebook.notes, span, written.text, compile_id=at, author=written.author, time=datetime.now(UTC)
        )
        self._changed("Noted. It is in this session until Ctrl+S saves it.")

    def _edited(self, note: Annotation, written: object) -> None:
        from inspector.tui.screens.noting import Written

        if not isinstance(written, Written):
            return
        if not written.text:
            self._remove(note)
        elif (written.text, written.author) != (note.text, note.author):
            self.notebook.notes, _ = changed(
                self.notebook.notes, note.id, written.text, author=written.author, time=datetime.now(UTC)
            )
            self._changed("Changed.")

    def _changed(self, words: str) -> None:
        self.main.linker.draw()
        self.main.notify(words, timeout=3)

    def _span(self, pane: StagePane, artifact: Artifact) -> Span:
        if pane.selection is not None:
            return Span(artifact.id, *pane.selection)
        line, col = pane.cursor
        meant = col if artifact.lines[line - 1][: col + 1].strip() else None  # in the indentation, the whole line
        return span_at(artifact, self.main.linker.index, line, meant)

    def _place(self, span: Span, artifact: Artifact) -> str:
        name = self.where(Annotation("", "", span))
        text = artifact.lines[span.start.line - 1]
        if span.end.line == span.start.line:
            text = text[span.start.col : span.end.col]
        elif span.last_line > span.start.line:
            return f"{name}–{span.last_line}"
        return f"{name}  {text.strip()[:48]}"


def choice(note: Annotation, where: str, below: str = "") -> Choice:
    """A note in a list: its first words and its place, on one line of a small terminal."""
    from inspector.tui.screens.picker import Choice

    return Choice(note.id, _cut(summary(note.text), max(24, _LISTED - len(where))), where, below)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _mark(item: Placed) -> NoteMark:
    if item.note.automatic:
        return NoteMark.AUTOMATIC
    return NoteMark.HERE if item.origin is None else NoteMark.RELATED
