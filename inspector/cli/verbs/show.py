"""Print from a log or a bundle: an overview, one stage, or one list.

Without an option, the overview: of a log every compile id, below the user code that led to it, with its time, what
the caches answered and why it is there again; of a bundle, or with --compile-id, what the compiler made. --filter
takes words and conditions (status:failed cache:miss time>1 recompiles>0), all of which must hold. --stage prints that
stage's text, of one --compile-id or of all, for the kernel stages of one --kernel or of all; several texts are
printed one after another, each under a line that names it. Coloured on a terminal, plain in a pipe; what a terminal
would act on is made visible.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.cli import output, report
from inspector.cli.autotuning_text import tried, tried_lines
from inspector.cli.form_text import add_form, check_form, form_document, form_lines
from inspector.cli.load import add_input, open_input
from inspector.cli.options import add_traceback, positive
from inspector.cli.printable import plain
from inspector.cli.terminal import Style, wants_colour
from inspector.compare.pieces import split_piece
from inspector.errors import UsageError
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture, Compilation, Phase
from inspector.model.cut import only
from inspector.model.grouping import grouped
from inspector.model.overview_of import overview_of
from inspector.model.selection import SortKey
from inspector.model.stage import Stage
from inspector.say.none import no_breaks, no_recompiles
from inspector.say.phases import NO_PHASES
from inspector.say.units import plural
from inspector.work.opening import Opened

if TYPE_CHECKING:
    from inspector.cli.documents.captures import FusionsDocument
    from inspector.model.kernel import KernelFacts, KernelKey
    from inspector.say.kernels import KernelRow

_TEXTS = ("stage", "other", "guards", "breaks", "recompiles", "fusion", "facts", "autotuning", "phases", "pieces")
"""The options that ask for something else than an overview."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the log and what to print of it."""
    add_input(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--stage", metavar="STAGE", help="a stage's text: source, dynamo, aten, inductor, kernel, asm, …")
    what.add_argument(
        "--other",
        nargs="?",
        const="",
        metavar="NAME",
        help="a text beside the stages, by torch's name; without NAME, all names",
    )
    what.add_argument("--guards", action="store_true", help="the guards")
    what.add_argument("--breaks", action="store_true", help="the graph breaks")
    what.add_argument("--recompiles", action="store_true", help="the recompiles")
    what.add_argument("--fusion", action="store_true", help="what was fused into each kernel, and what was not and why")
    what.add_argument("--facts", action="store_true", help="loops, vectors, calls and spills of each kernel")
    what.add_argument("--autotuning", nargs="?", const="", metavar="NAME", help="kernels timed; with NAME, its code")
    what.add_argument("--phases", action="store_true", help="the compile phases, with their times")
    what.add_argument("--pieces", action="store_true", help="of a server (vLLM): its pieces, for each range of tokens")
    parser.add_argument("--compile-id", metavar="ID", help="only of this compile id: 0/1, or of a piece: 0/0:3")
    parser.add_argument("--kernel", metavar="NAME", help="only of this kernel; alone, its code")
    rows = parser.add_argument_group("the overview of a log")
    rows.add_argument(
        "--filter", default="", metavar="WORDS", help="only compile ids that all words and conditions hold for"
    )
    rows.add_argument("--sort", type=SortKey, choices=list(SortKey), metavar="KEY", help=f"a table sorted by {_KEYS}")
    rows.add_argument("--reverse", action="store_true", help="the other way round")
    rows.add_argument("--flat", action="store_true", help="a table rather than a tree of user code")
    rows.add_argument("--limit", type=positive, metavar="N", help="at most so many compile ids")
    add_form(parser.add_argument_group("a stage's text in its reading form"))
    output.add_json(parser)
    add_traceback(parser)


_KEYS = ", ".join(SortKey)


def run(args: argparse.Namespace) -> int:
    """Prints what was asked for."""
    check_form(args, of_stage=args.stage is not None or args.kernel is not None)
    if (code := _of_no_log(args)) is not None:
        return code
    with open_input(args) as opened:
        if args.pieces:
            return _pieces(opened, args)
        found = _piece(opened, args)
        asked = _asked(args)
        if args.json and (document := _document(found, args, asked=asked)) is not None:
            output.print_json(document)
            return 0
        if found.bundle is None and not asked and args.compile_id is None:
            from inspector.cli.show_log import show_log

            return show_log(found, args)
        capture = found.capture(None if args.compile_id is None else [args.compile_id])
    check_ids(capture, args.compile_id, args.kernel)
    if args.json:
        output.print_json(_part(capture, args))
        return 0
    return _print(capture, args, found.title)


def _of_no_log(args: argparse.Namespace) -> int | None:
    """Shows what is neither a log nor a bundle: a folder of compiled code, what llama.cpp printed; None for others."""
    from inspector.cli.ggml_text import is_ggml, show_ggml

    if args.input == "-" or _asked(args, but="pieces"):
        return None
    if is_ggml(Path(args.input)):
        return show_ggml(args)
    if args.compile_id is not None:
        return None
    from inspector.cli.stored_text import is_stored, show_stored

    return show_stored(args) if is_stored(args.input) else None


def _asked(args: argparse.Namespace, but: str = "") -> bool:
    """Whether something else than an overview is asked for."""
    return args.kernel is not None or any(getattr(args, name) not in (None, False) for name in _TEXTS if name != but)


def _piece(found: Opened, args: argparse.Namespace) -> Opened:
    """What was asked for, and of a compile id with a piece, `0/0:3`, that piece as a capture of its own."""
    if args.compile_id is None or split_piece(args.compile_id)[1] is None:
        return found
    name, args.compile_id = args.compile_id, split_piece(args.compile_id)[0]
    return Opened(found.title, bundle=found.one(name))


def _pieces(found: Opened, args: argparse.Namespace) -> int:
    """What a server compiled in pieces."""
    from inspector.cli.documents.served import PiecesDocument
    from inspector.cli.pieces_text import pieces_lines

    if args.compile_id is not None or args.kernel is not None:
        raise UsageError("--pieces is about the whole log.", "Leave --compile-id and --kernel away.")
    pieces = found.pieces()
    style = Style(wants_colour(sys.stdout))
    return output.show(lambda: PiecesDocument.of(pieces), pieces, args, lambda safe: pieces_lines(safe, style))


def _print(capture: Capture, args: argparse.Namespace, title: str) -> int:
    """What was asked for, for a person."""
    style = Style(wants_colour(sys.stdout))
    if args.fusion or args.facts:
        lines = _fact_lines if args.facts else _fusion_lines
        return output.show_lines(capture, lambda safe: lines(safe, args, style))
    if args.autotuning is not None:
        tuned = tried(capture, args.autotuning, args.compile_id)
        return output.show_lines(tuned, lambda safe: tried_lines(safe, args.autotuning, style))
    if args.other is not None:
        others = _others(capture, args.other, args.compile_id)
        return output.show_lines(others, lambda safe: (_texts if args.other else _other_names)(safe, style))
    if args.stage is not None or args.kernel is not None:
        form = args if args.form == "concise" else None
        return output.show_lines(_stage_texts(capture, args), lambda safe: _texts(safe, style, form))
    return output.show_lines(capture, lambda safe: _list(safe, args, style, plain(title)))


# --- for programs -------------------------------------------------------------------------------------------


def _document(found: Opened, args: argparse.Namespace, *, asked: bool) -> object | None:
    """All of it or one list: what the verb of that list prints too. None where a part of a capture is asked for."""
    from inspector.cli import show_log
    from inspector.cli.verbs import breaks, guards, recompiles

    compile_id: str | None = args.compile_id
    if not asked:
        return show_log.document(found, args)
    if args.guards:
        return guards.document(guards.recorded(found, None if compile_id is None else [compile_id]))
    if not (args.breaks or args.recompiles):
        return None
    if compile_id is not None:
        found.check_compile_ids([compile_id])
    overview = found.overview(phases=False, advise=args.recompiles)
    if args.breaks:
        groups = breaks.chosen(overview.breaks, compile_id, "")
        return breaks.document(groups, breaks.verdicts_of(overview, groups))
    chains = recompiles.chosen(overview, compile_id)
    verdicts = recompiles.verdicts_of(overview, chains)
    return recompiles.document(chains, {}, overview.asked or {}, recompiles.made_of(found, chains), verdicts)


def _part(capture: Capture, args: argparse.Namespace) -> object:
    """One part of a capture."""
    from inspector.cli.documents.captures import Events, KernelFactsDocument, OtherTexts, Texts

    if args.facts:
        return KernelFactsDocument.of(_facts(capture, args))
    if args.fusion:
        return _fusions(capture, args)
    if args.autotuning is not None:
        return tried(capture, args.autotuning, args.compile_id)
    if args.other is not None:
        others = _others(capture, args.other, args.compile_id)
        return Texts.of(others) if args.other else OtherTexts(others)
    if args.stage is not None or args.kernel is not None:
        texts = _stage_texts(capture, args)
        return form_document(texts, args) if args.form == "concise" else Texts.of(texts)
    return Events((capture if args.compile_id is None else only(capture, [args.compile_id])).phases)


# --- texts beside the stages --------------------------------------------------------------------------------


def _others(capture: Capture, name: str, compile_id: str | None) -> tuple[Artifact, ...]:
    """The texts of a name, or all of them for an empty one."""
    from inspector.targets.nearest import did_you_mean

    there = capture.find(Stage.OTHER, compile_id)
    found = tuple(item for item in there if not name or item.variant == name)
    if name and not found:
        hint = did_you_mean(name, [item.variant or "" for item in there]).strip()
        raise UsageError(f"There is no text called {name!r}.", hint or "--other without a name lists them.")
    return found


def _other_names(others: tuple[Artifact, ...], style: Style) -> Iterator[str]:
    for item in others:
        yield f"{style.name(item.variant or '')}  {style.dim(item.compile_id or '')}  {plural(len(item.lines), 'line')}"
    if not others:
        yield "No text beside the stages is recorded."


# --- texts --------------------------------------------------------------------------------------------------


def _stage(capture: Capture, name: str) -> Stage:
    there = [*capture.stages(), *([Stage.OTHER] if capture.others else [])]
    found = Stage.named(name)
    if found not in there:
        message = f"This capture has no stage {name!r}." if found else f"There is no stage called {name!r}."
        raise UsageError(message, f"It has: {', '.join(there) or 'none'}.")
    return found


def check_ids(capture: Capture, compile_id: str | None, kernel: str | None) -> None:
    """Whether a capture has that compile id and that kernel.

    Raises:
        UsageError: it has not; the hint says what it has.
    """
    ids = [item.compile_id for item in capture.compilations]
    ids += [item.compile_id for item in capture.artifacts if item.compile_id is not None]
    ids = list(dict.fromkeys(ids))
    if compile_id is not None and compile_id not in ids and split_piece(compile_id)[0] not in ids:
        raise UsageError(f"This capture has no compile id {compile_id!r}.", f"It has: {', '.join(ids) or 'none'}.")
    kernels = list(dict.fromkeys(item.kernel for item in capture.artifacts if item.kernel is not None))
    if kernel is not None and kernel not in kernels:
        raise UsageError(f"This capture has no kernel {kernel!r}.", f"It has: {', '.join(kernels) or 'none'}.")


def _stage_texts(capture: Capture, args: argparse.Namespace) -> tuple[Artifact, ...]:
    """The texts of the stage that is asked for, or of the kernel.

    Raises:
        UsageError: there are none; the hint says which there are.
    """
    stage, compile_id, kernel = _stage(capture, args.stage or "kernel"), args.compile_id, args.kernel
    if kernel is not None and not stage.per_kernel:
        raise UsageError(f"The stage {stage.value!r} is not per kernel.", "Leave --kernel away, or use --stage kernel.")
    found = capture.find(stage, compile_id, kernel)
    if not found:
        there = [item for item in capture.artifacts if item.stage is stage and (kernel in (None, item.kernel))]
        ids = list(dict.fromkeys(item.compile_id or "" for item in there))
        raise UsageError(
            f"No {stage.heading.lower()}{f' of {kernel}' if kernel else ''} of compile id {compile_id} is recorded.",
            f"There is one for: {', '.join(ids)}." if ids else "Leave --compile-id away to see them all.",
        )
    return found


def _texts(artifacts: tuple[Artifact, ...], style: Style, form: argparse.Namespace | None = None) -> Iterator[str]:
    """The texts, one after another; as they are stored where no form of them is asked for."""
    several = len(artifacts) > 1
    for number, artifact in enumerate(artifacts):
        if several:
            if number:
                yield ""
            yield style.bold(f"==> {artifact.id} <==")
        if form is not None:
            yield from form_lines(artifact, form, style)
        else:
            yield from _painted(artifact) if style.colour else artifact.lines


def _painted(artifact: Artifact) -> Iterator[str]:
    from inspector.highlight import Highlighter, paint

    highlighter = Highlighter(artifact.language, artifact.lines)
    for number, line in enumerate(artifact.lines):
        yield paint(line, highlighter.line(number))


# --- lists --------------------------------------------------------------------------------------------------


def _list(capture: Capture, args: argparse.Namespace, style: Style, name: str) -> Iterable[str]:
    """The asked list in lines."""
    from inspector.cli.doc_text import row_lines
    from inspector.say.capture import break_rows, recompile_rows

    if args.compile_id is not None:
        capture = only(capture, [args.compile_id])  # a bundle is read whole
    if args.guards:
        return _guards(capture.compilations, style)
    if args.breaks:
        rows = (row for item in capture.graph_breaks for row in break_rows(item))
        return list(row_lines(rows, style)) or [no_breaks(overview_of(capture, {}, {}))]
    if args.recompiles:
        rows = (row for item in capture.recompiles for row in recompile_rows(item))
        return list(row_lines(rows, style)) or [no_recompiles(overview_of(capture, {}, {}))]
    if args.phases:
        return list(_phases(capture.phases, style)) or [NO_PHASES]
    from inspector.cli import details

    return (*report.overview(capture, style, name=name), *details.details(capture, style, args.compile_id))


def _facts(capture: Capture, args: argparse.Namespace) -> dict[KernelKey, KernelFacts]:
    """Loops, vectors, calls and spills of every kernel, or of one."""
    from inspector.say.kernels import facts_of

    keys = [key for key in capture.kernels if _is_asked(key.compile_id, key.name, args)]
    return {key: found for key in keys if (found := facts_of(capture, key)) is not None}


def _fact_lines(capture: Capture, args: argparse.Namespace, style: Style) -> Iterable[str]:
    from inspector.say.kernels import facts_rows, kernel_words

    rows = [
        (key.compile_id, kernel_words(capture, key), facts_rows(item)) for key, item in _facts(capture, args).items()
    ]
    return list(_kernel_lines(rows, style)) or ["No kernel is recorded here."]


def _fusions(capture: Capture, args: argparse.Namespace) -> FusionsDocument:
    """What each kernel computes, reads, writes and saves; and what a training step keeps for the backward."""
    from inspector.cli.documents.captures import FusionsDocument
    from inspector.link.saved import saved_tensors

    fused = (item for item in capture.fusions if _is_asked(item.compile_id, item.kernel, args))
    saved = () if args.kernel is not None else saved_tensors(capture, args.compile_id)
    return FusionsDocument(tuple(fused), tuple(saved))


def _fusion_lines(capture: Capture, args: argparse.Namespace, style: Style) -> Iterable[str]:
    from inspector.say.kernels import fusion_rows, kernel_words, saved_rows

    found = _fusions(capture, args)
    rows = [(item.compile_id, kernel_words(capture, item.key), fusion_rows(item)) for item in found.fusions]
    for compile_id, own in grouped(found.saved_for_backward, lambda item: item.compile_id).items():
        rows.append((compile_id, "saved for the backward", saved_rows(own, capture)))
    return list(_kernel_lines(rows, style)) or ["This capture does not say what was fused."]


def _is_asked(compile_id: str, kernel: str, args: argparse.Namespace) -> bool:
    return args.compile_id in (None, compile_id) and args.kernel in (None, kernel)


def _kernel_lines(rows: Iterable[tuple[str, str, Iterable[KernelRow]]], style: Style) -> Iterator[str]:
    for number, (compile_id, kernel, lines) in enumerate(rows):
        if number:
            yield ""
        yield f"{style.bold(compile_id)}  {style.name(kernel)}"
        for row in lines:
            yield f"  {style.dim(f'{row.label:<12}')}  {row.text}"
            if row.below:
                yield f"  {'':<12}  {style.dim(row.below)}"


def _guards(compilations: Iterable[Compilation], style: Style) -> Iterator[str]:
    for item in compilations:
        yield f"{style.bold(item.compile_id)}  {item.function}"
        for guard in item.guards:
            yield f"  {guard.code}" + (f"  {style.dim(guard.kind)}" if guard.kind else "")
        if not item.guards:
            yield style.dim("  guards not recorded")


def _phases(phases: Iterable[Phase], style: Style) -> Iterator[str]:
    for item in phases:
        took = "  running" if item.duration is None else f"{item.duration:9.3f}"
        yield f"{item.start:9.3f} {took} s  {'  ' * item.depth}{item.name}  {style.dim(item.compile_id or '')}".rstrip()
