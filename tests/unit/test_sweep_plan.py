"""From a plan to points, to Slurm's arrays, and to task files for Kubernetes and SkyPilot."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweeps import made_plan, point, result

from inspector.cli.main import main
from inspector.codec import decode
from inspector.errors import EnvironmentLacking, UsageError
from inspector.model.sweep import LOST, PointResult
from inspector.study.sweep import tasks
from inspector.study.sweep.folder import SweepFolder
from inspector.study.sweep.plan import SweepPlan, check_names, make_plan, read_plan
from inspector.study.sweep.point import Job, machine_name, torch_version
from inspector.study.sweep.runner import Sweep
from inspector.study.sweep.slurm import Slurm

TARGET = {"target": "softmax"}


def keys(**said: Any) -> set[str]:
    return {job.point.key for job in make_plan(TARGET | said).jobs}


# --- plans --------------------------------------------------------------------------------------------------


def test_a_plan_is_the_product_of_its_lists_with_whole_rounds_first() -> None:
    plan = make_plan({**TARGET, "batch": [1, 4], "mode": ["default", "max-autotune"], "repeats": 2})
    places = [(job.point.repeat, job.point.request.batch, job.point.request.mode) for job in plan.jobs]
    assert len(places) == len(set(places)) == 8
    assert [place[0] for place in places] == [0] * 4 + [1] * 4
    assert {job.point.machine for job in plan.jobs} == {machine_name()}
    assert {job.point.torch for job in plan.jobs} == {torch_version()}


def test_an_inductor_setting_varies_as_python_writes_it() -> None:
    plan = make_plan({**TARGET, "inductor": {"freezing": [True, False], "cpp.simdlen": 0}})
    assert [job.point.request.inductor for job in plan.jobs] == [
        (("freezing", "True"), ("cpp.simdlen", "0")),
        (("freezing", "False"), ("cpp.simdlen", "0")),
    ]


def test_all_that_can_change_a_result_is_in_its_name_and_nothing_else(tmp_path: Path) -> None:
    usual = keys()
    for said in ({"batch": 2}, {"measure": []}, {"samples": 9}, {"seconds": 1}, {"mode": "default"}, {"threads": 1}):
        assert keys(**said).isdisjoint(usual), said
    own = point()
    assert replace(own, machine="another").key != own.key
    assert replace(own, torch="2.12.0").key != own.key
    assert replace(own, request=replace(own.request, timeout=5.0)).key == own.key
    assert keys(bundles=True) == usual


def test_a_point_is_called_the_same_in_every_version() -> None:
    """Results of years are found by these names: another one here loses them all."""
    named = replace(point(4), samples=100, source="0123")
    assert (point().key, named.key) == ("883f12864ad763877ad6", "cb20da251323033c0d26")


def test_a_target_that_was_edited_is_another_point(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def f(x): return x + 1\n")
    one = make_plan({"target": f"{file}:f"}).jobs[0].point
    file.write_text("def f(x): return x + 2\n")
    assert make_plan({"target": f"{file}:f"}).jobs[0].point.key != one.key


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"batches": [1]}, "no 'batches'"),
        ({"batch": [0]}, "a whole number from 1"),
        ({"batch": [True]}, "a whole number from 1"),
        ({"batch": []}, "batch has no value"),
        ({"mode": [1]}, "mode is a text"),
        ({"dynamic": ["yes"]}, "true or false"),
        ({"cache": "hot"}, "no cache 'hot'"),
        ({"device": ["cpu", "cude"]}, "'cude' is not a device"),
        ({"submodule": "layers.0"}, "A submodule is a part of a model"),
        ({"measure": ["speed"]}, "nothing called 'speed'"),
        ({"engine": {"name": "ray"}}, "no engine 'ray'"),
        ({"engine": {"nodes": 4}}, "no 'nodes'"),
        ({"engine": {"jobs": 0}}, "jobs is a whole number"),
        ({"engine": {"name": "slurm"}}, "has to name its kinds of machine"),
        ({"machine": {"big": {}}}, "no place in a local plan"),
        ({"repeats": 0}, "repeats is a number above 0"),
        ({"repeats": 1.5}, "repeats is a number above 0"),
        ({"seconds": float("inf")}, "seconds is a number above 0"),
        ({"model": "llama"}, "targets or models"),
        ({"batch": list(range(1, 1000)), "seq": list(range(1, 1000))}, "is the most"),
        ({"inductor": {"freezing": []}}, "inductor.freezing has no value"),
        ({"torch": ["2.13"]}, "torch is a table"),
        ({"torch": {"2.13": "/no/python"}}, "There is no Python"),
    ],
)
def test_what_a_plan_cannot_be_is_said_before_anything_runs(said: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make_plan(TARGET | said)


def test_a_python_is_asked_which_torch_it_has(tmp_path: Path) -> None:
    own = torch_version()
    short = ".".join(own.split(".")[:2])
    plan = make_plan({**TARGET, "torch": {short: sys.executable}})
    assert [job.point.torch for job in plan.jobs] == [own]
    assert plan.python(plan.jobs[0]) == sys.executable
    with pytest.raises(UsageError, match=rf"has torch {own.replace('+', '.')}, and the plan says 1\.0"):
        make_plan({**TARGET, "torch": {"1.0": sys.executable}})
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\necho 'No module named torch' >&2; exit 1\n")
    bare.chmod(0o755)
    with pytest.raises(EnvironmentLacking, match="No module named torch"):
        make_plan({**TARGET, "torch": {short: str(bare)}})


@pytest.mark.parametrize(
    "content",
    [b"target = [", b"\xff\xfe", None, b"target = " + b"[" * 20_000, b"batch = " + b"9" * 5_000, b" " * (2 << 20)],
)
def test_a_plan_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "p.toml").write_bytes(content)
    with pytest.raises(UsageError, match=r"cannot be read|is no plan"):
        read_plan(tmp_path / "p.toml")


def test_the_options_say_what_a_plan_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "p.toml"
    file.write_text('target = ["softmax"]\nbatch = [1, 2]\n[inductor]\nfreezing = [true, false]\n')
    assert main(["sweep", str(file), "--plan"]) == 0
    listed = capsys.readouterr().out
    options = ["--target", "softmax", "--batch", "1,2", "--inductor", "freezing=true,false"]
    assert main(["sweep", *options, "--plan"]) == 0
    assert capsys.readouterr().out == listed
    assert listed.splitlines()[0] == "batch 1 · freezing True"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "What is to be run?"),
        (["--target", "softmax", "--batch", "one"], "no list of such values"),
        (["--target", "softmax", "--torch", "2.13"], "VERSION=PYTHON"),
        (["no-such-folder"], "There is no sweep in"),
        (["no-such.toml"], "cannot be read"),
        (["a.toml", "--batch", "1"], "A plan says all"),
        (["folder", "--batch", "1"], "--batch says what to run"),
        (["--target", "softmx", "--plan"], "Did you mean softmax"),
        (["--target", "softmax,nosuch", "--plan"], "There is no target 'nosuch'"),
        (["--target", "no-such.py:f", "--plan"], "There is no file no-such.py"),
        (["--target", "softmax", "--report", "rep.pdf", "--plan"], "Its name ends with .html"),
        (["folder", "--report", "report"], "Its name ends with .html"),
        (["folder", "--jobs", "2"], "--jobs is of a run"),
        (["folder", "--plan"], "--plan is of a run"),
        (["--target", "softmax", "--plan", "--json"], "--json is of a report"),
        (["--target", "softmax", "--over", "bach"], "no dimension 'bach'"),
        (["--target", "softmax", "--over", "batch,mode,dtype"], "one dimension or two"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_refused(
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        code = main(["sweep", *arguments])
    except SystemExit as end:
        code = int(str(end.code))
    assert code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--mode", "default,max-autotun"], "torch.compile has no mode 'max-autotun'. Did you mean max-autotune"),
        (["--dtype", "f32,f33"], "There is no dtype named 'f33'. Did you mean f32"),
        (["--inductor", "freezin=true"], "freezin"),
    ],
)
def test_a_name_that_only_torch_knows_is_asked_for_before_anything_runs(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", "--target", "softmax", "--plan", *arguments]) == 2
    out, err = capsys.readouterr()
    assert words in err and not out


def test_a_torch_that_cannot_be_asked_is_no_torch_that_knows(tmp_path: Path) -> None:
    plan = made_plan(tmp_path, dtype="float8_e4m3fn")
    bare = tmp_path / "bare"
    bare.write_text("#!/bin/sh\necho 'No module named torch' >&2; exit 1\n")
    bare.chmod(0o755)
    with pytest.raises(EnvironmentLacking, match="cannot be asked for its modes and types: No module named torch"):
        check_names(replace(plan, pythons={"2.13": str(bare)}))
    check_names(replace(plan, pythons={}))  # torch has it


# --- Slurm --------------------------------------------------------------------------------------------------


class Cluster:
    """Stands for Slurm: tasks are alive until a test ends them."""

    def __init__(self) -> None:
        self.arrays: list[tuple[list[list[str]], dict[str, Any]]] = []
        self.living: dict[str, Job] = {}
        self.answers = True

    def submit(self, commands: Sequence[list[str]], settings: Mapping[str, Any], logs: Path) -> list[str]:
        self.arrays.append((list(commands), dict(settings)))
        number = len(self.arrays)
        names = [f"{number}_{place}" for place in range(len(commands))]
        jobs = [decode(words[5].encode(), Job) for words in commands]
        self.living |= dict(zip(names, jobs, strict=True))
        return names

    def alive(self) -> set[str] | None:
        return set(self.living) if self.answers else None

    def end(self, folder: SweepFolder, *names: str, result_too: bool = True) -> None:
        for name in names:
            job = self.living.pop(name)
            if result_too:
                folder.keep(result(job.point), replace=lambda _: False)


def slurm_plan(**said: Any) -> SweepPlan:
    return make_plan({**TARGET, "engine": {"name": "slurm"}, "machine": {"big": {"partition": "gpu"}}, **said})


def test_each_kind_of_machine_has_its_arrays_and_timed_points_have_their_node_alone(tmp_path: Path) -> None:
    plan = slurm_plan(batch=[1, 2], machine={"big": {"partition": "gpu"}, "small": {"mem": "4G", "exclusive": False}})
    folder, cluster = SweepFolder(tmp_path / "s"), Cluster()
    folder.make()
    Slurm(plan, folder, 7, cluster).submit(plan.jobs)
    assert [(len(commands), settings) for commands, settings in cluster.arrays] == [
        (2, {"array_parallelism": 7, "exclusive": True, "partition": "gpu"}),
        (2, {"array_parallelism": 7, "exclusive": False, "mem": "4G"}),
    ]
    assert {job.point.machine for job in cluster.living.values()} == {"big", "small"}
    assert all(words[-1] == "--wait" for commands, _ in cluster.arrays for words in commands)


def test_more_than_an_array_holds_follows_it_so_that_the_cap_holds(tmp_path: Path) -> None:
    plan = slurm_plan(measure=[], seed=list(range(2500)))
    folder, cluster = SweepFolder(tmp_path / "s"), Cluster()
    folder.make()
    Slurm(plan, folder, None, cluster).submit(plan.jobs)
    assert [len(commands) for commands, _ in cluster.arrays] == [1000, 1000, 500]
    assert [settings.get("dependency") for _, settings in cluster.arrays] == [None, "afterany:1", "afterany:2"]


def test_a_controller_that_went_is_followed_by_one_that_finds_its_jobs(tmp_path: Path) -> None:
    plan = slurm_plan(batch=[1, 2, 3])
    folder, cluster = SweepFolder(tmp_path / "s"), Cluster()
    folder.make()
    Slurm(plan, folder, None, cluster).submit(plan.jobs)
    cluster.end(folder, "1_0")
    cluster.end(folder, "1_1", result_too=False)  # its node went while nobody looked
    clock = iter(range(0, 10**6, 10))

    def sleep(_: float) -> None:
        cluster.end(folder, *list(cluster.living))

    engine = Slurm(plan, folder, None, cluster, clock=lambda: float(next(clock)))
    done = Sweep(plan, folder, engine, sleep=sleep).run()
    assert done.kept == 1
    assert all(item.ok for item in done.results)
    assert [len(commands) for commands, _ in cluster.arrays] == [3, 1]  # the one that was lost, and no other
    assert cluster.arrays[1][0][0][5] == cluster.arrays[0][0][1][5]


def test_a_job_that_ends_without_a_result_is_submitted_again(tmp_path: Path) -> None:
    plan = slurm_plan()
    folder, cluster = SweepFolder(tmp_path / "s"), Cluster()
    clock = iter(range(0, 10**6, 10))

    def sleep(_: float) -> None:
        cluster.end(folder, *list(cluster.living), result_too=False)

    engine = Slurm(plan, folder, None, cluster, clock=lambda: float(next(clock)))
    done = Sweep(plan, folder, engine, sleep=sleep).run()
    assert [item.outcome for item in done.results] == [LOST]
    assert len(cluster.arrays) == 3


def test_while_slurm_does_not_answer_nothing_has_ended(tmp_path: Path) -> None:
    plan = slurm_plan()
    folder, cluster = SweepFolder(tmp_path / "s"), Cluster()
    folder.make()
    clock = iter(range(0, 10**6, 10))
    engine = Slurm(plan, folder, None, cluster, clock=lambda: float(next(clock)))
    engine.submit(plan.jobs)
    cluster.end(folder, "1_0", result_too=False)
    cluster.answers = False
    assert engine.ended() == {}
    cluster.answers = True
    assert list(engine.ended()) == [plan.jobs[0].point.key]


# --- task files ---------------------------------------------------------------------------------------------


def tasks_plan(name: str, **said: Any) -> SweepPlan:
    engine = {"name": name, "image": "me/torch:1", "folder": "/sweep", "volume": "disk", **said.pop("engine", {})}
    return make_plan({**TARGET, "engine": engine, "machine": {"h200": {}}, **said})


def test_a_kubernetes_job_makes_each_point_at_its_index() -> None:
    machine = {"h200": {"nodeSelector": {"gpu": "h200"}, "resources": {"limits": {"nvidia.com/gpu": 1}}}}
    plan = tasks_plan("kubernetes", batch=[1, 2, 3], machine=machine, engine={"jobs": 2})
    (text,) = tasks.task_files(plan, plan.jobs).values()
    data, job = yaml.safe_load_all(text)
    lines = data["data"]["jobs.jsonl"].splitlines()
    assert [decode(line.encode(), Job) for line in lines] == list(plan.jobs)
    assert (data["kind"], job["kind"], job["apiVersion"]) == ("ConfigMap", "Job", "batch/v1")
    spec = job["spec"]
    assert (spec["completions"], spec["parallelism"], spec["completionMode"]) == (3, 2, "Indexed")
    pod = spec["template"]["spec"]
    assert pod["nodeSelector"] == {"gpu": "h200"}
    (container,) = pod["containers"]
    assert container["resources"] == {"limits": {"nvidia.com/gpu": 1}}
    assert container["command"][2].endswith('/sweep /jobs/jobs.jsonl --index "$JOB_COMPLETION_INDEX" --wait')
    mounted = {item["name"]: item["mountPath"] for item in container["volumeMounts"]}
    assert mounted == {"sweep": "/sweep", "jobs": "/jobs"}
    assert pod["volumes"][1]["configMap"]["name"] == data["metadata"]["name"]


def test_a_config_map_is_no_larger_than_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_LARGEST", 900)
    plan = tasks_plan("kubernetes", batch=[1, 2, 3])
    files = tasks.task_files(plan, plan.jobs)
    found = [list(yaml.safe_load_all(text)) for text in files.values()]
    assert len(found) > 1
    assert sum(job["spec"]["completions"] for _, job in found) == 3
    assert len({job["metadata"]["name"] for _, job in found}) == len(found)


def test_a_skypilot_task_runs_one_point() -> None:
    plan = tasks_plan("skypilot", batch=[1, 2], machine={"h200": {"accelerators": "H200:1", "use_spot": True}})
    files = tasks.task_files(plan, plan.jobs)
    assert len(files) == 2
    task = yaml.safe_load(next(iter(files.values())))
    assert task["resources"] == {"accelerators": "H200:1", "use_spot": True, "image_id": "docker:me/torch:1"}
    assert task["file_mounts"] == {"/sweep": {"source": "disk", "mode": "MOUNT"}}
    assert task["run"].startswith("python -P -m inspector.study.sweep.point /sweep ")


@pytest.mark.parametrize(
    "value",
    [
        {"a": {"b": [1, {"c": "d", "e": ["f", []]}, [2, 3]], "no": None}, "x y": "yes: #1\n", "n": True, "1": "1"},
        {"empty": {}, "list": [], "text": "ü – \u2028 \x85 \U0001f600 \\ \" '", "deep": [[[{"a": 1, "b": {"c": 2}}]]]},
    ],
)
def test_what_is_written_as_yaml_is_read_as_the_same(value: dict[str, Any]) -> None:
    assert yaml.safe_load(tasks.yaml(value)) == value


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"engine": {"folder": ""}}, r"needs \[engine\] folder"),
        ({"engine": {"volume": ""}}, r"needs \[engine\] volume"),
        ({"engine": {"image": ""}}, r"needs \[engine\] image"),
        ({"engine": {"folder": "sweep"}}, "is a whole path"),
        ({"machine": {"Big One": {}}}, "cannot be a part of a name"),
    ],
)
def test_a_task_file_that_would_not_do_is_not_written(said: dict[str, Any], words: str) -> None:
    plan = tasks_plan("kubernetes", **said)
    with pytest.raises(UsageError, match=words):
        tasks.task_files(plan, plan.jobs)


def test_task_files_are_of_what_has_no_result_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "p.toml"
    file.write_text(
        'target = "softmax"\nbatch = [1, 2]\n[engine]\nname = "skypilot"\nfolder = "/s"\nvolume = "gs://b"\n[machine.a]\n'
    )
    first = make_plan(read_plan(file)).jobs[0].point
    folder = SweepFolder(tmp_path / "out")
    folder.make()
    folder.keep(PointResult(first, "finished"), replace=lambda _: False)
    assert main(["sweep", str(file), "-o", str(tmp_path / "out")]) == 0
    assert "1 task file for 1 point in" in capsys.readouterr().out
    (written,) = (tmp_path / "out/tasks").iterdir()
    assert first.key not in written.name
    folder.keep(PointResult(first, "failed"), replace=lambda _: True)
    assert main(["sweep", str(file), "-o", str(tmp_path / "out"), "--retry"]) == 0
    assert "2 task files for 2 points in" in capsys.readouterr().out
    for words in (["--json"], ["--report", "x.html"], ["--over", "batch"], ["--jobs", "3"]):
        assert main(["sweep", str(file), "-o", str(tmp_path / "out"), *words]) == 2
        assert f"{words[0]} is of points that are run here, and skypilot gets task files" in capsys.readouterr().err


def test_made_plans_have_their_own_python(tmp_path: Path) -> None:
    plan = made_plan(tmp_path)
    assert plan.python(plan.jobs[0]) == str(tmp_path / "python")
    assert json.loads(json.dumps(plan.pythons)) == {torch_version(): str(tmp_path / "python")}
