"""From files and addresses of a running program to the artifacts and lines of its capture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from inspector.link.facts import StackFrame
from inspector.link.kernel_work import works_of
from inspector.link.source import frame_span
from inspector.model.artifact import Artifact, Span
from inspector.model.capture import Capture
from inspector.model.price import EagerOperator, PartKind, Price, Site, Spot
from inspector.model.profile import Work
from inspector.model.stage import Stage


def located(price: Price, capture: Capture, addresses: Mapping[str, Sequence[int]]) -> Price:
    """A price as it was measured, with the artifacts and lines that its places are in the capture.

    Args:
        price: from the worker; or from here, when more of the capture has arrived.
        capture: of the same run.
        addresses: machine code's artifact → for each of its lines the instruction's address in its binary.
    """
    codes = _by_file(capture, Stage.INDUCTOR)
    works = works_of(price.kernel_calls, capture)
    called: dict[tuple[str, str], float] = {}
    for site in price.sites:
        if site.part is PartKind.KERNEL:
            called[site.compile_id, site.name] = called.get((site.compile_id, site.name), 0.0) + site.calls
    several = {
        key
        for key in called
        if len({call.arguments for call in price.kernel_calls if (call.compile_id, call.kernel) == key}) > 1
    }

    def of_site(site: Site) -> Site:
        code = _own(site, codes.get(site.file, ()))
        key = (site.compile_id, site.name)
        work = site.work
        if site.part is PartKind.KERNEL and (code is None or code.compile_id == site.compile_id):
            alone = site.calls == called[key]
            work = _part(works.get(key), site.calls / called[key]) if alone or key not in several else None
        return replace(site, artifact=code.id if code is not None else "", work=work)

    sites = tuple(map(of_site, price.sites))
    listings = _by_file(capture, Stage.ASM)
    lines = {
        name: {address: number for number, address in enumerate(found, 1) if address}
        for name, found in addresses.items()
    }

    def of_spot(spot: Spot) -> Spot:
        site = sites[spot.site]
        found = listings.get(spot.file, ())
        own = [item for item in found if item.kernel == site.name and item.unit == _unit(site, capture)]
        listing = _own(site, own or found)
        line = lines.get(listing.id, {}).get(spot.address, 0) if listing is not None else 0
        return replace(spot, artifact=listing.id, line=line) if listing is not None and line else spot

    sources = {item.path: item for item in capture.find(Stage.SOURCE) if item.path}

    def of_operator(item: EagerOperator) -> EagerOperator:
        return replace(item, spans=tuple(_spans(item, sources)))

    eager = price.eager and replace(price.eager, operators=tuple(map(of_operator, price.eager.operators)))
    return replace(price, sites=sites, spots=tuple(map(of_spot, price.spots)), eager=eager)


def _by_file(capture: Capture, stage: Stage) -> dict[str, list[Artifact]]:
    found: dict[str, list[Artifact]] = {}
    for item in capture.find(stage):
        if item.path:
            found.setdefault(item.path, []).append(item)
    return found


def _own(site: Site, found: Sequence[Artifact]) -> Artifact | None:
    """The text of the site's own compile: out of torch's caches, several compiles have one file."""
    return next((item for item in found if item.compile_id == site.compile_id), found[-1] if found else None)


def _unit(site: Site, capture: Capture) -> str:
    """What tells the graph of a site's output code from others of its compile id."""
    code = capture.by_id.get(site.artifact)
    return code.variant if code is not None else ""


def _part(work: Work | None, share: float) -> Work | None:
    if work is None or share == 1:
        return work
    flops = None if work.flops is None else round(work.flops * share)
    return replace(work, read=round(work.read * share), written=round(work.written * share), flops=flops)


def _spans(item: EagerOperator, sources: Mapping[str, Artifact]) -> list[Span]:
    found = []
    for place in item.places:
        artifact = sources.get(place.file)
        if artifact is not None:
            span = frame_span(artifact, StackFrame(place.file, place.line, place.col, place.end_line, place.end_col))
            if span is not None:
                found.append(span)
    return found
