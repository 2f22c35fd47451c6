"""From a notebook to its graph: edges and what flows over them, conditions, files, state, settings."""

from __future__ import annotations

from typing import Any

import pytest
from dataflow_book import Book, Cells

from kfnb.spec import Edge, PipelineSpec, Task, to_json


def edges(spec: PipelineSpec) -> dict[str, tuple[str, ...]]:
    """`a → b` and the names that flow."""
    return {f"{edge.source} → {edge.target}": edge.names for edge in spec.edges}


def edge(spec: PipelineSpec, source: str, target: str) -> Edge | None:
    """The edge between two tasks."""
    return next((e for e in spec.edges if (e.source, e.target) == (source, target)), None)


def setup_of(task: Task) -> list[str]:
    """The setup statements of a task."""
    return [setup.source for setup in task.setup]


# --------------------------------------------------------------------------------------------------------------- edges


def test_steps_that_only_read_run_side_by_side(book: Book) -> None:
    """Two steps that read one name come after its producer and not after one another."""
    spec = book.compile(
        ("data = [1, 2]", "step:load"),
        ("low = min(data)", "step:low"),
        ("high = max(data)", "step:high"),
        ("print(low, high)", "step:show"),
    )
    assert {
        "load → low": ("data",),
        "load → high": ("data",),
        "low → show": ("low",),
        "high → show": ("high",),
    } == edges(spec)


def test_steps_that_change_one_object_run_in_notebook_order(book: Book) -> None:
    """A change makes a version: the next step takes the name from the step that changed it."""
    spec = book.compile(
        ("xs = [1]", "step:a"), ("xs.append(2)", "step:b"), ("xs.append(3)", "step:c"), ("print(xs)", "step:d")
    )
    assert {"a → b": ("xs",), "b → c": ("xs",), "c → d": ("xs",)} == edges(spec)


def test_a_reader_before_a_change_takes_the_version_above_it(book: Book) -> None:
    """A step that reads before another changes is not ordered against the change."""
    spec = book.compile(
        ("xs = [1]", "step:a"), ("print(len(xs))", "step:look"), ("xs.append(2)", "step:b"), ("print(xs)", "step:d")
    )
    assert {"a → look": ("xs",), "a → b": ("xs",), "b → d": ("xs",)} == edges(spec)


def test_a_name_that_may_be_bound_is_taken_from_both(book: Book) -> None:
    """A step that may bind a name takes the earlier version in and gives the name out."""
    spec = book.compile(
        ("import random\nk = [1]", "step:a"),
        ("if random.random() > 2:\n    k = [2]\nprint('x')", "step:b"),
        ("print(k)", "step:c"),
    )
    assert ("k",) == edges(spec)["a → b"]
    assert ("k",) == edges(spec)["b → c"]


def test_a_new_name_that_may_be_bound_is_optional(book: Book) -> None:
    """A name that its producer may leave unbound is an optional output."""
    spec = book.compile(("try:\n    x = {}['k']\nexcept KeyError:\n    pass", "step:a"), ("print(x)", "step:b"))
    assert [("x", True)] == [(o.name, o.optional) for o in spec.task("a").outputs]
    assert [("x", True)] == [(i.name, i.optional) for i in spec.task("b").inputs]


def test_who_only_changes_a_name_hands_on_what_there_is(book: Book) -> None:
    """A name that was bound for sure is a certain input below a step that may bind or change it; others are not."""
    maybe = "if len('ab') > n:\n    xs = [2]\n    ys = [3]"
    spec = book.compile(
        ("n = int('1')\nxs = [1]", "step:a"),
        (maybe + "\nprint(n)", "step:b"),
        ("xs.append(1)\nys.append(1)", "step:c"),
        ("print(xs, ys)", "step:d"),
    )
    for step in "cd":
        assert {"xs": False, "ys": True} == {i.name: i.optional for i in spec.task(step).inputs}


def test_a_name_that_may_be_bound_here_is_no_certain_need(book: Book) -> None:
    """A step that reads a name which a loop of its own may bind can do without the version from above."""
    spec = book.compile(
        ("xs = [1]\nfor item in sorted([]):\n    pass", "step:a"),
        ("for item in xs:\n    pass\nprint(item)", "step:b"),
    )
    assert {"item": True, "xs": False} == {i.name: i.optional for i in spec.task("b").inputs}


def test_who_takes_a_name_gets_the_classes_of_what_is_saved_with_it(book: Book) -> None:
    """Names that share an object are loaded together, so the classes of all of them must be there."""
    spec = book.compile(
        ("xs = [1]\nclass Box:\n    def __init__(self, items):\n        self.items = items", "step:a"),
        ("box = Box(xs)", "step:b"),
        ("print(len(xs))", "step:c"),
        ("xs.append(2)", "step:d"),
        ("print(box.items)", "step:e"),
    )
    assert "b → c" in edges(spec)
    assert "Box" in spec.task("c").definitions


def test_order_without_data_is_honoured(book: Book) -> None:
    """`prev:` makes an edge on which nothing flows, and says so."""
    spec = book.compile(("a = 1\nprint(a)", "step:one"), ("print(2)", "step:two", "prev:one"))
    found = edge(spec, "one", "two")
    assert found is not None
    assert ((), ("tag prev:",)) == (found.names, found.why)


def test_imports_functions_and_literals_are_repeated_not_passed(book: Book) -> None:
    """A step gets the setup that it uses, and what that needs, as statements; nothing flows."""
    spec = book.compile(
        ("import math\nN = 3\ndef area(r):\n    return math.pi * r * N\ndef unused():\n    return 0", "step:a"),
        ("print(area(2))", "step:b"),
    )
    assert {} == edges(spec)
    assert ["import math", "N = 3", "def area(r):\n    return math.pi * r * N"] == setup_of(spec.task("b"))


def test_what_a_function_reads_goes_to_the_step_that_calls_it(book: Book) -> None:
    """A function's free data names are inputs where it is called, at the version nearest above the call."""
    spec = book.compile(
        ("rate = [1]\ndef tax(x):\n    return x * rate[0]", "step:a"),
        ("rate = [2]", "step:b"),
        ("print(tax(3))", "step:c"),
    )
    assert {"b → c": ("rate",)} == edges(spec)


def test_what_shares_an_object_that_changes_later_goes_on_together(book: Book) -> None:
    """A step that puts an input into an output gives both out, if one of them is changed further down."""
    spec = book.compile(
        ("model = [1]", "step:a"),
        ("holder = {'model': model}", "step:b"),
        ("model.append(2)", "step:c"),
        ("print(holder)", "step:d"),
    )
    assert ("holder", "model") == tuple(o.name for o in spec.task("b").outputs)
    assert ("holder", "model") == edges(spec)["b → c"]
    assert "holder" in edges(spec)["c → d"]


def test_what_is_compared_by_is_later_goes_on_together(book: Book) -> None:
    """Two names of one object take one way to a step that compares them; to be compared with None changes nothing."""
    cells = [("xs = [1]", "step:a"), ("m = xs", "step:b"), ("p = m", "step:c")]
    apart = edges(book.compile(*cells, ("print(xs is None, p is None, xs == p)", "step:d")))
    assert {"a → b": ("xs",), "b → c": ("m",), "a → d": ("xs",), "c → d": ("p",)} == apart
    together = edges(book.compile(*cells, ("print(xs is p)", "step:d")))
    assert ("p", "xs") == together["c → d"]


def test_every_edge_leads_downwards_and_every_task_knows_its_ancestors(book: Book) -> None:
    """Ancestors are all tasks above in the graph, in notebook order."""
    spec = book.compile(("a = [1]", "step:a"), ("b = a + a", "step:b"), ("c = b + b", "step:c"), ("print(c)", "step:d"))
    assert ("a", "b", "c") == spec.task("d").ancestors
    assert ("c",) == spec.task("d").after


def test_the_same_notebook_gives_the_same_bytes(book: Book) -> None:
    """Compiling is deterministic."""
    cells = [("xs = [1]\nys = xs", "step:a"), ("xs.append(2)", "step:b"), ("print(xs, ys)", "step:c")]
    assert to_json(book.compile(*cells)) == to_json(book.compile(*cells))


# ---------------------------------------------------------------------------------------------------------- conditions


def test_a_step_that_is_one_if_is_decided_by_the_orchestrator(book: Book) -> None:
    """A step whose body is one plain `if` has a condition over names that its producers record."""
    spec = book.compile(
        ("LIMIT = 0.8\nscore = sum([0.5, 0.4])", "step:score"),
        ("if score > LIMIT:\n    print('deploy')", "step:deploy"),
    )
    condition = spec.task("deploy").condition
    assert condition is not None
    assert ("score > LIMIT", {"score": "score"}, {"LIMIT": 0.8}, False) == (
        condition.expression,
        condition.names,
        condition.constants,
        condition.tagged,
    )
    assert ("score",) == spec.task("score").records


@pytest.mark.parametrize(
    "source",
    [
        "if score > 1:\n    print(1)\nelse:\n    print(2)",
        "if len(scores) > 1:\n    print(1)",
        "if score > 1:\n    print(1)\nprint(3)",
        "if True:\n    print(1)",
    ],
)
def test_an_if_that_says_more_is_an_ordinary_step(book: Book, source: str) -> None:
    """An `else`, a call, other statements or no name at all make no condition."""
    spec = book.compile(("scores = [1]\nscore = sum(scores)", "step:a"), (source, "step:b"))
    assert None is spec.task("b").condition


def test_when_says_the_same_by_tag(book: Book) -> None:
    """`when:` gives any body a condition."""
    spec = book.compile(("score = sum([1])", "step:a"), ("print(1)\nprint(2)", "step:b", "when:score > 0"))
    condition = spec.task("b").condition
    assert condition is not None
    assert ("score > 0", True) == (condition.expression, condition.tagged)


def test_a_step_that_may_be_left_out_gives_values_and_no_setup(book: Book) -> None:
    """What only a `when:` step binds flows from it; what is bound above too, it takes in to leave as it was."""
    spec = book.compile(
        ("import math\nxs = [1]\nscore = sum(xs)", "step:a"),
        ("import math\nimport json\nLIMIT = 3\ndef f():\n    return 4\nxs = [2]", "step:b", "when:score > 1"),
        ("print(LIMIT, f(), json.dumps(1), xs, math.pi)", "step:c"),
    )
    found = edge(spec, "b", "c")
    assert found is not None
    assert ("LIMIT", "f", "json", "xs") == found.names
    assert [("math",)] == [setup.names for setup in spec.task("c").setup]
    assert {"score", "xs"} >= {i.name for i in spec.task("b").inputs} >= {"xs"}


def test_a_setting_under_a_condition_cannot_be_repeated(book: Book) -> None:
    """A setting in a `when:` step is refused where a later step uses the library, and where none does it is not."""
    sets = ("import pandas as pd\npd.set_option('display.max_rows', 3)", "step:b", "when:score > 1")
    cells = (("score = sum([1])", "step:a"), sets)
    assert ("KF401", "c1", 2) in book.check(*cells, ("import pandas as pd\nprint(pd.DataFrame())", "step:c"))
    assert [] == book.check(*cells, ("print(score)", "step:c"))


# --------------------------------------------------------------------------------------------- files, state, settings


@pytest.mark.parametrize(
    ("write", "read"),
    [
        ("open('out.txt', 'w').write('x')", "open('out.txt').read()"),
        ("open('data/a.csv', 'w').write('x')", "import glob\nglob.glob('data/*.csv')"),
        ("import pandas as pd\npd.DataFrame({'a': [1]}).to_csv('a.csv')", "import pandas as pd\npd.read_csv('a.csv')"),
        ("F = 'out'\nopen(f'{F}/a.txt', 'w').write('x')", "open('out/a.txt').read()"),
        ("from pathlib import Path\nPath('a.txt').write_text('x')", "from pathlib import Path\nPath('a.txt').exists()"),
        ("import os\nos.makedirs('made')", "import os\nos.listdir('made')"),
        ("for n in range(3):\n    open(f'part{n}.txt', 'w').write('x')", "open('part1.txt').read()"),
        ("%%writefile tool.py\nx = 1", "open('tool.py').read()"),
    ],
)
def test_a_file_makes_an_edge_from_its_writer_to_its_reader(book: Book, write: str, read: str) -> None:
    """Paths are compared as far as they are spelled out; the edge says that it is about files."""
    spec = book.compile((write, "step:write"), ("print(1)", "step:beside"), (read, "step:read"))
    found = edge(spec, "write", "read")
    assert found is not None
    assert any(why.startswith("files:") for why in found.why)
    assert None is edge(spec, "beside", "read")


def test_different_files_make_no_edge(book: Book) -> None:
    """Steps that write and read paths that cannot be the same run side by side."""
    spec = book.compile(("open('a.txt', 'w').write('x')", "step:a"), ("open('b.txt').read()", "step:b"))
    assert {} == edges(spec)


def test_seeded_draws_run_in_notebook_order(book: Book) -> None:
    """Once seeded, random state flows from draw to draw like a name."""
    spec = book.compile(
        ("import random\nrandom.seed(1)", "step:seed"),
        ("a = random.random()", "step:a"),
        ("b = random.random()", "step:b"),
        ("print(a)", "step:c"),
    )
    assert ["seed", "a"] == [
        s.producer for task in (spec.task("a"), spec.task("b")) for s in task.state_inputs if s.provider == "random"
    ]
    assert None is edge(spec, "b", "c")


@pytest.mark.parametrize(
    ("makes", "uses"),
    [
        ("loader = DataLoader(rows, batch_size=2)", "for batch in loader:\n    print(batch)"),
        ("loader = DataLoader(rows)\ndef train():\n    for batch in loader:\n        print(batch)", "train()"),
        ("class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.d = nn.Dropout()\n"
         "net = Net()", "y = net(rows)"),
        ("net = nn.Sequential(nn.ReLU(), nn.Dropout(0.5))", "y = net(rows)"),
        ("net = nn.Sequential(nn.ReLU(), nn.Dropout(0.5))\nfast = torch.compile(net)", "y = fast(rows)"),
        ("net = nn.LSTM(2, 2, dropout=0.1)", "y = net(rows)"),
        ("rows = torch.zeros(2)", "rows.normal_()"),
        ("layer = nn.Linear(2, 2)", "layer.reset_parameters()"),
        ("normal = torch.distributions.Normal(0, 1)", "x = normal.rsample()"),
        ("pass", "net = torchvision.models.resnet18()"),
    ],
)  # fmt: skip
def test_what_torch_draws_is_seen_where_it_is_used(book: Book, makes: str, uses: str) -> None:
    """A loader and a dropout draw in each step that uses them, not where they are made."""
    spec = book.compile(
        ("import torch, torchvision\nfrom torch import nn\nfrom torch.utils.data import DataLoader", "setup"),
        ("torch.manual_seed(1)\nrows = torch.zeros(4)", "step:seed"),
        (makes, "step:make"),
        (uses, "step:use"),
        (uses, "step:again"),
    )
    assert ["use"] == [s.producer for s in spec.task("again").state_inputs if s.provider == "torch.random"]


def test_a_loader_with_a_generator_of_its_own_draws_nothing_global(book: Book) -> None:
    """What changes is the generator, a value as others."""
    spec = book.compile(
        ("import torch\nfrom torch.utils.data import DataLoader", "setup"),
        ("torch.manual_seed(1)\nloader = DataLoader([1], generator=torch.Generator())", "step:make"),
        ("for batch in loader:\n    print(batch)", "step:use"),
    )
    assert () == spec.task("use").state_inputs


def test_draws_that_nobody_seeded_are_not_ordered(book: Book) -> None:
    """Where nothing above seeds, the numbers differ by hand too: the state is neither carried nor ordered."""
    spec = book.compile(("import random\na = random.random()", "step:a"), ("b = random.random()", "step:b"))
    assert {} == edges(spec)


def test_a_generator_of_ones_own_flows_as_a_name(book: Book) -> None:
    """A NumPy generator is changed by drawing from it, so it goes from step to step."""
    spec = book.compile(
        ("import numpy as np\nrng = np.random.default_rng(1)", "step:a"),
        ("x = rng.normal()", "step:b"),
        ("y = rng.normal()", "step:c"),
    )
    assert {"a → b": ("rng",), "b → c": ("rng",)} == edges(spec)


def test_settings_are_repeated_in_every_later_step(book: Book) -> None:
    """A setter with literal arguments is replayed when its library is imported, with what it needs."""
    spec = book.compile(
        ("import pandas as pd\nROWS = 7\npd.set_option('display.max_rows', ROWS)", "step:a"),
        ("print(1)", "step:b"),
    )
    (setter,) = [s for s in spec.task("b").setup if s.kind == "setter"]
    assert "pandas" == setter.library
    assert ["import pandas as pd", "ROWS = 7", "pd.set_option('display.max_rows', ROWS)"] == setter.source.splitlines()
    assert {} == edges(spec)


def test_the_working_directory_goes_on(book: Book) -> None:
    """After `os.chdir` all later steps continue the working directory."""
    spec = book.compile(("import os\nos.chdir('..')", "step:a"), ("print(1)", "step:b"))
    assert ["cwd"] == [s.provider for s in spec.task("b").state_inputs]


def test_effects_outside_run_in_notebook_order(book: Book) -> None:
    """Calls on the outside world are ordered among themselves, and mark their task."""
    spec = book.compile(
        ("import requests\nrequests.post('http://x')", "step:a"),
        ("print(1)", "step:beside"),
        ("import requests\nrequests.post('http://y')", "step:b"),
    )
    found = edge(spec, "a", "b")
    assert found is not None
    assert "order of effects outside the notebook" in found.why
    assert [True, False, True] == [task.effects.outside for task in spec.tasks]


# ------------------------------------------------------------------------------------------------------------- tags


def test_uses_reads_what_the_code_does_not_show(book: Book) -> None:
    """`uses:` makes an input."""
    spec = book.compile(("limit = [1]", "step:a"), ("exec('print(lim' + 'it)')", "step:b", "uses:limit"))
    assert {"a → b": ("limit",)} == edges(spec)


def test_binds_gives_out_what_the_code_does_not_show(book: Book) -> None:
    """`binds:` makes an output that may be there."""
    spec = book.compile(("exec('made' + '=1')", "step:a", "binds:made"), ("print(made)", "step:b"))
    assert {"a → b": ("made",)} == edges(spec)


def test_changes_says_that_an_input_changes(book: Book) -> None:
    """`changes:` makes a version."""
    cells: Cells = [("m = [1]", "step:a"), ("r = abs(len(m))", "step:b"), ("print(m)", "step:c")]
    assert {"a → b": ("m",), "a → c": ("m",)} == edges(book.compile(*cells))
    cells[1] = (*cells[1], "changes:m")
    assert {"a → b": ("m",), "b → c": ("m",)} == edges(book.compile(*cells))


def test_keeps_says_that_an_input_does_not_change(book: Book) -> None:
    """`keeps:` takes a version away that the analysis sees by its rules."""
    cells: Cells = [("import lib\nm = [1]", "step:a"), ("lib.look(m)\nm.inspect()", "step:b"), ("print(m)", "step:c")]
    assert "b → c" in edges(book.compile(*cells))
    cells[1] = (*cells[1], "keeps:m")
    assert "b → c" not in edges(book.compile(*cells))


def test_draws_orders_a_step_with_the_random_numbers(book: Book) -> None:
    """`draws` makes a step continue all seeded random state."""
    spec = book.compile(
        ("import random\nrandom.seed(1)", "step:a"),
        ("print(1)", "step:b", "draws"),
        ("x = random.random()", "step:c"),
    )
    assert [("random", "b")] == [(s.provider, s.producer) for s in spec.task("c").state_inputs]


def test_the_metrics_tag_names_scalars_only(book: Book) -> None:
    """Names that the cell reads or binds become metrics, functions and modules aside."""
    spec = book.compile(("import math\nloss = math.sqrt(4)\nloss", "step:a", "metrics"), ("print(loss)", "step:b"))
    assert ("loss",) == spec.task("a").metrics


# --------------------------------------------------------------------------------------------------- scattered steps


def test_a_scattered_step_is_one_task_where_its_last_cell_stands(book: Book) -> None:
    """A step in several places is allowed where moving its earlier cells down changes nothing."""
    spec = book.compile(
        ("a = [1]", "step:one"), ("b = [2]", "step:two"), ("print(a)", "step:one"), ("print(b)", "step:three")
    )
    assert ["two", "one", "three"] == [task.name for task in spec.tasks]
    assert ["c0", "c2"] == [cell.id for cell in spec.task("one").cells]


@pytest.mark.parametrize(
    ("early", "between"),
    [
        ("xs = [1]", "print(xs)"),
        ("print(ys)", "ys.append(1)"),
        ("ys.append(1)", "print(ys)"),
        ("k = len(ys)", "ys = [5]"),
        ("del ys", "print(ys)"),
    ],
)
def test_a_scattered_step_that_would_change_something_is_refused(book: Book, early: str, between: str) -> None:
    """No step between may read, bind or change what the earlier cells bind or change, nor the other way round."""
    found = book.check(
        ("ys = [0]", "step:first"), (early, "step:one"), (between, "step:two"), ("print('end')", "step:one")
    )
    assert "KF210" in {code for code, _, _ in found}


# ---------------------------------------------------------------------------------------------------------- size


def test_a_notebook_of_a_thousand_steps_compiles(book: Book) -> None:
    """A thousand steps, each on the result of the one before, make a thousand tasks and 999 edges."""
    cells: list[Any] = [("import math\nv0 = [1.0]", "step:s0")]
    cells += [(f"v{n} = [math.sqrt(x + {n}) for x in v{n - 1}]", f"step:s{n}") for n in range(1, 1000)]
    spec = book.compile(*cells)
    assert (1000, 999) == (len(spec.tasks), len(spec.edges))
    assert ("v998",) == edges(spec)["s998 → s999"]
