"""A program's start in words: what its time went to, every process on one axis, what a second start was spared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from inspector.model.compile_time import CompilePart
from inspector.model.startup import IDLE, OWN, TENTH, WAITS, ProgramStart, StartProcess
from inspector.say.doc import Cell, Column, Item, Row, Section, Tone
from inspector.say.units import plural, seconds, share

AXIS = 60
"""Characters that the time is drawn in."""
_PACKAGES = 8
_ROWS = 24
_IMPORTING = "importing "
_LETTERS = {"Python's own start": "p", OWN: "=", IDLE: ".", WAITS: "w"}
_BUILT = (CompilePart.BUILDS, CompilePart.KERNELS, CompilePart.HEADER, CompilePart.PROBES)
LEGEND = (
    "p Python's own start, i imports, s a step known by name, c torch.compile, g waiting for or running g++, "
    "l loading compiled code, = its own code, w waiting for other processes, # at work, which is all that is known, "
    ". not at work"
)


def heading(start: ProgramStart) -> str:
    """`cold: 52.3 s, 43.1 CPU s, exit code 0`."""
    return f"{start.name}: {seconds(start.seconds)}, {start.cpu_seconds:.2f} CPU s, exit code {start.exit_code}"


def facts(start: ProgramStart) -> Section:
    """What it is as a whole."""
    return Section("start", heading(start), None, tuple(_facts(start)), "")


def _facts(start: ProgramStart) -> Iterator[Row]:
    yield Row(" ".join(start.command), Tone.CODE, label="command")
    nothing = "none" if start.watched else "not watched: it went to a terminal"
    yield Row(seconds(start.first_output, nothing), label="first output")
    if start.until is not None:
        yield Row(seconds(start.until), label="the words came")
    yield Row(plural(len(start.processes), "process", "processes"), label="seen")
    if start.unseen > 0.005 * start.cpu_seconds:
        words = f"{start.unseen:.2f} CPU s are of processes between two looks, and of last moments"
        yield Row(words, Tone.QUIET, label="not seen")
    yield from (Row(note, Tone.QUIET, label="note") for note in start.notes)


# --- what its time went to --------------------------------------------------------------------------------------


def own(start: ProgramStart) -> StartProcess | None:
    """The program's own process; None where it ended before it was seen."""
    return start.processes[0] if start.processes else None


def others(start: ProgramStart) -> list[StartProcess]:
    """Its further processes that told of themselves and used a twentieth of all that was used, or more."""
    return [item for item in start.processes[1:] if item.spans and item.cpu_seconds >= start.cpu_seconds / 20]


def parts(process: StartProcess | None) -> list[tuple[str, float, float]]:
    """What a process was spent on, the longest first: name, seconds, CPU seconds; small imports are one."""
    if process is None:
        return []
    sums = process.sums
    packages = sorted((name for name in sums if name.startswith(_IMPORTING)), key=lambda name: -sums[name][0])
    made = [(name, *sums[name]) for name in sums if name not in packages[_PACKAGES:]]
    if rest := packages[_PACKAGES:]:
        wall, cpu = (sum(sums[name][at] for name in rest) for at in (0, 1))
        made.append((f"importing {plural(len(rest), 'other package')}", wall, cpu))
    return sorted(made, key=lambda item: -item[1])


def parts_table(starts: Sequence[ProgramStart]) -> tuple[tuple[Column, ...], tuple[Item, ...]]:
    """The parts of the program's own process; of two starts side by side, with what the second was spared."""
    first, again = own(starts[0]), own(starts[1]) if len(starts) > 1 else None
    columns = [Column("what the time of its own process went to", 30, grow=1)]
    for start in starts:
        columns += [Column(start.name, 8, right=True), Column("CPU s", 7, right=True)]
    columns.append(Column("spared" if again is not None else "of all", 8, right=True))
    known = {name: (wall, cpu) for name, wall, cpu in parts(first)}
    later = {name: (wall, cpu) for name, wall, cpu in parts(again)} if again is not None else {}
    names = list(dict.fromkeys((*known, *later)))
    life = starts[0].seconds
    return tuple(columns), tuple(_part(name, known, later if again is not None else None, life) for name in names)


def process_table(process: StartProcess) -> tuple[tuple[Column, ...], tuple[Item, ...]]:
    """The parts of a further process."""
    title = f"of {kind_of(process.command)} ({process.pid}), from {seconds(process.begin)}"
    columns = (Column(title, 30, grow=1), Column("took", 8, right=True), Column("CPU s", 7, right=True))
    rows = ((name, seconds(wall), f"{cpu:.2f}") for name, wall, cpu in parts(process))
    return columns, tuple(Item(texts[0], tuple(map(Cell, texts))) for texts in rows)


def _part(
    name: str,
    known: dict[str, tuple[float, float]],
    later: dict[str, tuple[float, float]] | None,
    life: float,
) -> Item:
    wall, cpu = known.get(name, (0.0, 0.0))
    cells = [Cell(name), Cell(seconds(wall)), Cell(f"{cpu:.2f}", Tone.QUIET)]
    if later is None:
        return Item(name, (*cells, Cell(share(wall / life if life else 0.0))))
    then, used = later.get(name, (0.0, 0.0))
    spared = wall - then
    said = seconds(spared) if spared > 0 else f"-{seconds(-spared)}" if spared < 0 else ""
    return Item(name, (*cells, Cell(seconds(then)), Cell(f"{used:.2f}", Tone.QUIET), Cell(said)))


def spared_words(first: ProgramStart, again: ProgramStart) -> str:
    """What keeping all that the first start left was worth."""
    wall, cpu = first.seconds - again.seconds, first.cpu_seconds - again.cpu_seconds
    return (
        "With what the first start left in its home, temporary folder and caches the second took "
        f"{seconds(again.seconds)} rather than {seconds(first.seconds)} "
        f"({again.cpu_seconds:.2f} rather than {first.cpu_seconds:.2f} CPU s): "
        f"{'spared' if wall >= 0 else 'it took longer by'} {seconds(abs(wall))}, {abs(cpu):.2f} CPU s"
        f"{'' if cpu >= 0 else ' more'}."
    )


def imports_table(process: StartProcess) -> tuple[tuple[Column, ...], tuple[Item, ...]]:
    """Its imports by package."""
    columns = (Column("package", 12), Column("its own", 8, right=True), Column("modules", 7, right=True))
    rows = ((item.package, seconds(item.seconds), f"{item.modules:,}") for item in process.imports[:_PACKAGES])
    return columns, tuple(Item(texts[0], tuple(map(Cell, texts))) for texts in rows)


# --- one axis for every process ---------------------------------------------------------------------------------


def axis_table(start: ProgramStart, width: int = AXIS) -> tuple[tuple[Column, ...], tuple[Item, ...]]:
    """Every process on one axis; those of one kind share a row."""
    columns = (
        *(Column("process", 14), Column("from", 7, right=True), Column("CPU s", 7, right=True)),
        Column(f"0 … {seconds(start.seconds)}", width),
    )
    rows = _rows(start.processes)
    items = [_row(str(number), name, found, start, width) for number, (name, found) in enumerate(rows[:_ROWS])]
    if more := rows[_ROWS:]:
        count = sum(len(found) for _, found in more)
        items.append(Item("more", (Cell(f"… {plural(count, 'more process', 'more processes')}", Tone.QUIET),)))
    return columns, tuple(items)


def _rows(processes: Sequence[StartProcess]) -> list[tuple[str, list[StartProcess]]]:
    by_kind: dict[tuple[str, int], list[StartProcess]] = defaultdict(list)
    for number, process in enumerate(processes):
        name = kind_of(process.command) if number else "the program"
        by_kind[name, process.pid if process.spans else 0].append(process)  # one that tells of itself stands alone
    return sorted(((name, found) for (name, _), found in by_kind.items()), key=lambda item: item[1][0].begin)


def kind_of(command: str) -> str:
    """What a process is, by its command: `g++, precompiled header`, `python serve.py`."""
    words = command.split()
    name = Path(words[0]).name if words else "?"
    if name in ("g++", "c++", "clang++", "cc1plus", "as", "ld", "collect2") or name.endswith("-g++"):
        what = "precompiled header" if "c++-header" in words or any(word.endswith(".gch") for word in words) else ""
        return f"{name}, {what}" if what else name
    if name.startswith("python"):
        if any("compile_worker" in word for word in words):
            return "torch's compile worker"
        if "-c" in words:
            what = next((tell for tell in ("spawn_main", "resource_tracker", "forkserver") if tell in command), "-c")
            return f"{name} {what}"
        script = next((word for word in words[1:] if not word.startswith("-")), "")
        return f"{name} {Path(script).name if script.endswith('.py') else script[:20]}".strip()
    return name


def _row(key: str, name: str, found: Sequence[StartProcess], start: ProgramStart, width: int) -> Item:
    title = f"{name} ×{len(found)}" if len(found) > 1 else name
    cpu = sum(process.cpu_seconds for process in found)
    drawn = "".join(_drawn(found, start.seconds * at / width, start.seconds * (at + 1) / width) for at in range(width))
    cells = (Cell(title, Tone.NAME), Cell(seconds(found[0].begin)), Cell(f"{cpu:.2f}"), Cell(drawn, Tone.CODE))
    return Item(key, cells)


def _drawn(found: Iterable[StartProcess], begin: float, end: float) -> str:
    """The sign of what lasted longest in a stretch of time; a blank where none of them lived."""
    sums: dict[str, float] = defaultdict(float)
    for process in found:
        if process.end <= begin or process.begin >= end:
            continue
        sums["."] += 1e-9
        if not process.spans and process.used(begin, end) >= min(TENTH, end - begin) * 0.1:
            sums["#"] += 1.0
        for span in process.spans:
            if (lasted := min(end, span.end) - max(begin, span.begin)) > 0:
                sums[_letter(span.name)] += lasted
    return max(sums, key=lambda sign: sums[sign]) if sums else " "


def _letter(name: str) -> str:
    if name in _LETTERS:
        return _LETTERS[name]
    if name.startswith(_IMPORTING):
        return "i"
    if name in _BUILT:
        return "g"
    if name == CompilePart.LOADING:
        return "l"
    return "c" if name in set(CompilePart) else "s"
