"""The screen of a study after what a person wants, or after what the plan has said: one pure function."""

from __future__ import annotations

from dataclasses import replace

from inspector.errors import EXIT_INTERRUPTED, EXIT_OK
from inspector.model.study import StudyRun
from inspector.say.units import plural
from inspector.study.updates import Update
from inspector.tui.effects import FocusPart, Leave, Say, with_effect
from inspector.tui.intents import FocusOn, Resized, StepBy
from inspector.tui.study import intents as want
from inspector.tui.study.effects import ExportReport, ShowFailures, StudyAct
from inspector.tui.study.intents import StudyDo, StudyIntent
from inspector.tui.study.layout import BOTH, CHART, HIDDEN, TABLE
from inspector.tui.study.parts import PlanEnded, PlanState, RunState, begun, progressed
from inspector.tui.study.results import grown
from inspector.tui.study.state import StudyDesk

_ACTS = {StudyDo.HELP: StudyAct.HELP, StudyDo.PALETTE: StudyAct.PALETTE, StudyDo.THEME: StudyAct.THEME}


def after(desk: StudyDesk, intent: StudyIntent) -> StudyDesk:  # noqa: PLR0911 (a case each)
    """The next state; what is to be said and done stands in its `effects`, behind what was there."""
    match intent:
        case StudyDo():
            return _do(desk, intent)
        case want.ShowPage(number):
            tabs = desk.tabs()
            return _show_topic(desk, tabs[number].name) if number < len(tabs) else desk
        case want.ShowTopic(topic):
            return _show_topic(desk, topic)
        case StepBy(by):
            return _step_page(desk, by)
        case want.StepSubject(by):
            return _step_subject(desk, by)
        case want.StepSet(by):
            return _step_set(desk, by)
        case want.ShowRun(number):
            return _show_run(desk, number)
        case FocusOn(by):
            return with_effect(desk, FocusPart(by))
        case Resized(size):
            return replace(desk, size=size)
        case want.PlanSaid(updates):
            return _told(desk, updates)


def _say(desk: StudyDesk, words: str, timeout: float = 2) -> StudyDesk:
    return with_effect(desk, Say(words, timeout=timeout))


def _do(desk: StudyDesk, do: StudyDo) -> StudyDesk:  # noqa: PLR0911, PLR0912 (a case each)
    plan = desk.plan
    match do:
        case StudyDo.FACE if not desk.has_faces:
            return _say(desk, "This page has one face.")
        case StudyDo.FACE:
            both = len(desk.shown(desk.layout)) > 1
            return replace(desk, face={BOTH: CHART if both else TABLE, CHART: TABLE, TABLE: BOTH}[desk.face])
        case StudyDo.FOLLOW:
            return _show_last(replace(desk, following=True)) if plan is not None and plan.runs else desk
        case StudyDo.SHOW_PLAN:
            return replace(desk, plan_asked=desk.layout.plan == HIDDEN)
        case StudyDo.PAUSE | StudyDo.STOP if plan is None or not plan.under_way:
            return _say(desk, "No run is under way.")
        case StudyDo.PAUSE if plan is not None:
            paused = replace(desk, plan=replace(plan, pausing=not plan.waits))
            return with_effect(paused, StudyAct.GO_ON if plan.waits else StudyAct.PAUSE)
        case StudyDo.STOP:
            return with_effect(_say(desk, "Stopping; finished runs are kept.", 3), StudyAct.STOP)
        case StudyDo.AGAIN if plan is None or plan.under_way:
            return _say(desk, "The plan is under way." if plan is not None else "There is no plan.")
        case StudyDo.AGAIN if plan is not None:
            requests = tuple(row.request for row in plan.rows)
            return with_effect(replace(desk, plan=begun(requests, plan)), StudyAct.BEGIN)
        case StudyDo.FAILURES:
            return _show_failures(desk)
        case StudyDo.EXPORT if desk.results.report is None:
            return _say(desk, "There is nothing to report yet.")
        case StudyDo.EXPORT if desk.results.report is not None:
            return with_effect(desk, ExportReport(desk.results.report))
        case StudyDo.LEAVE | StudyDo.INTERRUPT:
            stopped = do is StudyDo.INTERRUPT and plan is not None and plan.under_way
            code = EXIT_INTERRUPTED if stopped else plan.exit_code if plan is not None else EXIT_OK
            return with_effect(desk, Leave(code))
        case _:
            return with_effect(desk, _ACTS[do])


def _show_failures(desk: StudyDesk) -> StudyDesk:
    plan = desk.plan
    if plan is not None and (plan.failed or plan.error is not None):
        return with_effect(desk, ShowFailures(plan))
    ended = plan.count(RunState.DONE, RunState.KEPT) if plan is not None else 0
    words = f"None of the {plural(ended, 'run', 'runs')} that ended failed." if ended else "No run has ended yet."
    return _say(desk, words)


# --- pages --------------------------------------------------------------------------------------------------


def _show_topic(desk: StudyDesk, topic: str) -> StudyDesk:
    return replace(desk, place=replace(desk.place, topic=topic))


def _step_page(desk: StudyDesk, by: int) -> StudyDesk:
    names = [tab.name for tab in desk.tabs()]
    if not names or (section := desk.section) is None:
        return desk
    return _show_topic(desk, names[(names.index(section.topic) + by) % len(names)])


def _step_subject(desk: StudyDesk, by: int) -> StudyDesk:
    section, (_, number, count) = desk.section, desk.figure()
    if section is None or count < 2:
        return _say(desk, "This page has one figure.")
    subject = section.figures[(number - 1 + by) % count].subject
    return replace(desk, place=replace(desk.place, subject=subject), following=False)


def _step_set(desk: StudyDesk, by: int) -> StudyDesk:
    names = desk.sets
    if len(names) < 2:
        return _say(desk, "There is one set of results.")
    now = desk.place.set if desk.place.set in names else names[-1]
    place = replace(desk.place, set=names[(names.index(now) + by) % len(names)])
    return replace(desk, place=place, following=False)


def _show_run(desk: StudyDesk, number: int) -> StudyDesk:
    """A run of the plan leads to its figure, a failed one to the reason."""
    assert desk.plan is not None
    row = desk.plan.rows[number]
    if row.state is RunState.FAILED:
        return _show_failures(desk)
    run = next((item for item in reversed(desk.plan.runs) if item.request == row.request), None)
    return _show_figure(replace(desk, following=False), run) if run is not None else desk


def _show_last(desk: StudyDesk) -> StudyDesk:
    assert desk.plan is not None
    return _show_figure(desk, desk.plan.runs[-1])


def _show_figure(desk: StudyDesk, run: StudyRun) -> StudyDesk:
    results = desk.results
    return replace(desk, place=replace(desk.place, set=results.own, subject=results.subject(run)))


# --- what the plan says -------------------------------------------------------------------------------------


def _told(desk: StudyDesk, updates: tuple[Update | PlanEnded, ...]) -> StudyDesk:
    before = plan = desk.plan
    assert before is not None and plan is not None
    for update in updates:
        plan = progressed(plan, update)
    results = grown(desk.results, desk.path, plan)
    more = results is not desk.results
    desk = replace(desk, plan=plan, results=results)
    if more and desk.following:
        desk = _show_last(desk)
    if plan.plan is PlanState.BROKEN and before.plan is not PlanState.BROKEN:
        desk = with_effect(desk, ShowFailures(plan))
    if before.under_way and not plan.under_way:
        desk = with_effect(desk, *(Say(note, severity="warning", timeout=8) for note in plan.notes))
    return desk
