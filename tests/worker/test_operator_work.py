"""What operators are said to move and calculate, against what they are seen to: changing each element, and formulae."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils import _pytree as pytree

from inspector.model.profile import Work
from inspector.worker.profiling.marks import touched
from inspector.worker.profiling.work import Account, Counting, count

ops = torch.ops.aten
X, Y = torch.arange(1.0, 25.0).reshape(4, 6), torch.arange(2.0, 26.0).reshape(4, 6)
ROW = torch.arange(1.0, 7.0)
TABLE = torch.arange(1.0, 41.0).reshape(10, 4)
Call = Callable[..., Any]


def at(*places: int) -> Tensor:
    return torch.tensor(places)


def counted(call: Call, *given: Any) -> Account:
    account = Account()
    with torch.no_grad(), Counting(account):
        call(*given)
    return account


def whole(account: Account) -> Work:
    """Of all operators together."""
    found = account.by_name().values()
    flops = [item.flops for item in found]
    known = None if None in flops else sum(item for item in flops if item is not None)
    return Work(sum(item.read for item in found), sum(item.written for item in found), known)


def copies(given: tuple[Any, ...]) -> list[Any]:
    return [item.clone() for item in given]


def influence(call: Call, given: tuple[Tensor, ...]) -> int:
    """Bytes of the floating-point arguments that the result depends on, found by changing one element after the other;
    arguments of integers and masks count whole."""

    def outcome(values: list[Tensor]) -> list[Tensor]:
        return [item.clone() for item in pytree.tree_leaves(call(*values)) if isinstance(item, Tensor)]

    before = outcome(copies(given))
    found = 0
    for place, item in enumerate(given):
        if not item.is_floating_point():
            found += item.nbytes
            continue
        for element in range(item.numel()):
            values = copies(given)
            values[place].view(-1)[element] = 1000.0 + element
            same = all(torch.equal(one, other) for one, other in zip(before, outcome(values), strict=True))
            found += 0 if same else item.element_size()
    return found


def changed(call: Call, given: tuple[Tensor, ...]) -> int:
    """Bytes of the first argument that a call writes: where two fillings of it become something else."""
    places = torch.zeros(given[0].numel(), dtype=torch.bool)
    for filling in (-77.0, 55.0):
        values = copies(given)
        values[0].fill_(filling)
        call(*values)
        places |= values[0].view(-1) != filling
    return int(places.sum()) * given[0].element_size()


RETURNS: dict[str, tuple[Call, tuple[Tensor, ...]]] = {
    "add": (torch.add, (X, Y)),
    "sin": (torch.sin, (X,)),
    "broadcast": (torch.mul, (X, ROW)),
    "expanded": (lambda x, row: x * row.expand(4, 6), (X, ROW)),
    "part of a tensor": (lambda x: x[:, :2].sin(), (X,)),
    "one row": (lambda x: x[2].sin(), (X,)),
    "overlapping windows": (lambda row: row.unfold(0, 3, 1).sin(), (ROW,)),
    "cat of views": (lambda x, y: torch.cat([x[:2], y[2:]]), (X, Y)),
    "sum": (lambda x: x.sum(1), (X,)),
    "mean": (torch.mean, (X,)),
    "embedding": (lambda table, rows: F.embedding(rows, table), (TABLE, at(1, 7))),
    "embedding of the same row": (lambda table, rows: F.embedding(rows, table), (TABLE, at(3, 3, 3))),
    "embedding bag": (lambda t, rows, o: ops._embedding_bag.default(t, rows, o)[0], (TABLE, at(1, 2, 1), at(0, 2))),
    "index_select": (lambda x, i: x.index_select(1, i), (X, at(0, 5))),
    "gather": (lambda x, i: x.gather(1, i), (X, at(0, 1, 2, 3).view(4, 1))),
    "take": (torch.take, (X, at(3, 9))),
    "index": (lambda x, i: x[i], (X, at(0, 2))),
    "masked_select": (torch.masked_select, (X, X > 20)),
    "clone": (torch.clone, (X,)),
    "mm": (lambda x, y: x @ y.t(), (X, Y)),
    "addmm with beta 0": (lambda b, x, y: torch.addmm(b, x, y.t(), beta=0), (torch.ones(4), X, Y)),
    "addmm": (lambda b, x, y: torch.addmm(b, x, y.t()), (torch.ones(4), X, Y)),
    "layer_norm": (lambda x, w: ops.native_layer_norm.default(x, [6], w, None, 1e-5)[0], (X, ROW)),
}  # fmt: skip


@pytest.mark.parametrize("name", RETURNS)
def test_an_operator_reads_what_its_result_depends_on(name: str) -> None:
    call, given = RETURNS[name]
    assert whole(counted(call, *copies(given))).read == influence(call, given)


IN_PLACE: dict[str, tuple[Call, tuple[Tensor, ...]]] = {
    "copy_": (lambda x, y: x.copy_(y), (X, Y)),
    "copy_ into a view": (lambda x, y: x[1].copy_(y), (X, ROW)),
    "fill_": (lambda x: x.fill_(3.0), (X,)),
    "zero_ of a view": (lambda x: x[:, 1:3].zero_(), (X,)),
    "index_copy_": (lambda x, i, s: x.index_copy_(0, i, s), (X, at(2), Y[:1])),
    "index_add_": (lambda x, i, s: x.index_add_(0, i, s), (X, at(2, 0), Y[:2])),
    "index_fill_": (lambda x, i: x.index_fill_(1, i, 9), (X, at(1, 4))),
    "index_put_": (lambda x, i, v: x.index_put_([i], v), (X, at(1, 3), Y[:2])),
    "index_put_ of a column": (lambda x, i, v: ops.index_put_.default(x, [None, i], v), (X, at(1), Y[:, :1])),
    "index_put_ by a mask": (lambda x, m, v: ops.index_put_.default(x, [m], v), (X, Y > 20, torch.tensor(9.0))),
    "scatter_ of a value": (lambda x, i: x.scatter_(1, i, 9.0), (X, at(0, 1, 2, 3).view(2, 2))),
    "scatter_": (lambda x, i, s: x.scatter_(1, i, s), (X, at(0, 1, 2, 3).view(2, 2), Y[:2, :2])),
    "scatter_add_": (lambda x, i, s: x.scatter_add_(1, i, s), (X, at(0, 2).view(2, 1), Y[:2, :1])),
    "masked_fill_": (lambda x, m: x.masked_fill_(m, 9.0), (X, Y > 20)),
    "add_": (lambda x, y: x.add_(y), (X, Y)),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_PLACE)
def test_an_operator_that_works_in_place_writes_what_it_changes(name: str) -> None:
    call, given = IN_PLACE[name]
    assert whole(counted(call, *copies(given))).written == changed(call, given)


@pytest.mark.parametrize(
    ("call", "reads"),
    [
        (lambda x, y: x.copy_(y), Y.nbytes),
        (lambda x, y: x.fill_(1.0), 0),
        (lambda x, y: x.normal_(), 0),
        (lambda x, y: torch.sin(y, out=x), Y.nbytes),
        (lambda x, y: x.add_(y), X.nbytes + Y.nbytes),
        (lambda x, y: y * y, Y.nbytes),
        (lambda x, y: y @ y.t(), Y.nbytes),
    ],
)
def test_what_is_only_overwritten_is_not_read_and_one_memory_is_read_once(call: Call, reads: int) -> None:
    assert whole(counted(call, X.clone(), Y)).read == reads


@pytest.mark.parametrize(
    "look",
    [
        lambda x: x.view(24), lambda x: x.t(), lambda x: x[1], lambda x: x[:, 1:], lambda x: x.unsqueeze(0),
        lambda x: x.expand(2, 4, 6), lambda x: x.split(2), lambda x: x.unbind(0), lambda x: x.detach(),
        lambda x: x.diagonal(), lambda x: x.unfold(0, 2, 1), lambda x: ops._unsafe_view.default(x, [24]),
        lambda x: x.reshape(2, 12), lambda x: x.transpose_(0, 1), lambda x: x.unsqueeze_(0), lambda x: x.squeeze_(),
        lambda x: x.as_strided((2, 2), (1, 1)), torch.empty_like, lambda x: x.narrow(0, 1, 2),
    ],
)  # fmt: skip
def test_a_view_moves_nothing(look: Call) -> None:
    work = whole(counted(look, X.clone()))
    assert (work.read, work.written, work.flops) == (0, 0, 0)


M, K, N = 4, 6, 5
A, B = torch.ones(M, K), torch.ones(K, N)
BATCH = torch.ones(3, M, K), torch.ones(3, K, N)
IMAGE, FILTER = torch.ones(2, 4, 8, 8), torch.ones(6, 2, 3, 3)
PLACES = 2 * 6 * 6 * 6
HEADS = torch.ones(1, 4, 8, 16)


@pytest.mark.parametrize(
    ("call", "given", "flops"),
    [
        (torch.mm, (A, B), 2 * M * N * K),
        (torch._int_mm, (torch.ones(32, 16, dtype=torch.int8), torch.ones(16, 8, dtype=torch.int8)), 2 * 32 * 16 * 8),
        (torch.addmm, (torch.ones(N), A, B), 2 * M * N * K),
        (lambda c, a, b: c.addmm_(a, b), (torch.ones(M, N), A, B), 2 * M * N * K),
        (torch.bmm, BATCH, 3 * 2 * M * N * K),
        (lambda c, a, b: c.baddbmm_(a, b), (torch.ones(3, M, N), *BATCH), 3 * 2 * M * N * K),
        (torch.addbmm, (torch.ones(M, N), *BATCH), 3 * 2 * M * N * K),
        (torch.mv, (A, torch.ones(K)), 2 * M * K),
        (torch.dot, (torch.ones(K), torch.ones(K)), 2 * K),
        (lambda a, b: torch.einsum("bmk,bkn->bmn", a, b), BATCH, 3 * 2 * M * N * K),
        (F.linear, (A, B.t(), torch.ones(N)), 2 * M * N * K),
        (lambda x, w: F.conv2d(x, w, groups=2), (IMAGE, FILTER), 2 * PLACES * 2 * 9),
        (F.conv_transpose2d, (IMAGE, torch.ones(4, 6, 3, 3)), 2 * IMAGE.numel() * 6 * 9),
        (lambda x: F.scaled_dot_product_attention(x, x, x), (HEADS,), 2 * 2 * 4 * 8 * 8 * 16),
        (torch.sin, (A,), M * K),
        (torch.sum, (A,), M * K),
        (torch.mean, (A,), M * K),
        (lambda x: F.layer_norm(x, (K,)), (A,), M * K),
        (torch.clone, (A,), 0),
        (lambda x: torch.cat([x, x]), (A,), 0),
        (lambda x: x[at(0)], (A,), 0),
        (lambda x: x.argsort(), (A,), None),
        (torch.fft.fft, (A,), None),
        (lambda x: torch.linalg.solve(x, x), (torch.eye(3),), None),
        (lambda x: torch.cdist(x, x), (A,), None),
    ],
)
def test_operations_by_formula(call: Call, given: tuple[Tensor, ...], flops: int | None) -> None:
    assert whole(counted(call, *given)).flops == flops


@pytest.mark.parametrize(("groups", "bias"), [(1, True), (2, False)])
def test_a_convolutions_backward_pass(groups: int, bias: bool) -> None:
    weight = torch.ones(6, 4 // groups, 3, 3, requires_grad=True)
    source, shift = IMAGE.clone().requires_grad_(), torch.ones(6, requires_grad=True) if bias else None
    account = Account()
    with Counting(account):
        F.conv2d(source, weight, shift, groups=groups).sum().backward()
    forward = 2 * PLACES * (4 // groups) * 9
    assert account.by_name()["aten::convolution"].flops == forward
    assert account.by_name()["aten::convolution_backward"].flops == 2 * forward + (PLACES if bias else 0)


def test_an_operator_of_somebodys_is_not_known_rather_than_free() -> None:
    @torch.library.custom_op("work_test::twice", mutates_args=())
    def twice(x: Tensor) -> Tensor:
        return x * 2

    account = counted(twice, A)
    assert account.by_name()["work_test::twice"].flops is None
    least = account.least(A)
    assert least is not None
    assert least.flops is None


def test_of_a_row_of_which_not_every_call_was_counted_the_work_is_not_known() -> None:
    account = counted(lambda x, y: (x + y, x * y), X, Y)
    assert account.counted("aten::add", 1.0) is not None
    assert account.counted("aten::add", 3.0) is None, "something else calls it inside"
    assert account.counted("aten::sub", 1.0) is None


def test_an_operator_that_takes_functions_is_called_as_a_whole() -> None:
    from torch.nn.attention.flex_attention import flex_attention

    account, query = Account(), torch.ones(1, 1, 16, 16)
    with torch.no_grad():
        outputs = count(lambda: flex_attention(query, query, query) + 1, account)
    assert torch.allclose(outputs, query + 1)
    assert (account.wholes, account.failure) == ({"flex_attention"}, "")
    assert "aten::add" in account.by_name()
    least = account.least(outputs)
    assert least is not None
    assert least.flops is None


def test_what_cannot_run_while_it_is_watched_runs_unwatched_and_is_said_not_to_be_counted() -> None:
    from torch.utils._python_dispatch import _get_current_dispatch_mode

    def refuses() -> Tensor:
        found = A + 1
        if _get_current_dispatch_mode() is not None:
            raise RuntimeError("not under a mode")
        return found

    account = Account()
    assert torch.equal(count(refuses, account), A + 1)
    assert account.failure == "RuntimeError: not under a mode"
    assert account.by_name() == {}
    assert account.least(A) is None


def test_overlapping_windows_touch_each_place_once() -> None:
    assert touched(torch.arange(10.0).unfold(0, 4, 1)) == 10
    assert touched(torch.ones(1, 3).expand(5, 3)) == 3
    assert touched(torch.ones(2, 0)) == 0
    assert touched(X.t()) == X.numel()


@pytest.mark.parametrize(
    ("function", "read", "written"),
    [
        (lambda x, y: x + y, 512, 256),
        (lambda x, y: (x + y, x.view(-1), x.t()), 512, 256),
        (lambda x, y: x.div_(2), 256, 256),
        (lambda x, y: (x.div_(2), x.t(), x.sum()), 256, 260),
        (lambda x, y: (x.copy_(y), None)[1], 256, 256),
        (lambda x, y: (z := x + y, z.t(), z[0]), 512, 256),
        (lambda x, y: x, 0, 0),
    ],
)
def test_the_least_that_a_call_moves_counts_memory_once_and_views_not(function: Call, read: int, written: int) -> None:
    account = Account()
    x, y = torch.ones(8, 8), torch.ones(8, 8)
    least = account.least(count(lambda: function(x, y), account))
    assert least is not None
    assert (account.failure, least.read, least.written) == ("", read, written)
