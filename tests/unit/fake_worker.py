"""A worker that speaks the protocol and writes a small trace, without torch; the first argument says how it ends.

Run as `python fake_worker.py SCENARIO --requests FD --events FD`.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

SLEEPER = "import time; time.sleep(600)"
ORPHAN = f"""
import subprocess, sys
quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
print(subprocess.Popen([sys.executable, "-c", {SLEEPER!r}], **quiet).pid)
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


class Worker:
    def __init__(self, requests: int, events: int) -> None:
        self.requests = os.fdopen(requests, "rb")
        self.events = events
        self.lock = threading.Lock()
        self.log = Path(os.environ["TORCH_TRACE"]) / "dedicated_log_torch_trace_fake.log"
        self.directory = Path(os.environ["TORCH_TRACE"]).parent

    def event(self, kind: str, **fields: object) -> None:
        with self.lock:
            os.write(self.events, json.dumps({"type": kind, **fields}).encode() + b"\n")

    def request(self) -> dict:
        line = self.requests.readline()
        return json.loads(line) if line else {"type": "shutdown"}

    def record(self, metadata: dict, payload: str | None = None) -> None:
        if payload is not None:
            metadata = {**metadata, "has_payload": hashlib.md5(payload.encode()).hexdigest()}
        now = time.strftime("V%m%d %H:%M:%S") + f".{time.time_ns() // 1000 % 1000000:06d}"
        lines = [f"{now} {os.getpid()} fake.py:1] {json.dumps(metadata)}"]
        if payload is not None:
            lines += ["\t" + line for line in payload.split("\n")]
        with self.log.open("a") as file:
            file.write("\n".join(lines) + "\n")

    def artifact(self, name: str, data: object, **where: object) -> None:
        self.record({"artifact": {"name": name, "encoding": "json"}, **where}, json.dumps(data))

    def beat(self, rss: int = 100 << 20) -> None:
        def beats() -> None:
            while True:
                self.event("alive", rss=rss, peak_rss=rss)
                time.sleep(0.05)

        threading.Thread(target=beats, daemon=True).start()


WHERE = {"frame_id": 0, "frame_compile_id": 0, "attempt": 0}
ATEN = """class <lambda>(torch.nn.Module):
    def forward(self, arg0_1: "f32[8]"):
        mul = arg0_1 * 2
        return (mul,)
"""


def trace(worker: Worker, request: dict, *, done: bool) -> None:
    worker.artifact("inspector_request", request)
    worker.artifact(
        "inspector_environment", {"torch": "2.13.0", "python": "3.11", "cache": {"mode": "kept", "reused": []}}
    )
    worker.artifact(
        "inspector_target", {"name": "toy", "summary": "a toy", "inputs": [{"name": "x", "dtype": "f32", "shape": [8]}]}
    )
    worker.artifact(
        "inspector_source", {"name": "toy.py", "path": "toy.py", "text": "def toy(x):\n    return x * 2\n", "focus": 1}
    )
    worker.record({"dynamo_start": {"stack": []}, **WHERE})
    worker.record({"aot_inference_graph": {}, **WHERE}, ATEN)
    if done:
        worker.artifact("inspector_done", {"seconds": 0.5})


def idle() -> None:
    while True:
        time.sleep(60)


def finish(worker: Worker, start: dict) -> None:
    trace(worker, start["request"], done=True)
    worker.event("compiled", seconds=0.5, cache="kept", can_reshape=True, batch=1, seq=8)
    series = 0
    while True:
        request = worker.request()
        match request["type"]:
            case "shutdown":
                return
            case "run_latency":
                worker.event("latency_state", state="warming", series=series)
                worker.event("compared", series=series, max_abs=1e-6, max_rel=2e-6)
                worker.event("latency_state", state="running", series=series)
                count = request.get("samples") or 5
                worker.event(
                    "samples",
                    shape="batch 1 · seq 8",
                    eager=[0.002] * count,
                    compiled=[0.001] * count,
                    series=series,
                    tokens=8,
                )
                worker.event("latency_state", state="idle", series=series)
            case "reset_latency":
                series += 1
                worker.event("latency_state", state="idle", series=series)


def die(number: int, *, rss: int = 100 << 20, words: str = "") -> None:
    def scenario(worker: Worker, start: dict) -> None:
        worker.beat(rss)
        time.sleep(0.2)
        trace(worker, start["request"], done=False)
        print("on stdout", flush=True)
        print(f"\x1b[31mthe last words\x1b[0m {words}\x1b]0;title\x07", file=sys.stderr, flush=True)
        os.kill(os.getpid(), number)
        idle()

    return scenario


def children(worker: Worker, start: dict) -> None:
    """Leaves processes everywhere: a child, one in a session of its own, an orphan, one deaf to SIGTERM."""
    worker.beat()
    spawn = [sys.executable, "-c"]
    pids = [subprocess.Popen([*spawn, SLEEPER]).pid, subprocess.Popen([*spawn, STUBBORN], start_new_session=True).pid]
    pids.append(int(subprocess.run([*spawn, ORPHAN], stdout=subprocess.PIPE, check=True).stdout))
    trace(worker, start["request"], done=False)
    worker.event("progress", phase="compiling")
    # In one go, on a log line, which is how the test learns of them even after the run's folder is gone.
    print("pids", *pids, os.getpid(), flush=True)
    if start["request"]["seed"] == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if start["request"]["seed"] == 2:
        worker.event("compiled", seconds=0.5)
    idle()


def fail(worker: Worker, start: dict) -> None:
    worker.event("failed", message="toy has no forward", hint="Give it one.", exit_code=2, traceback="Traceback: …")


CODE = """cpp_fused_mul_0 = async_compile.cpp_pybinding(['const float*', 'float*'], r'''
extern "C" void kernel(const float* in_ptr0, float* out_ptr0)
{
    auto tmp1 = no_such_function(tmp0);
}
''')
"""
REFUSED = """torch._inductor.exc.InductorError: CppCompileError: C++ compile error

Output:
/tmp/ab/cabc.main.cpp:4:17: error: 'no_such_function' was not declared in this scope
    4 |     auto tmp1 = no_such_function(tmp0);
      |                 ^~~~
/tmp/ab/cabc.main.cpp:9:1: error: expected '}'
"""


def refused(worker: Worker, start: dict) -> None:
    """The C++ compiler does not take a kernel."""
    trace(worker, start["request"], done=False)
    worker.record({"inductor_output_code": {"filename": "/tmp/c.py"}, **WHERE}, CODE)
    worker.record({"artifact": {"name": "dynamo_error", "encoding": "string"}, **WHERE}, REFUSED)
    worker.event("failed", message="The C++ compiler could not build a generated kernel", exit_code=1)


def imported(worker: Worker, start: dict) -> None:
    """Something was compiled as the target's file was imported; of the target itself nothing is."""
    trace(worker, start["request"], done=False)
    worker.artifact("inspector_target", {"name": "toy", "graphs": 0})
    worker.artifact("inspector_note", {"kind": "warning", "message": "Dynamo found nothing to compile in toy."})
    worker.artifact("inspector_done", {"seconds": 0.5})
    worker.event("compiled", seconds=0.5)
    worker.request()


def nothing(worker: Worker, start: dict) -> None:
    """A good end, but Dynamo had nothing to do."""
    worker.artifact("inspector_request", start["request"])
    worker.artifact("inspector_note", {"kind": "warning", "message": "Dynamo found nothing to compile in toy."})
    worker.artifact("inspector_done", {"seconds": 0.1})
    worker.event("compiled", seconds=0.1, cache="kept", can_reshape=False)
    worker.request()


def early(worker: Worker, start: dict) -> None:
    """Fails once the source is known, before there is a graph."""
    worker.artifact("inspector_source", {"name": "toy.py", "path": "toy.py", "text": "def toy(): ...", "focus": 1})
    worker.event("failed", message="shapes do not fit", exit_code=1)


def silent(worker: Worker, start: dict) -> None:
    idle()


def standstill(worker: Worker, start: dict) -> None:
    worker.beat()
    worker.event("progress", phase="compiling")
    idle()


def leave(worker: Worker, start: dict) -> None:
    worker.event("progress", phase="compiling")
    print("gone", file=sys.stderr)
    sys.exit(7)


def no_memory(worker: Worker, start: dict) -> None:
    worker.event("failed", message="DefaultCPUAllocator: can't allocate memory: you tried 4 TB", exit_code=1)


def babble(worker: Worker, start: dict) -> None:
    os.write(worker.events, b"this is no event\n")
    finish(worker, start)


def unstoppable(worker: Worker, start: dict) -> None:
    """Does not listen to Shutdown."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    trace(worker, start["request"], done=True)
    worker.event("compiled", seconds=0.5)
    idle()


SCENARIOS = {
    "finish": finish,
    "segfault": die(signal.SIGSEGV),
    "abort": die(signal.SIGABRT),
    "bad_alloc": die(signal.SIGABRT, words="terminate called after throwing an instance of 'std::bad_alloc'"),
    "kill": die(signal.SIGKILL),
    "kill_big": die(signal.SIGKILL, rss=1 << 60),
    "term": die(signal.SIGTERM),
    "children": children,
    "fail": fail,
    "nothing": nothing,
    "refused": refused,
    "imported": imported,
    "early": early,
    "silent": silent,
    "standstill": standstill,
    "leave": leave,
    "no_memory": no_memory,
    "babble": babble,
    "unstoppable": unstoppable,
}


def main() -> None:
    scenario, _, requests, _, events = sys.argv[1:]
    worker = Worker(int(requests), int(events))
    worker.event("hello", pid=os.getpid(), version=2 if scenario == "old" else 1)
    worker.event("progress", phase="importing torch")
    start = worker.request()
    if scenario == "old":
        idle()
    SCENARIOS[scenario](worker, start)


if __name__ == "__main__":
    main()
