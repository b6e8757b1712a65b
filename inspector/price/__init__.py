"""What was measured, joined with a capture's links: the price of each instruction, statement, expression and module."""

from inspector.model.price import Cost
from inspector.model.stage import Stage
from inspector.price.atoms import Joined
from inspector.price.flat import by_instruction, by_line, by_part, by_site, by_statement
from inspector.price.lines import TextPrice, TextPrices
from inspector.price.locate import located
from inspector.price.mca import modelled
from inspector.price.nsight import joined_with, read_report
from inspector.price.stacks import Stack, StackLevel, flame_of, stacks
from inspector.price.trees import by_expression, by_module, held_by_none

__all__ = [
    "Joined",
    "Stack",
    "StackLevel",
    "TextPrice",
    "TextPrices",
    "by_expression",
    "by_instruction",
    "by_line",
    "by_module",
    "by_part",
    "by_site",
    "by_statement",
    "flame_of",
    "held_by_none",
    "joined_with",
    "located",
    "modelled",
    "read_report",
    "rows_by",
    "stacks",
]

_ROWS = {
    "expression": by_expression,
    "module": by_module,
    "kernel": by_site,
    "statement": by_statement,
    "instruction": by_instruction,
    "part": by_part,
}


def rows_by(joined: Joined, by: str) -> tuple[Cost, ...]:
    """The rows of a price: one of `say.price.BY`."""
    if by == "node":
        graphs = (*joined.capture.find(Stage.ATEN), *joined.capture.find(Stage.ATEN_BACKWARD))
        return tuple(row for graph in graphs for row in by_line(joined, graph))
    return _ROWS[by](joined)
