"""Records the logs in this folder anew: `python tests/traces/record.py [NAME…]` from the repository's root.

Each log is what torch (and, for the `live_` ones, inspector's worker) wrote, less the kinds that no test reads, with
this machine's paths replaced and the checksums made to fit again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from inspector.model.request import CaptureRequest
from inspector.protocol import EVENTS, Shutdown, Start, decode, encode
from inspector.trace import Record, read_log
from inspector.trace.registry import kind_of

HERE = Path(__file__).parent
SCRIPTS = HERE / "scripts"
PLAIN = ("two_ops", "graph_break", "recompile", "train", "failure", "warm")
KINDS = ("symbols", "again", "autograd", "export", "draft_export", "collectives")
"""Logs that keep the kinds which the others leave out."""
RANKS = {"ranks": "cpu", "ranks_gpu": "cuda"}
"""Folders of two logs, one for each rank of a job, and its device; torch estimates run times on a GPU alone."""
LIVE = {
    "live_gated": CaptureRequest(target=f"{SCRIPTS / 'gated.py'}:build"),
    "live_gated_train": CaptureRequest(target=f"{SCRIPTS / 'gated.py'}:build", train=True),
    "live_passes": CaptureRequest(target=f"{SCRIPTS / 'passes.py'}:build", passes=True),
    "live_branches_train": CaptureRequest(target=f"{SCRIPTS / 'branches.py'}:build", train=True),
}
CUDA = {
    # One configuration, not the one that happens to be fastest.
    "live_softmax_cuda": CaptureRequest(target="softmax", device="cuda", inductor=(("deterministic", "True"),))
}
"""Recorded only by name, on a machine with an NVIDIA GPU and nvdisasm: `record.py live_softmax_cuda`."""
LEFT_OUT = re.compile(
    r"describe_|artifact:(torch\._functorch\.config|fx_graph_runnable|aot_forward_graph_fw|before_joint|after_joint"
    r"|backward_|compiled_f|runtime_wrapper|before_post_grad|before_pre_grad)|create_symbol|guard_added"
)
LEFT_OUT_OF_KINDS = re.compile(r"artifact:(torch\._functorch\.config|fx_graph_runnable|aot_forward_graph_fw)")
KEPT_OF_RANKS = re.compile(
    r"str|dynamo_start|aot_inference_graph|inductor_output_code|compilation_metrics"
    r"|artifact:(torch_version|recompile_reasons|.*_cache_.*|inductor_(collective|runtime).*|graph_execution)"
)
KEPT_OF_PASSES = re.compile(
    r"str|dynamo_start|compilation_metrics|artifact:inspector_(request|target|passes|graph|done|note)"
)
_OF_GUARDS = r"str|dynamo_start|dynamo_cpp_guards_str|create_symbol|artifact:recompile_reasons"
_OF_FRAMES = r"dynamo_output_graph|aot_\w+_graph|compilation_metrics|artifact:(?:torch_version|dynamo_\w+|\w*BYTECODE)"
OWN = {
    "guard_kinds": re.compile(_OF_GUARDS),
    "chains": re.compile(f"{_OF_GUARDS}|{_OF_FRAMES}"),
    "left": re.compile(f"str|dynamo_start|{_OF_FRAMES}"),
    "pieces": re.compile(r"str|chromium_event|artifact:(vllm_|aotautograd_).*|aot_\w+_graph|inductor_output_code"),
}
"""Logs from a script of their own, and the kinds that they keep: a recompile for each kind of guard; functions compiled
again, with their graphs; functions that graph breaks cut or leave eager; a graph that is compiled in pieces."""
ENOUGH = 6
"""Records of one kind that a log of `KINDS` keeps; it has hundreds of guards."""
VOLATILE = ("components", "dynamo_config", "inductor_config", "functorch_config", "inductor_provenance", "platform")
PHASES = ("dynamo", "entire_frame_compile", "bytecode_tracing", "backend_compile", "inductor_compile", "build_guards")


def record_plain(name: str, folder: Path) -> None:
    """Runs one case with torch's own trace and provenance."""
    environment = os.environ | {
        "TORCH_TRACE": str(folder / "trace"),
        "INDUCTOR_PROVENANCE": "1",
        "TORCHINDUCTOR_CACHE_DIR": str(folder / "cache"),
    }
    command = [sys.executable, str(SCRIPTS / "cases.py"), name]
    if name == "warm":  # what the second run of the same program leaves
        command[-1] = "two_ops"
        untraced = {key: value for key, value in environment.items() if key != "TORCH_TRACE"}
        subprocess.run(command, env=untraced, check=True)
    if name == "symbols":
        environment["TORCH_COMPILE_JOB_ID"] = "recorded"  # else torch remembers no shapes
    if "export" in name:
        environment["TORCH_DTRACE"] = environment["TORCH_TRACE"]
    subprocess.run(command, env=environment, check=True)


def record_own(name: str, folder: Path) -> None:
    """Runs the script that a log has of its own."""
    environment = os.environ | {"TORCH_TRACE": str(folder / "trace")}
    subprocess.run([sys.executable, str(SCRIPTS / f"{name}.py")], env=environment, check=True)


def record_ranks(folder: Path, device: str) -> None:
    """Runs a job of two ranks, of which the second has one function in its cache already."""
    script = str(SCRIPTS / "ranks.py")
    caches = [os.environ | {"TORCHINDUCTOR_CACHE_DIR": str(folder / f"cache{rank}")} for rank in range(2)]
    subprocess.run([sys.executable, script], env=caches[1], check=True)
    processes = [
        subprocess.Popen(
            [sys.executable, script, str(rank), str(folder / "store"), device],
            env=environment | {"TORCH_TRACE": str(folder / "trace"), "GLOO_SOCKET_IFNAME": "lo"},
        )
        for rank, environment in enumerate(caches)
    ]
    assert [process.wait() for process in processes] == [0, 0]


def record_live(request: CaptureRequest, folder: Path) -> None:
    """Runs inspector's worker on a target."""
    request_read, request_write = os.pipe()
    event_read, event_write = os.pipe()
    environment = os.environ | {"TORCH_TRACE": str(folder / "trace")}
    command = [sys.executable, "-m", "inspector.worker"]
    command += ["--requests", str(request_read), "--events", str(event_write)]
    with (folder / "out.log").open("w") as log:
        worker = subprocess.Popen(
            command,
            env=environment,
            pass_fds=(request_read, event_write),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        os.close(request_read)
        os.close(event_write)
        os.write(request_write, encode(Start(request, str(folder))))
        with os.fdopen(event_read, "rb") as events:
            for line in events:
                event = decode(line, EVENTS)
                if event.type in ("compiled", "failed"):
                    print(event)
                    os.write(request_write, encode(Shutdown()))
                    os.close(request_write)
                    break
            events.read()
        worker.wait()


def scrub(folder: Path, trace: Path, target: Path) -> None:
    """Writes a log without what is this machine's own.

    Args:
        folder: what the run left behind.
        trace: the log in it, or a folder of one.
    """
    replaced = [
        (str(folder), "/tmp/run"),
        (str(SCRIPTS.resolve()), "/home/user/project"),
        (str(Path.cwd()), "/home/user/inspector"),
        (str(Path(sys.executable).parent.parent), "/home/user/venv"),
        (sys.prefix, "/home/user/venv"),
        (sys.base_prefix, "/home/user/python"),
    ]

    def clean(text: str) -> str:
        for old, new in replaced:
            text = text.replace(old, new)
            for cut in range(1, len(old) - 3):  # torch keeps only the end of a guard's place
                text = text.replace(f"# {old[cut:]}/", f"# {new[-5:]}/")
        return re.sub(r"/tmp/(?!run)[\w./]*", "/tmp/run", text)

    lines = []
    of_ranks = target.parent.name in RANKS
    left_out = LEFT_OUT_OF_KINDS if target.stem in (*KINDS, *OWN) else LEFT_OUT
    seen: Counter[str] = Counter()
    for record in read_log(trace):
        assert isinstance(record, Record), record
        kind = kind_of(record)
        seen[kind] += kind not in ("str", "chromium_event")
        if seen[kind] > ENOUGH and target.stem in KINDS:
            continue
        if of_ranks and not KEPT_OF_RANKS.fullmatch(kind):
            continue
        if target.stem == "live_passes" and not KEPT_OF_PASSES.fullmatch(kind):
            continue
        if target.stem in OWN and not OWN[target.stem].fullmatch(kind):
            continue
        if left_out.match(kind) or (kind == "artifact:inspector_asm" and "train" in target.name):
            continue
        if kind == "chromium_event" and json.loads(record.payload or "{}").get("name") not in PHASES:
            if target.stem != "pieces":  # whose time is that of all its events
                continue
        metadata = {key: slim(value) for key, value in record.metadata.items() if key != "stack"}
        for details in metadata.values():
            if isinstance(details, dict) and kind != "dynamo_start":
                details |= {key: details[key][-3:] for key in ("stack", "user_stack") if details.get(key)}
        payload = record.payload
        if payload is not None:
            if payload.startswith("{"):
                data = slim(json.loads(payload))
                if kind == "artifact:inspector_triton":  # its debug sections hold paths, byte by byte
                    data["texts"]["ptx"] = data["texts"]["ptx"].partition("\t.section\t.debug")[0]
                if kind == "chromium_event":
                    data["args"] = {"compile_id": data["args"].get("compile_id")}
                payload = json.dumps(data)
            payload = clean(payload)
            metadata["has_payload"] = hashlib.md5(payload.encode(), usedforsecurity=False).hexdigest()
        clock = f"{int(record.time) // 60:02}:{record.time % 60:09.6f}"
        lines.append(f"V0101 00:{clock} 1000 {record.place}] {clean(json.dumps(metadata))}")
        if payload is not None:
            lines += [f"\t{line}" for line in payload.split("\n")]
    target.write_text("\n".join(lines) + "\n")
    print(f"{target.name}: {target.stat().st_size // 1024} KiB")


def slim(value: Any) -> Any:
    """JSON without the long dumps that no test reads."""
    if isinstance(value, dict):
        return {key: "…" if key in VOLATILE else slim(item) for key, item in value.items()}
    return [slim(item) for item in value] if isinstance(value, list) else value


def main() -> None:
    for name in sys.argv[1:] or (*PLAIN, *KINDS, *LIVE, "ranks", *OWN):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            (folder / "trace").mkdir()
            if name in RANKS:
                record_ranks(folder, RANKS[name])
                (HERE / name).mkdir(exist_ok=True)
                for log in sorted((folder / "trace").iterdir()):
                    named = log.name.rpartition("_")[0]  # without what torch makes up
                    scrub(folder, log, HERE / name / f"{named}.log")
                continue
            if name in LIVE | CUDA:
                record_live((LIVE | CUDA)[name], folder)
            elif name in OWN:
                record_own(name, folder)
            else:
                record_plain(name, folder)
            scrub(folder, folder / "trace", HERE / f"{name}.log")


if __name__ == "__main__":
    main()
