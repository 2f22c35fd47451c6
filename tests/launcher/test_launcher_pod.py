"""A launcher that has nothing but the store does what one beside the folder does, or says what is missing."""

from __future__ import annotations

import itertools
import os
import signal
import types
from pathlib import Path

import msgspec
import pytest
from pod_place import PodPlace
from s3_gateway import Gateway

from kfnb.artifacts import known_images
from kfnb.artifacts.store import Store
from kfnb.launcher import memory_limit, processes, reports
from kfnb.launcher.reports import PYTHON
from kfnb.runners.pod_logs import last_memory
from kfnb.runners.report_server import ReportServer
from kfnb.spec import Cell, ExecutorInput, ExecutorOutput, Output, Packages, ReportTo, Settings, Task, Together, to_json
from tests.cluster.shell import wait_until


def test_a_pod_has_the_folder_s_files_and_modules(pod: PodPlace) -> None:
    """Relative paths, local modules, links and listings are as in the folder, and the log names the laptop's path."""
    (pod.folder / "data").mkdir()
    (pod.folder / "data" / "numbers.txt").write_text("1 2 3")
    (pod.folder / "latest.txt").symlink_to("data/numbers.txt")
    (pod.folder / "helper.py").write_text("def total(text):\n    return sum(map(int, text.split()))\n")
    ran = pod.run(
        "import os; names = sorted(os.listdir()); import helper\n"
        "print(helper.total(open('data/numbers.txt').read()), open('latest.txt').read(), names)\n"
        "print(os.getcwd(), oct(os.stat('helper.py').st_mode), os.stat('helper.py').st_mtime_ns)"
    )
    info = (pod.folder / "helper.py").stat()
    assert ("SUCCEEDED", 0) == (ran.output.state, ran.code)
    assert (
        f"6 1 2 3 ['data', 'helper.py', 'latest.txt']\n{pod.folder} {oct(info.st_mode)} {info.st_mtime_ns}\n"
        == ran.text(0)
    )


def test_what_a_result_was_made_of_is_the_same_as_on_the_laptop(pod: PodPlace) -> None:
    """The files read and changed, from which the cache knows a result, are those of the same step on the laptop."""
    (pod.folder.parent / "shared").mkdir()
    (pod.folder.parent / "shared" / "more.py").write_text("more = 1\n")
    (pod.folder / "data").mkdir()
    (pod.folder / "data" / "a.csv").write_text("1\n2\n")
    (pod.folder / "link").symlink_to("data")
    code = (
        "import sys; sys.path.append('../shared'); import more, os, glob\n"
        "text = open('data/a.csv').read() + open('link/a.csv').read()\n"
        "found = os.path.exists('not-there'), sorted(os.listdir('data')), glob.glob('*.csv')\n"
        "os.makedirs('out'); open('out/b.txt', 'w').write('b'); open('data/a.csv', 'a').write('3')"
    )
    there = pod.run(code, beside=(pod.folder.parent / "shared",))
    here = pod.run(code, local=True)
    assert ("SUCCEEDED", "SUCCEEDED") == (there.output.state, here.output.state)
    assert sorted(here.output.files_read, key=repr) == sorted(there.output.files_read, key=repr)
    assert set(here.output.files) == set(there.output.files)
    assert (here.output.paths_read, here.output.beyond) == (there.output.paths_read, there.output.beyond)


def test_what_steps_above_did_to_the_folder_is_there(pod: PodPlace) -> None:
    """Files that ancestors wrote, changed and removed are as they left them."""
    for name in ("changed", "removed"):
        (pod.folder / name).write_text("as it was")
    first = pod.run("import os; open('changed', 'w').write('new'); os.remove('removed'); open('made', 'w').write('m')")
    ran = pod.run("import os; print(sorted(os.listdir()), open('changed').read())", files=first.output.files)
    assert "['changed', 'made'] new\n" == ran.text(0)


@pytest.mark.parametrize(
    "code", ["open('large.bin').read()", "import subprocess; subprocess.run(['cat', 'large.bin'], stdout=-3)"]
)
def test_a_file_that_was_not_shipped_is_named(pod: PodPlace, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that opens a file over the limit fails with the file, its size and what to do; its size can be asked."""
    monkeypatch.setenv("KFNB_SHIP_MB", "1")
    (pod.folder / "large.bin").write_bytes(bytes(1_500_000))
    ran = pod.run(f"import os; assert os.path.getsize('large.bin') == 1_500_000\n{code}")
    error = ran.output.error
    assert error is not None
    assert ("FAILED", "KF620", 1) == (ran.output.state, error.code, ran.code)
    assert "'large.bin' has 1,500,000 bytes, more than is shipped to a pod (1 MB)" in error.message
    replaced = pod.run("open('large.bin', 'w').write('small'); print(open('large.bin').read())")
    assert ("SUCCEEDED", "small\n") == (replaced.output.state, replaced.text(0))


def test_a_link_out_of_the_folder_is_shipped_as_the_file_that_it_leads_to(pod: PodPlace) -> None:
    """A link to a file elsewhere is that file in a pod; what is below a link to a folder elsewhere is named."""
    elsewhere = pod.folder.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("linked")
    (pod.folder / "one").symlink_to(elsewhere / "file")
    (pod.folder / "all").symlink_to(elsewhere)
    ran = pod.run("print(open('one').read())\nopen('all/file')")
    assert ran.output.error is not None
    assert ("linked\n", "KF620") == (ran.text(0), ran.output.error.code)


@pytest.mark.parametrize(
    "code",
    ["open('{folder}/a.txt')", "import os; print(os.path.exists('{folder}/a.txt'))", "open('{folder}/new', 'w')"],
)
def test_an_absolute_path_into_the_laptop_s_folder_is_named(pod: PodPlace, code: str) -> None:
    """A step that names the folder by its absolute path is told of the relative one."""
    (pod.folder / "a.txt").write_text("a")
    ran = pod.run(code.format(folder=pod.folder))
    error = ran.output.error
    assert error is not None
    assert ("FAILED", "KF621") == (ran.output.state, error.code)
    assert "Name it by a relative path: " in error.message


def test_a_path_that_only_the_laptop_has_is_named(pod: PodPlace) -> None:
    """A step that opens a file of the laptop outside of the folder is told what a pod has."""
    ran = pod.run("open('/somewhere/data.csv')")
    assert ran.output.error is not None
    assert "KF621" == ran.output.error.code
    assert "'/somewhere/data.csv', which is not in its pod" in ran.output.error.message


def test_what_is_written_beside_the_folder_is_no_result(pod: PodPlace) -> None:
    """A step that writes `../report.csv` fails: the file would be lost with the pod."""
    ran = pod.run("open('../report.csv', 'w').write('lost')")
    assert ran.output.error is not None
    assert "KF622" == ran.output.error.code
    assert "'../report.csv'" in ran.output.error.message


def test_nothing_of_a_pod_s_attempt_remains(pod: PodPlace) -> None:
    """The scratch folder is in TMPDIR where the given one cannot be made; it is gone at the end, the view empty."""
    (pod.folder / "a").write_text("a")
    pod.run("print(1)")
    assert [Path("kfnb-folder")] == [path.relative_to(pod.pod / "tmp") for path in (pod.pod / "tmp").rglob("*")]


def test_a_launcher_says_when_it_starts_and_how_it_ends(pod: PodPlace) -> None:
    """The first line is `started`, the last `exited` with the code, also after text without an end of line."""
    uri = pod.give("print('some text', end='')")
    said, _ = (process := pod.start(uri)).communicate()
    lines = said.splitlines()
    assert ('{"event":"started"}', '{"event":"exited","code":0}', 0) == (lines[0], lines[-1], process.returncode)
    assert "some text" in lines


def test_sigterm_saves_what_there_is(pod: PodPlace) -> None:
    """A launcher that gets SIGTERM ends its task as cancelled, with what was printed so far."""
    uri = pod.give("print('begun', flush=True)\nimport time\ntime.sleep(600)")
    process = pod.start(uri)
    assert process.stdout is not None
    while "begun" not in process.stdout.readline():
        pass
    process.terminate()
    process.communicate()
    ran = pod.result(uri, "", process.returncode)
    assert ("CANCELED", "begun\n", 130) == (ran.output.state, ran.text(0), ran.code)


@pytest.mark.parametrize("heard", [False, True])
def test_a_launcher_that_is_not_heard_leaves_how_far_it_is(pod: PodPlace, *, heard: bool) -> None:
    """In the store, with its log, every few seconds; one that is heard leaves nothing."""
    server = ReportServer("127.0.0.1", lambda attempt, said: None)
    to = ReportTo(url=server.url, attempt="t-1", token=server.token("t-1") if heard else "wrong")
    uri = pod.give("x = 1", "import time\ntime.sleep(600)", report_to=to)
    place = uri.removeprefix(f"{pod.store.root}/").rpartition("/")[0]
    with pod.start(uri) as process:
        wait_until(lambda: pod.store.exists(f"{place}/log.txt"), "What is saved meanwhile")
        if not heard:
            wait_until(lambda: pod.store.exists(f"{place}/progress.json"), "How far it is", 10)
            said = msgspec.json.decode(pod.store.read(f"{place}/progress.json"))
            assert ("c1", 2, 1, 2, "RUNNING") == tuple(said[n] for n in ("cell", "number", "done", "cells", "state"))
        process.terminate()
    server.close()
    assert heard != pod.store.exists(f"{place}/progress.json")


def test_what_was_not_heard_for_a_while_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a launcher left in the store is not taken for news once it is heard again, also while nothing happens."""
    monkeypatch.setattr(reports, "SAVE_EVERY", 0.0)
    store, heard = Store(str(tmp_path)), [False]
    task = Task(name="t", slug="t", cells=(Cell(id="a", index=0, source="", ordinal=1),))
    given = ExecutorInput(
        run_id="r", root=str(tmp_path), prefix="t", task=task, notebook_name="", folder="", scratch=str(tmp_path)
    )
    report = reports.TaskReport(given, store, lambda data: None, is_silent=lambda: not heard[0])
    report.on_cell(0, "RUNNING", 1.0)
    report.on_tick()
    assert store.exists("t/progress.json")
    heard[0] = True
    report.on_tick()
    assert not store.exists("t/progress.json")
    report.close()


def test_a_log_that_takes_long_to_save_is_saved_less_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow store a step is read for ten times as long as its log was being sent; in the end all of it is there."""
    clock = [100.0]
    monkeypatch.setattr(reports, "time", types.SimpleNamespace(monotonic=lambda: clock[0]))
    store, sent = Store(f"memory://{tmp_path}"), list[tuple[float, float]]()
    write = store.write

    def write_slowly(key: str, data: bytes) -> None:
        if key.endswith("log.txt"):
            begun, took = clock[0], len(data) / 1000
            clock[0] += took
            sent.append((begun, took))
        write(key, data)

    monkeypatch.setattr(store, "write", write_slowly)
    task = Task(name="t", slug="t", cells=(Cell(id="a", index=0, source="", ordinal=1),))
    given = ExecutorInput(
        run_id="r", root=store.root, prefix="t", task=task, notebook_name="", folder="", scratch=str(tmp_path)
    )
    report = reports.TaskReport(given, store, lambda data: None)
    for n in range(1000):
        report.on_text(f"{n:99}\n")
        clock[0] += 0.5
        report.on_tick()
    assert len(sent) > 3
    assert all(later >= begun + took + max(3.0, 10 * took) for (begun, took), (later, _) in itertools.pairwise(sent))
    report.close()
    assert [f"{n:99}" for n in range(1000)] == store.read("t/log.txt").decode().splitlines()


def test_a_launcher_says_from_time_to_time_how_much_it_has_printed(pod: PodPlace) -> None:
    """So that of a long log, of which a node keeps the end, each line has its place; line ends are not counted."""
    ran = pod.run("for n in range(9000): print(n, 'x' * 94, flush=n % 1000 == 0)")
    marks = [one["at"] for one in ran.told if one["event"] == "log"]
    assert marks
    counts = {*itertools.accumulate(len(line) for line in ran.log.splitlines())}
    assert [True] * len(marks) == [mark in counts for mark in marks]


@pytest.mark.parametrize("begins", [True, False])
def test_a_launcher_leaves_what_its_image_has_where_it_is_asked(pod: PodPlace, *, begins: bool) -> None:
    """Also where the step cannot begin for want of a package: then it matters most."""
    lacks = Packages(modules={"not_there": ("not-there==1.0",)}, offline=True)
    uri = pod.give("x = 1", tells_image="team/image:1", packages=None if begins else lacks)
    with pod.start(uri) as process:
        process.communicate()
    assert process.returncode == (0 if begins else 1)
    known = known_images.recall(pod.store, "team/image:1")
    assert known is not None
    assert ("runs/r/tasks/t/1", "", PYTHON) == (known.by, known.digest, known.contents.python)
    assert "msgspec" in known.contents.modules
    pod.run("x = 1")
    assert known == known_images.recall(pod.store, "team/image:1")


@pytest.mark.skipif(not memory_limit._places(), reason="this user may make no control groups")
def test_what_is_killed_for_its_pod_s_limit_says_so(pod: PodPlace) -> None:
    """The message names the pod's memory limit and the most that was used, not the machine."""
    ran = pod.run(
        "import os\nfrom kfnb.launcher.memory_limit import _make_group\n"
        "group = _make_group(300 << 20, os.getppid())\n(group.folder / 'cgroup.procs').write_text(str(os.getpid()))",
        "x = bytearray(900 << 20)",
    )
    for above, _ in memory_limit._places():
        memory_limit._sweep(above)
    assert ("FAILED", "KF619", "c1") == (ran.output.state, ran.output.error.code, ran.output.error.cell)
    assert (
        "Step 't' was killed: its pod may use 300 MiB of memory (its cluster says so), and it used 300 MiB when it "
        "wanted more. Work on less data at a time, or raise the limit."
    ) == ran.output.error.message


@pytest.mark.skipif(not memory_limit._places(), reason="this user may make no control groups")
def test_what_a_pod_uses_is_told_while_it_grows(pod: PodPlace) -> None:
    """Of a launcher that is killed together with its step, what it printed says how much memory there was in use."""
    uri = pod.give(
        "import os\nfrom kfnb.launcher.memory_limit import _make_group\n"
        "group = _make_group(600 << 20, os.getppid())\n(group.folder / 'cgroup.procs').write_text(str(os.getpid()))",
        "x = b'x' * (300 << 20)\nimport time; time.sleep(60)",
    )
    said = ""
    with pod.start(uri) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said += line
            if (last_memory(said) or 0) >= 300 << 20:
                break
        for one in (process.pid, *processes.descendants(process.pid)):  # all of the group, as the kernel does
            os.kill(one, signal.SIGKILL)
    assert (last_memory(said) or 0) < 600 << 20


def test_sigterm_before_the_body_is_a_cancel_too(pod: PodPlace, s3_gateway: Gateway) -> None:
    """A launcher that gets SIGTERM while it starts says so by its exit code."""
    process = pod.start(pod.give("print('never')"))
    assert process.stdout is not None
    process.stdout.readline()
    process.terminate()
    said, _ = process.communicate()
    assert ('{"event":"exited","code":130}', 130) == (said.splitlines()[-1], process.returncode)


def test_libraries_are_loaded_before_the_body(pod: PodPlace) -> None:
    """What is to be loaded ahead is there when the first cell runs; what cannot be imported fails where it is used."""
    code = "import sys; print('colorsys' in sys.modules)\nimport not_there"
    ran = pod.run(code, preload=("colorsys", "not_there"))
    assert ran.output.error is not None
    assert ("True\n", "ModuleNotFoundError") == (ran.text(0), ran.output.error.ename)


def test_an_input_that_is_not_there_says_so(pod: PodPlace) -> None:
    """A URI with nothing behind it is an error outside, in one line."""
    said, _ = (process := pod.start(f"{pod.store.root}/runs/r/none/input.json")).communicate()
    assert 4 == process.returncode
    assert "The input of the task cannot be read: The artifact store" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("root", "keys"), [("s3://not-there", {}), ("", {"AWS_ACCESS_KEY_ID": "wrong"}), ("", {"AWS_ENDPOINT_URL": "none"})]
)
def test_a_store_that_gives_no_access_is_told_from_one_that_is_away(
    pod: PodPlace, root: str, keys: dict[str, str]
) -> None:
    """No bucket, wrong keys and no address have an exit code of their own: another attempt would have the same."""
    said, _ = (process := pod.start(f"{root or pod.store.root}/none/input.json", **keys)).communicate()
    assert (5, True) == (process.returncode, "The input of the task cannot be read: " in said)


def test_a_store_that_gives_no_access_after_the_input_was_read_is_told_too(pod: PodPlace) -> None:
    """By the same exit code: each further attempt would do its work for nothing."""
    uri = pod.give("print('never')")
    key = uri.removeprefix(f"{pod.store.root}/")
    given = msgspec.json.decode(pod.store.read(key), type=ExecutorInput)
    pod.store.write(key, to_json(msgspec.structs.replace(given, root="s3://not-there")))
    said, _ = (process := pod.start(uri)).communicate()
    assert (5, True) == (process.returncode, "s3://not-there" in said)


def test_a_path_into_the_folder_is_the_same_in_every_pod(pod: PodPlace) -> None:
    """The folder lies at one place in all pods, also after one that was killed: values may hold its path."""
    where = "import os\nfrom kfnb import log_param\nlog_param('here', os.path.realpath('.'))"
    first = pod.run(where)
    left = pod.pod / "tmp" / "kfnb-folder" / "left" / "by one that was killed"
    left.mkdir(parents=True)
    second = pod.run(f"{where}\nhere = os.getcwd()", task={"outputs": (Output(name="here", needed=True),)})
    assert ("'here' holds the path of the folder in a pod",) == second.output.beyond  # so no other place takes it
    assert not left.exists()
    assert first.output.parameters == second.output.parameters


def test_two_launchers_of_one_machine_have_a_folder_each(pod: PodPlace) -> None:
    """A launcher that finds the place of the view taken has its view elsewhere."""
    (pod.folder / "a.txt").write_text("a")
    uris = [
        pod.give(f"open('a.txt', 'w').write('{n}')\nimport time\ntime.sleep(1)\nprint(open('a.txt').read())")
        for n in "12"
    ]
    processes = [pod.start(uri) for uri in uris]
    said = [process.communicate()[0] for process in processes]
    ran = [pod.result(*one) for one in zip(uris, said, (p.returncode for p in processes), strict=True)]
    assert ["1\n", "2\n"] == [one.text(0) for one in ran]


def test_a_fault_of_kfnb_itself_is_kept(pod: PodPlace) -> None:
    """What must not happen ends a launcher with 70; its output says that it was kfnb, the end of the log where."""
    uri = pod.give("print('never')", task={"settings": Settings(limits={"memory": "much"})})
    said, _ = (process := pod.start(uri)).communicate()
    prefix = uri.removeprefix(f"{pod.store.root}/").rpartition("/")[0]
    output = msgspec.json.decode(pod.store.read(f"{prefix}/output.json"), type=ExecutorOutput)
    assert output.error is not None
    assert (70, "FAILED", "KF616", f"{prefix}/log.txt") == (
        process.returncode,
        output.state,
        output.error.code,
        output.log,
    )
    assert "kfnb itself failed around step 't': BadValue: " in output.error.message
    log = pod.store.read(f"{prefix}/log.txt").decode()
    assert log.startswith("Traceback (most recent call last):")
    assert "in _memory" in log
    assert log in said


def test_an_element_is_found_by_the_pod_s_place(pod: PodPlace) -> None:
    """Of elements that were started as one, a pod of an Indexed Job runs the one at its own place."""
    inputs = [pod.give(f"print('element', {number})") for number in range(3)]
    before, _, after = inputs[0].partition("/1/")
    described = Together(task="t", attempt=1, most=2, numbers=(1, 3), before=f"{before}/", after=f"/{after}")
    pod.store.write("runs/r/together/t.json", to_json(described))
    process = pod.start("--element-of", f"{pod.store.root}/runs/r/together/t.json", JOB_COMPLETION_INDEX="1")
    said, _ = process.communicate()
    assert (0, True) == (process.returncode, "element 2\n" in said)
    assert "element 2\n" == pod.result(inputs[2], said, 0).text(0)
    assert [False, False] == [pod.store.exists(f"runs/r/tasks/t/{number}/output.json") for number in (1, 2)]


@pytest.mark.parametrize("place", ["", "2", "x"])
def test_a_pod_at_no_place_of_elements_says_so(pod: PodPlace, place: str) -> None:
    """Outside of an Indexed Job, or beyond its elements, the launcher was called wrongly, and says what it lacks."""
    described = Together(task="t", attempt=1, most=2, numbers=(1, 3), before="s3://x/", after="/input.json")
    pod.store.write("runs/r/together/t.json", to_json(described))
    process = pod.start("--element-of", f"{pod.store.root}/runs/r/together/t.json", JOB_COMPLETION_INDEX=place)
    said, _ = process.communicate()
    assert 3 == process.returncode
    assert f"JOB_COMPLETION_INDEX is {place!r}, and the elements at {pod.store.root}" in said
