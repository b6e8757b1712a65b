"""Whether a capture holds at least what tlparse lists, for every log under a folder: compile ids, and every artifact.

    python benchmarks/trace_coverage.py FOLDER [--tlparse PATH]

Each file that tlparse's `compile_directory.json` names is looked for by its content: a text has to be there letter for
letter (JSON may be indented differently), a page that tlparse made of a record has to have its counterpart. What counts
here is a text of its own; so do a compile's metrics, and its guards where the log has them as a list. Prints a Markdown
table; the exit code is 1 if anything is missing. Made for tlparse 0.4.3 (`pip install tlparse==0.4.3`).
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import common  # noqa: F401 - finds inspector in the checkout

from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.trace import read_capture
from inspector.trace.runs import without_run

_DIRECTORY = re.compile(r"\[(?P<id>.*?)(?:_(?P<attempt>\d+))?\]$")
_NUMBERED = re.compile(r"_\d+(\.\w+)$")
_GRAPH_ID = re.compile(r"\n*\s*# graph id: \d+\s*$")


@dataclass
class Coverage:
    """One log."""

    log: str
    ids: int = 0
    own_ids: int = 0
    artifacts: int = 0
    own_artifacts: int = 0
    missing: list[str] = field(default_factory=list)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tlparse", default="tlparse", help="the executable")
    options = parser.parse_args()
    found = [compare(log, options.tlparse) for log in sorted(_logs(options.folder))]
    print("| log | compile ids: tlparse | here | artifacts: tlparse | here | missing |")
    print("|---|--:|--:|--:|--:|--:|")
    for item in found:
        counts = (item.ids, item.own_ids, item.artifacts, item.own_artifacts, len(item.missing))
        print(f"| {item.log} | {' | '.join(map(str, counts))} |")
    for item in found:
        for name in item.missing:
            print(f"missing in {item.log}: {name}", file=sys.stderr)
    return int(any(item.missing for item in found) or not found)


def _logs(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix in (".log", ".txt"):
            yield path


def compare(log: Path, tlparse: str) -> Coverage:
    """What tlparse makes of a log, looked for in what we make of it."""
    capture = read_capture(log)
    result = Coverage(log.name)
    result.own_ids = len({without_run(item.compile_id) for item in capture.compilations})
    cut_up = sum(bool(item.metrics) + (bool(item.guards) and not item.guard_tree) for item in capture.compilations)
    result.own_artifacts = len(capture.artifacts) + len(capture.others) + cut_up
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "out"
        subprocess.run([tlparse, str(log), "-o", str(out), "--no-browser"], check=True, capture_output=True)
        directory = json.loads((out / "compile_directory.json").read_text())
        for key, entry in directory.items():
            match = _DIRECTORY.match(key)
            assert match is not None, key
            compile_id = None if match["id"] == "-/-" else match["id"].removesuffix("/-/-")
            if compile_id is not None and match["attempt"] is None:
                result.ids += 1
            if compile_id is not None and not _compiles(capture, compile_id):
                result.missing.append(key)
            for artifact in entry["artifacts"]:
                result.artifacts += 1
                if not _has(capture, compile_id, out, artifact):
                    result.missing.append(f"{key} {artifact['name']}")
    return result


def _compiles(capture: Capture, compile_id: str) -> list[Any]:
    return [item for item in capture.compilations if without_run(item.compile_id) == compile_id]


def _has(capture: Capture, compile_id: str | None, out: Path, listed: dict[str, Any]) -> bool:
    name, url = str(listed["name"]), str(listed["url"])
    kind = _NUMBERED.sub("", name)
    compiles = _compiles(capture, compile_id) if compile_id is not None else []
    texts = [item for item in (*capture.artifacts, *capture.others) if _belongs(item, compile_id)]
    by_field = {
        "torch_version": "torch" in capture.environment,
        "dynamo_guards": any(item.guards for item in compiles),
        "eval_with_key": any("eval_with_key" in (item.path or "") for item in capture.find(Stage.SOURCE)),
    }
    if kind in by_field:
        return by_field[kind]
    if kind.startswith("inspector_"):  # this inspector's own records; what they say is in the capture's fields
        return True
    if "metrics" in kind:
        return any(item.metrics for item in compiles)
    if kind.startswith("inductor_output_code"):
        return any(item.stage is Stage.INDUCTOR for item in texts)
    path = out / url
    wanted = _same(path.read_text()) if path.exists() else url  # or an address on the web
    return any(_same(item.text) == wanted for item in texts)


def _belongs(artifact: Artifact, compile_id: str | None) -> bool:
    return (artifact.compile_id and without_run(artifact.compile_id)) == compile_id


def _same(text: str) -> str:
    """The text without what two readers may write differently: JSON's blanks, an end of line, a graph's address."""
    if text[:1] in ("{", "["):
        try:
            return json.dumps(json.loads(text), sort_keys=True)
        except ValueError:
            pass
    return _GRAPH_ID.sub("", text).rstrip()


if __name__ == "__main__":
    sys.exit(main())
