"""Compiled nodes and eager's operators know a module by one name."""

from __future__ import annotations

from types import SimpleNamespace

from torch import nn

from inspector.worker.capture import TargetCapture


class Tied(nn.Module):
    """One module under two names, with a child."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.ReLU())
        self.second = self.first


def test_a_module_with_two_names_has_the_first() -> None:
    paths = {"0/0": {"relu": "L['self'].first.0", "relu_1": "L['self'].second.0", "relu_2": "G['other']"}}
    held = SimpleNamespace(_backend=SimpleNamespace(module_paths=paths), built=SimpleNamespace(call=Tied()))
    assert TargetCapture.module_paths.fget(held) == {
        "0/0": {"relu": "L['self'].first.0", "relu_1": "L['self'].first.0", "relu_2": "G['other']"}
    }
