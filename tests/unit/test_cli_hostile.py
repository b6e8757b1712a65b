"""Logs that were written to harm whoever prints them: nothing that a terminal acts on gets through."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from inspector.cli.main import main
from inspector.cli.printable import one_line, plain, printable
from inspector.model.capture import Capture, Note
from inspector.model.difference import CacheChange, Change

TRACES = Path(__file__).parents[1] / "traces"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(words)
    out, err = capsys.readouterr()
    return code, out, err


EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\r\x08"


@pytest.fixture
def hostile(tmp_path: Path) -> str:
    """A recorded log with terminal escape sequences wherever a text comes from it."""
    out = []
    for line in (TRACES / "recompile.log").read_text().split("\n"):
        start = line.find(" {") + 1 if line.startswith("V") else 0
        out.append(line[:start] + json.dumps(_poisoned(json.loads(line[start:]))) if start else line)
    text = "\n".join(out)
    last, new = ({"frame_id": frame, "frame_compile_id": again, "attempt": 0} for frame, again in ((0, 2), (5, 0)))
    graph = (TRACES / "two_ops.log").read_text().partition("aot_inference_graph")[2]
    graph = "\n".join(line[1:] for line in graph.split("\n")[1:] if line.startswith("\t"))
    events = [
        json.dumps({"ph": kind, "name": f"phase{EVIL}", "ts": at, "args": {}}) for kind, at in (("B", 1), ("E", 9e6))
    ]
    for metadata, body in (
        *(
            ({"artifact": {"name": name, "encoding": "string"}, **last}, f"0/0: {EVIL} reason")
            for name in ("dynamo_graph_break_reason", "dynamo_error", f"thing{EVIL}", "recompile_reasons")
        ),
        *(({"chromium_event": {}, **new}, event) for event in events),
        ({"aot_inference_graph": {}, **new}, f"# {EVIL}\n{graph}"),
        ({"inductor_output_code": {"filename": f"/a{EVIL}.py"}, **new}, f"# {EVIL}\nx = 1\n"),
    ):
        metadata["has_payload"] = hashlib.md5(body.encode()).hexdigest()
        text += f"V1123 23:59:59.000000 1 a.py:1] {json.dumps(metadata)}\n\t{body}\n"
    path = tmp_path / "hostile.log"
    path.write_text(text, newline="")
    return str(path)


def _poisoned(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _poisoned(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_poisoned(item, "name") for item in value]
    if isinstance(value, str) and key in ("co_name", "co_filename", "name", "loc", "filename", "fail_reason", "str"):
        return value if key == "name" and value.startswith(("dynamo", "recompile")) else value + EVIL
    return value


VERBS = [
    ("show",),
    ("show", "--flat"),
    ("show", "--compile-id", "0/2"),
    ("show", "--stage", "aten"),
    ("show", "--stage", "inductor", "--compile-id", "5/0"),
    ("show", "--other"),
    ("show", "--other", "recompile_reasons"),
    ("breaks", "--hints"),
    ("recompiles", "--all"),
    ("recompiles", "--diff"),
    ("guards",),
    ("guards", "--compile-id", "0/0"),
    ("phases",),
    ("phases", "--flame", "--by-compile"),
    ("phases", "--folded"),
    ("links", "--at", "aten:1", "--compile-id", "5/0"),
    ("check", "--max-recompiles", "0", "--max-graph-breaks", "0", "--max-compile-time", "1", "--max-failures", "0"),
    ("guards", "--compile-id", "nonsense"),
    ("show", "--stage", "nonsense"),
]


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_no_escape_sequence_of_a_log_reaches_the_terminal(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    hostile: str,
    words: tuple[str, ...],
    colour: bool,
) -> None:
    monkeypatch.setenv("FORCE_COLOR" if colour else "NO_COLOR", "1")
    _, out, err = run(capsys, words[0], hostile, *words[1:])
    ours = re.compile("\x1b\\[[0-9;]*m" if colour else "$^")
    left = ours.sub("", out + err)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", left)
    assert out or err


def test_json_escapes_what_a_terminal_would_act_on(capsys: pytest.CaptureFixture[str], hostile: str) -> None:
    _, out, _ = run(capsys, "show", hostile, "--json")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", out)
    assert EVIL in json.loads(out)["compilations"][0]["function"], "a program gets what is in the log"


def test_named_tuples_are_made_printable_too() -> None:
    made = printable((CacheChange(f"gm{EVIL}", Change.CHANGED, EVIL, "b"),))
    assert made == (CacheChange(plain(f"gm{EVIL}"), Change.CHANGED, plain(EVIL), "b"),)


def test_ranks_of_hostile_logs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for rank, log in enumerate(sorted((TRACES / "ranks").iterdir())):
        text = log.read_text()
        records = re.split(r"(?m)^(?=V0101 )", text)
        (tmp_path / f"rank_{rank}.log").write_text("".join(map(_with_evil_payload, records)), newline="")
    code, out, err = run(capsys, "ranks", str(tmp_path))
    assert (code, err) == (0, "")
    assert "Collectives in the compiled code, and their order  the ranks differ" in out
    assert "owned" in out
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", out)


def _with_evil_payload(record: str) -> str:
    """The same record with escape sequences in its payload's names, and the checksum that fits."""
    head, _, body = record.partition("\n")
    if not body or not re.search("inductor_(collective|runtime)|_cache_(hit|miss)", head):
        return record
    payload = "\n".join(line[1:] for line in body.removesuffix("\n").split("\n"))
    evil = json.dumps(f"{EVIL}\n")[1:-1]
    payload = payload.replace("all_", f"{evil}all_").replace('"key": "', f'"key": "{evil}')
    digest = hashlib.md5(payload.encode()).hexdigest()
    lines = "".join(f"\t{line}\n" for line in payload.split("\n"))
    return f"{re.sub('[0-9a-f]{32}', digest, head)}\n{lines}"


def test_printable_replaces_one_for_one() -> None:
    assert plain("a\x1b[31mb\tc\nd") == "a␛[31mb\tc\nd"
    assert len(plain(EVIL)) == len(EVIL)
    assert one_line(" a\n\tb\x07 ") == "a b␇"
    capture = Capture(notes=(Note("warning", f"x{EVIL}"), Note("warning", "y")), environment={"a": [EVIL]})
    safe = printable(capture)
    assert safe.notes[0].message == plain(f"x{EVIL}") and safe.notes[1] is capture.notes[1]
    assert safe.environment == {"a": [plain(EVIL)]}
    assert printable(Capture()) is not None and printable(safe) == safe
