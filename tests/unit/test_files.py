"""Files and folders are written whole or not at all, whatever kills the writer; no note is lost to another writer."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from captures import full

from inspector import files
from inspector.bundle import read, write
from inspector.bundle.annotate import annotate
from inspector.errors import UsageError
from inspector.files import write_file
from inspector.jsontext import Malformed
from inspector.model.annotation import Annotation
from inspector.model.capture import Capture
from inspector.notes import added, merged
from inspector.tui.notebook import Notebook

FORK = multiprocessing.get_context("fork")
CALLS = ("open", "os.", "shutil.", "ctypes.call_function", "fsync")


# --- killed at any moment -------------------------------------------------------------------------------------


def killed_at(number: int, work: Callable[[], object]) -> bool:
    """Does the work in a process of its own that is killed at its nth call to the system; whether it came so far."""
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    left = number

    def count(event: str, _arguments: object = None) -> None:
        nonlocal left
        if event.startswith(CALLS):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sync = os.fsync
    os.fsync = lambda descriptor: (count("fsync"), sync(descriptor))[1]  # the one call of ours without an audit event
    sys.addaudithook(count)
    try:
        work()
    finally:
        os._exit(0)


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


def without_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_exchange", lambda *_: False)


@pytest.mark.parametrize("exchange", [True, False], ids=["one step", "two steps"])
@pytest.mark.parametrize("name", ["b", "b.inspector"])
def test_a_bundle_is_the_old_or_the_new_one_wherever_its_writer_is_killed(
    tmp_path: Path, name: str, exchange: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exchange:
        without_exchange(monkeypatch)
    place, new = tmp_path / name, Capture(records=7)
    seen, number = set(), 1
    write(full(), place)
    while killed_at(number, lambda: write(new, place, force=True)):
        seen.add(found := read(place).records)
        assert found in (7, 40)
        assert names(tmp_path) == [name], "what the killed writer left is gone when the bundle has been opened"
        write(full(), place, force=True)
        number += 1
    assert number > 20
    assert seen == {7, 40}


def test_a_file_is_the_old_or_the_new_one_wherever_its_writer_is_killed(tmp_path: Path) -> None:
    place, number = tmp_path / "page.html", 1
    write_file(place, b"old" * 10_000, force=False)
    while killed_at(number, lambda: write_file(place, b"new" * 10_000, force=True)):
        assert place.read_bytes() in (b"old" * 10_000, b"new" * 10_000)
        number += 1
    assert number > 4
    assert place.read_bytes() == b"new" * 10_000
    assert names(tmp_path) == ["page.html"], "the last writer has removed what the others left"


def test_notes_are_the_old_or_the_new_ones_wherever_their_writer_is_killed(tmp_path: Path) -> None:
    place = tmp_path / "b"
    write(replace(Capture(), annotations=(note("n-000000"),)), place)
    number = 1
    while killed_at(number, lambda: annotate(place, lambda notes: ((*notes, note("n-000001")), None))):
        ids = [item.id for item in read(place).annotations]
        assert ids in (["n-000000"], ["n-000000", "n-000001"])
        if len(ids) > 1:
            annotate(place, lambda notes: (notes[:1], None))
        number += 3
    assert len(read(place).annotations) == 2


def test_an_older_bundle_is_not_put_back_over_a_newer_one(tmp_path: Path) -> None:
    write(Capture(records=1), tmp_path / "b")
    write(Capture(records=2), tmp_path / ".b.old-1")
    assert read(tmp_path / "b").records == 1
    assert names(tmp_path) == ["b"]


# --- several writers ------------------------------------------------------------------------------------------


def note(id: str, text: str = "seen") -> Annotation:
    return Annotation(id, text)


def add(place: Path, text: str) -> None:
    span = read(place).annotations[0].span
    assert span is not None
    annotate(place, lambda notes: added(notes, span, text))


@pytest.mark.parametrize("name", ["b", "b.inspector"])
def test_a_bundle_that_is_replaced_while_it_is_read_is_read_anew(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inspector.bundle import reader

    place = tmp_path / name
    write(Capture(records=1), place)
    checked, left = reader._checked, [3]

    def meanwhile(store: Any) -> Any:
        if left[0]:
            left[0] -= 1
            write(Capture(records=2 + left[0]), place, force=True)
            raise Malformed("a file has another checksum")
        return checked(store)

    monkeypatch.setattr(reader, "_checked", meanwhile)
    assert read(place).records == 2

    def damaged(store: Any) -> Any:
        raise Malformed("a file has another checksum")

    monkeypatch.setattr(reader, "_checked", damaged)
    with pytest.raises(UsageError, match="another checksum"):
        read(place)


@pytest.mark.parametrize("locks", [True, False], ids=["flock", "a file system without"])
@pytest.mark.parametrize("name", ["b", "b.inspector"])
def test_notes_added_at_the_same_time_are_all_there(
    tmp_path: Path, name: str, locks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    if not locks:
        monkeypatch.setattr(fcntl, "flock", refuse)
    place = tmp_path / name
    write(full(), place)
    before = len(read(place).annotations)
    writers = [FORK.Process(target=add, args=(place, "the same words")) for _ in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 6
    notes = read(place).annotations
    assert len(notes) == len({item.id for item in notes}) == before + 6
    assert names(tmp_path) == [name]


def refuse(*_: object) -> None:
    raise OSError(errno.EBADF, "Bad file descriptor")


def test_a_writer_that_does_not_end_is_told(tmp_path: Path) -> None:
    with (
        files.writing(tmp_path / "b"),
        pytest.raises(UsageError, match="Another process is writing"),
        files.writing(tmp_path / "b", patience=0.05),
    ):
        pass


def test_notes_of_a_screen_that_was_opened_before_do_not_replace_those_that_came_meanwhile(tmp_path: Path) -> None:
    place = tmp_path / "b"
    base = (note("n-1"), note("n-2"), note("n-3"), note("n-4"))
    write(replace(Capture(), annotations=base), place)
    book = Notebook(base, base, place)
    # on the screen: 1 changed, 2 removed, 5 new; meanwhile: 3 changed, 4 removed, 6 new
    book.notes = (note("n-1", "here"), note("n-3"), note("n-4"), note("n-5"))
    annotate(place, lambda _: ((note("n-1"), note("n-2"), note("n-3", "there"), note("n-6")), None))
    notes, words = annotate(place, book.merged)
    assert read(place).annotations == notes
    assert {item.id: item.text for item in notes} == {"n-1": "here", "n-3": "there", "n-5": "seen", "n-6": "seen"}
    assert words == ()


def test_two_changes_of_one_note_are_both_kept_and_told() -> None:
    base = (note("n-1"), note("n-2"), note("n-3"))
    mine = (note("n-1", "here"), note("n-3", "here"))
    theirs = (note("n-1", "there"), note("n-2", "there"))
    notes, words = merged(base, mine, theirs)
    assert {(item.id if item.id in ("n-1", "n-2", "n-3") else "new", item.text) for item in notes} == {
        ("n-1", "there"),
        ("new", "here"),
        ("n-2", "there"),
        ("n-3", "here"),
    }
    assert [word.split(" was ")[1].split(":")[0] for word in words] == [
        "removed here and changed elsewhere meanwhile",
        "changed elsewhere meanwhile too",
        "removed elsewhere meanwhile and changed here",
    ]


def test_a_note_on_what_another_capture_replaced_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "b"
    write(full(), place)
    base = read(place).annotations
    write(Capture(), place, force=True)
    book = Notebook(base, (), place)
    with pytest.raises(UsageError, match="another capture took its place"):
        annotate(place, book.merged)
    assert read(place) == Capture()


# --- what is in the way ---------------------------------------------------------------------------------------


def test_a_file_is_replaced_only_by_force(tmp_path: Path) -> None:
    place = tmp_path / "x.html"
    place.write_text("precious")
    with pytest.raises(UsageError, match="is there already"):
        write_file(place, b"new", force=False)
    assert place.read_text() == "precious"
    with pytest.raises(UsageError, match="is a folder"):
        write_file(tmp_path, b"new", force=True)
    with pytest.raises(UsageError, match="cannot be written"):
        write_file(tmp_path / "nowhere/x.html", b"new", force=True)


def test_what_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    place = tmp_path / "x"
    with files.writing(place) as there:
        place.write_text("precious")
        with pytest.raises(FileExistsError):
            there.file(lambda file: file.write(b"new"), force=False)
        with pytest.raises(OSError, match=r"xists|irectory"):
            there.folder(lambda folder: (folder / "a").write_bytes(b""), force=False)
    assert place.read_text() == "precious"
    assert names(tmp_path) == ["x"]


def test_a_link_stays_a_link_and_a_pipe_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_file(tmp_path / "link", b"new", force=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with reading(pipe) as read_end:
        write_file(pipe, b"content", force=False)
        assert os.read(read_end, 100) == b"content"
    assert pipe.is_fifo()


@contextmanager
def reading(pipe: Path) -> Iterator[int]:
    descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("name", ["b", "b.inspector"])
def test_force_never_removes_what_is_not_the_bundles(tmp_path: Path, name: str) -> None:
    import zipfile

    place = tmp_path / name
    write(full(), place)
    if place.is_dir():
        (place / "thesis.md").write_text("precious")
    else:
        with zipfile.ZipFile(place, "a") as archive:
            archive.writestr("thesis.md", "precious")
    with pytest.raises(UsageError, match=r"left alone: .* it holds thesis\.md"):
        write(Capture(), place, force=True)
    assert read(place).records == 40


def test_another_programs_manifest_makes_no_bundle(tmp_path: Path) -> None:
    place = tmp_path / "extension"
    place.mkdir()
    (place / "manifest.json").write_text('{"manifest_version": 3, "name": "a browser extension"}')
    with pytest.raises(UsageError, match="is not a bundle, so it is left alone"):
        write(full(), place, force=True)
    assert names(place) == ["manifest.json"]
