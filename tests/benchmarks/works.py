"""The works of the benchmarks: each takes a place and yields rows, W1 to W6 by the names that the marks have."""

from __future__ import annotations

import datetime
import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks import fake_nodes, history, lab, notebooks, on_cluster, served_runs, states, watching
from tests.benchmarks.stopwatch import BIN, Place, Row, at_most, ratio

EXAMPLES = Path(__file__).parents[2] / "notebooks"


def chain_of_ten(place: Place) -> Iterator[Row]:
    """W1: ten steps, each taking one number from the step above."""
    ten = notebooks.write(place.folder / "chain.ipynb", notebooks.chain(10))
    one = notebooks.write(place.folder / "one.ipynb", notebooks.chain(1))
    theirs, ours, start = place.seconds(lambda: place.papermill(ten), lambda: place.kfnb(ten), lambda: place.kfnb(one))
    yield ratio("chain of 10 empty steps", ours, theirs, 0.5)
    yield at_most("a step beyond start-up", (ours - start) / 9 * 1000, 60, "ms")


def unchanged(place: Place) -> Iterator[Row]:
    """W5: the chain of W1 again, with nothing changed: everything comes from the cache, and no kernel is started."""
    ten = notebooks.write(place.folder / "again.ipynb", notebooks.chain(10))
    theirs, ours = place.seconds(lambda: place.papermill(ten), lambda: place.kfnb(ten, cached=True))
    yield ratio("chain of 10 empty steps, unchanged", ours, theirs, 0.4)


def fan_of_eight(place: Place) -> Iterator[Row]:
    """W2: one step, eight that need only it, one that needs all eight."""
    empty = notebooks.write(place.folder / "fan.ipynb", notebooks.fan(8))
    slow = notebooks.write(place.folder / "slow.ipynb", notebooks.fan(8, "import time; time.sleep(0.5)"))
    theirs, ours = place.seconds(lambda: place.papermill(empty), lambda: place.kfnb(empty))
    yield ratio("1 → 8 → 1 empty steps", ours, theirs, 0.5)
    tasks = place.kfnb(slow, "--max-parallel", "4")["tasks"]
    spans = [(moment(t["started"]), moment(t["finished"])) for name, t in tasks.items() if name.startswith("m")]
    most = max(sum(start <= at < end for start, end in spans) for at, _ in spans)
    yield Row("steps of half a second at once, of 4 allowed", str(most), "≥ 2", most >= 2)


def moment(text: str) -> float:
    """Seconds since the epoch of an ISO 8601 time."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def churn(place: Place) -> Iterator[Row]:
    """W3: the churn example, three models trained side by side."""
    for source in (*EXAMPLES.glob("churn*.ipynb"), *EXAMPLES.glob("churn*.py")):
        shutil.copy(source, place.folder)
    theirs, ours = place.seconds(lambda: place.papermill("churn.ipynb"), lambda: place.kfnb("churn.ipynb"))
    yield ratio("churn, 3 models side by side", ours, theirs, 0.75)


_ONE_WRITE = """\
import time
import numpy
data = memoryview(numpy.random.default_rng(1).random(146_750_000)).cast("B")
start = time.perf_counter()
with open("bytes", "wb", buffering=0) as file:
    while data:
        data = data[file.write(data):]
print(time.perf_counter() - start)"""
"""Writes as many bytes as W4 hands over, made in the same process just before, as the step's are."""

_PAUSE = 6.0
"""Seconds before each side of W4. A virtual machine gives memory that was freed back to its host after some seconds;
writing to pages that another process has just left free takes a tenth of the time that new ones take, so all sides get
new ones."""


def handover(place: Place) -> Iterator[Row]:
    """W4: a 1 GB array and a 174 MB frame go to the next step."""
    times = place.folder.with_name(
        place.folder.name + "-times"
    )  # beside the notebook's folder: a task sees a copy of that
    times.mkdir()
    name = notebooks.write(place.folder / "handover.ipynb", notebooks.handover(times))
    gaps, writes = list[float](), list[float]()
    wholes: dict[str, list[float]] = {"papermill": [], "kfnb": []}

    def whole(tool: str, run: Callable[[str], object]) -> None:
        time.sleep(_PAUSE)
        start = time.perf_counter()
        run(name)
        wholes[tool].append(time.perf_counter() - start)

    def ours() -> None:
        for mark in times.iterdir():
            mark.unlink()
        whole("kfnb", place.kfnb)
        gaps.append(float((times / "taken").read_text()) - float((times / "made").read_text()))
        shutil.rmtree(place.folder / "home")  # or the next round would find its bytes already there

    def one_write() -> None:
        time.sleep(_PAUSE)
        writes.append(float(place.run(sys.executable, "-c", _ONE_WRITE).stdout))
        (place.folder / "bytes").unlink()

    place.seconds(lambda: whole("papermill", place.papermill), ours, one_write)
    shutil.rmtree(times)
    gap, write = statistics.median(gaps[1:]), statistics.median(writes[1:])
    yield ratio("end of one body to start of the next", gap, write, 1.2, "one write of the bytes")
    papermill, kfnb = (statistics.median(taken[1:]) for taken in wholes.values())
    yield Row("whole run", f"{kfnb / papermill:.2f} × papermill ({kfnb:.2f} s / {papermill:.2f} s)")


def compiling(place: Place) -> Iterator[Row]:
    """W6: compiling a notebook of 1,000 steps, cold and after the edit of one cell."""
    name = notebooks.write(place.folder / "thousand.ipynb", notebooks.thousand_steps())
    small = notebooks.write(place.folder / "chain.ipynb", notebooks.chain(10))
    program = f"""\
import time
from pathlib import Path
start = time.perf_counter()
from kfnb.compiler import compile_notebook
path = Path({name!r})
compile_notebook(path)
cold = time.perf_counter() - start
text = path.read_text()
path.write_text(text.replace("n + 500)", "n + 501)"))
start = time.perf_counter()
compile_notebook(path)
print(cold, time.perf_counter() - start)
path.write_text(text)"""
    colds: list[float] = []
    edits: list[float] = []

    def in_process() -> None:
        cold, edit = map(float, place.run(sys.executable, "-c", program).stdout.split())
        colds.append(cold)
        edits.append(edit)

    papermill, whole, _ = place.seconds(
        lambda: place.papermill(small),
        lambda: place.run(BIN / "kfnb", "compile", name, "-o", "pipeline.json"),
        in_process,
    )
    yield at_most("compile 1,000 steps, cold, imports included", statistics.median(colds[1:]), 1, "s")
    yield at_most("again after one cell's edit", statistics.median(edits[1:]) * 1000, 50, "ms")
    yield Row("`kfnb compile`, whole process", f"{whole / papermill:.2f} × papermill on W1 ({whole:.2f} s)")


def starting(place: Place) -> Iterator[Row]:
    """What starting costs: the package, the command, the launcher."""
    bare, package, command = place.seconds(
        lambda: place.run(sys.executable, "-c", "pass"),
        lambda: place.run(sys.executable, "-c", "import kfnb"),
        lambda: place.run(BIN / "kfnb", "--help"),
    )
    yield at_most("`import kfnb`, beyond Python's own start", (package - bare) * 1000, 60, "ms")
    yield at_most("`kfnb --help`", command * 1000, 200, "ms")
    yield at_most("launcher start to first user line, on this machine", first_line(place), 0.6, "s")


def first_line(place: Place) -> float:
    """Median seconds from the start of `python -m kfnb.launcher` to the first line of the task's body."""
    from kfnb import spec
    from kfnb.compiler import compile_notebook

    name = notebooks.write(place.folder / "one.ipynb", notebooks.chain(1))
    task = compile_notebook(place.folder / name).tasks[0]
    waits: list[float] = []
    for turn in range(place.rounds + 1):
        prefix, root = f"runs/bench/tasks/{task.slug}/{turn}", place.folder / "root"
        given = spec.ExecutorInput(
            run_id="bench",
            root=str(root),
            prefix=prefix,
            task=task,
            notebook_name=name,
            folder=str(place.folder),
            scratch=str(place.folder / "scratch"),
        )
        document = root / prefix / "input.json"
        document.parent.mkdir(parents=True)
        document.write_bytes(spec.to_json(given))
        start = time.time()
        place.run(sys.executable, "-m", "kfnb.launcher", document)
        waits.append(float(json.loads((root / prefix / "output.json").read_bytes())["started"]) - start)
    return statistics.median(waits[1:])


WORKS: dict[str, Callable[[Place], Iterator[Row]]] = {
    "W1": chain_of_ten,
    "W2": fan_of_eight,
    "W3": churn,
    "W4": handover,
    "W5": unchanged,
    "W6": compiling,
    "start": starting,
    "runs": history.pages,
    "served": served_runs.pages,
    "states": states.state_machine,
    "Lab": lab.in_the_browser,
    "bucket": watching.in_a_bucket,
    "widget": watching.in_a_widget,
    "K1": on_cluster.chain,
    "K2": on_cluster.fan,
    "K3": on_cluster.churn,
    "K4": fake_nodes.thousand,
    "K5": watching.on_a_cluster,
}
"""Every work by its name; those that need the test cluster begin with K."""
