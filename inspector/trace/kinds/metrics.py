"""Records about the compile itself: metrics, failures, phases, versions."""

from __future__ import annotations

import json

from inspector.model.artifact import Language
from inspector.model.capture import Frame
from inspector.model.eager import LIMIT
from inspector.trace.failures import keep_failure, read_metrics_failures
from inspector.trace.registry import Incoming, record_kind


@record_kind("compilation_metrics")
def _metrics(item: Incoming) -> None:
    if item.draft is None:
        _keep_whole(item)
        return
    compiling = item.compiling
    details = item.details
    compiling.metrics.update(details)
    file, name, line = (details.get(key) for key in ("co_filename", "co_name", "co_firstlineno"))
    if isinstance(file, str) and isinstance(name, str) and type(line) is int:
        # Older logs leave the compiled frame out of `dynamo_start`; here it always is.
        compiling.function, compiling.place, compiling.view.function_file = name, Frame(file, line, name), file
    for failure in read_metrics_failures(compiling.compile_id, details):
        keep_failure(item.state.failures, failure)
        item.state.version += 1
        if not failure.restarted:
            compiling.error = f"{failure.kind}: {failure.reason}" if failure.reason else failure.kind
            # With `fail_on_recompile_limit_hit` the program stops instead, with words of its own.
            compiling.refused = LIMIT.search(failure.reason) is not None
    compiling.finished = True
    compiling.version += 1


@record_kind("bwd_compilation_metrics", "compilation_metrics_runtime", "bwd_compilation_metrics_runtime")
def _more_metrics(item: Incoming) -> None:
    if item.draft is None:
        _keep_whole(item)
        return
    names = {"bwd_compilation_metrics": "backward", "compilation_metrics_runtime": "runtime"}
    compiling = item.compiling
    compiling.metrics[names.get(item.kind, "backward_runtime")] = item.details
    compiling.version += 1


def _keep_whole(item: Incoming) -> None:
    """Metrics that name no compile id are kept as a text: whose they are, is not known."""
    item.state.keep_other(None, item.kind, json.dumps(item.details, indent=2) + "\n", Language.JSON)


@record_kind("chromium_event")
def _event(item: Incoming) -> None:
    event = item.data
    compile_id = item.draft.compile_id if item.draft else None
    args = event.get("args")
    named = args.get("compile_id") if isinstance(args, dict) else None
    if compile_id is None and isinstance(named, str) and named not in ("", "None"):
        compile_id = item.state.qualified(named, item.record)
    record = item.record
    log = item.state.prefixes.of(record.file, record.metadata.get("rank"), record.pid).rstrip("/")
    item.state.phases.add(event, compile_id, log)


@record_kind("artifact:torch_version")
def _version(item: Incoming) -> None:
    version = item.data.get("pytorch_version")
    if isinstance(version, str):
        item.state.environment.setdefault("torch", version)
        item.state.version += 1


@record_kind("artifact:inspector_ended")
def _ended(item: Incoming) -> None:
    """How a process ended: a folder holds several."""
    item.state.environment["ended"] = [*item.state.environment.get("ended", ()), dict(item.data)]
    if error := item.data.get("error"):
        item.state.note("warning", f"The program ended with {error}")
    item.state.version += 1


@record_kind("artifact:inspector_environment")
def _environment(item: Incoming) -> None:
    item.state.environment.update(item.data)
    item.state.version += 1
