"""A profile as lines: the two sides as tables, what the parts add up to, and the roofline's word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inspector.cli.output import cut
from inspector.cli.printable import one_line
from inspector.cli.tables import Cell, table
from inspector.cli.terminal import Style, bar
from inspector.model.profile import Bound, Ceilings, Limit, Profile, ProfileRow, SideProfile
from inspector.say import units
from inspector.say.units import amount, seconds

_BAR = 10
_NAME = 64
"""Characters of a name: GPU libraries have kernels whose names are screens long. `--json` has them whole."""


def profile_lines(profile: Profile, style: Style, most: int, warnings: Sequence[str] = ()) -> Iterator[str]:
    """The whole profile; `most` rows of each side, and what the capture warns of."""
    where = f"{one_line(profile.gpu)}, its own clock" if profile.gpu else f"{profile.threads} threads"
    yield style.bold(one_line(profile.shape)) + style.dim(f"  {where}, times are of one call")
    yield from (style.warn(one_line(words)) for words in warnings)
    for name, side in (("eager", profile.eager), ("compiled", profile.compiled)):
        yield ""
        yield from _side(name, side, profile, style, most)
    yield ""
    if profile.ratio is not None:
        yield f"eager / compiled    {style.bold(f'{profile.ratio:.3f}×')}  {style.dim('of calls without the profiler')}"
    if profile.doubt:
        words = f"These times are of a busy machine, so no ratio of the two sides is told: {profile.doubt}."
        yield style.warn(f"{words} Profile again when it is quiet.")
    if profile.guarding:
        yield f"{profile.guarding}."
    if profile.ceilings is not None:
        yield from ceiling_lines(profile.ceilings, style)
    if profile.uncounted:
        yield style.warn(f"{one_line(profile.uncounted)}.")
    if profile.no_limit:
        yield style.warn(f"No share of a limit is told: {one_line(profile.no_limit)}.")
        if profile.ceilings is None or profile.ceilings.doubt or not profile.doubt:
            yield "On a quiet machine `inspector profile --ceilings` measures them anew."
    yield from _whole(profile, style)


def _side(name: str, side: SideProfile, profile: Profile, style: Style, most: int) -> Iterator[str]:
    about = (
        f"{side.calls} calls" if profile.gpu else f"{side.calls} calls, {units.change(side.disturbance)} while profiled"
    )
    yield f"{style.bold(name)}  {seconds(side.undisturbed)} a call  {style.dim(about)}"
    rows = [_row(row, side, profile.limit(row), style) for row in side.rows[:most]]
    heads = (">own", ">share", "", ">total", ">calls", ">each", "name", ">moved", ">flop/B", ">of limit", "bound by")
    yield from table(heads, rows, style.dim)
    rest = side.rows[most:]
    if rest:
        yield style.dim(f"… and {len(rest)} more, {seconds(sum(row.own for row in rest))}: --top")
    words = f"the parts add up to {units.share(side.coverage, 1)} of {seconds(side.seconds)} by the clock"
    yield style.dim(words) if side.adds_up else style.bad(f"{words}: more than 5 % apart, so mistrust them")


def _row(row: ProfileRow, side: SideProfile, limit: Limit | None, style: Style) -> list[Cell]:
    share = side.share(row)
    name = cut(one_line(row.name), _NAME) + (f" {one_line(row.compile_id)}" if row.compile_id else "")
    return [
        Cell(seconds(row.own)),
        Cell(units.share(share, 1)),
        Cell(bar(share, _BAR), style.name),
        Cell(seconds(row.total)),
        Cell(f"{row.calls:.4g}"),
        Cell(seconds(row.each)),
        Cell(name, style.name if row.compile_id else None),
        Cell(amount(row.work.bytes, "B") if row.work is not None else ""),
        Cell(f"{limit.intensity:.3g}" if limit is not None and limit.intensity is not None else ""),
        Cell(units.share(limit.share) if limit is not None else ""),
        Cell(limit.bound.value if limit is not None else "", style.dim),
    ]


def ceiling_lines(ceilings: Ceilings, style: Style) -> Iterator[str]:
    """What the machine can do."""
    parts = [f"reads {amount(ceilings.read.median, 'B')}/s", f"copies {amount(ceilings.copy.median, 'B')}/s"]
    parts += [f"{name} {amount(item.median, 'flop')}/s" for name, item in ceilings.matmul.items()]
    yield f"this machine        {', '.join(parts)}"
    spreads = [
        f"{name} {amount(item.low, '')}–{amount(item.high, '')}"
        for name, item in (("read", ceilings.read), ("copy", ceilings.copy), *ceilings.matmul.items())
    ]
    yield style.dim(f"                    slowest–fastest: {', '.join(spreads)}; measured {ceilings.measured}")


def _whole(profile: Profile, style: Style) -> Iterator[str]:
    """The call as a whole against what it cannot do without."""
    for name, side in (("eager", profile.eager), ("compiled", profile.compiled)):
        limit = profile.limit_of_call(side)
        if limit is None or profile.least is None:
            break
        what = "neither memory nor arithmetic" if limit.bound is Bound.LATENCY else limit.bound.value
        yield (
            f"{f'{name} as a whole':<20}"
            f"{units.share(limit.share)} of the limit of {seconds(limit.seconds)} "
            + style.dim(
                f"({amount(profile.least.bytes, 'B')} and {_flops(profile.least.flops)} at least), bound by {what}"
            )
        )
    if profile.verdict:
        yield style.bold(profile.verdict[0].upper() + profile.verdict[1:] + ".")


def _flops(count: int | None) -> str:
    return "unknown operations" if count is None else amount(count, "flop")
