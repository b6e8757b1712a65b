"""The bridge from threads to screens: nothing is lost, nothing waits, nothing goes on unheard."""

import threading
import time

from driving import PATIENCE, until
from textual.app import App
from textual.pilot import Pilot

from inspector.errors import InspectorError
from inspector.tui.task import NobodyListens, Task, TaskDone, TaskFailed, Tasks


class Owner(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.tasks = Tasks(self)
        self.heard: list[object] = []
        self.messages = 0

    def on_task_spoke(self, message: Task.Spoke) -> None:
        self.messages += 1
        self.heard += [(message.task.name, said) for said in message.task.take()]


async def over(pilot: Pilot[None], *tasks: Task) -> None:
    await until(pilot, lambda: all(task.over.is_set() for task in tasks))
    await pilot.pause(0.02)


async def test_what_is_said_arrives_in_order_and_a_burst_is_one_message():
    app = Owner()
    async with app.run_test() as pilot:
        all_said = threading.Event()

        def work(say):
            for number in range(500):
                say(number)
            all_said.set()
            return "result"

        task = app.tasks.run("count", work, doing="counted")
        assert all_said.wait(PATIENCE)  # the app's thread looks at nothing meanwhile
        await over(pilot, task)
        assert [said for _, said in app.heard] == [*range(500), TaskDone("result")]
        assert app.messages <= 2


async def test_every_exception_is_told():
    app = Owner()
    async with app.run_test() as pilot:

        def raising(error):
            def work(_say):
                raise error

            return work

        errors = [InspectorError("Wrong.", "Do it right."), ZeroDivisionError("by nought"), SystemExit(3)]
        for number, error in enumerate(errors):
            await over(pilot, app.tasks.run(f"{number}", raising(error), doing="tried"))
        told = [said.error for _, said in app.heard if isinstance(said, TaskFailed)]
        assert told[0] is errors[0]
        assert "failed while it tried: ZeroDivisionError: by nought" in told[1].message
        assert "test_task" in told[1].detail
        assert "SystemExit" in told[2].message


async def test_the_newest_of_a_name_counts_and_the_earlier_one_ends():
    app = Owner()
    async with app.run_test() as pilot:
        go_on, ended = threading.Event(), []

        def slow(say):
            go_on.wait(PATIENCE)
            try:
                say("late")
            except NobodyListens:
                ended.append(True)
                raise

        first = app.tasks.run("read", slow, doing="read")
        second = app.tasks.run("read", lambda _: "new", doing="read")
        go_on.set()
        await over(pilot, first, second)
        assert app.heard == [("read", TaskDone("new"))]
        assert ended == [True]


async def test_nothing_waits_for_an_app_that_has_been_left():
    app = Owner()
    entered, left, told = threading.Event(), threading.Event(), []

    def work(say):
        entered.set()
        left.wait(2 * PATIENCE)
        say("to nobody")
        told.append(True)

    async with app.run_test():
        task = app.tasks.run("work", work, doing="worked")
        assert entered.wait(PATIENCE)
        began = time.monotonic()
    assert time.monotonic() - began < PATIENCE, "leaving does not wait for the thread"
    left.set()
    assert task.over.wait(PATIENCE)
    assert not told
    assert not app.heard


async def test_what_is_being_written_is_written_and_its_failure_told_on_the_terminal(capsys, monkeypatch):
    app = Owner()
    left, written = threading.Event(), []

    def work(_say):
        left.wait(2 * PATIENCE)
        written.append(True)
        raise InspectorError("The disk is full.")

    async with app.run_test():
        task = app.tasks.run("export", work, doing="wrote", finishes=True)
    monkeypatch.setattr("sys.__stderr__", __import__("sys").stderr)
    left.set()
    for thread in threading.enumerate():
        if thread.name == "export":
            assert not thread.daemon
            thread.join(5)
    assert task.over.is_set()
    assert written
    assert "The disk is full." in capsys.readouterr().err
