"""How large and how fast the link index is: 100,000 links over eight stages.

    python benchmarks/link_index.py [LINKS]

Aims: at most 16 MiB for 100,000 links, and a look-up in less than a millisecond (median).
"""

from __future__ import annotations

import gc
import random
import statistics
import sys
import time
import tracemalloc

from inspector.model.artifact import Position, Span
from inspector.model.link import Link, LinkIndex, Origin

STAGES = ("source:model.py", "dynamo", "aten", "post_grad", "inductor", "kernel", "asm")
NODES_A_KERNEL = 8


def make_links(count: int, seed: int = 0) -> list[Link]:
    """Chains as a compile makes them: a source line, its nodes, whole kernels and their lines, instructions."""
    rng = random.Random(seed)
    links: list[Link] = []
    line = 0
    while len(links) < count:
        line += 1
        kernel, node = line // NODES_A_KERNEL, line
        col = rng.randrange(8, 40)
        source = Span("source:model.py", Position(1 + line // 4, col), Position(1 + line // 4, col + 12))
        dynamo, aten, post_grad = (node_span(stage, node) for stage in ("dynamo", "aten", "post_grad"))
        name = f"kernel:{kernel}"
        links += [
            Link(source, dynamo, Origin.EXACT),
            Link(dynamo, aten, Origin.EXACT),
            Link(aten, post_grad, Origin.EXACT),
            Link(post_grad, Span.of_lines(name, 1, 32), Origin.KERNEL),
            Link(post_grad, Span.of_lines("inductor", 100_000 + kernel), Origin.EXACT),
        ]
        for number in range(4):
            at = 1 + 4 * (line % NODES_A_KERNEL) + number
            links.append(Link(Span.of_lines("inductor", 40 * kernel + at), Span.of_lines(name, at), Origin.EXACT))
            links.append(
                Link(Span.of_lines(name, at), Span.of_lines(f"asm:{kernel}", 5 * at, 5 * at + 3), Origin.DEBUG_INFO)
            )
    return links[:count]


def node_span(stage: str, node: int) -> Span:
    """One definition a line."""
    return Span(stage, Position(node, 8), Position(node, 80))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    links = make_links(count)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    index = LinkIndex(links)
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    start = time.perf_counter()
    LinkIndex(links)
    built = time.perf_counter() - start

    rng = random.Random(1)
    places = [rng.choice(links) for _ in range(2000)]
    times = []
    found = 0
    for link in places:
        span = rng.choice((link.a, link.b))
        start = time.perf_counter()
        relatives = index.relatives(span.artifact, span.start.line, span.start.col)
        times.append(time.perf_counter() - start)
        found += sum(1 for _ in relatives)
    cuts = statistics.quantiles(times, n=100)
    print(f"links                {len(links):>12,}")
    print(f"held by the index    {held / 2**20:>12.1f} MiB")
    print(f"made in              {built:>12.2f} s")
    print(f"look-up, median      {1e3 * cuts[49]:>12.3f} ms")
    print(f"look-up, p99         {1e3 * cuts[98]:>12.3f} ms")
    print(f"relatives a look-up  {found / len(places):>12.1f}")


if __name__ == "__main__":
    main()
