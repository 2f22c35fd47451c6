"""What goes wrong around a run: each ends with a clear message or as if nothing had been.

More of the kind: full disks, vanished and copied stores, changed notebooks and early cancels in
`test_client_durable.py` and `test_client_resume.py`, databases in `tests/history`, clocks in `tests/orchestrator`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from client_notebooks import Signs, until, write_notebook

from kfnb.client import Client
from kfnb.errors import OutsideError, Refused
from tests.run_processes import processes_of


@pytest.fixture
def signs(tmp_path: Path) -> Signs:
    """Signs outside the notebook's folder, which is `tmp_path / "nb"`."""
    (tmp_path / "nb").mkdir()
    return Signs(tmp_path / "signs")


def test_a_retry_starts_with_the_files_and_values_of_the_first_attempt(
    client: Client, tmp_path: Path, signs: Signs
) -> None:
    """A body that cannot be repeated by hand (it makes a folder, appends, empties a list) is repeated all the same."""
    body = (
        "import os\nos.mkdir('out')\nwith open('notes.txt', 'a') as notes:\n    notes.write('!')\n"
        "os.remove('once.txt')\n"
        "taken = [rows.pop() for _ in range(2)]\n"
        f"tries = {str(signs.folder / 'tries')!r}\nwith open(tries, 'a') as log:\n    log.write('x')\n"
        "assert os.path.getsize(tries) == 3, 'not yet'"
    )
    show = "print(sorted(os.listdir()), open('notes.txt').read(), taken, rows)"
    (tmp_path / "nb" / "notes.txt").write_text("as it was")
    (tmp_path / "nb" / "once.txt").write_text("")
    tags = {0: ("step:a",), 1: ("step:b", "retry:2:0.05s"), 2: ("step:c", "prev:b")}
    run = client.run(write_notebook(tmp_path / "nb" / "p.ipynb", "rows = [1, 2, 3]", body, show, tags=tags)).wait()
    assert ("SUCCEEDED", 3) == (run.state, run.tasks["b"].attempt), run.to_dict()
    assert "['notes.txt', 'out', 'p.ipynb'] as it was! [3, 2] [1]\n" == run.tasks["c"].log()
    assert "as it was" == (tmp_path / "nb" / "notes.txt").read_text()


def test_a_damaged_artifact_is_named_with_what_to_do(client: Client, tmp_path: Path) -> None:
    """The step that takes it in fails; with the file removed, as the message says, the next run makes it anew."""
    tags = {0: ("step:a",), 1: ("step:b", "cache:off")}
    notebook = write_notebook(tmp_path / "p.ipynb", "x = list(range(1000))", "print(sum(x))", tags=tags)
    group = client.run(notebook).wait().artifacts["x"].artifact.group
    assert group is not None
    path = client.store.blob_path(group.pickle)
    assert path is not None
    path.chmod(0o644)
    path.write_bytes(bytes(group.pickle.size))
    damaged = client.run(notebook).wait()
    assert ("FAILED", True) == (damaged.state, damaged.tasks["a"].cached)
    why = damaged.tasks["b"].why or ""
    assert why.startswith("KF609: ")
    assert f"is damaged: its {group.pickle.size:,} bytes are no longer those that were stored. Remove {path}," in why
    path.unlink()
    assert "499500\n" == client.run(notebook).wait().tasks["b"].log()


def test_an_expression_that_is_deeper_than_most_is_followed(client: Client, tmp_path: Path) -> None:
    """A sum of five hundred terms, as programs write them, is as many expressions in one another."""
    path = write_notebook(tmp_path / "p.ipynb", "a = 1", "print(" + " + ".join(["a"] * 500) + ")")
    assert "500\n" == client.run(path).wait().tasks["s1"].log()


def test_an_if_on_nan_is_decided_as_by_hand(client: Client, tmp_path: Path) -> None:
    """NaN, which JSON cannot hold, is left to the `if` itself: neither above nor below, and not equal to itself."""
    sources = (
        "score = float('nan')",
        "if score > 0.5:\n    print('above')",
        "if not score > 0.5:\n    print('not above')",
        "if score == score:\n    print('same')",
        "if score != score:\n    print('odd')",
    )
    run = client.run(write_notebook(tmp_path / "p.ipynb", *sources)).wait()
    assert "SUCCEEDED" == run.state, run.to_dict()
    assert ["", "", "not above\n", "", "odd\n"] == [task.log() for task in run.tasks.values()]


def test_a_when_on_nan_says_that_it_cannot_be_decided(client: Client, tmp_path: Path) -> None:
    """The message names the value, what is recorded, and the way out; other steps go on."""
    tags = {0: ("step:a",), 1: ("step:b", "when:score <= 0.5"), 2: ("step:c",)}
    path = write_notebook(tmp_path / "p.ipynb", "score = float('nan')", "1", "print(score)", tags=tags)
    run = client.run(path).wait()
    assert ["SUCCEEDED", "FAILED", "SUCCEEDED"] == [task.state for task in run.tasks.values()]
    for words in ("KF650", "'score'", "NaN", "plain `if`"):
        assert words in (run.tasks["b"].why or "")


def test_a_fan_out_over_a_generator_made_in_the_step_works(client: Client, tmp_path: Path) -> None:
    """It is used up by the step, as by hand; who reads on is told that a generator cannot be handed on."""
    make = "numbers = (n * n for n in range(3))\nresults = [n + 1 for n in numbers]"
    tags = {0: ("step:a", "foreach"), 1: ("step:b",)}
    run = client.run(write_notebook(tmp_path / "p.ipynb", make, "print(results)", tags=tags)).wait()
    assert ("SUCCEEDED", "[1, 2, 5]\n") == (run.state, run.tasks["b"].log())


def test_a_fan_out_over_a_generator_of_another_step_says_what_to_do(client: Client, tmp_path: Path) -> None:
    """A generator cannot flow between steps: the message names it, its kind, who needs it, and the way out."""
    sources = ("numbers = (n * n for n in range(3))", "results = [n + 1 for n in numbers]", "print(results)")
    tags = {0: ("step:a",), 1: ("step:b", "foreach"), 2: ("step:c",)}
    path = write_notebook(tmp_path / "p.ipynb", *sources, tags=tags)
    try:
        why = " ".join(task.why or "" for task in client.run(path).wait().tasks.values())
    except Refused as refused:
        why = str(refused.diagnostics)
    for words in ("numbers", "generator", "b"):
        assert words in why


def test_a_notebook_edited_while_its_run_lives_gets_no_outputs_under_other_code(
    client: Client, tmp_path: Path, signs: Signs
) -> None:
    """The run ends as it began; what it showed goes only under cells that are still there."""
    path = write_notebook(tmp_path / "nb" / "p.ipynb", "x = int('1')", signs.ran("s1") + signs.waits("go") + "print(x)")
    run = client.run(path)
    until(run, lambda: "s1" in signs.who_ran())
    write_notebook(path, "x = 5", "print('other')", "print('third')")
    signs.give("go")
    assert ("SUCCEEDED", "1\n") == (run.wait().state, run.tasks["s1"].log())
    path.unlink()
    with pytest.raises(OutsideError, match="cannot be read"):
        run.write_outputs()


def test_a_store_that_comes_back_has_the_run_go_on(client: Client, tmp_path: Path, signs: Signs) -> None:
    """A disk that was away for a while: the run ends with a message, nothing is left running, and resume ends it."""
    path = write_notebook(
        tmp_path / "nb" / "p.ipynb",
        signs.ran("s0") + "x = int('20')",
        signs.ran("s1") + signs.waits("go") + "y = x + 1",
        "print('final', y * 2)",
    )
    run = client.run(path)
    until(run, lambda: "s1" in signs.who_ran())
    (tmp_path / "home" / "store").rename(tmp_path / "away")
    signs.give("go")
    with pytest.raises(OutsideError, match="store"):
        run.wait()
    assert [] == processes_of(tmp_path / "home")
    again = tmp_path / "home" / "store"
    if again.exists():  # what was still written meanwhile
        again.rename(tmp_path / "meanwhile")
    (tmp_path / "away").rename(again)
    resumed = client.resume(run.id).wait()
    assert ("SUCCEEDED", "final 42\n") == (resumed.state, resumed.tasks["s2"].log())
    assert 1 == signs.who_ran().count("s0")
