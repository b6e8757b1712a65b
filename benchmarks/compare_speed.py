"""How long two texts of 10,000 lines take to align.

    python benchmarks/compare_speed.py [LINES]

Prints a Markdown table: graphs that differ in names alone, in a symbolic size, and in a few nodes; plain lists; and
the worst case, texts in which nothing is unique.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from inspector.compare.texts import compare_texts
from inspector.model.artifact import Language
from inspector.model.difference import Text

OPERATORS = ("add.Tensor", "mul.Tensor", "sub.Tensor", "div.Tensor")


def graph(count: int, *, name: str = "node", size: str = "8", without: range = range(0)) -> str:
    """A graph of `count` nodes, each made from the one before and one further up."""
    lines = ["class <lambda>(torch.nn.Module):", f'    def forward(self, arg0_1: "f32[{size}, 16]"):']
    made = ["arg0_1"]
    for number in range(count):
        if number not in without:
            operands = f"{made[-1]}, {made[-min(len(made), number % 5 + 1)]}"
            node = f"{name}_{number}"
            lines.append(f'        {node}: "f32[{size}, 16]" = torch.ops.aten.{OPERATORS[number * 7 % 4]}({operands})')
            made.append(node)
    return "\n".join((*lines, f"        return ({made[-1]},)")) + "\n"


def listing(count: int, period: int) -> str:
    return "".join(f"entry {number % period}\n" for number in range(count))


def cases(count: int) -> dict[str, tuple[Language, Callable[[], tuple[str, str]]]]:
    plain = graph(count)
    return {
        "graph, the same": (Language.FX, lambda: (plain, plain)),
        "graph, other names": (Language.FX, lambda: (plain, graph(count, name="other"))),
        "graph, a symbolic size": (Language.FX, lambda: (plain, graph(count, size="s0"))),
        "graph, three nodes gone": (
            Language.FX,
            lambda: (plain, graph(count, without=range(count // 2, count // 2 + 3))),
        ),
        "list, other repetition": (Language.TEXT, lambda: (listing(count, 97), listing(count, 89))),
        "list, one line repeated": (Language.TEXT, lambda: (listing(count, 1), listing(count - 500, 1))),
    }


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(f"| {count:,} lines | seconds | rows the same, renamed, changed, removed, added |\n|---|---|---|")
    for name, (language, make) in cases(count).items():
        a, b = (Text(side, language, text) for side, text in zip("ab", make(), strict=True))
        begun = time.perf_counter()
        difference = compare_texts(name, a, b).difference
        took = time.perf_counter() - begun
        counts = {change.value: number for change, number in difference.counts.items()}
        words = ", ".join(str(counts.get(key, 0)) for key in ("same", "renamed", "changed", "removed", "added"))
        print(f"| {name} | {took:.2f} | {words} |", flush=True)


if __name__ == "__main__":
    main()
