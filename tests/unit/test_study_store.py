"""The results file: whole lines or none, whatever happens to disk, process or file."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from inspector.codec import decode, line
from inspector.errors import EnvironmentLacking, UsageError
from inspector.model.study import (
    CureRun,
    Experiment,
    Generation,
    Layers,
    Result,
    ShapeCall,
    Shapes,
    StudyRequest,
    StudyRun,
)
from inspector.study import store
from inspector.study.sources import open_results

RESULTS: list[tuple[Experiment, Result]] = [
    (
        Experiment.SPOT,
        Generation("decode", 4, 1.0, 2.0, (3.0, 4.5), started=0.5, prompt=8, graphs=(0, 1), step_bytes=9),
    ),
    (Experiment.SHAPES, Shapes("none", (ShapeCall(5, 10, 1.5, (1, 1), ("why",), ("break",)), ShapeCall(6, 10, 0.5)))),
    (Experiment.LAYERS, Layers("layer", 16, 2.0, 0.5, 3, 2, 1, 8, ("layer_idx == 7",), 8)),
    (Experiment.CURES, CureRun("llama-mlp", "pack", 2.0, 1.0, 3, 1e-7)),
]


def run_of(experiment: Experiment, result: Result, key: str = "k") -> StudyRun:
    request = StudyRequest(experiment, prompts=(5, 6), lengths=(10,), compile_mode="default", threads=2)
    return StudyRun(request, result, {"cpu": "Test", "threads": 2}, key=key)


@pytest.mark.parametrize(("experiment", "result"), RESULTS, ids=[item.value for item, _ in RESULTS])
def test_what_is_written_is_read_back(tmp_path: Path, experiment: Experiment, result: Result) -> None:
    file = tmp_path / "deep" / "results.jsonl"
    store.append(file, run := run_of(experiment, result))
    [found] = store.read(file).runs
    assert (found.request, found.result, found.environment, found.key) == (run.request, result, run.environment, "k")
    assert found.source == str(file)


def filled(tmp_path: Path, count: int = 3) -> Path:
    file = tmp_path / "results.jsonl"
    for number in range(count):
        store.append(file, run_of(*RESULTS[0], key=str(number)))
    return file


def test_each_line_is_json_with_its_format(tmp_path: Path) -> None:
    lines = filled(tmp_path).read_text().splitlines()
    assert [json.loads(line)["key"] for line in lines] == ["0", "1", "2"]
    assert {json.loads(line)["format"] for line in lines} == {"inspector-study"}


@pytest.mark.parametrize("cut", [1, 40, 300])
def test_a_file_cut_in_the_middle_keeps_its_whole_lines(tmp_path: Path, cut: int) -> None:
    file = filled(tmp_path)
    content = file.read_bytes()
    file.write_bytes(content[:-cut])
    stored = store.read(file)
    # without its last newline only, a line is whole
    assert [run.key for run in stored.runs] == (["0", "1", "2"] if cut == 1 else ["0", "1"])
    assert stored.bad == (() if cut == 1 else (f"{file}: line 3 is cut short and is left out.",))
    store.append(file, run_of(*RESULTS[0], key="3"))
    assert [run.key for run in store.read(file).runs][-1] == "3"
    assert len(store.read(file).runs) == len(stored.runs) + 1


def test_a_damaged_line_costs_no_other(tmp_path: Path) -> None:
    file = filled(tmp_path)
    lines = file.read_text().splitlines()
    damaged = [
        '{"format": "inspector-study"}',
        '{"format": "inspector-study", "version": 1}',
        "[[[",
        "null",
        lines[1].replace('"stamps":[3.0,4.5]', '"stamps":[]'),
        lines[1].replace('"stamps":[3.0,4.5]', '"stamps":[4.5,3.0]'),
        lines[1].replace('"stamps":[3.0,4.5]', '"stamps":[3.0,NaN]'),
        lines[1].replace('"mode":"decode"', '"mode":"\\u001b[2J"'),
        lines[1].replace('"kind":"Generation"', '"kind":"Shapes"'),
        lines[1].replace('"experiment":"spot"', '"experiment":"nonsense"'),
        lines[1].replace('"environment":{"cpu":"Test","threads":2}', '"environment":[]'),
        "[" * 100_000,
    ]
    file.write_text("\n".join([lines[0], *damaged, lines[2]]) + "\n")
    stored = store.read(file)
    assert [run.key for run in stored.runs] == ["0", "2"]
    assert len(stored.bad) == len(damaged)


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    file = filled(tmp_path, 1)
    file.write_text(file.read_text().replace('"version":1', '"version":2'))
    with pytest.raises(UsageError, match="newer inspector"):
        store.read(file)


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = filled(tmp_path)
    before = file.read_bytes()
    write = os.write
    room = [100]

    def full(descriptor: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = write(descriptor, bytes(data)[: room[0]])
        room[0] -= written
        return written

    monkeypatch.setattr(store.os, "write", full)
    with pytest.raises(EnvironmentLacking, match="No space left") as caught:
        store.append(file, run_of(*RESULTS[0], key="new"))
    assert caught.value.exit_code == 3
    assert "kept" in caught.value.hint
    assert room == [0], "a part of the line was written"
    assert file.read_bytes() == before


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentLacking, match="cannot be written"):
        store.append(tmp_path, run_of(*RESULTS[0]))


def test_the_same_run_twice_counts_once(tmp_path: Path) -> None:
    file = filled(tmp_path, 1)
    store.append(file, run_of(Experiment.SPOT, Generation("decode", 4, 1.0, 2.0, (3.0, 9.0)), key="0"))
    [run] = store.read(file).runs
    assert isinstance(run.result, Generation) and run.result.stamps[-1] == 9.0


def test_a_file_of_two_machines_is_two_sets(tmp_path: Path) -> None:
    file = filled(tmp_path, 2)
    first, second = file.read_text().splitlines()
    file.write_text(first + "\n" + second.replace('"cpu":"Test"', '"cpu":"Other"') + "\n")
    sets = open_results([f"mine={file}"]).sets
    assert [(item.name, item.about) for item in sets] == [
        ("mine 1", "Test · 2 threads"),
        ("mine 2", "Other · 2 threads"),
    ]


def test_keys_tell_requests_and_machines_apart() -> None:
    request = StudyRequest(Experiment.SPOT)
    others = [
        StudyRequest(Experiment.SPOT, batch=2),
        StudyRequest(Experiment.SPOT, repeat=1),
        StudyRequest(Experiment.LAYERS),
    ]
    keys = [request.key("a"), request.key("b"), *(other.key("a") for other in others)]
    assert len(set(keys)) == len(keys)
    assert request.key("a") == decode(line(request), type(request)).key("a")
