"""What the study measures: generations, calls of changing shape, layers, cures; and what one run is asked for.

The experiments follow "Studying the Overhead of torch.compile() in Large Language Model Inference", called "the paper"
throughout. All times are seconds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Experiment(StrEnum):
    """What one process is started for."""

    SPOT = "spot"
    """One prefill and its decoding, from a cold start: the paper's Table 1 and Figures 8 to 10."""
    SHAPES = "shapes"
    """Prompts of changing length, one after the other: its section 5.4 and Figure 11."""
    LAYERS = "layers"
    """Whole-model against regional compilation, and what the kernels of equal layers share: its open question."""
    CURES = "cures"
    """From the start of a process to the first result, by what was prepared before."""
    ESTIMATE = "estimate"
    """No measurement: the memory that others will need, and the environment they will run in."""


class Mode(StrEnum):
    """What is compiled of a generation, in the words of the paper's Table 1."""

    EAGER = "eager"
    DECODE = "decode"
    PREFILL_DECODE = "prefill+decode"


class Dynamic(StrEnum):
    """How changing shapes are compiled: torch.compile's `dynamic`, or the length marked by hand."""

    EAGER = "eager"
    NONE = "none"
    TRUE = "true"
    FALSE = "false"
    MARK = "mark"
    """`torch._dynamo.mark_dynamic` on the prompt's length, `dynamic` left alone."""


class Way(StrEnum):
    """How a model of equal layers is compiled."""

    EAGER = "eager"
    WHOLE = "whole"
    """`torch.compile(model)`."""
    NESTED = "nested"
    """The same with each layer a `torch.compiler.nested_compile_region`."""
    ISOLATED = "isolated"
    """`torch.compile(layer.forward, isolate_recompiles=True)` for each layer."""
    LAYER = "layer"
    """`layer.compile()` for each layer, as most programs have it."""
    UNSPEC = "unspec"
    """The same with `allow_unspec_int_on_nn_module`, which torch advises where it recompiles on a layer's index."""
    TENSOR = "tensor"
    """The same with a layer's index as a tensor, which is its other advice."""
    LIMIT = "limit"
    """The same with `recompile_limit` raised to the number of layers."""
    SHARED = "shared"
    """The same with each layer handed its own piece of the cache, so that no index is left to tell layers apart."""


class Cure(StrEnum):
    """What a fresh process finds prepared."""

    EAGER = "eager"
    COLD = "cold"
    """Nothing: torch.compile in fresh folders."""
    MEGA = "mega-cache"
    """The bytes of `torch.compiler.save_cache_artifacts()`."""
    COPIED = "copied"
    """Inductor's cache folder and its precompiled header."""
    PACK = "pack"
    """The pack that `inspector pack` writes."""


@dataclass(frozen=True)
class StudyRequest:
    """One run: one fresh process. The same request on the same machine is the same run."""

    experiment: Experiment
    model: str = "llama-tiny"
    """`llama-tiny`, `llama-small`, `llama-1b`, or what `--model` takes; of the cures a gallery target."""
    dtype: str = "f32"
    variant: str = "eager"
    """A `Mode`, `Dynamic`, `Way` or `Cure`."""
    batch: int = 1
    prompt: int = 32
    tokens: int = 50
    """Tokens decoded after the one that the prefill gives."""
    prompts: tuple[int, ...] = ()
    """`shapes`: the lengths in turn."""
    lengths: tuple[int, ...] = ()
    """`shapes`: tokens to generate after each prompt, in turn."""
    backend: str = "inductor"
    compile_mode: str | None = None
    """torch.compile's `mode`."""
    threads: int | None = None
    seed: int = 0
    repeat: int = 0
    """Which of several equal runs this is, from 0."""
    memory: bool = True
    """Refuse what would not fit, before anything is built."""

    def key(self, machine: str) -> str:
        """What tells runs apart, for resuming: the request and the machine, `Environment` in one word."""
        text = json.dumps([asdict(self), machine], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Generation:
    """One prefill and its decoding, as stamps of one clock."""

    mode: str
    """A `Mode`."""
    batch: int
    start_prefill: float
    end_prefill: float
    """The first token is there."""
    stamps: tuple[float, ...]
    """When each decoded token was there: the second token of the answer, the third…"""
    started: float | None = None
    """When the process was started, on the same clock; None where nobody recorded it."""
    prompt: int | None = None
    """Tokens of the prompt; None where nobody recorded it."""
    graphs: tuple[int, int] | None = None
    """Graphs compiled during the prefill, and during the decoding."""
    step_bytes: int | None = None
    """Bytes of weights and of the key-value cache that one decoding step has to read at least."""

    @property
    def prefill(self) -> float:
        """Seconds from the prompt to the first token, compilation included where the prefill is compiled."""
        return self.end_prefill - self.start_prefill

    @property
    def first(self) -> float:
        """Seconds of the first decoding step, compilation included where decoding is compiled."""
        return self.stamps[0] - self.end_prefill

    @property
    def rest(self) -> float:
        """Seconds of all further decoding steps."""
        return self.stamps[-1] - self.stamps[0]

    @property
    def total(self) -> float:
        """Seconds from the prompt to the last token."""
        return self.stamps[-1] - self.start_prefill

    @property
    def per_token_published(self) -> float:
        """As the paper has it: `rest` over the number of stamps, though there is one interval fewer."""
        return self.rest / len(self.stamps)

    @property
    def intervals(self) -> tuple[float, ...]:
        """Seconds of each further decoding step."""
        return tuple(after - before for before, after in zip(self.stamps, self.stamps[1:], strict=False))


@dataclass(frozen=True)
class ShapeCall:
    """One prompt of a sequence of prompts, and the tokens generated after it."""

    prompt: int
    tokens: int
    seconds: float
    graphs: tuple[int, int] | None = None
    """Graphs compiled for the prompt, and for its tokens; None where nobody counted."""
    reasons: tuple[str, ...] = ()
    """Why something was recompiled, in torch's words."""
    breaks: tuple[str, ...] = ()
    """Why a graph was broken, from the structured trace."""


@dataclass(frozen=True)
class Shapes:
    """Prompts of changing length in one process, in the order in which they came."""

    dynamic: str
    """A `Dynamic`."""
    calls: tuple[ShapeCall, ...]


@dataclass(frozen=True)
class Layers:
    """A model of equal layers, compiled in one way."""

    way: str
    """A `Way`."""
    layers: int
    first: float
    """Seconds of the first call."""
    next: float
    """Seconds of a later call, the median of several."""
    calls: int = 0
    """Calls of fused kernels in the generated code."""
    definitions: int = 0
    """Kernels that are defined there."""
    bodies: int = 0
    """Distinct ones among them, names and numbers aside."""
    compiled_layers: int = 0
    """Layers that run compiled code."""
    reasons: tuple[str, ...] = ()
    graphs: int = 0

    @property
    def eager_layers(self) -> int:
        """Layers that were left eager without a word, although compiling them was asked for."""
        return self.layers - self.compiled_layers if self.way != Way.EAGER else 0


@dataclass(frozen=True)
class CureRun:
    """From the start of a process to its first result."""

    target: str
    cure: str
    """A `Cure`."""
    seconds: float
    """From the process's start to the first result."""
    imports: float = 0.0
    """Of that, until torch was there."""
    size: int = 0
    """Bytes of what had been prepared."""
    difference: float = 0.0
    """Largest absolute difference of the result from eager's."""


Result = Generation | Shapes | Layers | CureRun


@dataclass(frozen=True)
class StudyRun:
    """A finished run: what was asked, what came of it, and where."""

    request: StudyRequest
    result: Result
    environment: Mapping[str, Any] = field(default_factory=dict, hash=False)
    source: str = ""
    """The file that it was read from."""
    key: str = ""
