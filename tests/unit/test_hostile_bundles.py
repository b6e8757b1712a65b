"""Bundles that were made to harm whoever opens them, as folders and as zips: refused, or harmless in every face."""

from __future__ import annotations

import hashlib
import json
import re
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from captures import full
from hostile_bundle import NASTY, hostile
from markdown_it import MarkdownIt

from inspector.bundle import read, reader, write
from inspector.bundle.export import export
from inspector.cli.main import main
from inspector.errors import EXIT_USAGE, UsageError

KINDS = ("folder", "zip")
pytestmark = pytest.mark.parametrize("kind", KINDS)


class Forger:
    """A bundle that is changed after it was written; the manifest's hashes are made to fit unless that is the point."""

    def __init__(self, folder: Path, kind: str) -> None:
        self._kind = kind
        self._place = folder / ("bundle" if kind == "folder" else "bundle.inspector")
        self._outside = folder / "outside"
        self._outside.mkdir()
        (self._outside / "secret").write_bytes(b"secret")
        whole = write(full(), folder / "whole")
        self.files = {str(path.relative_to(whole)): path.read_bytes() for path in whole.rglob("*") if path.is_file()}
        self.links: dict[str, Path] = {}

    @property
    def manifest(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.files["manifest.json"])
        return data

    def change(self, edit: Callable[[dict[str, Any]], object]) -> None:
        data = self.manifest
        edit(data)
        self.files["manifest.json"] = json.dumps(data).encode()

    def listed(self, name: str, data: bytes) -> None:
        """Lists a file with its right hash, wherever its path leads."""
        entry = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        self.change(lambda manifest: manifest["files"].update({name: entry}))

    def put(self, name: str, data: bytes) -> None:
        self.files[name] = data
        self.listed(name, data)

    def link(self, name: str, target: str) -> None:
        """`name` becomes a symbolic link to a file or folder outside."""
        self.files.pop(name, None)
        self.links[name] = self._outside / target

    def made(self) -> Path:
        if self._kind == "folder":
            for name, data in self.files.items():
                path = self._place / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            for name, target in self.links.items():
                (self._place / name).symlink_to(target)
            return self._place
        with zipfile.ZipFile(self._place, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in self.files.items():
                archive.writestr(name, data)
            for name, target in self.links.items():
                info = zipfile.ZipInfo(name)
                info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
                archive.writestr(info, str(target))
        return self._place


@pytest.fixture
def forger(tmp_path: Path, kind: str) -> Forger:
    return Forger(tmp_path, kind)


FACES = (
    ["show"],
    ["links", "--at", "aten:1"],
    ["export", "--page"],
    ["export", "--markdown"],
    ["export", "--svg", "kernel"],
)


def refused(place: Path, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By the reader, and by the verbs in one line with a way out."""
    with pytest.raises(UsageError, match=words):
        read(place)
    for verb in FACES:
        assert main([verb[0], str(place), *verb[1:]]) == EXIT_USAGE
        shown = capsys.readouterr()
        assert re.search(words, shown.err)
        assert "Traceback" not in shown.err
        assert shown.out == ""


PATHS = ["../outside/secret", "/etc/passwd", "a/../../outside/secret", "./x", "a//b", "a\\..\\b", "C:x", "", "x\0y"]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_leads_out(forger: Forger, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    forger.listed(path, b"secret")
    refused(forger.made(), "leads out of the bundle", capsys)


def test_an_artifact_that_lies_outside(forger: Forger, capsys: pytest.CaptureFixture[str]) -> None:
    forger.change(lambda data: data["artifacts"][0].update(path="../outside/secret"))
    refused(forger.made(), "is missing in the manifest's files", capsys)


def test_entries_of_a_zip_that_climb_write_nothing(forger: Forger, tmp_path: Path, kind: str) -> None:
    if kind == "zip":
        forger.files["../climbed"] = forger.files["/tmp-climbed"] = b"x"
    before = sorted(tmp_path.rglob("*"))
    place = forger.made()
    assert read(place).records == 40
    assert {path for path in tmp_path.rglob("*") if place not in (path, *path.parents)} == set(before)


@pytest.mark.parametrize("name", ["links.json", "compilations/0_0/05-aten.py"])
def test_a_symbolic_link(forger: Forger, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    forger.link(name, "secret")
    forger.listed(name, b"secret")
    refused(forger.made(), "is a symbolic link", capsys)


def test_a_symbolic_link_to_a_folder(forger: Forger, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    forger.link("door", ".")
    forger.listed("door/secret", b"secret")
    refused(forger.made(), "symbolic link" if kind == "folder" else "is missing", capsys)


def test_a_file_that_is_larger_than_any_may_be(
    forger: Forger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reader, "MAX_FILE", 1 << 20)
    forger.put("links.json", bytes(8 << 20))
    refused(forger.made(), r"links\.json is longer than the 1048576 bytes", capsys)


def test_files_that_are_larger_together_than_they_may_be(
    forger: Forger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reader, "MAX_TOTAL", 1 << 20)
    for number in range(8):
        forger.put(f"filler-{number}", bytes(1 << 18))
    refused(forger.made(), "is longer than", capsys)


def test_more_files_than_there_may_be(
    forger: Forger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reader, "MAX_FILES", 10)
    refused(forger.made(), "more than 10 files", capsys)


def test_a_wrong_hash(forger: Forger, capsys: pytest.CaptureFixture[str]) -> None:
    forger.files["compilations/0_0/05-aten.py"] = b"import os; os.system('true')\n"
    refused(forger.made(), r"05-aten\.py is not what was written", capsys)


def test_a_page_that_was_changed_is_told_too(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    whole = export(full(), tmp_path / "whole")
    (whole / "index.html").write_text("<script>alert(1)</script>")
    place = whole
    if kind == "zip":
        place = tmp_path / "it.inspector"
        with zipfile.ZipFile(place, "w") as archive:
            for path in whole.rglob("*"):
                archive.write(path, path.relative_to(whole))
    refused(place, r"index\.html is not what was written", capsys)


WRONG: list[Callable[[dict[str, Any]], object]] = [
    lambda data: data.update(artifacts=[1]),
    lambda data: data.update(artifacts="x"),
    lambda data: data.update(files=[]),
    lambda data: data["files"].update({"links.json": 3}),
    lambda data: data["files"]["links.json"].update(size="3"),
    lambda data: data["files"]["links.json"].update(sha256=None),
    lambda data: data.update(finished="yes"),
    lambda data: data.update(records=True),
    lambda data: data.update(version="1"),
    lambda data: data.update(environment=[]),
    lambda data: data.update(others={"a": 1}),
    lambda data: data["artifacts"][0].update(stage="tea"),
    lambda data: data["artifacts"][0].update(focus="1"),
    lambda data: data["artifacts"][0].update(id={"__class__": "x"}),
    lambda data: data["compilations"][0].update(status="odd"),
    lambda data: data["compilations"][0].update(kernels="abc"),
    lambda data: data["folders"].update({"0/0": 3}),
    lambda data: data["request"].update(cache="hot"),
]


@pytest.mark.parametrize("edit", WRONG)
def test_a_wrong_type_in_the_manifest(
    forger: Forger, edit: Callable[[dict[str, Any]], object], capsys: pytest.CaptureFixture[str]
) -> None:
    forger.change(edit)
    refused(forger.made(), "cannot be read", capsys)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("links.json", '{"links": [{"a": 1}]}'),
        ("links.json", "{" * 50_000),
        ("events.json", '{"traceEvents": [{"name": 3, "ph": "X", "ts": 0}]}'),
        ("facts.json", '{"version": 1, "cache_lookups": [{"compile_id": 3}]}'),
        ("latency.json", '{"runs": [{"eager": ["x"], "compiled": []}]}'),
        ("annotations.json", '{"version": 1, "annotations": [{"id": 3}]}'),
        ("compilations/0_0/guards.txt", "one field"),
        ("compilations/0_0/guard_tree.json", '{"managers": [{"depth": "x"}]}'),
        ("compilations/0_0/fusion.json", '{"kernels": [3]}'),
        ("compilations/0_0/recompiles.json", '{"recompiles": {}}'),
    ],
)
def test_a_wrong_type_in_a_file(forger: Forger, name: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    forger.put(name, text.encode())
    refused(forger.made(), re.escape(name.rsplit("/", 1)[-1]), capsys)


def test_nothing_is_executed_or_unpickled(forger: Forger, tmp_path: Path) -> None:
    """A reproducer, a page and a pickle that would leave a trace, and a target that names a file to import."""
    trace = tmp_path / "trace"
    code = f"open({str(trace)!r}, 'w')"
    forger.put("repro.py", code.encode())
    forger.put("source/model.py", code.encode())
    forger.put("compilations/0_0/other/data.pkl", f"cbuiltins\nexec\n(S{code!r}\ntR.".encode())
    forger.change(lambda data: data["request"].update(target=f"{tmp_path}/evil.py:run"))
    (tmp_path / "evil.py").write_text(code)
    place = forger.made()
    capture = read(place)
    export(capture, tmp_path / "again")
    assert main(["show", str(place)]) == 0
    assert not trace.exists()


# --- what is well made and says evil things -----------------------------------------------------------------


@pytest.fixture
def evil(tmp_path: Path, kind: str) -> Path:
    return write(hostile(), tmp_path / ("evil" if kind == "folder" else "evil.inspector"))


ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

VERBS = [
    ["show"],
    ["show", "--flat"],
    ["show", "--stage", "source"],
    ["show", "--stage", "kernel"],
    ["show", "--stage", "asm"],
    ["show", "--other"],
    ["breaks", "--hints"],
    ["recompiles", "--all"],
    ["guards"],
    ["phases"],
    ["phases", "--folded"],
    ["links", "--at", "aten:1"],
    ["check", "--max-recompiles", "0", "--max-graph-breaks", "0", "--max-failures", "0"],
    ["notes"],
    ["export", "--markdown"],
    ["export", "--svg", "kernel"],
    ["export", "--page"],
]


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_no_verb_prints_what_a_terminal_acts_on(
    evil: Path, words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    main([words[0], str(evil), *words[1:]])
    shown = capsys.readouterr()
    assert shown.out or shown.err
    assert not ACTING.search(shown.out.replace("\r\n", "\n") + shown.err)
    assert "Traceback (most recent call last)" not in shown.err


def test_it_round_trips_and_its_names_stay_inside(evil: Path, tmp_path: Path) -> None:
    assert repr(read(evil)) == repr(hostile())
    place = export(read(evil), tmp_path / "out" / "it")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["it"]
    for path in place.rglob("*"):
        assert re.fullmatch(r"[A-Za-z0-9._+-]+", path.name)


def test_markdown_and_readme_hold_no_markup_of_its(
    evil: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(evil), "--markdown"]) == 0
    readme = (export(read(evil), tmp_path / "it") / "README.md").read_text(encoding="utf-8")
    for text in (capsys.readouterr().out, readme):
        for block in MarkdownIt().parse(text):
            for token in (block, *(block.children or ())):
                assert token.type != "image"
                if token.type == "link_open":
                    assert not str(token.attrs["href"]).startswith(("http://evil", "javascript:"))
                if token.type.startswith("html"):
                    assert token.content.startswith(("<details><summary>", "</details>"))
                    assert "<script" not in token.content and "<img" not in token.content


def test_a_picture_holds_no_markup_of_its(evil: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for stage in ("source", "aten", "kernel", "asm"):
        assert main(["export", str(evil), "--svg", stage]) == 0
        tags = {item.tag.rpartition("}")[2] for item in ElementTree.fromstring(capsys.readouterr().out).iter()}
        assert tags <= {"svg", "title", "rect", "text", "tspan"}


def test_a_page_holds_one_script_and_no_text_of_its(evil: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(evil), "--page"]) == 0
    page = capsys.readouterr().out
    head, script = page.split('id="capture">')
    assert NASTY not in page
    assert "<img" not in head and head.count("<script") == 1  # that of the data
    assert script.count("</script>") == 2 and script.count("<script") == 1
    assert re.search(r"script-src &#x27;sha256-[\w+/=]+&#x27;;", head)


def test_pages_of_differences_hold_no_markup_of_its(evil: Path, tmp_path: Path) -> None:
    pages = list((export(read(evil), tmp_path / "it") / "differences").iterdir())
    assert len(pages) == 1
    text = pages[0].read_text(encoding="utf-8")
    assert "<script" not in text and "<img" not in text
    assert not ACTING.search(text)
