"""The rules about what a server compiles in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inspector.model.pieces import ModelPieces, PieceCell, PieceOutcome, Pieces
from inspector.say.pieces import twice_words, unread_words
from inspector.say.units import plural
from inspector.why.answering import answer_of
from inspector.why.verdict import Answer, Sure, Verdict


def pieces(served: Pieces) -> Answer:
    """Pieces that were loaded in vain, or compiled twice."""
    verdicts = [verdict for model in served.models for verdict in _in_pieces(model)]
    cells = sum(len(model.cells) for model in served.models)
    loaded = sum(model.loaded for model in served.models)
    none = f"{plural(cells, 'piece')} and {plural(loaded, 'loaded artifact')}, none in vain"
    return answer_of("a server's pieces", verdicts, none, unread_words(served))


def _in_pieces(model: ModelPieces) -> Iterator[Verdict]:
    whose = " ".join(filter(None, (model.process, model.name)))
    again = [cell for cell in model.cells if cell.outcome is PieceOutcome.AGAIN]
    if again:
        title = f"{plural(len(again), 'artifact')} loaded, given up and compiled again"
        why = "the same graph was compiled in the same process afterwards; why is not in torch's log"
        yield _of_cells("pieces.given_up", f"{whose}: {title}" if whose else title, again, why=(why,))
    fresh = [cell for cell in model.cells if cell.outcome is PieceOutcome.COMPILED]
    if model.event == "aot_cache_hit" and fresh and not (model.loaded or again):
        title = f"vLLM found its artifact (aot_cache_hit), and code was generated for {plural(len(fresh), 'piece')}"
        yield _of_cells("pieces.not_warm", f"{whose}: {title}" if whose else title, fresh)
    for cells in model.twice:
        if len({cell.code for cell in cells}) == 1 and cells[0].code:
            do = "fewer ranges: what is asked for by compile_sizes and compile_ranges_endpoints"
            yield _of_cells("pieces.twice", twice_words(cells), cells[1:], do=(do,))


def _of_cells(
    code: str, title: str, cells: Sequence[PieceCell], *, why: tuple[str, ...] = (), do: tuple[str, ...] = ()
) -> Verdict:
    times = [cell.seconds for cell in cells]
    lost = None if None in times else sum(filter(None, times))
    ids = tuple(cell.compile_id for cell in cells if cell.compile_id)
    return Verdict(code, title, Sure.RECORDED, lost, why=why, do=do, evidence=("show --pieces",), compile_ids=ids)
