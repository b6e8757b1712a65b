"""Notes: where they show, how they change, what the facts say, and how they lie in a bundle."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from captures import full

from inspector.bundle import read, verify, write
from inspector.bundle.annotate import annotate
from inspector.bundle.export import Wanted, export, prepared
from inspector.bundle.markdown import markdown
from inspector.bundle.notes import notes as read_notes
from inspector.cli.main import main
from inspector.codec import dump
from inspector.errors import UsageError
from inspector.jsontext import Malformed
from inspector.model.annotation import Annotation, Fact
from inspector.model.artifact import Artifact, Language, Position, Span
from inspector.model.capture import Capture, Frame, GraphBreak, Phase
from inspector.model.link import Link, LinkIndex, Origin
from inspector.model.overview_of import overview_of
from inspector.model.profile import Ceiling, Ceilings, Part, Profile, ProfileRow, SideProfile, Work
from inspector.model.stage import Stage
from inspector.notes import PlacedNotes, added, changed, found, moved, removed, span_at
from inspector.notes.automatic import automatic
from inspector.notes.markup import prose, unescaped
from inspector.say.levers import LEVERS
from inspector.say.units import seconds
from inspector.trace import read_capture

TRACES = Path(__file__).parents[1] / "traces"
WHEN = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

OUTER = Span("source:m.py", Position(3, 4), Position(3, 30))
INNER = Span("source:m.py", Position(3, 11), Position(3, 20))
NODE, OTHER_NODE = Span.of_lines("0/0:aten", 5), Span.of_lines("0/0:aten", 9)
STATEMENT = Span.of_lines("0/0:kernel:k", 7)
LINKS = LinkIndex(
    (
        Link(INNER, NODE, Origin.EXACT),
        Link(OUTER, OTHER_NODE, Origin.EXACT),
        Link(NODE, STATEMENT, Origin.ALIGNED),
    )
)


@cache
def gated() -> Capture:
    return read_capture(TRACES / "live_gated.log")


# --- where they show ----------------------------------------------------------------------------------------


def test_a_note_on_an_expression_shows_at_what_became_of_it() -> None:
    notes, note = added((), INNER, "slow")
    placed = PlacedNotes(notes, LINKS)
    assert [(item.note, item.origin) for item in placed.at("source:m.py", 3)] == [(note, None)]
    assert [(item.note, item.origin) for item in placed.at("0/0:aten", 5)] == [(note, Origin.EXACT)]
    assert [(item.note, item.origin) for item in placed.at("0/0:kernel:k", 7)] == [(note, Origin.ALIGNED)]
    assert placed.at("0/0:aten", 9) == () == placed.at("0/0:kernel:k", 8)
    assert {line: item.origin for line, item in placed.marks("0/0:kernel:k").items()} == {7: Origin.ALIGNED}


def test_a_note_on_a_statement_shows_at_its_source() -> None:
    notes, note = added((), STATEMENT, "slow")
    placed = PlacedNotes(notes, LINKS)
    assert [item.note for item in placed.at("source:m.py", 3, 12)] == [note]
    assert placed.at("source:m.py", 3, 25) == ()  # of the line, another expression


def test_an_automatic_note_marks_its_own_place_and_shows_at_what_belongs_there() -> None:
    note = Annotation("fusion:x", "fused", Span.of_lines("0/0:kernel:k", 1, 20), "0/0", fact=Fact.FUSION)
    placed = PlacedNotes((note,), LINKS)
    assert list(placed.marks("0/0:kernel:k")) == [1]
    assert placed.marks("source:m.py") == {}
    assert [item.origin for item in placed.at("source:m.py", 3)] == [Origin.ALIGNED]
    assert placed.at("source:m.py", 4) == ()


def test_a_persons_note_is_marked_before_an_automatic_one() -> None:
    fact = Annotation("fact", "fused", NODE, fact=Fact.FUSION)
    notes, mine = added((fact,), NODE, "mine")
    assert PlacedNotes(notes, LINKS).marks("0/0:aten")[5].note is mine


def test_a_column_means_the_smallest_expression_around_it() -> None:
    text = Artifact("source:m.py", Stage.SOURCE, None, None, Language.PYTHON, "\n\n" + "x" * 40)
    assert span_at(text, LINKS, 3, 12) == INNER
    assert span_at(text, LINKS, 3, 25) == OUTER
    assert span_at(text, LINKS, 3, 35) == span_at(text, LINKS, 3, None) == Span.of_lines("source:m.py", 3)


# --- changing them ------------------------------------------------------------------------------------------


def test_an_id_stays_and_the_same_note_has_the_same() -> None:
    notes, one = added((), INNER, " *text*\n", author="A", time=WHEN)
    assert (one.text, one.time) == ("*text*", "2026-05-04T12:00:00Z")
    assert added((), INNER, "*text*", author="A", time=WHEN)[1].id == one.id
    again, two = added(notes, INNER, "*text*", author="A", time=WHEN)
    assert two.id != one.id
    after, new = changed(again, one.id, "other")
    assert (new.id, new.author, new.time, after[1]) == (one.id, "A", one.time, two)
    assert removed(after, one.id[2:6]) == ((two,), new)


def test_what_cannot_be_done_is_told() -> None:
    notes, note = added((), INNER, "text")
    with pytest.raises(UsageError, match="needs a text"):
        added((), INNER, " \n")
    with pytest.raises(UsageError, match=f"no note 'n-x'.*{note.id}"):
        found(notes, "n-x")
    with pytest.raises(UsageError, match="Several notes"):
        found((Annotation("n-aa1", ""), Annotation("n-aa2", "")), "aa")


def test_a_note_whose_text_is_left_out_moves_to_the_nearest_relative() -> None:
    notes, note = added((), INNER, "text")
    assert moved(notes, LINKS, {"0/0:aten": 5, "0/0:kernel:k": 11}) == (replace(note, span=NODE),)
    assert moved(notes, LINKS, {"0/0:asm": 17}) == (replace(note, span=None),)


# --- what the facts say -------------------------------------------------------------------------------------


def by_fact(capture: Capture, fact: Fact) -> list[Annotation]:
    return [note for note in automatic(capture) if note.fact is fact]


def test_a_kernels_fusion_is_on_its_text() -> None:
    (note,) = by_fact(gated(), Fact.FUSION)
    (kernel,) = gated().find(Stage.KERNEL)
    assert note.span is not None
    assert note.span.artifact == kernel.id
    assert kernel.lines[note.span.start.line - 1].startswith('extern "C"')
    (fusion,) = gated().fusions
    assert f"{len(fusion.nodes)} nodes fused" in note.text
    assert all(node in note.text for node in fusion.nodes)


def test_a_break_has_torchs_own_hints() -> None:
    capture = read_capture(TRACES / "graph_break.log")
    notes = by_fact(capture, Fact.GRAPH_BREAK)
    assert [note.compile_id for note in notes] == ["0/0", "1/0"]
    for note, found_break in zip(notes, capture.graph_breaks, strict=True):
        text = unescaped(note.text)
        assert found_break.reason in text
        assert all(hint in text for hint in found_break.hints)


def test_a_break_stands_at_its_line() -> None:
    source = Artifact("source:m.py", Stage.SOURCE, None, None, Language.PYTHON, "a\nb\n", "/there/m.py")
    stack = (Frame("/there/m.py", 2, "f"), Frame("/else/n.py", 9, "g"))
    (note,) = by_fact(
        Capture(artifacts=(source,), graph_breaks=(GraphBreak("0/0", "why", stack=stack),)), Fact.GRAPH_BREAK
    )
    assert note.span == Span.of_lines("source:m.py", 2)
    assert "No hint of torch's is recorded." in note.text


def test_a_recompile_names_what_failed_and_the_cure() -> None:
    notes = by_fact(read_capture(TRACES / "recompile.log"), Fact.RECOMPILE)
    assert [note.compile_id for note in notes] == ["0/1", "0/2"]
    assert "`16`, and `32` came" in notes[0].text
    assert "mark_dynamic(x, 1)" in notes[0].text
    assert "dtype" in notes[1].text


def test_advice_is_held_against_the_log_before_it_is_given() -> None:
    notes = {note.compile_id: note.text for note in by_fact(read_capture(TRACES / "guard_kinds.log"), Fact.RECOMPILE)}
    texts = {item.function: notes[item.compile_id] for item in read_capture(TRACES / "guard_kinds.log").recompiles}
    assert "`torch._dynamo.mark_dynamic(x, 0)` before each call would have spared 1 of 2" in texts["shape_range"]
    assert "alone would have spared no recompile" in texts["shape_eq_constant"], "its code branches on the size"
    assert "would have spared" not in texts["torch_function_mode"]
    assert "whether that spares a recompile is not known" in texts["torch_function_mode"]
    assert "what came is not recorded" in texts["dict_keys"]
    assert "torch adds: torch.compile considers integer attributes" in texts["forward"]


def test_what_dominates_the_compile_time() -> None:
    (note,) = by_fact(gated(), Fact.COMPILE_TIME)
    (row,) = overview_of(gated()).rows
    assert f"took {seconds(row.times.seconds)}**" in note.text
    assert "% of it for Inductor." in note.text


def test_time_in_a_phase_without_a_compile_id_is_that_of_the_compile_around_it() -> None:
    phases = (
        Phase("dynamo", 0.0, 10.0, 0, "0/0"),
        Phase("async_compile.wait", 1.0, 9.0, 1, "0/0"),
        Phase("compile_file", 1.0, 8.0, 2, "None"),
        Phase("other", 20.0, 5.0, 0),
    )
    (row,) = gated().compilations
    (note,) = by_fact(replace(gated(), phases=phases, compilations=(row,)), Fact.COMPILE_TIME)
    assert "90 % of it for kernels' g++ runs" in note.text
    part = next(part for part in LEVERS if part.value == "kernels' g++ runs")
    assert LEVERS[part] and all(prose(lever.how) in note.text for lever in LEVERS[part])


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1e-3, "bound by memory"), (1.0, "bound by neither")],
)
def test_a_profiled_kernel_says_what_bounds_it(seconds: float, words: str) -> None:
    (kernel,) = gated().find(Stage.KERNEL)
    work = Work(500_000, 500_000, 1_000)
    row = ProfileRow(kernel.kernel or "", Part.KERNEL, 1, seconds, seconds, "0/0", work)
    side = SideProfile(1, seconds, seconds, (row,))
    ceiling = Ceiling(1e9, 1e9, 1e9, 3)
    profile = Profile("batch 1", side, side, None, Ceilings(ceiling, ceiling, {"f32": Ceiling(1e12, 1e12, 1e12, 3)}))
    (note,) = by_fact(replace(gated(), profiles=(profile,)), Fact.BOUND)
    assert words in note.text
    assert "1.00 ms" in note.text
    assert note.span is not None
    assert note.span.artifact == kernel.id


def test_the_same_capture_gives_the_same_notes() -> None:
    assert automatic(full()) == automatic(full())
    ids = [note.id for note in automatic(full())]
    assert len(ids) == len(set(ids))


def test_torchs_words_are_no_markup() -> None:
    words = "use `torch.cond`, not <script>[a](b) *x* _y_ @me\n# head"
    safe = prose(words)
    assert "<script>" not in safe.replace("\\<", "")
    assert "`torch.cond`" in safe
    assert unescaped(safe) == " ".join(words.split())


# --- in a bundle --------------------------------------------------------------------------------------------


def noted(capture: Capture) -> Capture:
    span = Span(capture.artifacts[0].id, Position(1, 0), Position(1, 3))
    notes, _ = added((), span, "# Slow\n\x1b[31mred `x` <b>", author="Ä", time=WHEN)
    return replace(capture, annotations=(*notes, Annotation("n-whole", "all of it")))


@pytest.mark.parametrize("name", ["it", "it.inspector"])
def test_they_come_back_from_a_bundle(tmp_path: Path, name: str) -> None:
    capture = noted(gated())
    assert read(write(capture, tmp_path / name)).annotations == capture.annotations


@pytest.mark.parametrize("name", ["it", "it.inspector"])
def test_noting_changes_nothing_else(tmp_path: Path, name: str) -> None:
    place = export(gated(), tmp_path / name)
    before = read(place)
    annotate(place, lambda _: (noted(gated()).annotations, None))
    assert read(place) == replace(before, annotations=noted(gated()).annotations)
    # As if the notes had been there when it was made, in the page too.
    export(noted(gated()), tmp_path / f"fresh-{name}")
    pairs = [(tmp_path / name, tmp_path / f"fresh-{name}")]
    if place.is_dir():
        verify(place)
        pairs = [(file, pairs[0][1] / file.relative_to(place)) for file in place.rglob("*") if file.is_file()]
    assert [str(a) for a, b in pairs if a.read_bytes() != b.read_bytes()] == []


def test_files_beside_the_bundle_stay_and_nothing_is_left_behind(tmp_path: Path) -> None:
    place = write(gated(), tmp_path / "it")
    (place / "mine.txt").write_text("kept")
    annotate(place, lambda _: (noted(gated()).annotations, None))
    assert (place / "mine.txt").read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == ["it"]


def test_a_bundle_that_cannot_be_written_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = write(gated(), tmp_path / "it.inspector")
    before = place.read_bytes()

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("zipfile.ZipFile.writestr", full_disk)
    with pytest.raises(UsageError, match="No space left"):
        annotate(place, lambda _: (noted(gated()).annotations, None))
    assert place.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["it.inspector"]


def test_the_facts_are_in_the_file_for_others_to_read(tmp_path: Path) -> None:
    place = write(noted(gated()), tmp_path / "it")
    data = json.loads((place / "annotations.json").read_text())
    assert [note["id"] for note in data["automatic"]] == [note.id for note in automatic(gated())]
    assert all("fact" in note for note in data["automatic"])


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ({"id": 1, "text": ""}, r"annotations\[0\]\.id: expected str, got int"),
        ({"id": "a"}, r"annotations\[0\]: object missing required field text"),
        (
            {"id": "a", "text": "", "span": {"artifact": "x", "start": [0, 0], "end": [1, 0]}},
            r"span\.start\[0\]: expected int >= 1",
        ),
        (
            {"id": "a", "text": "", "span": {"artifact": 3, "start": [1, 0], "end": [1, 0]}},
            r"span\.artifact: expected str",
        ),
    ],
)
def test_what_is_no_note_is_refused(note: dict[str, object], words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read_notes(dump({"annotations": [note]}))
    with pytest.raises(Malformed, match="two notes"):
        read_notes(dump({"annotations": [{"id": "a", "text": ""}, {"id": "a", "text": ""}]}))


def test_a_note_on_a_place_that_is_not_there_harms_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lost = Annotation("n-lost", "where?", Span.of_lines("9/9:aten", 7))
    beyond = Annotation("n-far", "far", Span.of_lines(gated().artifacts[0].id, 100_000))
    place = write(replace(gated(), annotations=(lost, beyond)), tmp_path / "it")
    assert main(["notes", str(place), "--no-automatic"]) == 0
    assert "n-lost  9/9:aten:7" in capsys.readouterr().out
    assert main(["export", str(place), "-o", str(tmp_path / "page"), "--redact"]) == 0


def test_redacting_names_nobody_and_keeps_the_note() -> None:
    notes, _ = added(
        (), Span.of_lines(gated().find(Stage.SOURCE)[0].id, 16), "in /home/somebody/x.py", author="Somebody"
    )
    (note,) = prepared(replace(gated(), annotations=notes), Wanted(redact=True)).annotations
    assert (note.author, note.text) == ("", "in …/x.py")
    assert note.span is not None  # the source is gone; what became of the line is not
    assert note.span.artifact.startswith("0/0:")


def test_markdown_tells_what_people_noted_and_takes_none_of_it_for_markup() -> None:
    text = markdown(noted(gated()))
    assert "### Notes" in text
    assert "```\n# Slow\n␛[31mred `x` <b>\n```" in text
    assert "### Notes" not in markdown(gated())


# --- on the command line ------------------------------------------------------------------------------------


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(write(gated(), tmp_path / "it"))
    source = gated().find(Stage.SOURCE)[0]
    aten = gated().find(Stage.ATEN)[0].id
    relatives = {line: gated().index.relatives(source.id, line).by_artifact for line in range(1, len(source.lines) + 1)}
    line = next(line for line, known in relatives.items() if aten in known)
    assert main(["notes", place, "--add", f"source:{line}", "Slow \x1b[31m", "--author", "Me", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)["annotation"]
    assert (made["text"], made["author"], made["automatic"]) == ("Slow \x1b[31m", "Me", False)
    assert main(["notes", place, "--edit", made["id"], "Slower \x1b[31m"]) == 0
    capsys.readouterr()
    assert main(["notes", place, "--no-automatic"]) == 0
    out = capsys.readouterr().out
    assert "Slower ␛[31m" in out
    assert "\x1b" not in out
    there = relatives[line][aten][0].span.start.line
    assert main(["notes", place, "--at", f"aten:{there}", "--json"]) == 0
    (shown, *_) = json.loads(capsys.readouterr().out)["annotations"]
    assert (shown["id"], shown["origin"]) == (made["id"], "exact")
    assert main(["notes", place, "--remove", made["id"]]) == 0
    capsys.readouterr()
    assert main(["notes", place, "--no-automatic"]) == 0
    assert capsys.readouterr().out == "Nobody noted anything here.\n"


def test_a_log_has_notes_from_its_facts_but_keeps_none(capsys: pytest.CaptureFixture[str]) -> None:
    log = str(TRACES / "recompile.log")
    assert main(["notes", log, "--json"]) == 0
    facts = [note["fact"] for note in json.loads(capsys.readouterr().out)["annotations"]]
    assert facts.count("recompile") == 2
    assert main(["notes", log, "--add", "aten:1", "x"]) == 2
    assert "inspector export" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong", [["--add", "aten:999", "x"], ["--remove", "n-x"], ["--add", "aten:1", " "], ["--author", "x"]]
)
def test_wrong_use_is_told_and_changes_nothing(
    tmp_path: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    place = write(gated(), tmp_path / "it.inspector")
    before = place.read_bytes()
    assert main(["notes", str(place), *wrong]) == 2
    message, hint = capsys.readouterr().err.strip().splitlines()
    assert message.startswith("inspector: ")
    assert hint
    assert place.read_bytes() == before
