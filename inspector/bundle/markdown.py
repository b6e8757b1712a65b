"""A capture as Markdown, for an issue or a pull request: the kernels, the links in words, the stages folded away."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import replace

from inspector.model.annotation import Annotation
from inspector.model.artifact import Artifact, Language
from inspector.model.capture import Capture
from inspector.model.compile_row import CompileRow
from inspector.model.overview_of import overview_of
from inspector.model.stage import Stage
from inspector.model.visible import visible
from inspector.notes.markup import code, longest_run, prose
from inspector.price import Joined, rows_by
from inspector.say.capture import breaks_section, passes_sections, pieces_sections, recompiles_section
from inspector.say.compiles import status_words
from inspector.say.doc import Row
from inspector.say.eager import eager_words
from inspector.say.kernels import fusion_summary, kernel_words
from inspector.say.links import describe
from inspector.say.logged import Logged
from inspector.say.price import cost_words, told
from inspector.say.start import title
from inspector.say.units import plural, seconds
from inspector.why.rules import answers, facts_of
from inspector.why.words import sections

GITHUB = 65_536
"""Characters that GitHub takes in one comment."""
MOST_PLACES = 40
"""Source lines whose links are put in words, of one compile id."""

MOST_PRICES = 12
"""Expressions whose cost is told."""
MOST_ROWS = 60
"""Rows of a section."""
AROUND = 8
"""Lines of a source file that are kept above and below those that something came from."""

_FENCES = {
    Language.PYTHON: "python",
    Language.FX: "python",
    Language.INDUCTOR: "python",
    Language.TRITON: "python",
    Language.CPP: "cpp",
    Language.ASM: "asm",
    Language.LLVM: "llvm",
    Language.JSON: "json",
}


def markdown(capture: Capture, *, limit: int | None = GITHUB) -> str:
    """The whole capture as one Markdown text.

    Args:
        capture: what to tell.
        limit: characters; longer texts are cut, the longest ones first, and say how much is missing. None for no limit.

    Every text of the capture stands in a code span or a fence that it cannot leave, so that nothing in it becomes
    markup, a link or a mention.
    """
    texts = [len(item.text) for item in capture.artifacts]
    whole = max(texts, default=0)
    page = _page(capture, whole)
    if limit is None or len(page) <= limit:
        return page
    low, high = 0, whole
    while low < high:  # the most characters that each text may have
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(_page(capture, middle)) <= limit else (low, middle - 1)
    page = _page(capture, low)
    return page if len(page) <= limit else f"{page[: limit - 4].rsplit(chr(10), 1)[0]}\n…\n"


def _page(capture: Capture, most: int) -> str:
    environment = capture.environment
    made = [f"{key} {environment[key]}" for key in ("torch", "python") if environment.get(key)]
    parts = [f"## {code(title(capture))}, as torch.compile saw it\n"]
    if made:
        parts.append(f"{', '.join(code(item) for item in made)}\n")
    if capture.cut_off:
        parts.append("**Incomplete**: the run ended before the compiler was done.\n")
    parts += [f"- {code(note.kind)} {code(note.message)}" for note in capture.notes]
    parts.append("")
    if capture.annotations:
        parts.append("### Notes\n")
        parts += [_note(item) for item in capture.annotations]
    found, *_ = sections(answers(facts_of(capture)))
    parts.append(f"### {found.title}\n")
    parts += map(row_item, found.first(MOST_ROWS).rows)
    parts.append("")
    for section in (*pieces_sections(capture), *passes_sections(capture)):
        parts.append(f"### {prose(section.title)}\n")
        parts += map(row_item, section.first(MOST_ROWS).rows)
        parts.append("")
    parts += _prices(capture)
    logged, rows = Logged(capture), overview_of(capture, {}, {}).by_id
    for compilation in capture.compilations:
        parts += _compilation(capture, rows[compilation.compile_id], logged, most)
    parts += [folded(_excerpt(capture, item), most) for item in capture.find(Stage.SOURCE)]
    return "\n".join(parts).rstrip() + "\n"


def _note(note: Annotation) -> str:
    """A person's note; its Markdown is shown as it was typed, for nobody knows who typed it."""
    where = f"{note.span.artifact}:{note.span.start.line}" if note.span is not None else note.compile_id or "all of it"
    about = "".join(f", {code(words)}" for words in (note.author, note.time) if words)
    return f"{code(where)}{about}\n\n{fence(note.text)}\n"


def _prices(capture: Capture) -> Iterator[str]:
    """What the dearest expressions take of a call, with how that is known, and how the numbers came about."""
    for price in capture.prices:
        rows = [row for row in rows_by(Joined(capture, price), "expression") if row.own]
        yield f"### What a call costs, {code(price.shape)}\n"
        for row in sorted(rows, key=lambda row: -row.own)[:MOST_PRICES]:
            yield f"- {code(row.label)}: {seconds(row.own)} by itself; with what lies in it {cost_words(row, price)}"
        yield from (f"- {prose(row.label)}: {code(row.text)}" if row.label else row_item(row) for row in told(price))
        yield ""


def _compilation(capture: Capture, row: CompileRow, logged: Logged, most: int) -> Iterator[str]:
    compile_id = row.compile_id
    yield f"### {code(compile_id)} {code(row.function)}: {status_words(row.status)}\n"
    if words := eager_words(row):
        yield f"{code(words)}\n"
    elif row.error:
        yield f"{fence(row.error)}\n"
    found = (
        *(section for section in logged.of(compile_id) if section.alarming),
        breaks_section(item for item in capture.graph_breaks if item.compile_id == compile_id),
        recompiles_section(item for item in capture.recompiles if item.compile_id == compile_id),
    )
    for section in found:
        if section.rows:
            yield f"**{section.title}**\n"
            yield from map(row_item, section.first(MOST_ROWS).rows)
            yield ""
    places = list(_places(capture, compile_id))
    if places:
        yield "What became of each line:\n"
        yield from places[:MOST_PLACES]
        if len(places) > MOST_PLACES:
            yield f"- … and {len(places) - MOST_PLACES} more"
        yield ""
    own = [item for item in capture.artifacts if item.compile_id == compile_id]
    for item in own:
        if item.stage is Stage.KERNEL and item.key is not None:
            fusion = capture.fusion_of.get(item.key)
            words = f": {fusion_summary(fusion)}" if fusion is not None else ""
            yield f"Kernel {code(kernel_words(capture, item.key))}{words}\n"
            yield f"{fence(*_cut(item, most))}\n"
    yield from (folded(item, most) for item in own if item.stage is not Stage.KERNEL)


def row_item(row: Row) -> str:
    """A row as an item of a list, further in where it belongs to the one before."""
    label = f"{prose(row.label)}: " if row.label.strip() else ""
    return f"{'  ' * row.depth}- {label}{code(row.text)}"


def _places(capture: Capture, compile_id: str) -> Iterator[str]:
    """A sentence for each source line that became something in this compile."""
    shown = {key: item for key, item in capture.by_id.items() if item.compile_id in (None, compile_id)}
    nodes = {key for key, item in shown.items() if item.stage.order >= Stage.DYNAMO.order}
    for item in capture.find(Stage.SOURCE):
        for line in sorted(capture.index.linked_lines(item.id)):
            relatives = capture.index.relatives(item.id, line)
            if line > len(item.lines) or nodes.isdisjoint(relatives.by_artifact):
                continue
            words = describe(relatives, item.id, shown)
            where = code(f"{item.id.removeprefix('source:')}:{line}")
            yield f"- {code(item.lines[line - 1].strip())} ({where}): {words}"


def _excerpt(capture: Capture, item: Artifact) -> Artifact:
    """Of a source file the part that something came from, with lines around it; all of it where that is unknown."""
    linked = [line for line in capture.index.linked_lines(item.id) if line <= len(item.lines)]
    if not linked:
        return item
    first, last = max(1, min(linked) - AROUND), max(linked) + AROUND
    return replace(item, id=f"{item.id} from line {first}", text="\n".join(item.lines[first - 1 : last]))


# --- pieces -------------------------------------------------------------------------------------------------


def fence(text: str, language: Language = Language.TEXT, rest: str = "") -> str:
    """A fenced block that `text` cannot leave, and a remark below it."""
    text = visible(text).rstrip("\n")
    ticks = "`" * max(3, longest_run(text) + 1)
    return f"{ticks}{_FENCES.get(language, '')}\n{text}\n{ticks}" + (f"\n{rest}" if rest else "")


def folded(item: Artifact, most: int) -> str:
    """An artifact that a click unfolds."""
    words = item.stage.heading + (f" of {item.kernel}" if item.kernel else "")
    name = item.id.partition(":")[2] if item.stage is Stage.SOURCE else item.variant
    words += f", {name}" if name else ""
    summary = f"<summary>{html.escape(visible(words))} ({plural(len(item.lines), 'line')})</summary>"
    return f"<details>{summary}\n\n{fence(*_cut(item, most))}\n\n</details>\n"


def _cut(item: Artifact, most: int) -> tuple[str, Language, str]:
    """An artifact's text, whole lines of it up to so many characters, and a remark about the rest."""
    if len(item.text) <= most:
        return item.text, item.language, ""
    kept = item.text[:most].rpartition("\n")[0]
    missing = len(item.lines) - (kept.count("\n") + 1 if kept else 0)
    return kept, item.language, f"… {missing:,} further line{'' if missing == 1 else 's'}"
