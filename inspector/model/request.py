"""What a person asked to have compiled."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import StrEnum


class CacheMode(StrEnum):
    """Which of a machine's answers a capture may reuse; code generation is never skipped by `kept`."""

    KEPT = "kept"
    """What never changes on a machine (vector-ISA probes, the precompiled header) is kept by inspector."""
    COLD = "cold"
    """A true cold start: a new process with fresh temporary folder and caches."""
    WARM = "warm"
    """torch's own caches, as a second run of the user's own program would find them."""


READ_BY_DYNAMO = ("freezing",)
"""Inductor's settings that Dynamo itself reads, when it makes the graph. torch.compile's `options` are in force only
once Inductor has the graph, and do nothing for these: they are set in `torch._inductor.config`."""

DEFAULT_TORCH_LOGS = ("graph_breaks", "recompiles", "fusion", "perf_hints")
"""TORCH_LOGS artifacts that help a reader and cost little."""


_VALUES = ("model", "submodule", "batch", "seq", "dtype", "device", "mode", "threads", "seed", "timeout")
"""Fields that are an option with a value of the same name."""


@dataclass(frozen=True)
class CaptureRequest:
    """One capture: the target, its inputs, and how to compile it.

    Every field has the command-line option's name; None means "the target's own default".
    """

    target: str | None = None
    """A gallery name, `path/to/file.py:name` or `package.module:name`; None with `model`."""
    model: str | None = None
    """A transformers configuration: a model type (`llama`), a config.json, or a local checkpoint folder."""
    submodule: str | None = None
    """Dotted path inside the model (`model.layers.0.mlp`); None compiles the whole model."""
    inputs: tuple[str, ...] = ()
    """`x=f32[1,8,2048]`, one for each argument that cannot be inferred."""
    batch: int | None = None
    seq: int | None = None
    dtype: str | None = None
    """`f32`, `bf16`, `f16`, `f64` or torch's own name for it."""
    device: str = "cpu"
    dynamic: bool | None = None
    """torch.compile's `dynamic`: None lets torch decide on the second shape."""
    mode: str | None = None
    fullgraph: bool = False
    train: bool = False
    threads: int | None = None
    inductor: tuple[tuple[str, str], ...] = ()
    """Inductor config, `("max_autotune", "True")`; values are read as Python literals."""
    seed: int = 0
    cache: CacheMode = CacheMode.KEPT
    torch_logs: tuple[str, ...] = DEFAULT_TORCH_LOGS
    timeout: float | None = None
    """Seconds without a sign of life or progress after which the worker counts as hung; None for the defaults."""
    passes: bool = False
    """Whether to record Inductor's graph after every pass that changed it, which costs."""

    @property
    def title(self) -> str:
        """What to call this capture in one line."""
        if self.model is None:
            return self.target or "?"
        return f"{self.model} · {self.submodule}" if self.submodule else self.model

    def arguments(self) -> list[str]:
        """The command line's arguments that make this request, without what is the default anyway."""
        words = [self.target] if self.target is not None else []
        default = type(self)()
        for name in _VALUES:
            value = getattr(self, name)
            if value is not None and value != getattr(default, name):
                words += [f"--{name}", str(value)]
        for item in self.inputs:
            words += ["--input", item]
        for key, value in self.inductor:
            words += ["--inductor", f"{key}={value}"]
        if self.dynamic is not None:
            words.append("--dynamic" if self.dynamic else "--static")
        words += [f"--{name}" for name in ("fullgraph", "train", "passes") if getattr(self, name)]
        if self.cache is not CacheMode.KEPT:
            words.append(f"--{self.cache.value}")
        if self.torch_logs != DEFAULT_TORCH_LOGS:
            words += ["--torch-logs", ",".join(self.torch_logs)]
        return words


def python_value(text: str) -> str:
    """A setting's value as Python has it: what reads as a literal is one, anything else is a string."""
    try:
        return repr(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return repr(text)
