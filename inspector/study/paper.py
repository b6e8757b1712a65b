"""The paper's raw results, as its authors published them: a folder of JSON files.

`MODE_TOKENSt_BATCHp_NAME.json` is one generation: `experiment_config` and `results` with the stamps of one clock.
`eager.json`, `compile_dynamic.json` and `compile_non_dynamic.json` are `{prompt length: {tokens: seconds}}`.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inspector.errors import UsageError
from inspector.model.study import Dynamic, Experiment, Generation, Mode, ShapeCall, Shapes, StudyRequest, StudyRun
from inspector.regular import read_regular

ENVIRONMENT: Mapping[str, Any] = {"machine": "the paper", "model": "Llama-3.2-1B", "dtype": "f32"}

_SHAPES = {
    "eager.json": Dynamic.EAGER,
    "compile_dynamic.json": Dynamic.TRUE,
    "compile_non_dynamic.json": Dynamic.NONE,
}
"""The second is `dynamic=True`; the third leaves `dynamic` alone, which is None."""

_LARGEST = 64 * 1024 * 1024
"""Bytes; the longest of the paper's files has a quarter of a million."""


def is_generation(data: Any) -> bool:
    """Whether parsed JSON is one of the generation files."""
    return isinstance(data, dict) and {"experiment_config", "results"} <= data.keys()


def is_shapes(path: Path, data: Any) -> bool:
    """Whether parsed JSON is one of the files of changing lengths."""
    return path.name in _SHAPES and isinstance(data, dict) and not is_generation(data)


def read_file(path: Path) -> StudyRun | None:
    """One of the paper's files; None where the JSON is something else.

    Raises:
        UsageError: it cannot be read, is no JSON, or is one of the paper's files with something wrong in it.
    """
    try:
        data = json.loads(read_regular(path, _LARGEST))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no JSON: {error}.", "It may be cut short; copy it again.") from error
    try:
        if is_generation(data):
            return _generation(path, data)
        if is_shapes(path, data):
            return _shapes(path, data)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise UsageError(f"{path} is not as the paper's files are: {type(error).__name__}: {error}.") from error
    return None


def _generation(path: Path, data: Mapping[str, Any]) -> StudyRun:
    config, results = data["experiment_config"], data["results"]
    compiled = config["compile_fn"] != "eager"
    mode = (Mode.PREFILL_DECODE if config["compile_for_prefill"] else Mode.DECODE) if compiled else Mode.EAGER
    batch = _positive(config["num_prompts"])
    run = Generation(
        mode.value,
        batch,
        _second(results["start_prefill"]),
        _second(results["end_prefill"]),
        tuple(_second(stamp) for stamp in results["time_list"]),
    )
    if len(run.stamps) < 2:
        raise ValueError("fewer than two tokens were decoded")
    clock = (run.start_prefill, run.end_prefill, *run.stamps)
    if any(after < before for before, after in itertools.pairwise(clock)):
        raise ValueError("its stamps do not ascend")
    request = StudyRequest(Experiment.SPOT, "llama-1b", "f32", mode.value, batch, tokens=len(run.stamps))
    return StudyRun(request, run, ENVIRONMENT, str(path))


def _shapes(path: Path, data: Mapping[str, Any]) -> StudyRun:
    calls = tuple(
        ShapeCall(_positive(int(prompt)), _positive(int(tokens)), _second(seconds))
        for prompt, row in data.items()
        for tokens, seconds in row.items()
    )
    if not calls:
        raise ValueError("it holds no measurement")
    dynamic = _SHAPES[path.name]
    prompts = tuple(dict.fromkeys(call.prompt for call in calls))
    lengths = tuple(dict.fromkeys(call.tokens for call in calls))
    request = StudyRequest(
        Experiment.SHAPES, "llama-1b", "f32", dynamic.value, prompts=prompts, lengths=lengths, prompt=prompts[0]
    )
    return StudyRun(request, Shapes(dynamic.value, calls), ENVIRONMENT, str(path))


def _second(value: Any) -> float:
    number = float(value)
    if isinstance(value, bool | str) or not math.isfinite(number) or number < 0:
        raise ValueError(f"{value!r} is no time")
    return number


def _positive(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{value!r} is no whole number from 1")
    return value
