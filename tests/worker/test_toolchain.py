"""What is kept between captures, with torch's own functions replaced by ones that count."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch._inductor import codecache
from torch._inductor.cpu_vec_isa import VecAVX2, VecISA

from inspector.errors import EnvironmentLacking
from inspector.worker import records, toolchain
from inspector.worker.toolchain import HEADER, ISA_PROBES, ToolchainCache


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    written: list[str] = []
    monkeypatch.setattr(records, "note", lambda kind, message: written.append(message))
    return written


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The codes that torch was asked to build; those with `no` in them do not work."""
    built: list[str] = []

    def check_build(self: VecISA, code: str) -> bool:
        built.append(code)
        return "no" not in code

    monkeypatch.setattr(VecISA, "check_build", check_build)
    return built


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The headers that torch precompiled: it builds what is not there, and believes what is."""
    built: list[str] = []

    def _precompile_header(header: str, hashable_cmd_line: str, **compile_command: Any) -> str:
        path = Path(codecache._HEADER_DIR) / "hash.h"
        compiled = path.with_name("hash.h.gch")
        if not compiled.exists():
            built.append(header)
            path.write_text(f"#include <{header}>")
            compiled.write_text("a long binary")
        return str(path)

    monkeypatch.setattr(codecache, "_precompile_header", _precompile_header)
    return built


def cache(root: Path, compiler: str = "g++ 12") -> ToolchainCache:
    return ToolchainCache(root, compiler)


def test_an_answer_is_asked_for_once(tmp_path: Path, probes: list[str], notes: list[str]) -> None:
    for reused in (set(), {ISA_PROBES}):
        kept = cache(tmp_path)
        with kept.in_force():
            assert VecAVX2().check_build("code")
        assert kept.reused == reused
    assert probes == ["code"]
    assert notes == []


def test_a_no_is_asked_again(tmp_path: Path, probes: list[str]) -> None:
    with cache(tmp_path).in_force():
        assert not VecAVX2().check_build("no")
        assert not VecAVX2().check_build("no")
    assert probes == ["no", "no"]


def test_another_code_compiler_or_flag_is_another_question(
    tmp_path: Path, probes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with cache(tmp_path).in_force():
        VecAVX2().check_build("code")
        VecAVX2().check_build("other")
        monkeypatch.setattr(VecAVX2, "_arch_flags", "-mavx2 -mfoo")
        VecAVX2().check_build("code")
    with cache(tmp_path, "g++ 13").in_force():
        VecAVX2().check_build("code")
    assert len(probes) == 4


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"isa": "avx2"}'])
def test_a_damaged_answer_is_found_out_anew(tmp_path: Path, probes: list[str], notes: list[str], damage: str) -> None:
    with cache(tmp_path).in_force():
        VecAVX2().check_build("code")
        (entry,) = tmp_path.rglob("isa-*.json")
        entry.write_text(damage)
        assert VecAVX2().check_build("code")
    assert probes == ["code", "code"]
    assert len(notes) == 1
    assert json.loads(entry.read_text())["works"] is True


def precompile(root: Path) -> tuple[str, set[str]]:
    kept = cache(root)
    with kept.in_force():
        path = codecache._precompile_header("prefix.h", "g++ -O3")
    return path, kept.reused


def test_a_header_is_built_once_and_torch_is_put_back(tmp_path: Path, builds: list[str], notes: list[str]) -> None:
    before = codecache._HEADER_DIR, codecache._HEADER_LOCK_DIR, codecache._precompile_header
    first, nothing = precompile(tmp_path)
    second, reused = precompile(tmp_path)
    assert (first, nothing, reused) == (second, set(), {HEADER})
    assert builds == ["prefix.h"]
    assert notes == []
    assert before == (codecache._HEADER_DIR, codecache._HEADER_LOCK_DIR, codecache._precompile_header)


@pytest.mark.parametrize("what", ["cut short", "not stamped", "stamp damaged"])
def test_a_damaged_header_is_built_anew(tmp_path: Path, builds: list[str], notes: list[str], what: str) -> None:
    path, _ = precompile(tmp_path)
    stamp = Path(f"{path}.stamp")
    match what:
        case "cut short":
            Path(f"{path}.gch").write_text("a long")
        case "not stamped":
            stamp.unlink()
        case _:
            stamp.write_text("{")
    assert precompile(tmp_path) == (path, set())
    assert builds == ["prefix.h", "prefix.h"]
    assert len(notes) == 1
    assert precompile(tmp_path) == (path, {HEADER})


@pytest.fixture
def other_signature(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A torch whose private functions take other parameters."""
    monkeypatch.setattr(VecISA, "check_build", lambda self, text, flags=None: True)
    monkeypatch.setattr(codecache, "_precompile_header", lambda options: options)
    yield


@pytest.mark.usefixtures("other_signature")
def test_another_torch_is_left_alone_and_told_about(tmp_path: Path, notes: list[str]) -> None:
    kept = cache(tmp_path)
    with kept.in_force():
        assert VecAVX2().check_build("code")
        assert codecache._precompile_header("x") == "x"
        assert not codecache._HEADER_DIR.startswith(str(tmp_path))
    assert kept.reused == set()
    assert [torch.__version__ in note for note in notes] == [True, True]
    assert list(tmp_path.rglob("isa-*.json")) == []


def test_what_is_long_unused_goes_when_a_new_machine_comes(tmp_path: Path) -> None:
    cache(tmp_path, "old")
    (old,) = (tmp_path / "toolchain").iterdir()
    os.utime(old / "about.json", (0, 0))
    cache(tmp_path, "recent")
    assert not old.exists()
    cache(tmp_path, "new")
    assert len(list((tmp_path / "toolchain").iterdir())) == 2


def test_the_cache_lies_where_the_desktop_wants_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert toolchain.cache_root() == tmp_path / "inspector"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert toolchain.cache_root() == Path.home() / ".cache" / "inspector"


def test_a_cache_that_cannot_be_written_falls_back_to_a_private_folder_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, notes: list[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    root = toolchain.cache_root()
    assert root.parent == tmp_path
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert toolchain.cache_root() == root
    assert len(notes) == 2 and str(root) in notes[0] and "Not a directory" in notes[0]
    root.chmod(0o777)
    with pytest.raises(EnvironmentLacking, match="not this user's alone"):
        toolchain.cache_root()
