"""A profile as lines: the two sides as tables, what the parts add up to, and the roofline's word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from inspector.bundle.roofline import short
from inspector.cli.output import cut
from inspector.cli.printable import one_line
from inspector.cli.tables import PaddedCell, item_table, table
from inspector.cli.terminal import Style, bar
from inspector.model.profile import Ceilings, Profile
from inspector.model.roofline import dots
from inspector.say import profile as say
from inspector.say import units
from inspector.say.doc import Item, sentence
from inspector.say.units import plural, seconds

_NAME = 64
"""Characters of a name: GPU libraries have kernels whose names are screens long. `--json` has them whole."""
_BAR = 24


def profile_lines(profile: Profile, style: Style, most: int, warnings: Sequence[str] = ()) -> Iterator[str]:
    """The whole profile; `most` rows of each side, and what the capture warns of."""
    where = f"{one_line(profile.gpu)}, its own clock" if profile.gpu else plural(profile.threads, "thread")
    yield style.bold(one_line(profile.shape)) + style.dim(f"  {where}, times are of one call")
    yield from (style.warn(one_line(words)) for words in warnings)
    for name in ("eager", "compiled"):
        yield ""
        yield from _side(name, profile, style, most)
    yield ""
    if profile.ratio is not None:
        yield f"eager / compiled    {style.bold(say.ratio(profile))}  {style.dim('of calls without the profiler')}"
    if doubt := say.doubt(profile):
        words = f"These times are of a busy machine, so no ratio of the two sides is told: {doubt}."
        yield style.warn(f"{words} Profile again when it is quiet.")
    if guarding := say.guarding(profile):
        yield sentence(guarding)
    if profile.ceilings is not None:
        yield from ceiling_lines(profile.ceilings, style)
    if uncounted := say.uncounted(profile):
        yield style.warn(one_line(sentence(uncounted)))
    if no_limit := say.no_limit(profile):
        yield style.warn(f"No share of a limit is told: {one_line(no_limit)}.")
        if profile.ceilings is None or not profile.ceilings.steady or not doubt:
            yield "On a quiet machine `inspector profile --ceilings` measures them anew."
    for name in ("eager", "compiled"):
        if words := say.whole_words(profile, name):
            yield f"{f'{name} as a whole':<20}{words}"
    if verdict := say.verdict(profile):
        yield style.bold(sentence(verdict))


def _side(name: str, profile: Profile, style: Style, most: int) -> Iterator[str]:
    side = say.side_of(profile, name)
    yield f"{style.bold(name)}  {seconds(side.undisturbed)} a call  {style.dim(plural(side.calls, 'call'))}"
    yield from item_table(say.columns_of(profile), list(map(_short, say.items_of(profile, name)[:most])), style)
    rest = side.rows[most:]
    if rest:
        yield style.dim(f"… and {len(rest)} more, {seconds(sum(row.own for row in rest))}: --top")
    row = say.sum_row(profile, name)
    yield style.toned(row.tone)(row.text)


def _short(item: Item) -> Item:
    name, *others = item.cells
    return replace(item, cells=(replace(name, text=cut(one_line(name.text), _NAME)), *others))


def ceiling_lines(ceilings: Ceilings, style: Style) -> Iterator[str]:
    """What the machine can do."""
    yield f"this machine        {say.ceilings_words(ceilings)}"
    yield style.dim(f"{'':<20}{say.spread_words(ceilings)}")


def roofline_lines(profile: Profile, style: Style, most: int) -> Iterator[str]:
    """A line for each operator or kernel, with a bar that is full where it reaches its limit."""
    rows = [
        [
            PaddedCell(dot.side, style.dim),
            PaddedCell(one_line(short(dot.row.name))),
            PaddedCell(units.share(dot.share, 1)),
            PaddedCell(f"{dot.intensity:.3g}"),
            PaddedCell(units.amount(dot.rate, "flop/s")),
            PaddedCell(f"│{bar(dot.limit.share, _BAR):·<{_BAR}}│", style.name),
            PaddedCell(units.share(dot.limit.share)),
            PaddedCell(dot.limit.bound.value, style.dim),
        ]
        for dot in dots(profile)[:most]
    ]
    if rows:
        yield style.bold("How much of its limit each part reaches")
        yield from table(("", "name", ">time", ">flop/B", ">reached", "", ">of it", "bound by"), rows, style.dim)
