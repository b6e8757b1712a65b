"""What lines cost: the column that says so, the dearest places, and having it measured. Pure."""

from __future__ import annotations

import shlex
from dataclasses import replace

from inspector import protocol
from inspector.model.artifact import Artifact, Position
from inspector.model.price import Cost, Price
from inspector.price import TextPrice, TextPrices
from inspector.say.chain import expression
from inspector.say.names import place
from inspector.say.price import cost_words
from inspector.tui.desk.effects import Goto, Remember
from inspector.tui.desk.intents import Here
from inspector.tui.desk.links import follow
from inspector.tui.desk.parts import PRICE
from inspector.tui.desk.running import chosen, measure
from inspector.tui.desk.state import Desk, say, with_effect
from inspector.tui.layout import PANEL_KEYS

MEASURE = protocol.RunProfile(seconds=6.0, times=False, price=True)
"""What the worker is asked for."""


def price_of(desk: Desk) -> Price | None:
    """The price on screen; None where nothing was priced."""
    return chosen(desk.capture.prices, desk.measuring.shapes.get(PRICE, ""))[0]


def to_join(desk: Desk) -> Price | None:
    """The price that is to be joined with the capture's links; None where it is already, or nothing shows it."""
    price = price_of(desk)
    if price is None or not (desk.taste.costs or PRICE in desk.panels_shown) or desk.indexed is not desk.capture.links:
        return None
    known = desk.prices
    return None if known is not None and (known.price, known.capture) == (price, desk.capture) else price


def shown(desk: Desk) -> TextPrices | None:
    """What the columns show; None without columns."""
    known = desk.prices
    if known is None or not desk.taste.costs or desk.discreet:
        return None
    return known if known.price is price_of(desk) else None


def toggled(desk: Desk) -> Desk:
    """The column comes or goes; where nothing was priced it is measured, or said what would."""
    if price_of(desk) is not None:
        return _with_column(desk, on=not desk.taste.costs)
    if not desk.live:
        return say(desk, f"This capture holds no price. `{_command(desk)}` records one.", timeout=8)
    asked = measure(desk, MEASURE)
    if asked.measuring.asked is not MEASURE or desk.measuring.asked is not None:
        return asked
    rests = "; the race rests meanwhile" if asked.measuring.resumes else ""
    words = (
        f"Measuring what each line costs, some {MEASURE.seconds:.0f} s{rests}. {PANEL_KEYS[PRICE]} shows how far it is."
    )
    return _with_column(say(asked, words, timeout=6), on=True)


def _with_column(desk: Desk, *, on: bool) -> Desk:
    if desk.taste.costs is on:
        return desk
    taste = replace(desk.taste, costs=on)
    return with_effect(replace(desk, taste=taste), Remember(taste))


def _command(desk: Desk) -> str:
    """What records the price of such a capture."""
    request = desk.capture.request or desk.request
    target = request.arguments() if request is not None else ("TARGET",)
    return shlex.join(["inspector", "price", *target, "-o", "priced"])


def dearest(desk: Desk, here: Here, by: int) -> Desk:
    """To the next dearest place of the chosen pane's text, from the dearest on; or to the one before."""
    if not desk.taste.costs or price_of(desk) is None:
        return toggled(desk) if price_of(desk) is None else _with_column(desk, on=True)
    found = _of(desk, here.artifact)
    if found is None or here.artifact is None:
        return say(desk, "The price is being joined with the links…", timeout=2)
    places = found.dearest
    if not places:
        return say(desk, f"No cost is known in {here.artifact.stage.heading}.", timeout=4)
    at = next((number for number, item in enumerate(places) if item == here.cursor), None)
    goal = places[(at + by) % len(places)] if at is not None else places[0]
    return follow(with_effect(desk, Goto(here.artifact.stage, goal)), (here.artifact.id, goal))


def _of(desk: Desk, artifact: Artifact | None) -> TextPrice | None:
    prices = shown(desk)
    return prices.of(artifact) if prices is not None and artifact is not None else None


def said(desk: Desk, artifact: Artifact, position: Position) -> tuple[str, str] | None:
    """What a place costs in words: what it is, and its cost; None where the column is off, or nothing is known."""
    found = _of(desk, artifact)
    cost: Cost | None = found.at(position) if found is not None else None
    if cost is None or found is None:
        return None
    line = cost.span.start.line if cost.span is not None else position.line
    where = place(artifact.path or artifact.id, line) if artifact.path else f"{artifact.stage.short}:{line}"
    words = cost.label if cost.span is not None else expression(artifact, found.line(line))
    return f"{where} {words}", cost_words(cost, found.price)
