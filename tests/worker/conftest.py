"""Captures that several tests look at, each made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from captured_once import captured_once, first
from worker_driver import Finished, Worker

from inspector import protocol
from inspector.model.request import CaptureRequest

MODULES = '''
import torch
from torch import nn


class Gate(nn.Module):
    """Two chained additions over several lines: the places that Python's carets get wrong."""

    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(16, 16)

    def forward(self, x):
        return (torch.relu(self.lin(x))
                + x.sin()
                + x.cos()).sum(-1)


def gate():
    return Gate(), (torch.ones(4, 16),), {}


def pointwise(x):
    return torch.nn.functional.silu(x) * x.sin()


def broken(x):
    y = x * 2
    print("a side effect")
    if y.sum() > 0:
        return y.exp()
    return y.sin()


def mistaken(x):
    return x @ torch.ones(3, 3)
'''


@pytest.fixture(scope="session")
def modules(run_folder: Path) -> Path:
    """A user's file with small targets."""
    file = run_folder / "modules" / "modules.py"
    with first(file.parent) as it_is:
        if it_is:
            file.write_text(MODULES)
    return file


@pytest.fixture(scope="session")
def inference(modules: Path, run_folder: Path) -> Finished:
    """A capture of `gate`, inference."""
    return captured_once(CaptureRequest(target=f"{modules}:gate"), run_folder / "inference")


@pytest.fixture(scope="session")
def training(modules: Path, run_folder: Path) -> Finished:
    """A capture of `gate`, forward and backward."""
    return captured_once(CaptureRequest(target=f"{modules}:gate", train=True), run_folder / "training")


@pytest.fixture(scope="module")
def live(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """A worker that has captured `pointwise` and waits for requests."""
    worker = Worker(tmp_path_factory.mktemp("live"))
    worker.start(CaptureRequest(target=f"{modules}:pointwise", inputs=("x=f32[batch,seq,16]",), batch=2, seq=8))
    worker.wait_for(protocol.Compiled)
    yield worker
    worker.close()
    worker.kill()
