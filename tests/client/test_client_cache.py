"""The cache from outside: what counts for a task's result, exactly, and what does not; and what `explain` says."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from client_notebooks import write_notebook

from kfnb.artifacts.store import Store
from kfnb.client import Client, Run
from kfnb.errors import KernelError, WrongCall
from kfnb.orchestrator.computing import Computing
from kfnb.runners.local import LocalRunner
from kfnb.spec import RunInfo
from tests.run_processes import processes_of

Edit = Callable[[Path], object]


class NoServer(LocalRunner):
    """A runner that cannot start anything: a run that needs it fails."""

    def _start_server(self) -> Any:
        raise KernelError("something was to be started")


def ran(run: Run) -> list[str]:
    """Names of the steps that really ran."""
    assert "SUCCEEDED" == run.wait().state, run.to_dict()
    return [name for name, task in run.tasks.items() if task.state == "SUCCEEDED" and not task.cached]


def changed(run: Run, step: str) -> list[tuple[str, str]]:
    """What `explain` names for a step."""
    return [(change.kind, change.name) for change in run.explain(step)[0].changes]


CHAIN = (
    "import helper\n\ndef scaled(x):\n    return x * helper.FACTOR\n\nLIMIT = 10\nlr = 0.1",
    "a = 2\nprint('a', a)",
    "b = scaled(a) + lr\nb",
    "text = open('data.txt').read()\nc = len(text)",
    "d = b + c if b < LIMIT else 0\nd",
    "e = a + 1",
)
TAGS = {0: ("imports",), 1: ("step:make",), 2: ("step:scale",), 3: ("step:read",), 4: ("step:join",), 5: ("step:side",)}


def chain(folder: Path, **replaced: str) -> Path:
    """Write the notebook, with some sources replaced (`c2="…"`), beside the files that it reads."""
    (folder / "helper.py").write_text("FACTOR = 3\n")
    (folder / "data.txt").write_text("hello")
    (folder / "other.txt").write_text("nobody reads this")
    return edited(folder, **replaced)


def edited(folder: Path, tags: dict[int, tuple[str, ...]] | None = None, **replaced: str) -> Path:
    """Write only the notebook."""
    sources = [replaced.get(f"c{number}", source) for number, source in enumerate(CHAIN)]
    return write_notebook(folder / "chain.ipynb", *sources, tags={**TAGS, **(tags or {})})


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of the chain in its data folder, to be copied."""
    folder = tmp_path_factory.mktemp("computed")
    client = Client(home=folder / "home")
    assert ["make", "scale", "read", "join", "side"] == ran(client.run(chain(folder)))
    return folder


EDITS: dict[str, tuple[Edit, list[str], dict[str, list[tuple[str, str]]]]] = {
    "code": (
        lambda f: edited(f, c3="text = open('data.txt').read()\nc = len(text) + 1"),
        ["read", "join"],
        {"read": [("code", "1")], "join": [("input", "c")]},
    ),
    "code whose result is the same": (
        lambda f: edited(f, c3="text = open('data.txt').read()\nc = 0 + len(text)"),
        ["read"],
        {"read": [("code", "1")]},
    ),
    "a semicolon that keeps a value from being shown": (
        lambda f: edited(f, c4=CHAIN[4] + ";"),
        ["join"],
        {"join": [("code", "1")]},
    ),
    # A setup cell runs, whole, at the start of the step below it; others get of it what they need.
    "a function": (
        lambda f: edited(f, c0=CHAIN[0].replace("x * helper", "x + helper")),
        ["make", "scale", "join"],
        {"make": [("code", "1")], "scale": [("setup", "definition scaled")], "join": [("input", "b")]},
    ),
    "a literal": (
        lambda f: edited(f, c0=CHAIN[0].replace("LIMIT = 10", "LIMIT = 11")),
        ["make", "join"],
        {"make": [("code", "1")], "join": [("setup", "literal LIMIT")]},
    ),
    "a file": (
        lambda f: (f / "data.txt").write_text("jello"),
        ["read"],
        {"read": [("file", "data.txt")]},
    ),
    "a module of the folder": (
        lambda f: (f / "helper.py").write_text("FACTOR = 4\n"),
        ["make", "scale", "join"],
        {"make": [("file", "helper.py")], "scale": [("file", "helper.py")], "join": [("input", "b")]},
    ),
    "a declared environment variable": (
        lambda f: edited(f, {5: ("step:side", "env:MODE=fast")}),
        ["side"],
        {"side": [("setting", "env MODE")]},
    ),
    "a declared secret": (
        lambda f: edited(f, {5: ("step:side", "secret:token:key:TOKEN")}),
        ["side"],
        {"side": [("setting", "secret TOKEN")]},
    ),
    # ---- what must not count
    "nothing": (lambda f: None, [], {}),
    "comments and layout": (
        lambda f: edited(f, c2="# how much\nb = (scaled(a)\n     + lr)   # so much\n\nb\n"),
        [],
        {},
    ),
    "resources and placement": (
        lambda f: edited(
            f, {2: ("step:scale", "limit:memory:2Gi", "node:zone=a", "label:team:x", "retry:1", "timeout:1h")}
        ),
        [],
        {},
    ),
    "a file that nobody reads": (lambda f: (f / "other.txt").write_text("changed"), [], {}),
    "the time of a file": (lambda f: os.utime(f / "data.txt", (1, 1)), [], {}),
    "an import that a step does not use": (
        lambda f: edited(f, c5="import json\ne = a + 1"),
        ["side"],
        {"side": [("code", "1")]},
    ),
}


@pytest.mark.parametrize("what", EDITS)
def test_exactly_what_counts_counts(computed: Path, tmp_path: Path, what: str) -> None:
    """Each ingredient of a key, changed alone: exactly the right steps run, and `explain` names exactly it."""
    edit, steps, named = EDITS[what]
    client, folder = clone(computed, tmp_path)
    edit(folder)
    run = client.run(folder / "chain.ipynb")
    assert steps == ran(run)
    assert named == {step: changed(run, step) for step in steps}
    assert {name for name in run.tasks if name not in steps} == {e.step for e in run.explain() if e.cached}


def clone(computed: Path, folder: Path) -> tuple[Client, Path]:
    """Copy the notebook's folder with its data; runs there count as runs of the same notebook."""
    import shutil

    shutil.copytree(computed, folder, dirs_exist_ok=True)
    home = folder / "home"
    for path in (home / "store" / "runs").glob("*/run.json"):
        info = msgspec.json.decode(path.read_bytes(), type=RunInfo)
        moved = msgspec.structs.replace(info, folder=str(folder), notebook_path=str(folder / "chain.ipynb"))
        path.write_bytes(msgspec.json.encode(moved))
    return Client(home=home), folder


def test_a_parameter_counts_for_who_reads_it(client: Client, tmp_path: Path) -> None:
    """Another value of a parameter runs the steps that read it, names old and new, and a value of before is a hit."""
    sources = ("lr = 0.1\nname = 'x'", "a = 2", "b = a * lr", "c = b + 1")
    tags = {0: ("parameters",)}
    notebook = write_notebook(tmp_path / "p.ipynb", *sources, tags=tags)
    first = ran(client.run(notebook))
    assert {"s2", "s3"} <= set(first)
    second = client.run(notebook, {"lr": 0.2})
    assert {"s2", "s3"} <= set(ran(second))
    assert "s1" not in ran(second) or "parameters" in str(second.spec.task("s1").cells)
    assert "parameter lr: 0.1 → 0.2" in second.explain("s2")[0].why
    assert [("parameter", "lr")] == changed(second, "s2")
    assert [] == ran(client.run(notebook))


def test_a_hit_starts_nothing_and_gives_what_was_given(client: Client, tmp_path: Path) -> None:
    """An unchanged run starts no process; outputs, log, values, metrics, files and inputs are there as before."""
    source = "import kfnb\nkfnb.log_metric('m', 2.5)\nopen('left.txt', 'w').write('here')\nprint('said')\nq = x + 1\nq"
    notebook = write_notebook(tmp_path / "n.ipynb", "x = int('1')", source)
    first = client.run(notebook).wait()
    quiet = Client(home=client.home, runner=NoServer(client.home))
    second = quiet.run(notebook).wait()
    assert [] == ran(second)
    assert [] == processes_of(client.home)
    assert {"s1": {"m": 2.5}} == second.metrics
    assert "m = 2.5\nsaid\n2\n" == second.tasks["s1"].log()
    assert 2 == second.artifacts["q"].load()
    assert {"x": 1} == second.tasks["s1"].inputs()
    assert ["left.txt"] == second.files(tmp_path / "home")
    assert first.tasks["s1"].notebook() == second.tasks["s1"].notebook()
    assert True is second.to_dict()["tasks"]["s1"]["cached"]
    second.write_outputs(notebook)
    shown = json.loads(notebook.read_text())["cells"][1]["outputs"]
    assert ["said\n"] in [output.get("text") for output in shown]


def test_what_is_in_the_cache_is_settled_before_anything_drives_the_run(client: Client, tmp_path: Path) -> None:
    """A run of hits ends where it was asked for; else what drives it is called, once, and goes on as from the start."""
    notebook = write_notebook(tmp_path / "n.ipynb", "x = int('1')", "y = x + 1", "z = y + 1")
    client.run(notebook).wait()
    asked: list[str] = []

    def local(kind: type[LocalRunner]) -> LocalRunner:
        runner = kind(client.home)
        runner.memory, runner.locks = client.home / "interpreters", client.home / "gpus"
        return runner

    def settled() -> Run:
        run = client.get(client.prepare(notebook, options={"max_parallel": 2, "cache": True}).run_id)
        run.settle(local(NoServer), lambda: asked.append(run.id))
        return run

    all_hits = settled()
    assert ("SUCCEEDED", [], []) == (all_hits.state, ran(all_hits), asked)
    write_notebook(notebook, "x = int('1')", "y = x + 2", "z = y + 1")
    run = settled()
    assert ([run.id], False) == (asked, run.has_ended)
    assert ["SUCCEEDED", "PENDING", "PENDING"] == [task.state for task in run.tasks.values()]
    run.start(local(LocalRunner))
    assert ["s1", "s2"] == ran(run)
    assert [1, 1, 1] == [task.attempt for task in run.tasks.values()]
    assert {"s0": 1, "s1": 1, "s2": 1} == Counter(e.task for e in run.events() if e.state == "SUCCEEDED" and e.task)


def test_cells_moved_down_keep_their_results_under_their_new_numbers(client: Client, tmp_path: Path) -> None:
    """A cell put in above changes numbers and ids, and runs nothing else; what is shown has the new numbers."""
    client.run(write_notebook(tmp_path / "n.ipynb", "x = 1", "y = x + 1\ny")).wait()
    notebook = write_notebook(
        tmp_path / "n.ipynb",
        "z = 5",
        "x = 1",
        "y = x + 1\ny",
        tags={0: ("step:new",), 1: ("step:s0",), 2: ("step:s1",)},
    )
    run = client.run(notebook)
    assert ["new"] == ran(run)
    run.write_outputs()
    shown = json.loads(notebook.read_text())["cells"][2]
    assert (3, 3) == (shown["execution_count"], shown["outputs"][0]["execution_count"])


@pytest.mark.parametrize(
    ("tags", "again"),
    [(("step:s0",), True), (("step:s0", "cache:off"), True), (("step:s0", "cache:on"), False)],
)
def test_what_writes_elsewhere_is_not_kept(client: Client, tmp_path: Path, tags: tuple[str, ...], again: bool) -> None:
    """A step that writes an absolute path runs each time, unless it is tagged cache:on."""
    folder = tmp_path / "nb"
    folder.mkdir()
    source = f"place = {str(tmp_path / 'away.txt')!r}\nwith open(str(place), 'a') as f:\n    f.write('x')\nx = 1"
    notebook = write_notebook(folder / "n.ipynb", source, tags={0: tags})
    ran(client.run(notebook))
    assert (["s0"] if again else []) == ran(client.run(notebook))
    assert ("xx" if again else "x") == (tmp_path / "away.txt").read_text()


def test_a_connection_that_nobody_foresaw_is_not_repeated_from_the_cache(client: Client, tmp_path: Path) -> None:
    """Talking to an address while running keeps the result from being used again, and `explain` says so."""
    source = (
        "import socket, threading\ns = socket.create_server(('127.0.0.1', 0))\n"
        "c = socket.socket()\nc.connect(s.getsockname())\nc.close(); s.close()\ndel s, c\nx = 1"
    )
    notebook = write_notebook(tmp_path / "n.ipynb", source)
    ran(client.run(notebook))
    again = client.run(notebook)
    assert ["s0"] == ran(again)
    assert "cache:on" in again.explain("s0")[0].why


def test_an_expired_result_runs_again(client: Client, tmp_path: Path) -> None:
    """`cache:1s`: a result is used until it is that old."""
    notebook = write_notebook(tmp_path / "n.ipynb", "x = 1", tags={0: ("step:s0", "cache:1d")})
    ran(client.run(notebook))
    assert [] == ran(client.run(notebook))
    for path in (client.home / "store" / "cache").rglob("*.json"):
        kept = json.loads(path.read_text())
        kept["results"][0]["made"] -= 2 * 86_400
        path.write_text(json.dumps(kept))
    late = client.run(notebook)
    assert ["s0"] == ran(late)
    assert "older than 1d" in late.explain("s0")[0].why


def test_a_file_outside_the_folder_counts(client: Client, tmp_path: Path) -> None:
    """A file read beside the notebook's folder is part of what the result was made of."""
    folder = tmp_path / "nb"
    folder.mkdir()
    (tmp_path / "beside.txt").write_text("one")
    notebook = write_notebook(folder / "n.ipynb", "name = 'beside'", "x = open(f'../{name}.txt').read()")
    ran(client.run(notebook))
    assert [] == ran(client.run(notebook))
    (tmp_path / "beside.txt").write_text("two")
    assert ["s1"] == ran(client.run(notebook))


def test_files_that_appear_and_names_in_folders_count(client: Client, tmp_path: Path) -> None:
    """A file that was looked for in vain, and the names in a listed folder, are part of what a result was made of."""
    (tmp_path / "d").mkdir()
    sources = ("import os\nn = sorted(os.listdir('d'))", "import os\nthere = os.path.exists('late.txt')", "z = 1")
    notebook = write_notebook(tmp_path / "n.ipynb", *sources)
    ran(client.run(notebook))
    assert [] == ran(client.run(notebook))
    (tmp_path / "d" / "one").write_text("")
    assert ["s0"] == ran(client.run(notebook))
    (tmp_path / "late.txt").write_text("")
    assert ["s1"] == ran(client.run(notebook))


def test_what_compiled_code_and_other_programs_read_counts(client: Client, tmp_path: Path) -> None:
    """A file that Python never opened itself is found by its access time."""
    (tmp_path / "data.txt").write_text("abc")
    source = (
        "import ctypes\nlibc = ctypes.CDLL(None)\nfd = libc.open(b'data.txt', 0)\n"
        "buffer = ctypes.create_string_buffer(8)\n"
        "n = libc.read(fd, buffer, 8)\nlibc.close(fd)\nx = buffer.value.decode()\ndel libc, buffer"
    )
    notebook = write_notebook(tmp_path / "n.ipynb", source)
    ran(client.run(notebook))
    assert [] == ran(client.run(notebook))
    (tmp_path / "data.txt").write_text("abd")
    again = client.run(notebook)
    assert ["s0"] == ran(again)
    assert "abd" == again.artifacts["x"].load()


def test_files_of_a_step_above_count_by_their_content(client: Client, tmp_path: Path) -> None:
    """A step that writes the same file anew does not run who reads it; one that writes another does."""
    write = "open('made.txt', 'w').write('{}')"
    sources = [write.format("one"), "x = open('made.txt').read()"]
    notebook = write_notebook(tmp_path / "n.ipynb", *sources)
    assert ["s0", "s1"] == ran(client.run(notebook))
    write_notebook(notebook, write.format("one") + "\nq = 1", sources[1])
    assert ["s0"] == ran(client.run(notebook))
    write_notebook(notebook, write.format("two"), sources[1])
    run = client.run(notebook)
    assert ["s0", "s1"] == ran(run)
    assert [("file", "made.txt")] == changed(run, "s1")


def test_session_state_counts(client: Client, tmp_path: Path) -> None:
    """Another seed runs the steps that draw; the same one does not."""
    sources = ("import random\nrandom.seed({})", "import random\nx = random.random()")
    notebook = write_notebook(tmp_path / "n.ipynb", sources[0].format(1), sources[1])
    ran(client.run(notebook))
    assert [] == ran(client.run(notebook))
    write_notebook(notebook, sources[0].format(2), sources[1])
    run = client.run(notebook)
    assert ["s0", "s1"] == ran(run)
    assert [("state", "random")] == changed(run, "s1")


def test_the_version_of_an_imported_package_counts(client: Client, tmp_path: Path) -> None:
    """Another version of a package runs what imports it, and nothing else."""
    notebook = write_notebook(tmp_path / "n.ipynb", "import msgspec\nx = msgspec.__version__", "y = 1")
    ran(client.run(notebook))
    (known,) = (client.home / "interpreters").glob("*.json")
    seen = json.loads(known.read_text())
    seen["modules"]["msgspec"] = {"msgspec": "0.0.1"}
    known.write_text(json.dumps(seen))
    run = client.run(notebook)
    assert ["s0"] == ran(run)
    assert [("version", "msgspec")] == changed(run, "s0")
    assert f"msgspec {msgspec.__version__} → 0.0.1" in run.explain("s0")[0].why


def test_equal_code_twice_is_computed_twice(client: Client, tmp_path: Path) -> None:
    """Two steps with the same code that draws without a seed give two results, as by hand; and keep them."""
    notebook = write_notebook(tmp_path / "n.ipynb", "import os\nos.urandom(8).hex()", "import os\nos.urandom(8).hex()")
    run = client.run(notebook)
    assert ["s0", "s1"] == ran(run)
    assert [] == ran(client.run(notebook))


def test_a_name_that_is_needed_now_is_made(client: Client, tmp_path: Path) -> None:
    """A later step that newly needs what a result did not keep has it run again, and `explain` says what for."""
    notebook = write_notebook(tmp_path / "n.ipynb", "t = 1\nx = t + 1", "t = 5", "y = x")
    ran(client.run(notebook))
    write_notebook(notebook, "t = 1\nx = t + 1", "u = t", "t = 5", tags={2: ("step:s2",)})
    run = client.run(notebook)
    assert "s0" in ran(run) or "t" in run.tasks["s0"].outputs()


def test_no_cache_and_from_run_anew(client: Client, tmp_path: Path) -> None:
    """`cache=False` runs everything, `from_step` a step and all below it; what they give is used from then on."""
    notebook = write_notebook(tmp_path / "n.ipynb", "x = int('1')", "y = x + 1", "z = 3")
    ran(client.run(notebook))
    assert ["s0", "s1", "s2"] == ran(client.run(notebook, cache=False))
    run = client.run(notebook, from_step="s0")
    assert ["s0", "s1"] == ran(run)
    assert "--from s0" in run.explain("s1")[0].why
    assert [] == ran(client.run(notebook))


def test_only_and_until_leave_the_rest_out(client: Client, tmp_path: Path) -> None:
    """`only` needs those above in the cache and says so; `until` runs what a step needs; both skip the rest."""
    notebook = write_notebook(tmp_path / "n.ipynb", "x = int('1')", "y = x + 1", "z = y")
    lacking = client.run(notebook, only="s1").wait()
    assert ["FAILED", "SKIPPED", "SKIPPED"] == [task.state for task in lacking.tasks.values()]
    assert (lacking.tasks["s0"].why or "").startswith("KF655")
    assert ["s0"] == ran(client.run(notebook, until="s0"))
    run = client.run(notebook, only="s1")
    assert ["s1"] == ran(run)
    assert [True, False] == [run.tasks[name].cached for name in ("s0", "s1")]
    assert "only 's1' was to run (--only)" == run.tasks["s2"].why
    with pytest.raises(WrongCall, match="did you mean 's1'"):
        client.run(notebook, only="s11")
    with pytest.raises(WrongCall, match="neither"):
        client.run(notebook, only="s1", until="s1")


def test_a_result_whose_bytes_are_gone_is_computed_again(client: Client, tmp_path: Path) -> None:
    """A hit is only one while everything that was made is still in the store."""
    notebook = write_notebook(tmp_path / "n.ipynb", "x = list(range(1000))", "y = sum(x)")
    first = client.run(notebook)
    ran(first)
    group = first.artifacts["x"].artifact.group
    assert group is not None
    path = Store(client.root).blob_path(group.pickle)
    assert path is not None
    path.unlink()
    run = client.run(notebook)
    assert ["s0"] == ran(run)
    assert "no longer in the store" in run.explain("s0")[0].why


def test_equal_tasks_of_two_runs_are_computed_once(client: Client, tmp_path: Path) -> None:
    """A run that finds a result being computed waits for it and takes it; its slots stay free for others."""
    gate = tmp_path / "gate"
    source = f"import os, time\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.01)\nx = 1"
    folder = tmp_path / "nb"
    folder.mkdir()
    notebook = write_notebook(folder / "n.ipynb", source, "y = 2")
    first = client.run(notebook)
    told: list[str] = []

    def hear(event: Any) -> None:
        if event.task == "s0" and event.state == "PENDING" and "another run" in (event.why or ""):
            told.append(event.why)
            gate.write_text("")

    while first.tasks["s0"].state != "RUNNING":
        first.wait(0.02)
    second = client.run(notebook, max_parallel=1, on_event=hear)
    assert [] == [name for name in ran(second) if name == "s0"]
    assert "s0" in ran(first)
    assert f"run {first.id}" in told[0]


def test_the_lock_of_a_dead_process_is_free(tmp_path: Path) -> None:
    """Who computed a result and died holds nobody up."""
    import subprocess

    code = (
        "import os, sys\nfrom pathlib import Path\nfrom kfnb.orchestrator.computing import Computing\n"
        "print(Computing(Path(sys.argv[1])).begin('k', 'who'), flush=True)\nos.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert "True\n" == done.stdout
    other = Computing(tmp_path)
    assert other.is_free("k")
    assert other.begin("k", "me")
    assert not Computing(tmp_path).begin("k", "third")
    assert not Computing(tmp_path).is_free("k")
    other.end_all()
    assert Computing(tmp_path).is_free("k")


def test_results_that_a_killed_process_never_recorded_are_kept(client: Client, tmp_path: Path) -> None:
    """What attempts left in the store while nobody listened is used by the resumed run, and by every later one."""
    import shutil

    notebook = write_notebook(tmp_path / "n.ipynb", "x = int('1')", "y = x + 1")
    run = client.run(notebook)
    assert ["s0", "s1"] == ran(run)
    place = client.home / "store" / "runs" / run.id
    for batch in sorted((place / "events").iterdir())[1:]:
        batch.unlink()
    shutil.rmtree(client.home / "store" / "cache")
    for account in place.glob("tasks/*/*/cache.json"):
        account.unlink()
    resumed = client.resume(run.id)
    resumed.wait()
    assert ["SUCCEEDED", "SUCCEEDED"] == [task.state for task in resumed.tasks.values()]
    assert [1, 1] == [len(list((place / "tasks" / name).iterdir())) for name in ("s0", "s1")]
    assert [] == ran(client.run(notebook))


def test_a_class_made_again_is_the_same_result(client: Client, tmp_path: Path) -> None:
    """Steps that take a class which the step above makes each time anew are hits; of two classes none is the other."""
    made = (
        "from enum import Enum\nclass Slot:\n    used = 0\nSlot.used += 1\nslot = Slot()\n"
        "kinds = [type(f'Kind{n % 2}', (), {'n': n}) for n in range(4)]\nColour = Enum('Colour', 'red blue')"
    )
    use = "print(slot.used, type(slot) is Slot, [kind.n for kind in kinds], len(set(kinds)), list(Colour))"
    path = write_notebook(tmp_path / "p.ipynb", made, use, tags={0: ("step:a", "cache:off"), 1: ("step:b",)})
    assert ["a", "b"] == ran(client.run(path))
    again = client.run(path)
    assert ["a"] == ran(again)
    assert "1 True [0, 1, 2, 3] 4 [<Colour.red: 1>, <Colour.blue: 2>]\n" == again.tasks["b"].log()
