"""What the levers of `inspector phases TARGET` cost, where that can be counted: the table of docs/profile.md.

    python benchmarks/levers.py

Prints Markdown. Sizes, numbers of builds and seconds of CPU, which hardly depend on what else the machine does; some
minutes on two cores. Each row is a process of its own with fresh folders.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import machine

_IMPORT = """
import resource, torch
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""

_PROBES = """
import json, resource
from torch._inductor import cpp_builder, cpu_vec_isa
counted = {"builds": 0, "loads": 0}
def counting(owner, name, key):
    original = getattr(owner, name)
    def call(*args):
        counted[key] += 1
        return original(*args)
    setattr(owner, name, call)
counting(cpp_builder.CppBuilder, "build", "builds")
counting(cpu_vec_isa.VecISA, "_probe_load", "loads")
counted["isa"] = str(cpu_vec_isa.pick_vec_isa())
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps(counted | {"cpu": used.ru_utime + used.ru_stime}))
"""
"""Chooses the vector instructions, and counts compiler runs and processes that load what they built."""

_KERNELS = """
import json, resource, sys, torch
count = int(sys.argv[1])
def target(x):
    for number in range(count):
        x = (x * (number + 1.5)).sin().cos() @ x  # one kernel between two products, each with a number of its own
    return x
before = resource.getrusage(resource.RUSAGE_CHILDREN)
torch.compile(target)(torch.ones(8, 8))
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps({"cpu": cpu, "largest": used.ru_maxrss}))
"""
"""Compiles so many kernels, and reads what the compiler took."""


def run(code: str, home: Path, *words: str, **variables: str) -> str:
    """The last line that a fresh process prints, or its error; its folders are in `home`."""
    folders = {"TMPDIR": str(home / "tmp"), "TORCHINDUCTOR_CACHE_DIR": str(home / "inductor")}
    for folder in folders.values():
        Path(folder).mkdir(parents=True, exist_ok=True)
    environment = os.environ | folders | variables
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return done.stdout.strip().splitlines()[-1]
    errors = [line for line in done.stderr.splitlines() if "Error: " in line]
    return f"fails: {errors[-1] if errors else done.returncode}"


def probes() -> list[tuple[str, str]]:
    """Compiler runs of the probes, with nothing, with a variable, and with the folder kept."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, variables in (
            ("nothing kept", {}),
            ("`TORCHINDUCTOR_CACHE_DIR` kept", {}),
            ("`TORCHINDUCTOR_VEC_ISA_OK=1`", {"TORCHINDUCTOR_VEC_ISA_OK": "1"}),
            ("`TORCHINDUCTOR_VEC_ISA_OK=0`", {"TORCHINDUCTOR_VEC_ISA_OK": "0"}),
            ("`ATEN_CPU_CAPABILITY=avx2`", {"ATEN_CPU_CAPABILITY": "avx2"}),
        ):
            home = Path(folder) / (name.strip("`") if variables else "kept")
            found: dict[str, Any] = json.loads(run(_PROBES, home, **variables))
            rows.append(
                (
                    f"vector-ISA probes, {name}",
                    f"{found['builds']} compiler runs and {found['loads']} processes that load, {found['cpu']:.1f} s "
                    f"of CPU; {found['isa']}",
                )
            )
    return rows


def believed() -> list[tuple[str, str]]:
    """What a compiler that knows no AVX-512 leads to."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        compiler = Path(folder) / "old-g++"
        compiler.write_text(
            '#!/bin/sh\ncase "$*" in *-mavx512*) echo "no such option" >&2; exit 1;; esac\nexec g++ "$@"\n'
        )
        compiler.chmod(compiler.stat().st_mode | stat.S_IXUSR)
        for name, variables in (("asked", {}), ("believed", {"TORCHINDUCTOR_VEC_ISA_OK": "1"})):
            home = Path(folder) / name
            isa = json.loads(run(_PROBES, home, CXX=str(compiler), **variables))["isa"]
            compiled = run(_KERNELS, home, "1", CXX=str(compiler), **variables)
            outcome = compiled[:70] if compiled.startswith("fails") else "compiles"
            rows.append((f"a compiler without AVX-512, {name}", f"{isa}; the first kernel {outcome}"))
    return rows


def kernels() -> list[tuple[str, str]]:
    """The header, and what a kernel takes with and without it."""
    with tempfile.TemporaryDirectory() as folder:

        def took(count: int, header: str, home: str) -> dict[str, Any]:
            variables = {"TORCHINDUCTOR_VEC_ISA_OK": "1", "TORCHINDUCTOR_CPP_CACHE_PRECOMPILE_HEADERS": header}
            found: dict[str, Any] = json.loads(run(_KERNELS, Path(folder) / home, str(count), **variables))
            return found

        with_few, with_many = took(1, "1", "few"), took(9, "1", "many")
        without_few, without_many = took(1, "0", "few-without"), took(9, "0", "many-without")
        size = sum(file.stat().st_size for file in (Path(folder) / "few" / "tmp").rglob("*") if file.is_file())
    each = (with_many["cpu"] - with_few["cpu"]) / 8
    each_without = (without_many["cpu"] - without_few["cpu"]) / 8
    header = with_few["cpu"] - each - (without_few["cpu"] - each_without)
    gain = each_without - each
    pays = f"it pays from {header / gain:.0f} kernels on" if gain > 0 else "it never pays"
    return [
        ("precompiled header", f"{size / 1e6:.0f} MB below TMPDIR, {header:.1f} s of CPU once"),
        ("a kernel with it", f"{each:.2f} s of CPU"),
        ("a kernel without it", f"{each_without:.2f} s of CPU, so {pays}"),
        ("largest compiler run", f"{max(with_many['largest'], without_many['largest']) / 1e3:.0f} MB of memory"),
    ]


def main() -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as folder:
        waiting = f"{int(run(_IMPORT, Path(folder))) / 1e3:.0f} MB of memory"
    print(f"{machine()}\n\n| what | measured |\n|---|---|")
    for name, figure in [("a process that waits with torch imported", waiting), *probes(), *believed(), *kernels()]:
        print(f"| {name} | {figure} |", flush=True)


if __name__ == "__main__":
    main()
