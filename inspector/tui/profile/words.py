"""What stands around the tables and the picture: sums, verdicts, doubts. No widget here."""

from __future__ import annotations

from textual.content import Content

from inspector.model.profile import GUARDS, Bound, Ceilings, Part, Profile, ProfileRow
from inspector.say import units
from inspector.say.units import amount, seconds
from inspector.tui.panes.text import sanitised
from inspector.tui.profile.measuring import CANCELLING, Standing
from inspector.tui.profile.tables import count, side_of
from inspector.tui.widgets.glyphs import glyphs

_BOUNDS = {
    Bound.MEMORY: "bound by memory",
    Bound.COMPUTE: "bound by arithmetic",
    Bound.LATENCY: "calling it takes longest",
}
_NO_WORK = {
    Part.OPERATOR: "moves nothing itself",
    Part.KERNEL: "its text does not tell its work",
    Part.RUNTIME: "part of torch's runtime",
    Part.PYTHON: "what lies between all others",
}
_COLOURS = {"eager": "$warning", "compiled": "$primary"}
QUIET = "$foreground 60%"


def head(profile: Profile, standing: Standing, shapes: tuple[int, int], *, whole: bool = True) -> Content:
    """The first row: what is being done, else the shape, the ratio and the verdict.

    Args:
        profile: what is shown.
        standing: how far a newer one is.
        shapes: which one of how many, from 1.
        whole: say the verdict, or how far the calls as a whole are from the limit.
    """
    at, of = shapes
    parts = [Content.assemble(" ", (sanitised(profile.shape), "bold"), (f"  {at}/{of}" if of > 1 else "", QUIET))]
    if profile.gpu:
        parts.append(Content.styled(sanitised(profile.gpu), QUIET))
    if told := state(standing):
        parts.append(told)
    if standing.busy:
        return Content("  ").join(parts)
    parts.append(Content.assemble(("eager / compiled ", QUIET), (ratio(profile), "bold")))
    if whole and profile.verdict:
        parts.append(_verdict(profile))
    elif whole and (words := _whole(profile)):
        parts.append(Content.styled(words, QUIET))
    return Content("  ").join(parts)


def _verdict(profile: Profile) -> Content:
    return Content.styled(f"{profile.verdict[0].upper()}{profile.verdict[1:]}.", "bold $success")


def state(standing: Standing) -> Content | None:
    """What is being done, or why there is no result; None while there is nothing to say."""
    if standing.busy:
        hint = "" if standing.busy == CANCELLING else "  Esc cancels"
        running = f"{glyphs().spinner[0]} {sanitised(standing.busy)}"
        return Content.assemble((running, "bold $primary"), (hint, QUIET))
    return Content.styled(sanitised(standing.note), "$warning") if standing.note else None


def ratio(profile: Profile) -> str:
    """`1.583×`, of calls without the profiler; `–` where none can be told."""
    return "–" if profile.ratio is None else f"{profile.ratio:.3f}×"


def _whole(profile: Profile) -> str:
    """How far the calls as a whole are from what they cannot do without."""
    shares = [profile.limit_of_call(side) for side in (profile.eager, profile.compiled)]
    eager, compiled = shares
    if eager is None or compiled is None:
        return ""
    bound = "neither memory nor arithmetic" if eager.bound is Bound.LATENCY else eager.bound.value
    return f"as a whole {units.share(eager.share)} and {units.share(compiled.share)} of the limit, bound by {bound}"


def side_words(profile: Profile, name: str) -> Content:
    """A side's own row: `eager  9.50 ms  the parts add up to 98.6 % of 10.0 ms by the clock, +5 % while profiled`."""
    side = side_of(profile, name)
    return Content.assemble(
        " ", (name, f"bold {_COLOURS[name]}"), f"  {seconds(side.undisturbed)}  ", honest(profile, name)
    )


def sides_words(profile: Profile, shown: str) -> Content:
    """Both sides in a row, where only one of them has room for its rows."""
    parts = []
    for name in ("eager", "compiled"):
        style = f"bold {_COLOURS[name]} reverse" if name == shown else _COLOURS[name]
        parts.append(Content.assemble((f" {name} ", style), f" {seconds(side_of(profile, name).undisturbed)}"))
    return Content.assemble(" ", Content("  ").join(parts), "  ", honest(profile, shown, short=True))


def honest(profile: Profile, name: str, *, short: bool = False) -> Content:
    """How far to trust the rows of a side."""
    side = side_of(profile, name)
    words = f"the parts add up to {units.share(side.coverage, 1)}"
    words += " by the clock" if short else f" of {seconds(side.seconds)} by the clock"
    if not side.adds_up:
        return Content.styled(f"{words}: mistrust them", "$error")
    profiled = "" if short or profile.gpu else f", {units.change(side.disturbance)} while profiled"
    return Content.styled(f"{words}{profiled}", QUIET)


def ceiling_words(ceilings: Ceilings | None) -> Content:
    """What the machine can do, and how far to trust that."""
    if ceilings is None:
        return Content.styled(" This machine's ceilings were not measured", "$warning")
    flat = ", ".join(f"{sanitised(name)} {amount(item.median, 'flop')}/s" for name, item in ceilings.matmul.items())
    doubt = doubt_words(ceilings)
    words = f" reads {amount(ceilings.read.median, 'B')}/s, copies {amount(ceilings.copy.median, 'B')}/s, {flat}"
    if doubt is not None:
        return doubt
    uneven = 1 - min(item.evenness for item in (ceilings.read, ceilings.copy, *ceilings.matmul.values()))
    when = sanitised(ceilings.measured.partition("T")[0])
    return Content.styled(f"{words}; the slowest sample {units.share(uneven)} below, {when}", QUIET)


def doubt_words(ceilings: Ceilings | None) -> Content | None:
    """Why the ceilings are not to be trusted; None where they are, or are not known."""
    if ceilings is None or not ceilings.doubt:
        return None
    words = f" No share of a limit is told: the ceilings are unsteady, {ceilings.doubt}"
    return Content.styled(words, "$warning")


def foot(profile: Profile, *, verdict: bool = False) -> Content | None:
    """Why the times or the limits are not to be trusted; where they are, the verdict if asked for; else None."""
    if profile.doubt:
        return Content.styled(f" These times are of a busy machine: {profile.doubt}", "$warning")
    doubt = doubt_words(profile.ceilings) if profile.ceilings is not None else ceiling_words(None)
    if doubt is None and profile.no_limit:
        doubt = Content.styled(f" No share of a limit is told: {sanitised(profile.no_limit)}", "$warning")
    if doubt is None and verdict and profile.verdict:
        return Content.assemble(" ", _verdict(profile))
    return doubt


def row_words(row: ProfileRow, profile: Profile, side: str, mark: str = "") -> Content:
    """A row in full: its whole name, what it moves and calculates, and what bounds it.

    Args:
        row: the row.
        profile: whose it is.
        side: `eager` or `compiled`.
        mark: its letter in the roofline.
    """
    parts = [(f" {mark} " if mark else " ", f"bold {_COLOURS[side]}"), (sanitised(row.name), "bold")]
    if row.compile_id:
        parts.append((f" {sanitised(row.compile_id)}", f"bold {_COLOURS[side]}"))
    told = [f"{count(row.calls)} × {seconds(row.each)}"]
    limit = profile.limit(row)
    if row.work is not None:
        told.append(f"{amount(row.work.bytes, 'B')} moved")
        told.append("operations not known" if row.work.flops is None else f"{amount(row.work.flops, 'flop')}")
    if limit is not None:
        told += [f"{limit.intensity:.3g} flop/B"] if limit.intensity else []
        told += [f"{amount(limit.rate, 'flop')}/s"] if limit.rate else []
        told.append(f"{units.share(limit.share)} of its limit of {seconds(limit.seconds)}: {_BOUNDS[limit.bound]}")
    elif row.name == GUARDS and side == "compiled":
        told.append(profile.guarding)
    elif row.work is None:
        told.append(
            "what the GPU waits for the host" if profile.gpu and row.part is Part.PYTHON else _NO_WORK[row.part]
        )
    return Content.assemble(*parts, (f"  {' · '.join(told)}", QUIET))


def invitation(standing: Standing) -> Content:
    """What to say where nothing was measured."""
    if told := state(standing):
        return Content.assemble(" ", told)
    if not standing.live:
        return Content.styled(" Nothing was measured, and there is no worker that could.", QUIET)
    return Content.styled(" Nothing was measured yet.", QUIET)
