"""The small modules on which statement links are tested and measured: each shape of loop that Inductor writes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from unittest import mock

import torch
import torch._dynamo
import torch._functorch.config as functorch_config
import torch._inductor.config as inductor_config
from torch import Tensor, nn
from torch._functorch import aot_autograd
from torch._inductor.async_compile import AsyncCompile
from torch._inductor.graph import GraphLowering
from torch.nn import functional as F


@dataclass(frozen=True)
class Case:
    """Something to compile, and how to call it."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    dynamic: bool | None = None
    train: bool = False
    config: tuple[tuple[str, Any], ...] = ()

    def run(self, compiled: Callable[..., Any]) -> None:
        """Call it; a training step goes backward too."""
        if self.train:
            compiled(*self.args).backward()
        else:
            with torch.no_grad():
                compiled(*self.args)


def _config(**options: Any) -> Any:
    from transformers import LlamaConfig

    return LlamaConfig(
        hidden_size=64,
        intermediate_size=128,
        num_attention_heads=4,
        num_key_value_heads=2,
        num_hidden_layers=1,
        vocab_size=100,
        **options,
    )


def llama_mlp() -> Case:
    from transformers.models.llama.modeling_llama import LlamaMLP

    return Case(LlamaMLP(_config()), (torch.randn(4, 16, 64),))


def rms_norm() -> Case:
    from transformers.models.llama.modeling_llama import LlamaRMSNorm

    return Case(LlamaRMSNorm(64), (torch.randn(4, 16, 64),))


def _decoder(attention: str) -> Case:
    from transformers.models.llama.modeling_llama import LlamaDecoderLayer, LlamaRotaryEmbedding

    config = _config()
    config._attn_implementation = attention
    layer, rotary = LlamaDecoderLayer(config, 0), LlamaRotaryEmbedding(config)
    mask = torch.full((16, 16), float("-inf")).triu(1)[None, None]

    def decoder(x: Tensor, positions: Tensor) -> Tensor:
        return layer(x, attention_mask=mask, position_ids=positions, position_embeddings=rotary(x, positions))

    return Case(decoder, (torch.randn(2, 16, 64), torch.arange(16)[None]))


def decoder_eager() -> Case:
    return _decoder("eager")


def decoder_sdpa() -> Case:
    return _decoder("sdpa")


def softmax() -> Case:
    return Case(lambda x: torch.softmax(x * 0.5, -1), (torch.randn(8, 100),))


def layer_norm() -> Case:
    return Case(nn.LayerNorm(96), (torch.randn(8, 96),))


def _gpt2() -> Any:
    from transformers import GPT2Config

    return GPT2Config(n_embd=64, n_head=4, n_layer=1, n_positions=32, vocab_size=100, attn_implementation="eager")


def gpt2_mlp() -> Case:
    from transformers.models.gpt2.modeling_gpt2 import GPT2MLP

    return Case(GPT2MLP(128, _gpt2()).eval(), (torch.randn(2, 16, 64),))


def gpt2_block() -> Case:
    from transformers.models.gpt2.modeling_gpt2 import GPT2Block

    return Case(GPT2Block(_gpt2()).eval(), (torch.randn(2, 16, 64),))


class _Moe(nn.Module):
    """Four experts, the two best for each token, all in one graph."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Linear(32, 4, bias=False)
        self.up = nn.Parameter(torch.randn(4, 32, 48))
        self.down = nn.Parameter(torch.randn(4, 48, 32))

    def forward(self, x: Tensor) -> Tensor:
        weights, chosen = torch.topk(torch.softmax(self.gate(x), -1), 2, -1)
        weights = weights / weights.sum(-1, keepdim=True)
        experts = torch.einsum("teh,ehd->ted", F.silu(torch.einsum("td,edh->teh", x, self.up)), self.down)
        picked = experts.gather(1, chosen[..., None].expand(-1, -1, x.shape[-1]))
        return x + (picked * weights[..., None]).sum(1)


def moe_block() -> Case:
    return Case(_Moe(), (torch.randn(16, 32),))


def reduction_epilogue() -> Case:
    def function(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        total = (x * y).sum(-1)
        return torch.sqrt(total.abs() + 1), (x - total[:, None]).amax(0)

    return Case(function, (torch.randn(24, 40), torch.randn(24, 40)))


def cat_index_embedding() -> Case:
    table = torch.randn(50, 32)

    def function(tokens: Tensor, x: Tensor, rows: Tensor) -> Tensor:
        joined = torch.cat([F.embedding(tokens, table), x.sin()], -1)
        return torch.where(joined[rows] > 0, joined[rows], joined[rows].exp())

    return Case(function, (torch.randint(0, 50, (20,)), torch.randn(20, 16), torch.tensor([3, -1, 5])))


def bf16() -> Case:
    def function(x: Tensor, w: Tensor) -> Tensor:
        return F.silu(x) * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + 1e-6).to(x.dtype) * w

    return Case(function, (torch.randn(8, 96, dtype=torch.bfloat16), torch.randn(96, dtype=torch.bfloat16)))


def dynamic_shapes() -> Case:
    return Case(lambda x: torch.softmax(F.gelu(x) + 1, -1).sum(0), (torch.randn(7, 33),), dynamic=True)


def odd_ones() -> Case:
    def function(x: Tensor, rows: Tensor) -> tuple[Tensor, ...]:
        added = torch.zeros(12, 24).index_add(0, rows, x)
        pooled = F.max_pool2d(F.pad(x[None, None], (1, 2, 0, 3), value=-1.0), 2)
        return x.argmax(-1), added, pooled, x.cumsum(-1), x.t().contiguous() + 1

    return Case(function, (torch.randn(12, 24), torch.randint(0, 12, (12,))))


def big_sums() -> Case:
    return Case(lambda x: (x.sum(), x.var(), (x * 2).mean(0), x.pow(2).sum(1)), (torch.randn(100, 5003),))


def random_numbers() -> Case:
    return Case(lambda x: (F.dropout(x, 0.3, training=True), torch.rand_like(x) + x), (torch.randn(16, 40),))


def gemm_template() -> Case:
    layer = nn.Linear(64, 96)
    options = (("max_autotune", True), ("max_autotune_gemm_backends", "CPP"), ("freezing", True))
    return Case(lambda x: F.gelu(layer(x)) * 2, (torch.randn(32, 64),), config=options)


def training_step() -> Case:
    body = nn.Sequential(nn.Linear(32, 64), nn.GELU(), nn.LayerNorm(64), nn.Linear(64, 8))

    def function(x: Tensor, labels: Tensor) -> Tensor:
        return F.cross_entropy(body(x), labels)

    return Case(function, (torch.randn(24, 32), torch.randint(0, 8, (24,))), train=True)


CASES: dict[str, Callable[[], Case]] = {
    make.__name__: make
    for make in (
        llama_mlp,
        rms_norm,
        decoder_eager,
        decoder_sdpa,
        softmax,
        layer_norm,
        gpt2_mlp,
        gpt2_block,
        moe_block,
        reduction_epilogue,
        cat_index_embedding,
        bf16,
        dynamic_shapes,
        odd_ones,
        big_sums,
        random_numbers,
        gemm_template,
        training_step,
    )
}


def _not_built(self: AsyncCompile, *args: object, **kwargs: object) -> Callable[..., None]:
    return lambda *arguments: None


def generated_code(case: Case, *, build: bool = False) -> list[str]:
    """Compile and call a case; the whole output code of each graph, in order, without addresses of this process.

    Args:
        build: whether C++ kernels are really built; without it they do nothing, and the result of the call is void.
    """
    torch._dynamo.reset()
    torch.manual_seed(0)
    aot_autograd.AOT_COUNTER = itertools.count()  # its number stands in the output code's first line
    codes: list[str] = []
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(GraphLowering, "save_output_code", staticmethod(codes.append)))
        stack.enter_context(inductor_config.patch({"fx_graph_cache": False, **dict(case.config)}))
        stack.enter_context(functorch_config.patch(enable_autograd_cache=False))
        if not build:
            stack.enter_context(mock.patch.object(AsyncCompile, "cpp_pybinding", _not_built))
        case.run(torch.compile(case.function, dynamic=case.dynamic))
    return [re.sub(r"(?m)^(\w+ = None  # device.*) [0-9a-f]+$", r"\1", code) for code in codes]
