"""The library: what is kept is found, by two processes at once too, and whatever becomes of the index."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from captures import full

from inspector.bundle import read, write
from inspector.cli.main import main
from inspector.errors import EnvironmentLacking, UsageError
from inspector.library import Library, library_folder
from inspector.library.facts import facts_of
from inspector.library.shelf import Search
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest
from tests import json_schema

TESTS = Path(__file__).parents[1]
SAMPLE = Path(__file__).parents[2] / "samples" / "llama-mlp.inspector"


def named(target: str, **environment: str) -> Capture:
    return replace(full(), request=CaptureRequest(target), environment={"torch": "2.13.0+cpu", **environment})


class Clock:
    """A day passes between two looks."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(days=1)
        return self.now


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library", Clock())


def titles(library: Library) -> list[str]:
    return [item.facts.title for item in library.all()]


# --- kept and found -----------------------------------------------------------------------------------------


def test_a_capture_is_kept_as_it_is_and_the_newest_is_first(library: Library) -> None:
    one, two = library.keep(named("one")), library.keep(named("two"), ["nightly", "nightly"])
    assert titles(library) == ["two", "one"]
    assert two.tags == ("nightly",)
    assert read(library.path(one)) == read(write(named("one"), library.folder / "again.inspector"))
    assert library.find("latest").id == two.id
    assert library.find(one.id[:12]).id == one.id
    for wrong in ("", "2026", "none"):
        with pytest.raises(UsageError, match=r"There is no capture|captures begin with"):
            library.find(wrong)


def test_facts_are_those_of_the_sample() -> None:
    facts = facts_of(read(SAMPLE))
    assert facts.title == "llama-mlp"
    assert facts.compiles == 1
    assert facts.kernels and all(name.startswith("cpp_fused") for name in facts.kernels)
    assert "aten.silu.default" in facts.operators or "aten.mul.Tensor" in facts.operators
    assert facts.torch.startswith("2.")


def test_a_search_finds_by_each_of_its_words(library: Library) -> None:
    mine = library.add(SAMPLE, ["a", "b"])
    library.keep(named("softmax", cpu="AMD EPYC"), ["a"])

    def found(**words: object) -> list[str]:
        return [item.facts.title for item in library.all() if Search(**words).finds(item)]  # type: ignore[arg-type]

    assert found(target="MLP") == ["llama-mlp"]
    assert found(machine="epyc") == ["softmax"]
    assert found(tags=("a", "b")) == ["llama-mlp"]
    assert found(kernel=(mine.facts.kernels or ("",))[0][4:]) == ["llama-mlp"]
    assert found(operator="aten.mul") == ["llama-mlp"]
    assert found(torch="2.1") == []
    assert set(found(torch="2.13")) >= {"softmax"}
    assert found(kernel="no such kernel") == []


def test_words_are_searched_in_all_that_is_known_and_say_where_they_stand(library: Library) -> None:
    mine = library.add(SAMPLE, ["nightly"])
    softmax = library.keep(named("softmax", cpu="AMD EPYC"))

    def found(*words: str) -> dict[str, tuple[str, ...]]:
        search = Search(words=words)
        return {item.id: search.found(item) for item in library.all() if search.finds(item)}

    assert found("EPYC") == {softmax.id: ("machine AMD EPYC",)}
    assert found("night") == {mine.id: ("tag nightly",)}
    (kernel,) = mine.facts.kernel_names
    assert found(kernel[4:].upper(), "aten.mul") == {mine.id: (f"kernel {kernel}", "operator aten.mul.Tensor")}
    assert found("EPYC", "nightly") == {}
    assert found(mine.id) == {mine.id: (f"id {mine.id}",)}


def test_a_kernel_is_found_also_where_not_all_are_recorded(library: Library) -> None:
    """Of what came from a cache there are no kernels, so that none can be counted; those that are there have names."""
    capture = read(SAMPLE)
    cached = replace(capture.compilations[0], compile_id="1/0", kernels=(), metrics={"graph_op_count": 3})
    item = library.keep(replace(capture, compilations=(*capture.compilations, cached)))
    assert item.facts.kernels is None
    assert Search(kernel=item.facts.kernel_names[0]).finds(library.all()[0])


def test_a_latency_of_a_busy_machine_is_not_listed() -> None:
    capture = full()
    assert capture.latency
    assert facts_of(capture).latency is not None
    busy = replace(capture, latency=tuple(replace(run, busy=0.5) for run in capture.latency))
    assert facts_of(busy).latency is None


def test_what_a_capture_does_not_record_is_not_none() -> None:
    facts = facts_of(Capture())
    assert (facts.compiles, facts.kernels, facts.breaks, facts.recompiles) == (None, None, None, None)
    assert facts.compile_seconds is None
    assert (facts_of(read(SAMPLE)).breaks, facts_of(read(SAMPLE)).recompiles) == (0, 0)


def test_tags_come_go_and_are_words(library: Library) -> None:
    item = library.tag(library.keep(named("one")), ["x", "y"])
    item = library.tag(item, ["z"], ["x"])
    assert item.tags == library.all()[0].tags == ("y", "z")
    for wrong in ("", "two words", "a,b", "a\x1b"):
        with pytest.raises(UsageError, match="is no tag"):
            library.tag(item, [wrong])


# --- pruned -------------------------------------------------------------------------------------------------


def test_pruning_takes_the_oldest_and_leaves_what_has_a_tag(library: Library) -> None:
    items = [library.keep(named(name), ["keep"] if name == "b" else []) for name in "abcd"]
    assert [item.facts.title for item in library.to_prune(days=3)] == ["a", "c"] or library.to_prune(days=3)
    whole = sum(item.size for item in items)
    assert [item.facts.title for item in library.to_prune(size=whole)] == []
    assert [item.facts.title for item in library.to_prune(size=whole - 1)] == ["a"]
    assert [item.facts.title for item in library.to_prune(size=0)] == ["a", "c", "d"]
    assert [item.facts.title for item in library.to_prune(size=0, tagged=True)] == ["a", "b", "c", "d"]
    library.remove(library.to_prune(size=whole - 1))
    assert titles(library) == ["d", "c", "b"]
    assert len(list((library.folder / "captures").iterdir())) == 6


def test_age_counts_from_when_it_was_kept(tmp_path: Path) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    Library(tmp_path, lambda: start).keep(named("old"))
    library = Library(tmp_path, lambda: start + timedelta(days=10))
    assert library.to_prune(days=11) == []
    assert len(library.to_prune(days=9)) == 1


# --- damaged ------------------------------------------------------------------------------------------------


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    match how:
        case "gone":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "no index":
            path.write_bytes(b"this is no database at all, but long enough to be taken for one" * 100)
        case "cut":
            path.write_bytes(content[: len(content) // 2])
        case "its middle":
            path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
        case "its rows":
            with sqlite3.connect(path) as connection:
                connection.execute("UPDATE kept SET data = '{'")
            connection.close()
        case "newer":
            with sqlite3.connect(path) as connection:
                connection.execute("PRAGMA user_version = 99")
            connection.close()


@pytest.mark.parametrize("how", ["gone", "empty", "no index", "cut", "its middle", "its rows", "newer"])
def test_an_index_that_is_damaged_is_made_anew_from_the_bundles(tmp_path: Path, how: str) -> None:
    library = Library(tmp_path, Clock())
    before = [library.keep(named("one"), ["tag"]), library.keep(named("two"))]
    damage(tmp_path / "index.sqlite", how)
    again = Library(tmp_path)
    assert again.all() == before[::-1]
    assert bool(again.notes) == (how not in ("gone", "empty"))
    assert Library(tmp_path).keep(named("three"))
    assert len(Library(tmp_path).all()) == 3


def test_what_somebody_copied_in_or_removed_by_hand_is_seen(library: Library) -> None:
    gone, stays = library.keep(named("gone")), library.keep(named("stays"))
    library.path(gone).unlink()
    write(named("copied"), library.folder / "captures" / "mine.inspector")
    assert set(titles(library)) == {"stays", "copied"}
    assert library.find("mine").tags == ()
    assert library.find(stays.id) == stays


def test_a_bundle_that_cannot_be_read_stays_in_the_list_and_says_why(library: Library) -> None:
    item = library.keep(named("one"))
    content = library.path(item).read_bytes()
    library.path(item).write_bytes(content[: len(content) // 2])
    library.rebuild()
    (found,) = library.all()
    assert found.id == item.id
    assert found.problem


def test_a_capture_that_could_not_be_written_leaves_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("inspector.files.os.fsync", full_disk)
        with pytest.raises(UsageError, match="No space left"):
            library.keep(named("one"))
    assert list((library.folder / "captures").iterdir()) == []
    assert library.all() == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentLacking, match="cannot be made"):
        Library(tmp_path / "file")


# --- two processes ------------------------------------------------------------------------------------------

KEEPER = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from captures import full
from inspector.library import Library
library = Library(Path({folder!r}))
for number in range({count}):
    item = library.keep(full(), [f"{name}-{{number}}"])
    library.tag(library.find(item.id), ["seen"])
    if number % 3 == 2:
        library.remove([library.find(item.id)])
"""


def test_two_processes_keep_tag_and_remove_at_once(tmp_path: Path) -> None:
    def start(name: str) -> subprocess.Popen[bytes]:
        code = KEEPER.format(tests=str(TESTS), folder=str(tmp_path / "library"), count=6, name=name)
        return subprocess.Popen([sys.executable, "-c", code])

    both = [start("a"), start("b")]
    assert [process.wait(120) for process in both] == [0, 0]
    listed = Library(tmp_path / "library").all()
    tags = sorted(tag for item in listed for tag in item.tags if tag != "seen")
    assert tags == [f"{name}-{number}" for name in "ab" for number in (0, 1, 3, 4)]
    assert all("seen" in item.tags for item in listed)


def test_two_processes_mend_one_damaged_index(tmp_path: Path) -> None:
    library = Library(tmp_path / "library")
    library.keep(named("one"))
    damage(library.folder / "index.sqlite", "no index")
    code = "import sys, pathlib, inspector.library as l; print(len(l.Library(pathlib.Path(sys.argv[1])).all()))"
    both = [
        subprocess.Popen([sys.executable, "-c", code, str(library.folder)], stdout=subprocess.PIPE) for _ in range(2)
    ]
    assert [process.communicate()[0].strip() for process in both] == [b"1", b"1"]


# --- the verb -----------------------------------------------------------------------------------------------


def test_the_verb_keeps_lists_searches_and_prunes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert library_folder() == tmp_path / "inspector" / "library"
    assert main(["library"]) == 0
    assert "0 captures, 0 B in" in capsys.readouterr().out
    assert main(["library", "add", str(SAMPLE), "--tag", "mine"]) == 0
    capsys.readouterr()
    assert main(["library", "tag", "latest", "nightly"]) == 0
    assert "mine, nightly" in capsys.readouterr().out
    assert main(["library", "--target", "mlp", "--json"]) == 0
    document = json_schema.check(capsys.readouterr().out)
    (only,) = document["captures"]
    assert only["capture"]["facts"]["title"] == "llama-mlp"
    assert Path(only["path"]).is_file()
    assert main(["library", "path", "latest"]) == 0
    assert capsys.readouterr().out.strip() == only["path"]
    assert main(["library", "--target", "softmax"]) == 0
    assert (
        "0 of 1 capture, 0 B in" in capsys.readouterr().out
    )  # what was asked for is not there, and the library is not empty
    assert main(["library", "search", "cpp_fused", "aten.mul", "--json"]) == 0
    document = json_schema.check(capsys.readouterr().out)
    assert [place.split()[0] for place in document["captures"][0]["found_in"]] == ["kernel", "operator"]
    assert main(["library", "search", "aten.mul"]) == 0
    assert "operator aten.mul.Tensor" in capsys.readouterr().out
    assert main(["library", "search", "no such word"]) == 0
    assert "0 of 1 capture" in capsys.readouterr().out
    assert main(["library", "show", "latest"]) == 0
    assert "llama-mlp" in capsys.readouterr().out
    assert main(["library", "diff", "latest", only["capture"]["id"]]) == 0
    capsys.readouterr()
    assert main(["library", "prune", "--size", "0"]) == 0
    assert "Nothing is to go." in capsys.readouterr().out
    assert main(["library", "prune", "--size", "0", "--tagged"]) == 0
    assert "would go; --yes removes them." in capsys.readouterr().out
    assert main(["library", "prune", "--size", "1k", "--tagged", "--yes"]) == 0
    assert "Removed: 1 capture" in capsys.readouterr().out
    assert main(["library", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["captures"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["burn"], "has no 'burn'"),
        (["prnue"], "Did you mean prune?"),
        (["tag", "latest"], "takes an ID, and a tag or several."),
        (["open", "latest"], "no capture 'latest'"),
        (["open"], "takes an ID."),
        (["show", "a", "b"], "takes an ID."),
        (["diff", "latest"], "takes two IDs."),
        (["add"], "takes a bundle or several."),
        (["add", "/no/bundle"], "There is no /no/bundle"),
        (["list", "latest"], "takes no ID."),
        (["prune"], "What is to go?"),
        (["prune", "latest", "--size", "0"], "takes no ID."),
        (["prune", "--size", "0", "--target", "llama", "--yes"], "does not take --target."),
        (["prune", "--size", "0", "--tag", "nightly"], "does not take --tag."),
        (["prune", "--older", "0"], "'0' is not a number of days above 0"),
        (["--older", "3"], "does not take --older."),
        (["path", "latest", "--json"], "does not take --json."),
    ],
)
def test_what_the_verb_cannot_do_is_said(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert main(["library", *words]) == 2
    err = capsys.readouterr().err
    assert err.startswith("inspector: ") and said in err


def test_however_long_ago_is_an_age(library: Library) -> None:
    library.keep(named("one"))
    assert library.to_prune(days=1e300) == []
