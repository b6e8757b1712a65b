"""Lists to choose from, and what is shown over the desk. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from inspector.form.form import EXTRAS, INGREDIENTS, Extra, Ingredient, Taste
from inspector.model.artifact import Artifact
from inspector.model.capture import CompileStatus
from inspector.model.stage import Stage
from inspector.say.compiles import status_words
from inspector.say.kernels import CODE, fusion_summary, graph_words
from inspector.say.links import describe
from inspector.say.names import place
from inspector.say.passes import no_passes
from inspector.say.units import plural
from inspector.tui.choice import Choice
from inspector.tui.desk import pricing, versions
from inspector.tui.desk.effects import (
    Act,
    Differ,
    FindEverywhere,
    Pick,
    Remember,
    ShowFailure,
    ShowGuards,
    ShowMeaning,
    StepThroughPasses,
)
from inspector.tui.desk.intents import Go, Here, Intent, ShowCompileId, ShowKernel, ShowText, SwitchIngredient
from inspector.tui.desk.links import unlinked
from inspector.tui.desk.state import Desk, say, with_effect

NOTHING_YET = "Nothing has been compiled yet."


def compile_ids(desk: Desk) -> Desk:
    """Lists every compile id with its function, its state, and why it came to be."""
    if desk.of_log:
        return with_effect(desk, Act.OTHER)
    breaks = {item.compile_id: item.reason for item in desk.capture.graph_breaks}
    choices = []
    for item in desk.capture.compilations:
        where = place(item.place.file, item.place.line) if item.place is not None else ""
        kernels = plural(len(item.kernels), "kernel", "kernels") if item.kernels else ""
        detail = " · ".join(filter(None, (item.function, where, status_words(item.status), kernels)))
        reason = desk.recompile_reason(item.compile_id)
        below = f"recompiled: {reason}" if reason else ""
        if item.compile_id in breaks:
            below = f"ends in a graph break: {breaks[item.compile_id].splitlines()[0]}"
        if item.error:
            below = f"failed: {item.error.splitlines()[0]}"
        choices.append(Choice(item.compile_id, item.compile_id, detail, below))
    if not choices:
        return say(desk, NOTHING_YET)
    return with_effect(desk, Pick("Compile ids", tuple(choices), desk.compile_id, ShowCompileId))


def kernels(desk: Desk) -> Desk:
    """Lists the kernels of the compile id on screen."""
    keys = {key.local: key for key in desk.kernels()}
    choices = []
    for local, key in keys.items():
        texts = {item.stage: item for item in desk.capture.kernels[key]}
        lines = plural(len(texts[Stage.KERNEL].lines), "line", "lines") if Stage.KERNEL in texts else ""
        instructions = "machine code" if texts.keys() & CODE else ""
        detail = (graph_words(desk.capture, key), lines, instructions)
        choices.append(Choice(local, key.name, " · ".join(filter(None, detail))))
    if not choices:
        return say(desk, "No kernel yet." if desk.compiling else _no_kernel(desk.artifact(Stage.INDUCTOR)))
    shown = desk.artifact(Stage.KERNEL)
    current = shown.key.local if shown is not None and shown.key is not None else None
    return with_effect(desk, Pick("Kernels", tuple(choices), current, lambda local: ShowKernel(keys[local])))


def _no_kernel(output_code: Artifact | None) -> str:
    """That there is none only where the code that would call it is recorded."""
    from inspector.link.outputcode import read_output_code

    if output_code is None or read_output_code(output_code.text).kernels:
        return "No kernel is recorded here."
    return "No kernel of its own: this graph only calls code that Inductor does not write."


def sources(desk: Desk) -> Desk:
    """Lists the source files that the graphs point into."""
    choices = tuple(Choice(item.id, item.id.partition(":")[2], item.path or "") for item in desk.sources())
    if not choices:
        return say(desk, "No source file yet.")
    shown = desk.artifact(Stage.SOURCE)
    return with_effect(desk, Pick("Source files", choices, shown.id if shown is not None else None, ShowText))


def texts(desk: Desk) -> Desk:
    """Lists every text of the compile id on screen; one that its pane would not show by itself is pinned there."""
    choices = tuple(
        Choice(
            item.id,
            item.variant or item.kernel or item.id.partition(":")[2]
            if item.stage in (Stage.OTHER, Stage.SOURCE)
            else item.stage.heading,
            " · ".join(filter(None, (_what(item), plural(len(item.lines), "line", "lines")))),
        )
        for item in (*desk.capture.artifacts, *desk.capture.others)
        if desk.on_screen(item)
    )
    if not choices:
        return say(desk, "There is no text yet.")
    current = desk.text.id if desk.text is not None else None
    return with_effect(desk, Pick("Texts", choices, current, lambda key: ShowText(key, pinned=True)))


def _what(artifact: Artifact) -> str:
    """What tells a text from others of its stage."""
    if artifact.stage is Stage.OTHER:
        return "not of one stage" if artifact.compile_id is not None else "outside any compile"
    return artifact.kernel or artifact.variant


def find_text(desk: Desk, here: Here) -> Desk:
    """Asks for a text to look for everywhere, beginning with what is selected."""
    text = here.selected if "\n" not in here.selected else ""

    def then(hit: Any) -> Intent:
        return Go(hit.artifact.id, hit.position)

    return with_effect(desk, FindEverywhere(desk.capture, desk.compile_id, text, pricing.shown(desk), then))


def meaning(desk: Desk, here: Here) -> Desk:
    """Says what the word at the cursor means, what its place is linked to, and what its kernel's fusion saved."""
    from inspector.explain import explain, word_at

    artifact = here.artifact
    if artifact is None:
        return say(desk, "There is no text to explain yet.")
    line, col = here.cursor
    word = word_at(artifact.lines[line - 1], col, artifact.language)
    if not word:
        return say(desk, "There is no word at the cursor.")
    linked = str(describe(desk.index.relatives(artifact.id, line, col), artifact.id, desk.capture.by_id))
    lines = [f"Linked to {linked}." if linked else unlinked(desk, artifact)]
    if artifact.key is not None and (fusion := desk.capture.fusion_of.get(artifact.key)) is not None:
        lines.append(f"{artifact.kernel}: {fusion_summary(fusion)}.")
    return with_effect(desk, ShowMeaning(word, tuple(explain(word, artifact.language)), tuple(lines)))


def guards(desk: Desk) -> Desk:
    """The guards of the compile id on screen."""
    return say(desk, NOTHING_YET) if desk.compilation is None else with_effect(desk, ShowGuards(desk.compilation))


def difference(desk: Desk) -> Desk:
    """How the compile id on screen differs from the one before it."""
    if desk.compile_id is None:
        return say(desk, NOTHING_YET)
    if desk.of_log:
        return with_effect(desk, Act.DIFFER_IN_LOG)
    from inspector.compare.captures import compiles_before

    before = compiles_before(desk.capture).get(desk.compile_id)
    if before is None:
        return say(desk, "Only a recompile has a compile before it to differ from.", timeout=4)
    return with_effect(desk, Differ(desk.capture, before, desk.compile_id))


def passes(desk: Desk) -> Desk:
    """What each pass did to the graph of the compile id on screen, where that was recorded."""
    if desk.compile_id is None:
        return say(desk, NOTHING_YET)
    found = tuple(item for item in desk.capture.passes if item.compile_id == desk.compile_id)
    if not found:
        some = f"No pass over {desk.compile_id} is recorded."
        return say(desk, some if desk.capture.passes else no_passes(desk.capture), timeout=6)
    return with_effect(desk, StepThroughPasses(desk.compile_id, found))


def compare(desk: Desk) -> Desk:
    """Asks what to hold the capture against."""
    return say(desk, NOTHING_YET) if desk.compile_id is None else with_effect(desk, Act.COMPARE)


def keep(desk: Desk) -> Desk:
    """Puts the capture into the library, where it is a whole one."""
    if desk.of_log:
        words = "This is a part of a log. `inspector run --keep` keeps a whole one; Ctrl+S makes a bundle of this."
        return say(desk, words, severity="warning", timeout=6)
    if desk.compiling or not desk.capture.compilations:
        return say(desk, "Nothing is compiled yet that could be kept.")
    return with_effect(desk, Act.KEEP)


def export(desk: Desk) -> Desk:
    """Asks where to write what is on screen."""
    return with_effect(desk, Act.EXPORT) if desk.capture.artifacts else say(desk, "There is nothing to export yet.")


def failure(desk: Desk) -> Desk:
    """Says again why the worker ended, or why the newest version does not compile."""
    if (why := versions.failure(desk)) is not None:
        return with_effect(desk, ShowFailure(why))
    if desk.outcome is None or not desk.failed:
        return say(desk, no_failure(desk), timeout=4)
    return with_effect(desk, ShowFailure(desk.outcome))


def find(desk: Desk) -> Desk:
    """Asks what to find in the chosen pane."""
    return with_effect(desk, Act.FIND) if desk.shown else desk


def go_to_line(desk: Desk) -> Desk:
    """Asks for a line of the chosen pane."""
    return with_effect(desk, Act.GO_TO_LINE) if desk.text is not None else desk


def back_to_log(desk: Desk) -> Desk:
    """To the log that this compile id is one of."""
    return with_effect(desk, Act.TO_LOG) if desk.of_log else desk


def zoomed(desk: Desk) -> Desk:
    """The chosen pane alone, or all again."""
    return replace(desk, zoomed=not desk.zoomed)


def grown(desk: Desk) -> Desk:
    """The chosen pane gets twice the room of the others, or no more than they."""
    return replace(desk, grown=not desk.grown, zoomed=False)


def reformed(desk: Desk) -> Desk:
    """Every text in its reading form, or as it is stored."""
    return tasted(desk, replace(desk.taste, concise=not desk.taste.concise))


def tasted(desk: Desk, taste: Taste) -> Desk:
    """Texts are shown so from now on."""
    return with_effect(replace(desk, taste=taste), Remember(taste))


def switched(desk: Desk, name: str) -> Desk:
    """One ingredient of the reading form is shown, or no longer; and the list of them stays open."""
    kept, without = desk.taste.kept, desk.taste.without
    if name in set(Extra):
        without = tuple(item for item in Extra if (item in without) != (item == name))
    else:
        kept = tuple(item for item in Ingredient if (item in kept) != (item == name))
    return ingredients(tasted(desk, Taste(True, kept, without)), name)


def ingredients(desk: Desk, current: str = "") -> Desk:
    """Lists what a reading form folds, and what it shows beside the code, each with a switch."""
    taste = desk.taste
    rows = [
        *((item.value, item not in taste.without, EXTRAS[item]) for item in Extra),
        *((item.value, item in taste.kept, INGREDIENTS[item]) for item in Ingredient),
    ]
    choices = tuple(Choice(name, f"{'shown' if shown else '  –  '}  {name}", words) for name, shown, words in rows)
    title = "Reading form: what is shown" if taste.concise else "Reading form: V shows it; what is shown then"
    return with_effect(desk, Pick(title, choices, current or None, SwitchIngredient))


def no_failure(desk: Desk) -> str:
    """What there is to say of failures where the worker did not end by one: never more than was looked at."""
    compilations = desk.capture.compilations
    failed = [item.compile_id for item in compilations if item.status is CompileStatus.FAILED]
    if failed:
        return f"{', '.join(failed)} did not compile: D says why. The worker itself did not fail."
    if not compilations:
        return "No compile id is recorded here, so none that failed."
    seen = len(compilations)
    where = f"recorded {'so far' if desk.compiling else 'here'}"
    return (
        f"The one compile id {where} did not fail." if seen == 1 else f"None of the {seen} compile ids {where} failed."
    )
