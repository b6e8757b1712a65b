"""What stands around the tables and the picture: sums, verdicts, doubts. No widget here."""

from __future__ import annotations

from textual.content import Content

from inspector.model.profile import Ceilings, Profile, ProfileRow
from inspector.say import profile as say
from inspector.say import units
from inspector.say.doc import Tone, sentence
from inspector.say.units import seconds
from inspector.tui.panes.text import sanitised
from inspector.tui.profile.standing import CANCELLING, MeasuringProgress
from inspector.tui.widgets.glyphs import glyphs

_COLOURS = {"eager": "$warning", "compiled": "$primary"}
QUIET = "$foreground 60%"


def head(profile: Profile, standing: MeasuringProgress, shapes: tuple[int, int], *, whole: bool = True) -> Content:
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
    parts.append(Content.assemble(("eager / compiled ", QUIET), (say.ratio(profile), "bold")))
    if whole and say.verdict(profile):
        parts.append(_verdict(profile))
    elif whole and (words := _whole(profile)):
        parts.append(Content.styled(words, QUIET))
    return Content("  ").join(parts)


def _verdict(profile: Profile) -> Content:
    return Content.styled(sentence(say.verdict(profile)), "bold $success")


def state(standing: MeasuringProgress) -> Content | None:
    """What is being done, or why there is no result; None while there is nothing to say."""
    if standing.busy:
        hint = "" if standing.busy == CANCELLING else "  Esc cancels"
        running = f"{glyphs().spinner[0]} {sanitised(standing.busy)}"
        return Content.assemble((running, "bold $primary"), (hint, QUIET))
    return Content.styled(sanitised(standing.note), "$warning") if standing.note else None


def _whole(profile: Profile) -> str:
    """How far the calls as a whole are from what they cannot do without."""
    eager, compiled = (profile.limit_of_call(side) for side in (profile.eager, profile.compiled))
    if eager is None or compiled is None:
        return ""
    shares = f"{units.share(eager.share)} and {units.share(compiled.share)}"
    return f"as a whole {shares} of the limit, {say.whole_bound(eager)}"


def side_words(profile: Profile, name: str) -> Content:
    """A side's own row: `eager  9.50 ms  the parts add up to 98.6 % of 10.0 ms by the clock, +5 % while profiled`."""
    side = say.side_of(profile, name)
    return Content.assemble(
        " ", (name, f"bold {_COLOURS[name]}"), f"  {seconds(side.undisturbed)}  ", _sum(profile, name)
    )


def sides_words(profile: Profile, shown: str) -> Content:
    """Both sides in a row, where only one of them has room for its rows."""
    parts = []
    for name in ("eager", "compiled"):
        style = f"bold {_COLOURS[name]} reverse" if name == shown else _COLOURS[name]
        parts.append(Content.assemble((f" {name} ", style), f" {seconds(say.side_of(profile, name).undisturbed)}"))
    return Content.assemble(" ", Content("  ").join(parts), "  ", _sum(profile, shown, short=True))


def _sum(profile: Profile, name: str, *, short: bool = False) -> Content:
    row = say.sum_row(profile, name, short=short)
    return Content.styled(row.text, "$error" if row.tone is Tone.ERROR else QUIET)


def ceiling_words(ceilings: Ceilings | None) -> Content:
    """What the machine can do, and how far to trust that."""
    if ceilings is None:
        return Content.styled(" This machine's ceilings were not measured", "$warning")
    if not ceilings.steady:
        return _no_limit(f"the ceilings are unsteady, {say.unsteady(ceilings)}")
    words = f"{say.ceilings_words(ceilings)}; {say.within_words(ceilings)}, {ceilings.measured.partition('T')[0]}"
    return Content.styled(f" {sanitised(words)}", QUIET)


def _no_limit(why: str) -> Content:
    return Content.styled(f" No share of a limit is told: {sanitised(why)}", "$warning")


def foot(profile: Profile, *, verdict: bool = False) -> Content | None:
    """Why the times or the limits are not to be trusted; where they are, the verdict if asked for; else None."""
    if profile.disturbed:
        return Content.styled(f" These times are of a busy machine: {say.doubt(profile)}", "$warning")
    if profile.ceilings is None:
        return ceiling_words(None)
    if no_limit := say.no_limit(profile):
        return _no_limit(no_limit)
    return Content.assemble(" ", _verdict(profile)) if verdict and say.verdict(profile) else None


def row_words(row: ProfileRow, profile: Profile, side: str, mark: str = "") -> Content:
    """A row in full, with its whole name.

    Args:
        row: the row.
        profile: whose it is.
        side: `eager` or `compiled`.
        mark: its letter in the roofline.
    """
    parts = [(f" {mark} " if mark else " ", f"bold {_COLOURS[side]}"), (sanitised(row.name), "bold")]
    if row.compile_id:
        parts.append((f" {sanitised(row.compile_id)}", f"bold {_COLOURS[side]}"))
    return Content.assemble(*parts, (f"  {say.row_words(row, profile, side)}", QUIET))


def invitation(standing: MeasuringProgress) -> Content:
    """What to say where nothing was measured."""
    if told := state(standing):
        return Content.assemble(" ", told)
    if not standing.live:
        return Content.styled(" Nothing was measured, and there is no worker that could.", QUIET)
    return Content.styled(" Nothing was measured yet.", QUIET)
