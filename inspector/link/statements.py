"""Post-grad ↔ the statements of each kernel, as Inductor was heard writing them."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.link.facts import KernelSite, StatementLine
from inspector.link.fx import Graph
from inspector.link.inductor import Emitted
from inspector.link.outputcode import KernelDefinition
from inspector.link.tally import Tally
from inspector.model.artifact import Artifact, Span
from inspector.model.kernel import text_digest
from inspector.model.link import Origin


def link_statements(graph: Graph, emitted: Emitted) -> Tally:
    """Ties each node to the lines that were written for it, in the kernel's text and in the output code around it.

    A record that does not fit the texts is given up and counted: a line is linked only in the very text that it was
    counted in, and only to nodes that the graph defines.
    """
    tally = Tally()
    for site in emitted.sites:
        found = fitting(site, emitted, tally)
        if found is None:
            continue
        definition, kernel = found
        path = graph.within(site.subgraph)
        if path is None:
            tally.gap("kernel statements of a graph within the graph that its text does not hold", len(site.lines))
            continue
        for line in lines_within(site, kernel, tally):
            places = line_spans(line.line, definition, kernel, emitted)
            for name in line.nodes:
                span = graph.span(path + name)
                if span is None:
                    tally.gap("nodes of kernel statements that the post-grad graph does not define")
                for place in places if span is not None else ():
                    assert span is not None
                    tally.link(span, place, Origin.EXACT)
    return tally


def fitting(site: KernelSite, emitted: Emitted, tally: Tally) -> tuple[KernelDefinition, Artifact] | None:
    """The kernel that a record is about; None, and counted, where they do not belong together."""
    count = len(site.lines)
    definition, kernel = emitted.definitions.get(site.kernel), emitted.kernels.get(site.kernel)
    if definition is None or kernel is None:
        tally.gap("kernel statements whose kernel the output code does not define", count)
    elif site.digest and site.digest != text_digest(kernel.text):
        tally.gap("kernel statements that were recorded for another text of their kernel", count)
    else:
        return definition, kernel
    return None


def lines_within(site: KernelSite, kernel: Artifact, tally: Tally) -> Iterator[StatementLine]:
    """The record's lines that hold some text of the kernel."""
    texts = kernel.lines
    for line in site.lines:
        if 1 <= line.line <= len(texts) and texts[line.line - 1].strip():
            yield line
        else:
            tally.gap("kernel statements on lines that their kernel does not have")


def line_spans(line: int, definition: KernelDefinition, kernel: Artifact, emitted: Emitted) -> tuple[Span, Span]:
    """A kernel line in the kernel's own text and in the output code."""
    code_line = definition.first_line + line - 1
    return Span.of_lines(kernel.id, line), Span.of_lines(emitted.artifact.id, code_line)
