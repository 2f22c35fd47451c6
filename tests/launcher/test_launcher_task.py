"""What a task is given and what it gives: setup, settings, parameters, inputs, state, values, records, the guard."""

from __future__ import annotations

import re
from typing import Any

import pytest
from launcher_place import Place, Ran

from kfnb.artifacts.values import load_values
from kfnb.spec import Cell, Input, Output, Settings, Setup


def out(*names: str, **more: Any) -> dict[str, Any]:
    """Return the fields of a task that gives these names out."""
    return {"outputs": tuple(Output(name=name, **more) for name in names)}


def handed_on(place: Place, ran: Ran, consumer: str, names: str, **task: Any) -> Ran:
    """Run a second task that takes names from what a first one gave."""
    assert "SUCCEEDED" == ran.output.state, ran.output.error
    inputs = tuple(Input(name=name, producer="p", **task.pop("input", {})) for name in names.split())
    given = {name: ran.output.artifacts[name] for name in names.split()}
    return place.run(consumer, inputs=given, task={"inputs": inputs, **task})


# ---------------------------------------------------------------------------------------------------------------- setup


def test_setup_runs_silently_and_in_order(place: Place) -> None:
    """Setup statements bind names and show nothing, whatever they print."""
    setup = (
        Setup(kind="import", source="import math", names=("math",)),
        Setup(kind="literal", source="N = 3", names=("N",)),
        Setup(kind="definition", source="def f(x):\n    return x * N", names=("f",), ordinal=2, line=4),
        Setup(kind="import", source="import this", names=("this",)),
    )
    ran = place.run(Cell(id="a", index=5, source="f(math.floor(2.5))", ordinal=7), task={"setup": setup})
    [result] = ran.cells[0]["outputs"]
    assert ("6", 7) == (result["data"]["text/plain"], result["execution_count"])


def test_a_traceback_through_setup_names_its_cell_and_line(place: Place) -> None:
    """A function from another cell appears in tracebacks with that cell's number and its line there."""
    setup = (Setup(kind="definition", source="def f(x):\n    return 1 / x", names=("f",), ordinal=2, line=4),)
    ran = place.run(Cell(id="a", index=5, source="f(0)", ordinal=7), task={"setup": setup})
    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(ran.output.error.traceback))
    assert "Cell In[2], line 5, in f(x)" in text
    assert "Cell In[7], line 1" in text


def test_the_source_of_a_setup_function_can_be_inspected(place: Place) -> None:
    """inspect.getsource works for functions and classes of other cells."""
    setup = (Setup(kind="definition", source="def f(x):\n    return x", names=("f",), ordinal=2, line=4),)
    ran = place.run("import inspect\nprint(inspect.getsource(f))", task={"setup": setup})
    assert "def f(x):\n    return x\n\n" == ran.text(0)


def test_a_setup_statement_that_fails_is_an_error_at_its_cell(place: Place) -> None:
    """The error names the cell in which the statement stands."""
    setup = (Setup(kind="import", source="import not_there_at_all", names=("x",), cell="imports", ordinal=1),)
    ran = place.run("1", task={"setup": setup})
    assert ("FAILED", "ModuleNotFoundError", "imports") == (
        ran.output.state,
        ran.output.error.ename,
        ran.output.error.cell,
    )


def test_future_imports_of_setup_hold(place: Place) -> None:
    """`from __future__ import annotations` of another cell holds for the task's cells."""
    setup = (Setup(kind="import", source="from __future__ import annotations", names=("annotations",)),)
    ran = place.run("def f(a: undefined): pass\nprint(f.__annotations__)", task={"setup": setup})
    assert "{'a': 'undefined'}\n" == ran.text(0)


def test_a_setting_is_replayed_when_its_library_is_imported(place: Place) -> None:
    """A setter waits for the first import of its library, binds nothing, and is not why the library is imported."""
    setup = (
        Setup(kind="import", source="import wave as w", names=("w",), ordinal=1),
        Setup(kind="setter", source="import wave as v\nv.MARK = 1", library="wave"),
        Setup(kind="setter", source="import colorsys\ncolorsys.MARK = 2", library="colorsys"),
    )
    ran = place.run(
        "import sys\nprint(w.MARK, 'v' in globals(), 'colorsys' in sys.modules)\nimport colorsys\nprint(colorsys.MARK)",
        task={"setup": setup},
    )
    assert "1 False False\n2\n" == ran.text(0)


# ----------------------------------------------------------------------------------------------------------- parameters


def test_parameters_take_the_place_of_the_literals(place: Place) -> None:
    """In the parameters cell the run's values stand for the literals, what follows there sees them, counts stay."""
    cell = Cell(id="p", index=0, source="lr: float = 0.1\nsteps = [1]\nboth = lr * 2\nlr", ordinal=1, role="parameters")
    ran = place.run(cell, "print(lr, steps, both)", parameters={"lr": -0.5, "steps": [1, {"a": None}], "other": 1})
    assert "-0.5 [1, {'a': None}] -1.0\n" == ran.text(1)


def test_parameters_of_another_step_are_bound(place: Place) -> None:
    """A task that reads a parameter has it although the parameters cell is elsewhere."""
    ran = place.run("print(lr)", parameters={"lr": 0.5, "unread": 1}, task={"parameters": ("lr",)})
    assert "0.5\n" == ran.text(0)


# ----------------------------------------------------------------------------------------------------- values and state


def test_values_flow(place: Place) -> None:
    """What one task gives out is bound in the next, shared objects still shared."""
    first = place.run("a = [1]\nb = {'a': a}\nc = 'text'", task=out("a", "b", "c"))
    second = handed_on(place, first, "b['a'].append(2)\nprint(a, b, c)", "a b c")
    assert "[1, 2] {'a': [1, 2]} text\n" == second.text(0)


def test_a_figure_that_flows_is_shown_as_a_picture(place: Place) -> None:
    """A figure from another task, as a cell's result, is a picture as after the first plot of a notebook."""
    first = place.run("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()", task=out("fig", "ax"))
    second = handed_on(place, first, "fig", "fig")
    [result] = second.cells[0]["outputs"]
    assert {"text/plain", "image/png"} == set(result["data"])


def test_instances_of_notebook_classes_flow_by_reference(place: Place) -> None:
    """An instance keeps its class: the consumer's own, from its setup."""
    source = "class P:\n    def __init__(self): self.x = 1\n    def get(self): return self.x"
    first = place.run(source + "\np = P()", task={**out("p"), "definitions": ("P",)})
    setup = (Setup(kind="definition", source=source, names=("P",), ordinal=1),)
    second = handed_on(place, first, "print(type(p) is P, p.get(), P.__module__)", "p", setup=setup)
    assert "True 1 __main__\n" == second.text(0)


def test_an_unbound_output_is_absent(place: Place) -> None:
    """A name that the body left unbound is reported, and is no error."""
    ran = place.run("if False: x = 1\ny = 2", task=out("x", "y", optional=True))
    assert (("x",), ["y"]) == (ran.output.absent, list(ran.output.artifacts))


def test_a_needed_value_that_cannot_be_saved_stops_the_task(place: Place) -> None:
    """A generator that a later step needs fails the task with KF607, which names it; one nobody needs does not."""
    needed = place.run("g = (i for i in range(3))", task=out("g"))
    assert ("FAILED", "KF607") == (needed.output.state, needed.output.error.code)
    assert "'g'" in needed.output.error.message
    kept = place.run("g = (i for i in range(3))", task=out("g", needed=False))
    assert ("SUCCEEDED", ["g"]) == (kept.output.state, list(kept.output.unsaved))


def test_all_names_are_saved_when_asked(place: Place) -> None:
    """With save=all every user name that is bound at the end is kept, but modules, setup and private names."""
    setup = (Setup(kind="literal", source="N = 3", names=("N",)),)
    ran = place.run("import math\nx = 1\n_y = 2\nz = [x]\n5", save="all", task={"setup": setup})
    assert {"x", "z"} == set(ran.output.artifacts)
    namespace: dict[str, Any] = {}
    load_values(place.store, ran.output.artifacts, namespace)
    assert [1] == namespace["z"]


@pytest.mark.parametrize(
    ("provider", "first", "second"),
    [
        ("random", "import random\nrandom.seed(1)", "import random\nprint(random.random())"),
        ("numpy.random", "import numpy as np\nnp.random.seed(1)", "import numpy as np\nprint(np.random.rand())"),
        ("cwd", "import os\nos.mkdir('sub')\nos.chdir('sub')", "import os\nprint(os.getcwd())"),
        ("environ", "import os\nos.environ['MARK'] = str(6 * 7)", "import os\nprint(os.environ['MARK'])"),
        ("sys.path", "import sys\nsys.path.insert(0, '/mark')", "import sys\nprint(sys.path[0])"),
    ],
)
def test_session_state_flows(place: Place, provider: str, first: str, second: str) -> None:
    """State that a task gives out continues in the next, as in one kernel."""
    ran = place.run(first, task={"state_outputs": (provider,)})
    continued = place.run(second, state=ran.output.state_out, files=ran.output.files)
    together = place.run(first + "\n" + second)
    assert together.text(0) == continued.text(0) != ""


def test_tasks_without_a_seed_draw_different_numbers(place: Place) -> None:
    """Two bodies forked from one process do not draw the same global random numbers."""
    source = "import random, numpy as np\nprint(random.random(), np.random.rand())"
    place.server.say(op="preload", modules=["numpy", "numpy.random"])
    first, second = place.run(source).text(0).split(), place.run(source).text(0).split()
    assert not set(first) & set(second)


# ------------------------------------------------------------------------------------------------- records and metrics


def test_scalars_are_recorded_exactly(place: Place) -> None:
    """Numbers, NumPy's too, text, lists and dicts are recorded as JSON has them."""
    source = (
        "import numpy as np\na = np.float64(0.1)\nb = np.int64(3)\nc = np.bool_(True)\nd = {'k': [1, None]}\ne = 'text'"
    )
    ran = place.run(source, task={"records": ("a", "b", "c", "d", "e", "unbound")})
    assert {"a": 0.1, "b": 3, "c": True, "d": {"k": [1, None]}, "e": "text"} == ran.output.records


@pytest.mark.parametrize("value", ["float('nan')", "[1, (2,)]", "object()", "np.float32(0.8)", "10 ** 400", "{1: 2}"])
def test_what_json_cannot_hold_exactly_is_not_recorded(place: Place, value: str) -> None:
    """A value that would be another one in JSON is left out of the records; a later `if` decides itself."""
    ran = place.run(f"import numpy as np\nx = {value}", task={"records": ("x",)})
    assert "SUCCEEDED" == ran.output.state
    assert ran.output.records in ({}, {"x": 10**400})


def test_metrics_are_scalars_by_name_and_what_is_logged(place: Place) -> None:
    """Names tagged as metrics that hold scalars are metrics, with what log_metric was given; others are none."""
    source = "import kfnb, numpy as np\nacc = np.float32(0.5)\ntable = [1]\nkfnb.log_metric('loss', 0.25)"
    source += "\nkfnb.log_param('k', [1])"
    ran = place.run(source, task={"metrics": ("acc", "table", "unbound")})
    assert {"acc": 0.5, "loss": 0.25} == ran.output.metrics
    assert {"k": [1]} == ran.output.parameters


def test_what_is_logged_is_saved_at_once(place: Place) -> None:
    """A table is kept as it was when it was logged; a file and a folder are kept as bytes."""
    source = (
        "import kfnb, os\nrows = [{'a': 1}]\nkfnb.log_table(rows, 't')\nrows.append({'a': 2})\n"
        "open('f.txt', 'w').write('file')\nkfnb.log_artifact('f.txt')\nkfnb.Markdown('*m*')"
    )
    ran = place.run(source)
    assert "SUCCEEDED" == ran.output.state, ran.output.error
    by_name = {artifact.name: artifact for artifact in ran.output.logged}
    namespace: dict[str, Any] = {}
    load_values(place.store, {"t": by_name["t"]}, namespace)
    assert [{"a": 1}] == namespace["t"]
    assert b"file" == place.store.get(by_name["f.txt"].blob)
    assert "Markdown" == by_name["markdown"].type


# ------------------------------------------------------------------------------------------------------------ the guard


def test_a_guarded_input_that_changed_stops_the_task(place: Place) -> None:
    """An in-place change that the graph did not know of is KF380 with the learned fact; reading is not."""
    first = place.run("xs = [1, 2]", task=out("xs"))
    changed = handed_on(place, first, "getattr(xs, 'app' + 'end')(3)", "xs", input={"guard": True})
    error = changed.output.error
    assert ("KF380", "changes:xs", "c0") == (error.code, error.fact, error.fact_cell)
    read = handed_on(place, first, "sum(xs); ys = xs + [3]", "xs", input={"guard": True})
    assert "SUCCEEDED" == read.output.state


def test_an_array_that_changed_is_noticed(place: Place) -> None:
    """A change within a mapped buffer is noticed, and the store's bytes stay."""
    first = place.run("import numpy as np\na = np.zeros(500_000)", task=out("a"))
    changed = handed_on(place, first, "getattr(a, '__setitem__')(7, 1.0)", "a", input={"guard": True})
    assert "KF380" == changed.output.error.code
    again = handed_on(place, first, "print(a.sum())", "a")
    assert "0.0\n" == again.text(0)


def test_a_read_only_look_into_a_frame_that_was_taken_in_is_said(place: Place) -> None:
    """Writing to what a frame from above hands out is KF618, by name, in a call and inside a function."""
    first = place.run("import pandas as pd\ndf = pd.DataFrame({'a': [1.0, 2.0]})", task=out("df"))
    for source in (
        "v = df['a'].to_numpy(); v.flags.writeable = False; v[0] = 5",
        "v = df['a'].to_numpy(); v.flags.writeable = False\ndef f(x):\n    x.sort()\nf(v)",
    ):
        ran = handed_on(place, first, source, "df")
        assert "KF618" == ran.output.error.code, source


def test_any_other_read_only_array_is_the_users_own_error(place: Place) -> None:
    """A read-only array that is no part of an input fails as by hand, pandas and inputs or not."""
    first = place.run("import pandas as pd\ndf = pd.DataFrame({'a': [1.0, 2.0]})", task=out("df"))
    source = "import numpy as np\nw = np.zeros(3); w.flags.writeable = False\ndf.sum()\nw[0] = 5"
    for ran in (
        handed_on(place, first, source, "df"),
        place.run("import pandas as pd\n" + source.replace("df.sum()", "")),
    ):
        assert (None, "ValueError") == (ran.output.error.code, ran.output.error.ename)
        assert "read-only" in ran.output.error.message


def test_a_draw_nobody_foresaw_stops_the_task(place: Place) -> None:
    """Global random numbers drawn behind the code's back, where a later step goes on with them, are KF382."""
    ran = place.run("import random\ngetattr(random, 'ran' + 'dom')()", task={"state_watch": ("random",)})
    assert ("KF382", "draws") == (ran.output.error.code, ran.output.error.fact)
    still = place.run("x = 1", task={"state_watch": ("random", "numpy.random", "cwd", "environ", "sys.path")})
    assert "SUCCEEDED" == still.output.state, still.output.error


@pytest.mark.parametrize(
    ("provider", "code", "source"),
    [
        ("cwd", "KF383", "import os\nos.mkdir('d')\nos.chdir('d')"),
        ("environ", "KF384", "import os\nos.environ['K'] = '1'"),
        ("sys.path", "KF385", "import sys\nsys.path.append('x')"),
        ("numpy.random", "KF382", "import numpy\nnumpy.random.rand()"),
    ],
)
def test_state_that_changed_behind_the_code_stops_the_task(place: Place, provider: str, code: str, source: str) -> None:
    """A change of watched state has a code of its own."""
    ran = place.run(source, task={"state_watch": (provider,)})
    assert code == ran.output.error.code


def test_the_steps_own_timeout_counts(place: Place) -> None:
    """`timeout:` of the step stops it too."""
    ran = place.run("import time\ntime.sleep(1000)", task={"settings": Settings(timeout=0.2)})
    assert "KF603" == ran.output.error.code


def test_jupyters_packages_are_whole_for_the_user(place: Place) -> None:
    """Names of jupyter_client and ipykernel that the launcher did not need are there when the user's code asks."""
    source = (
        "import jupyter_client, ipykernel\nfrom ipykernel import get_connection_info\n"
        "print(jupyter_client.KernelManager.__name__, jupyter_client.__version__[0].isdigit())\n"
        "from ipykernel.kernelapp import IPKernelApp\nprint(IPKernelApp.initialized(), ipykernel.connect.__name__)"
    )
    assert "KernelManager True\nFalse ipykernel.connect\n" == place.run(source).text(0)
