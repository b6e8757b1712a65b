"""A really compiled module, priced: its parts add up, and expressions hold what the links say. Nothing of how long."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

import pytest
from worker_driver import Worker

from inspector import protocol
from inspector.live.profiling import ProfileFold
from inspector.model.capture import Capture
from inspector.model.price import Known, PartKind, Price
from inspector.model.profile import Ceiling, Ceilings
from inspector.model.request import CaptureRequest
from inspector.price import Joined, rows_by
from inspector.trace.builder import CaptureBuilder
from inspector.trace.parser import LogParser
from inspector.worker.profiling import ceilings

pytestmark = pytest.mark.compiles

MODULE = """
import torch
from torch import nn


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.Linear(64, 256)

    def forward(self, x):
        return torch.tanh(self.up(x)) / (1 + self.up(x).exp())


def small():
    return Small(), (torch.ones(512, 64),)
"""
EVEN = Ceiling(1e9, 0.9e9, 1.1e9, 9)


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Capture, Price]]:
    folder = tmp_path_factory.mktemp("pricing")
    (folder / "small.py").write_text(MODULE)
    known = ceilings._file()  # measuring the machine takes long where others use it
    known.parent.mkdir(parents=True, exist_ok=True)
    known.write_text(json.dumps(asdict(Ceilings(EVEN, EVEN, dict.fromkeys(ceilings.DTYPES, EVEN), busy=0.0))))
    worker = Worker(folder)
    worker.start(CaptureRequest(target=f"{folder / 'small.py'}:small"))
    worker.wait_for(protocol.Compiled)
    worker.send(protocol.RunProfile(1.0, times=False, price=True))
    answer = worker.wait_for(protocol.Profiled)
    worker.close()
    worker.kill()
    builder = CaptureBuilder()
    for log in sorted((folder / "trace").glob("*.log")):
        parser = LogParser(log.name)
        for record in (*parser.feed(log.read_bytes()), *parser.finish()):
            builder.feed(record)
    fold = ProfileFold()
    assert fold.take(answer)
    capture = fold.added_to(builder.snapshot(), builder.addresses)
    (price,) = capture.prices
    yield capture, price


def test_the_parts_add_up_to_the_clock(priced: tuple[Capture, Price]) -> None:
    capture, price = priced
    assert price.parts == pytest.approx(price.seconds)
    kinds = [site.part for site in price.sites]
    assert kinds.count(PartKind.OUTSIDE) == 1
    assert {site.name.partition(".")[2] for site in price.sites if site.part is PartKind.LIBRARY} <= {"addmm", "mm"}
    assert all(site.artifact == "0/0:inductor" for site in price.sites if site.line)
    joined = Joined(capture, price)
    for by in ("part", "kernel"):
        assert sum(row.own for row in rows_by(joined, by)) == pytest.approx(price.seconds)
    assert sum(atom.seconds for atom in joined.atoms) == pytest.approx(price.seconds)


def test_samples_have_lines_of_the_kernels_own_code(priced: tuple[Capture, Price]) -> None:
    _, price = priced
    if price.sampling.failure:  # where the system forbids it
        assert price.spots == ()
        return
    assert price.sampling.samples == sum(spot.samples for spot in price.spots), "each stands somewhere, once"
    kernels = {number for number, site in enumerate(price.sites) if site.part is PartKind.KERNEL}
    inside = [spot for spot in price.spots if spot.site in kernels and spot.address]
    assert all(spot.line for spot in inside), "every instruction of the listing is one of its lines"


def test_expressions_hold_their_products_and_their_share(priced: tuple[Capture, Price]) -> None:
    capture, price = priced
    rows = {row.label: row for row in rows_by(Joined(capture, price), "expression")}
    whole = rows["torch.tanh(self.up(x)) / (1 + self.up(x).exp())"]
    products = [row for label, row in rows.items() if label == "self.up(x)"]
    assert products and all(row.known is Known.CLOCKED for row in products)
    assert whole.known is Known.CLOCKED
    assert whole.seconds >= sum(row.seconds for row in products)
    assert "torch.tanh(self.up(x))" in rows and "self.up(x).exp()" in rows
    assert rows_by(Joined(capture, price), "module")


def test_eagers_operators_have_the_same_expressions(priced: tuple[Capture, Price]) -> None:
    capture, price = priced
    eager = price.eager
    assert eager is not None
    assert {"aten::tanh", "aten::exp", "aten::div"} <= {item.name for item in eager.operators}
    rows = {row.label: row for row in rows_by(Joined(capture, price), "expression")}
    whole = rows["torch.tanh(self.up(x)) / (1 + self.up(x).exp())"]
    assert whole.eager == pytest.approx(eager.clocked)
    assert {item.module for item in eager.operators} == {"", "up"}


def test_the_work_of_each_site_is_counted(priced: tuple[Capture, Price]) -> None:
    _, price = priced
    products = [site for site in price.sites if site.part is PartKind.LIBRARY]
    assert {site.work.flops for site in products if site.work is not None} == {2 * 512 * 64 * 256}
    (kernel,) = (site for site in price.sites if site.part is PartKind.KERNEL)
    assert kernel.work is not None and kernel.work.written == 512 * 256 * 4
