"""How well statements are tied to FX nodes from the texts alone, measured against what the compiler recorded.

    python benchmarks/aligned_links.py [--without-mapping] [--keep FILE | --texts FILE] [CASE…]

Compiles the statement tests' modules and the small gallery targets with the exact recording on and the building of
kernels left out, reads the structured trace as a foreign log (without its statement records), aligns, and compares.
A link is right when its node is one that the exact record names for the line. Prints a Markdown table.

`--without-mapping` takes torch's own node mapping out, and the comments that go with it, as in a log made without
INDUCTOR_PROVENANCE. `--keep` writes the texts and the truth to a file, `--texts` reads them back instead of compiling.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TOO_BIG = {"llama-1b", "llama-1b-decode", "gpt2"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", help="names of cases or targets (default: all)")
    parser.add_argument("--keep", type=Path, help="write texts and truth to this file")
    parser.add_argument("--texts", type=Path, help="read texts and truth from this file instead of compiling")
    parser.add_argument("--without-mapping", action="store_true", help="as in a log made without INDUCTOR_PROVENANCE")
    parser.add_argument("--wrong", action="store_true", help="print every wrong link")
    parser.add_argument("--missing", action="store_true", help="print every statement without a link")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "worker")]
    if arguments.child:
        generate(arguments.cases, arguments.child)
        return
    texts = json.loads(arguments.texts.read_text()) if arguments.texts else compiled(arguments.cases)
    if arguments.keep:
        arguments.keep.write_text(json.dumps(texts))
    if arguments.without_mapping:
        for unit in (unit for units in texts.values() for unit in units):
            unit["mapping"] = {}
            unit["code"] = re.sub(r"\n *# \[Provenance debug handles\].*", "", unit["code"])
    wanted = {name: units for name, units in texts.items() if not arguments.cases or name in arguments.cases}
    print_table({name: measure(name, units, arguments) for name, units in wanted.items()})


def compiled(names: list[str]) -> dict[str, Any]:
    """Texts and truth of every case, from one fresh process with torch's structured trace on."""
    with tempfile.TemporaryDirectory() as scratch:
        found = Path(scratch) / "texts.json"
        environment = {
            **os.environ,
            "TORCH_TRACE": f"{scratch}/trace",
            "INDUCTOR_PROVENANCE": "1",
            "TORCHINDUCTOR_CACHE_DIR": f"{scratch}/cache",
            "TORCHINDUCTOR_COMPILE_THREADS": "1",
        }
        subprocess.run([sys.executable, __file__, "--child", str(found), *names], env=environment, check=True)
        texts: dict[str, Any] = json.loads(found.read_text())
        return texts


def generate(names: list[str], out: Path) -> None:
    """In the child: compile each case; its Inductor graphs' texts, and the exact record of each kernel's call."""
    from kernel_text import statement_lines
    from statement_modules import CASES, generated_code

    from inspector.trace.builder import CaptureBuilder
    from inspector.trace.tail import TraceTail
    from inspector.worker.statements import KernelStatements, record_statements

    makers: dict[str, Callable[[], Any]] = {**CASES, **gallery()}
    tail = TraceTail(Path(os.environ["TORCH_TRACE"]))
    texts = {}
    for name in names or makers:
        case = makers[name]()
        records: list[KernelStatements] = []
        with record_statements(records.append) as recording:
            try:
                generated_code(case)
            except Exception as error:  # noqa: BLE001 - kernels that are not built compute nothing sensible
                print(f"{name}: stopped after {len(records)} kernels: {error!r:.200}", file=sys.stderr)
        if recording.reason:
            raise SystemExit(recording.reason)
        builder = CaptureBuilder()
        for record in tail.finish():
            builder.feed(record)
        truth = [record.to_json() | {"statements": statement_lines(record.source)} for record in records]
        texts[name] = list(units(builder, truth))
    out.write_text(json.dumps(texts))


def gallery() -> dict[str, Callable[[], Any]]:
    """The gallery's targets as cases, but for the models that take long to trace."""
    from statement_modules import Case

    from inspector.targets import GALLERY, find, load
    from inspector.targets.base import TargetOptions

    def make(name: str) -> Any:
        info = find(name)
        built = load(name).build(TargetOptions(info.batch, info.seq))
        return Case(lambda *args: built.call(*args, **built.kwargs), built.args, built.dynamic)

    return {f"{name} (target)": lambda name=name: make(name) for name in GALLERY if name not in TOO_BIG}


def units(builder: Any, records: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The Inductor graphs of a log, each with the records of its kernels."""
    for compile_id, draft in builder._state.compiles.items():
        for unit in draft.view.units:
            if unit.code is None or unit.post_grad is None:
                continue
            yield {
                "compile_id": compile_id,
                "backward": unit.backward,
                "post_grad": unit.post_grad.text,
                "code": unit.code.text,
                "mapping": dict(unit.provenance.kernel_to_post) if unit.provenance else {},
                "records": [
                    record
                    for record in records
                    if record["compile_id"] == compile_id
                    and record["backward"] == unit.backward
                    and record["subgraph"] is None
                ],
            }


def measure(name: str, texts: list[dict[str, Any]], arguments: argparse.Namespace) -> Counter[str]:
    """Aligns one case's kernels; counts kernels, statements, those with links, those with right ones, microseconds."""
    from inspector.link.align import aligned_statements
    from inspector.link.facts import Provenance
    from inspector.link.inductor import Emitted
    from inspector.link.outputcode import read_output_code
    from inspector.model.artifact import Artifact, Language
    from inspector.model.stage import Stage

    count: Counter[str] = Counter()
    for unit in texts:
        provenance = Provenance(kernel_to_post=unit["mapping"]) if unit["mapping"] else None
        code = read_output_code(unit["code"])
        artifact = Artifact("", Stage.INDUCTOR, None, None, Language.PYTHON, unit["code"])
        calls = Emitted(artifact, code, {}, provenance).calls
        start = time.perf_counter()
        aligned = aligned_statements(code, calls, unit["post_grad"])
        count["microseconds"] += round((time.perf_counter() - start) * 1e6)
        by_site = {(item.kernel, item.site): item.lines for item in aligned}
        for record in unit["records"]:
            count["kernels"] += 1
            count += compare(name, record, by_site.get((record["kernel"], record["site"]), ()), arguments)
    return count


def compare(name: str, record: dict[str, Any], links: Any, arguments: argparse.Namespace) -> Counter[str]:
    """One kernel's links against its exact record."""
    truth = {line: {*nodes, *others} for line, nodes, others, _ in record["lines"]}
    found: dict[int, set[str]] = {}
    for line, node in links:
        found.setdefault(line, set()).add(node)
    count: Counter[str] = Counter()
    for number, text in record["statements"].items():
        line = int(number)
        wanted, got = truth.get(line, set()), found.get(line, set())
        count.update({"statements": 1, "unique": bool(got), "right": bool(got) and got <= wanted})
        if (arguments.wrong and got and not got <= wanted) or (arguments.missing and not got):
            print(f"{name} {record['kernel']}:{line} {text[:110]}\n    {sorted(got)}, recorded {sorted(wanted)}")
    return count


def print_table(counts: dict[str, Counter[str]]) -> None:
    print("| case | kernels | statements | unique | % | right | % | ms |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    total = sum(counts.values(), Counter[str]())
    for name, count in {**counts, "**all**": total}.items():
        print(
            f"| {name} | {count['kernels']} | {count['statements']} | {count['unique']} "
            f"| {count['unique'] / max(1, count['statements']):.1%} | {count['right']} "
            f"| {count['right'] / max(1, count['unique']):.1%} | {count['microseconds'] / 1000:.0f} |"
        )


if __name__ == "__main__":
    main()
