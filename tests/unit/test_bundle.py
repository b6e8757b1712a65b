"""A capture on disk: what is written is what is read, and what is not right is refused."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from captures import full

from inspector.bundle import read, reader, verify, write
from inspector.errors import UsageError
from inspector.model.capture import Capture, Recompile

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def expected(capture: Capture) -> Capture:
    """What a full round trip may change: numbers that JSON lacks are words where any JSON may stand."""
    first = replace(
        capture.compilations[0],
        metrics={"co_name": "forward", "dynamo_cumulative_compile_time_us": 5, "odd": {"nan": "inf"}},
    )
    return replace(capture, compilations=(first, *capture.compilations[1:]))


@pytest.fixture(params=["folder", "zip"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / ("bundle" if request.param == "folder" else "bundle.inspector")


def test_round_trip(place: Path) -> None:
    write(full(), place)
    # By their words, since nan is not equal to itself.
    assert repr(read(place)) == repr(expected(full()))
    assert verify(place) == 41


def test_reasons_of_a_recompile_come_back_as_they_went(place: Path) -> None:
    reasons = ("0/0: n == 3", "m == 2", '0/0: k == 1\nUser stack trace:\n  File "a.py"', "")
    capture = Capture(recompiles=(Recompile("0/1", "f", reasons),))
    assert read(write(capture, place)) == capture


def test_an_empty_capture(place: Path) -> None:
    write(Capture(), place)
    assert read(place) == Capture()


def test_layout(tmp_path: Path) -> None:
    write(full(), tmp_path / "b", created=WHEN)
    found = sorted(str(path.relative_to(tmp_path / "b")) for path in (tmp_path / "b").rglob("*") if path.is_file())
    assert found == [
        "README.md",
        "annotations.json",
        "compilations/0_0/01-bytecode-modified.txt",
        "compilations/0_0/01-bytecode.txt",
        "compilations/0_0/05-aten.py",
        "compilations/0_0/fusion.json",
        "compilations/0_0/graph_breaks.json",
        "compilations/0_0/guard_tree.json",
        "compilations/0_0/guards.txt",
        "compilations/0_0/kernels/cpp_fused_mul_0.cpp",
        "compilations/0_0/kernels/cpp_fused_mul_0.s",
        "compilations/0_0/kernels/triton__.._x.py",
        "compilations/0_0/kernels/triton__.._x.ttir",
        "compilations/0_0/metrics.json",
        "compilations/0_0/other/_.json",
        "compilations/0_0/other/attempt-0_.._.._x.py",
        "compilations/0_0/recompiles.json",
        "compilations/0_1/05-aten.py",
        "compilations/0_1/fusion.json",
        "compilations/0_1/graph_breaks.json",
        "compilations/0_1/guards.txt",
        "compilations/0_1/metrics.json",
        "compilations/0_1/recompiles.json",
        "compilations/9_9/02-dynamo.py",
        "compilations/9_9/fusion.json",
        "compilations/9_9/graph_breaks.json",
        "compilations/9_9/guards.txt",
        "compilations/9_9/metrics.json",
        "compilations/9_9/recompiles.json",
        "edits.json",
        "edits/1-k-before.cpp",
        "edits/1-k.cpp",
        "edits/1-k.patch",
        "events.json",
        "facts.json",
        "latency.json",
        "links.json",
        "manifest.json",
        "other/exported_program.txt",
        "profile.json",
        "source/model-2.py",
        "source/model.py",
    ]
    manifest = json.loads((tmp_path / "b/manifest.json").read_text())
    assert (manifest["format"], manifest["version"]) == ("inspector-bundle", 1)
    assert manifest["created"] == "2026-01-02T03:04:05+00:00"
    aten = next(item for item in manifest["artifacts"] if item["id"] == "0/0:aten")
    assert aten == {
        "id": "0/0:aten",
        "stage": "aten",
        "compile_id": "0/0",
        "kernel": None,
        "path": "compilations/0_0/05-aten.py",
        "language": "fx",
        "origin": None,
        "focus": 1,
    }
    for path, entry in manifest["files"].items():
        data = (tmp_path / "b" / path).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (entry["sha256"], entry["size"])


def test_a_text_is_kept_byte_for_byte(tmp_path: Path) -> None:
    write(full(), tmp_path / "b")
    assert (tmp_path / "b/source/model.py").read_bytes() == b"x = 1\r\n"


def test_events_open_in_perfetto(tmp_path: Path) -> None:
    write(full(), tmp_path / "b")
    events = json.loads((tmp_path / "b/events.json").read_text())["traceEvents"]
    assert events[0] | {"args": None} == {
        "name": "dynamo",
        "cat": "compile",
        "ph": "X",
        "ts": 0.0,
        "dur": 1250000.0,
        "pid": 1,
        "tid": 1,
        "args": None,
    }
    assert events[1]["ph"] == "B"


def test_every_json_file_is_strict_json(tmp_path: Path) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    write(full(), tmp_path / "b")
    for path in (tmp_path / "b").rglob("*.json"):
        json.loads(path.read_text(), parse_constant=refuse)


def test_readme_says_how_to_make_it_again(tmp_path: Path) -> None:
    write(full(), tmp_path / "b")
    text = (tmp_path / "b/README.md").read_text()
    assert (
        "inspector capture model.py:net --batch 2 --timeout 30.0 --input 'x=f32[1,8]' --inductor max_autotune=True "
        "--dynamic --train --cold -o DIR" in text
    )
    assert "`fallback`: `no provenance" in text
    assert "incomplete" not in text
    write(replace(full(), finished=False), tmp_path / "c")
    assert "incomplete" in (tmp_path / "c/README.md").read_text()


def test_the_same_capture_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(full(), tmp_path / f"{name}.inspector", created=WHEN)
    assert (tmp_path / "a.inspector").read_bytes() == (tmp_path / "b.inspector").read_bytes()


# --- writing ------------------------------------------------------------------------------------------------


def test_a_bundle_is_replaced_only_by_force(place: Path) -> None:
    write(full(), place)
    with pytest.raises(UsageError, match="already") as caught:
        write(Capture(), place)
    assert caught.value.exit_code == 2
    assert read(place).artifacts
    write(Capture(), place, force=True)
    assert read(place) == Capture()
    assert sorted(place.parent.iterdir()) == [place], "nothing is left beside it"


@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_bundle_is_left_alone(tmp_path: Path, force: bool) -> None:
    folder, file = tmp_path / "thesis", tmp_path / "x.inspector"
    folder.mkdir()
    (folder / "chapter.md").write_text("precious")
    file.write_text("precious")
    for place in (folder, file):
        with pytest.raises(UsageError, match="not a bundle"):
            write(full(), place, force=force)
    assert (folder / "chapter.md").read_text() == file.read_text() == "precious"
    (tmp_path / "d.inspector").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        write(full(), tmp_path / "d.inspector", force=force)


def test_an_empty_folder_and_missing_parents_will_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write(full(), tmp_path / "empty")
    write(full(), tmp_path / "a/b/c")
    assert read(tmp_path / "empty").records == read(tmp_path / "a/b/c").records == 40


def test_a_failed_write_leaves_the_old_bundle(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(full(), place)

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    monkeypatch.setattr(zipfile.ZipFile, "writestr", full_disk)
    with pytest.raises(UsageError, match="No space left"):
        write(Capture(), place, force=True)
    assert read(place).records == 40
    assert sorted(place.parent.iterdir()) == [place]


def test_permissions_follow_the_umask(place: Path) -> None:
    before = os.umask(0o027)
    try:
        write(Capture(), place)
    finally:
        os.umask(before)
    assert stat.S_IMODE(place.stat().st_mode) == (0o750 if place.is_dir() else 0o640)


# --- reading ------------------------------------------------------------------------------------------------


def test_what_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no"):
        read(tmp_path / "nothing")
    with pytest.raises(UsageError, match=r"no manifest\.json"):
        read(tmp_path)
    (tmp_path / "text").write_text("hello")
    with pytest.raises(UsageError, match="neither a folder nor a zip"):
        read(tmp_path / "text")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("hello", "you")
    with pytest.raises(UsageError, match="manifest"):
        read(tmp_path / "other.zip")


def test_a_folder_zipped_by_hand_opens(tmp_path: Path) -> None:
    write(full(), tmp_path / "b")
    shutil.make_archive(str(tmp_path / "made"), "zip", tmp_path, "b")
    assert read(tmp_path / "made.zip").records == 40


def test_a_changed_file_is_told(tmp_path: Path) -> None:
    write(full(), tmp_path / "b")
    aten = tmp_path / "b/compilations/0_0/05-aten.py"
    aten.write_text(aten.read_text().replace("mul", "sub"))
    with pytest.raises(UsageError, match=r"05-aten\.py is not what was written"):
        read(tmp_path / "b")
    aten.unlink()
    with pytest.raises(UsageError, match=r"05-aten\.py cannot be read"):
        read(tmp_path / "b")


def change_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "manifest.json"
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def test_a_newer_version_says_so(tmp_path: Path) -> None:
    write(full(), tmp_path / "b")
    change_manifest(tmp_path / "b", lambda data: data.update(version=2))
    with pytest.raises(UsageError, match="format version 2; this inspector reads versions up to 1") as caught:
        read(tmp_path / "b")
    assert "newer" in caught.value.hint


def test_unknown_keys_are_ignored(tmp_path: Path) -> None:
    write(full(), tmp_path / "b")

    def change(data: dict[str, Any]) -> None:
        data["future"] = 1
        data["request"]["future"] = 1
        data["artifacts"][0]["future"] = 1

    change_manifest(tmp_path / "b", change)
    (tmp_path / "b/index.html").write_text("not listed, not read")
    assert read(tmp_path / "b").request == full().request


@pytest.mark.parametrize(
    "path",
    ["../outside", "/etc/passwd", "a/../../outside", "./x", "a//b", "a\\b", "C:x", "", "x\0y", "link", "door/secret"],
)
def test_no_path_leads_out(tmp_path: Path, path: str) -> None:
    (tmp_path / "outside").write_text("secret")
    (tmp_path / "room").mkdir()
    (tmp_path / "room/secret").write_text("secret")
    write(full(), tmp_path / "b")
    (tmp_path / "b/link").symlink_to(tmp_path / "outside")
    (tmp_path / "b/door").symlink_to(tmp_path / "room")
    entry = {"sha256": hashlib.sha256(b"secret").hexdigest(), "size": 6}
    change_manifest(tmp_path / "b", lambda data: data["files"].update({path: entry}))
    with pytest.raises(UsageError, match=r"leads out of the bundle|symbolic link"):
        read(tmp_path / "b")


def test_a_pipe_in_the_folder_does_not_hang_the_reader(tmp_path: Path) -> None:
    write(full(), tmp_path / "b")
    (tmp_path / "b/links.json").unlink()
    os.mkfifo(tmp_path / "b/links.json")
    with pytest.raises(UsageError, match="it is a pipe"):
        read(tmp_path / "b")


def rezip(
    source: Path, target: Path, change: Callable[[zipfile.ZipInfo, bytes], tuple[zipfile.ZipInfo, bytes]]
) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(*change(info, old.read(info)))


def test_a_link_in_a_zip(tmp_path: Path) -> None:
    def change(info: zipfile.ZipInfo, data: bytes) -> tuple[zipfile.ZipInfo, bytes]:
        if info.filename == "links.json":
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
        return info, data

    write(full(), tmp_path / "b.inspector")
    rezip(tmp_path / "b.inspector", tmp_path / "c.inspector", change)
    with pytest.raises(UsageError, match=r"links\.json is a symbolic link"):
        read(tmp_path / "c.inspector")


def test_a_zip_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_FILE", 1 << 20)
    monkeypatch.setattr(reader, "MAX_TOTAL", 2 << 20)

    def bomb(info: zipfile.ZipInfo, data: bytes) -> tuple[zipfile.ZipInfo, bytes]:
        return info, bytes(8 << 20) if info.filename == "links.json" else data

    write(full(), tmp_path / "b.inspector")
    rezip(tmp_path / "b.inspector", tmp_path / "c.inspector", bomb)
    with pytest.raises(UsageError, match=r"links\.json is longer than the 1048576 bytes"):
        read(tmp_path / "c.inspector")


def test_the_total_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(full(), tmp_path / "b")
    monkeypatch.setattr(reader, "MAX_TOTAL", 1000)
    with pytest.raises(UsageError, match="is longer than"):
        read(tmp_path / "b")


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "[]",
        "{}",
        "nonsense",
        "[" * 100_000,
        '{"format": "inspector-bundle"}',
        '{"format": "inspector-bundle", "version": "1"}',
    ],
)
def test_a_broken_manifest(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(artifacts=[1]),
        lambda data: data.update(files=[]),
        lambda data: data.update(finished="yes"),
        lambda data: data["artifacts"][0].update(stage="tea"),
        lambda data: data["artifacts"][0].update(path="manifest.json"),
        lambda data: data["artifacts"][0].pop("id"),
        lambda data: data["compilations"][0].update(status="odd"),
        lambda data: data["compilations"][0].update(folder="nowhere"),
        lambda data: data["folders"].update({"0/0": 3}),
        lambda data: data["request"].update(cache="hot"),
        lambda data: data["request"].update(inputs=3),
        lambda data: data["request"].update(inductor=[["only one"]]),
    ],
)
def test_a_manifest_that_is_not_what_the_format_says(
    tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    write(full(), tmp_path / "b")
    change_manifest(tmp_path / "b", change)
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "b")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("links.json", '{"links": [{"a": 1}]}'),
        (
            "links.json",
            '{"links": [{"a": {"artifact": "x", "start": [1], "end": [1, 2]}, "b": {}, "origin": "exact"}]}',
        ),
        ("links.json", "{"),
        ("events.json", '{"traceEvents": [{"name": "x"}]}'),
        ("latency.json", '{"runs": [{"eager": ["x"], "compiled": []}]}'),
        ("compilations/0_0/guards.txt", "one field"),
        ("compilations/0_0/metrics.json", "[]"),
        ("compilations/0_0/graph_breaks.json", '{"graph_breaks": [{}]}'),
    ],
)
def test_a_file_that_is_not_what_the_format_says(tmp_path: Path, name: str, text: str) -> None:
    write(full(), tmp_path / "b")
    (tmp_path / "b" / name).write_text(text)
    entry = {"sha256": hashlib.sha256(text.encode()).hexdigest(), "size": len(text)}
    change_manifest(tmp_path / "b", lambda data: data["files"].update({name: entry}))
    with pytest.raises(UsageError) as caught:
        read(tmp_path / "b")
    assert name in caught.value.message


def test_reading_needs_no_torch(tmp_path: Path) -> None:
    write(full(), tmp_path / "b")
    code = f"import sys, inspector; inspector.open({str(tmp_path / 'b')!r}); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
