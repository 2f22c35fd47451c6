"""Cells with magics and shell lines, and what the analysis reads in their place."""

from __future__ import annotations

import ast
import subprocess
import sys
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell

from kfnb.dataflow.magics import MARK, ParsedCell, parse_cell
from kfnb.dataflow.tables import magics as tables
from kfnb.errors import CODES


def code(parsed: ParsedCell) -> str:
    """The tree as text, with marks as `mark(INDEX, …)`."""
    return ast.unparse(parsed.tree).replace(MARK, "mark")


def only_mark(source: str) -> dict[str, object]:
    """Kind and the telling details of the one mark of a cell."""
    (mark,) = parse_cell(source).marks
    silent = ("magic", "text", "source")
    return {"kind": mark.kind, **{key: value for key, value in mark.detail.items() if value and key not in silent}}


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("x = 1", "x = 1"),
        ("await f()", "await f()"),
        ("%time x = f(y)", "x = f(y)"),
        ("x = %time f(y)", "x = f(y)"),
        ("%%time\nx = f(y)\nx", "x = f(y)\nx"),
        ("%time --no-raise-error x = 1", "x = 1"),
        ("%%prun -s cumulative -l 5\nx = f(y)", "x = f(y)"),
        ("%prun -s cum f(x)", "f(x)"),
        ("%memit -r 3 x = f()", "x = f()"),
        ("%timeit f(x)", "mark(0, f(x))"),
        ("%timeit -n 3 -r1 f(x)", "mark(0, f(x))"),
        ("r = %timeit -o f(x)", "r = mark(0, f(x))"),
        ("%%capture\nx = 1", "x = 1"),
        ("%%capture --no-stderr out\nx = 1", "x = 1\nout = mark(0)"),
        ("%%capture out\nprint(x)", "mark(0, print(x))\nout = mark(1)"),
        ("%%capture out\nx = 1;", "x = 1\nif mark(0):\n    del out"),
        ("x = !ls {d}", "x = mark(0, d)"),
        ("a.b = !ls", "a.b = mark(0)"),
        ("x = !!ls", "x = mark(0)"),
        ("!echo $name ${other} {f(1)}", "mark(0, name, other, f(1))"),
        ("!echo '$name'", "mark(0)"),
        ("!echo $$PATH", "mark(0)"),
        ("!awk '{print $1}' f", "mark(0)"),
        ("for i in x:\n    !echo {i}", "for i in x:\n    mark(0, i)"),
        ("if a:\n    %matplotlib inline", "if a:\n    mark(0)"),
        ("def f():\n    !ls\n    return 1", "def f():\n    mark(0)\n    return 1"),
        ("%%bash --out v --err=w\necho hi", "v = w = mark(0)"),
        ("%xdel x", "del x"),
        ("df?", "mark(0, df)"),
        ("?df.head", "mark(0, df)"),
        ("df.head??", "mark(0, df)"),
        (",f a b", "f('a', 'b')"),
        ("/f x", "f(x)"),
        (">>> x = 3\n", "x = 3"),
        ("In [1]: x = 3", "x = 3"),
        ("  x = 1\n  y = 2", "x = 1\ny = 2"),
        ("s = '''\n%s\n!ls\n'''\n!ls", "s = '\\n%s\\n!ls\\n'\nmark(0)"),
        ("x = (10\n%3)", "x = 10 % 3"),
        ("cd data", "mark(0)"),
        ("get_ipython().run_line_magic('matplotlib', 'inline')", "mark(0)"),
        ("get_ipython().magic('time x = 1')", "x = 1"),
        ("get_ipython().system(f'ls {d}')", "mark(0, f'ls {d}')"),
        ("print(get_ipython().getoutput('ls'))", "print(mark(0))"),
        ("%time !ls", "mark(0)"),
        ("%config A.b = c", "mark(0, c)"),
        ("%run {path}", "mark(0, path)"),
    ],
)
def test_a_cell_reads_as_the_python_it_stands_for(source: str, tree: str) -> None:
    """Magics that hold Python become that Python, others a mark with what they read."""
    assert code(parse_cell(source)) == tree


def test_timeit_of_statements_binds_nothing() -> None:
    """Statements of a `%%timeit` are local to a function that is called once and gone."""
    parsed = parse_cell("%%timeit -n 2 a = 1\nb = a + c")
    namespace: dict[str, object] = {"c": 1, MARK: lambda *_: None}
    exec(compile(parsed.tree, "cell", "exec"), namespace)
    assert {"c", MARK, "__builtins__"} == set(namespace)


@pytest.mark.parametrize(
    ("source", "mark"),
    [
        ("!ls", {"kind": "reads", "reads": ("*",)}),
        ("!ls data", {"kind": "reads", "reads": ("data", "data/*")}),
        ("!head -n 3 a.csv | wc -l", {"kind": "reads", "reads": ("3", "a.csv")}),
        ("!nvidia-smi", {"kind": "harmless"}),
        ("!python --version", {"kind": "harmless"}),
        ("!pip list", {"kind": "harmless"}),
        ("!git status", {"kind": "harmless"}),
        ("!echo a", {"kind": "harmless"}),
        ("!echo a > f.txt", {"kind": "writes", "writes": ("f.txt",)}),
        ("!echo a >> f.txt 2>&1", {"kind": "writes", "writes": ("f.txt",), "reads": ("f.txt",)}),
        ("!echo {x} 2> /dev/null", {"kind": "harmless"}),
        ("!mkdir -p out/{name}", {"kind": "writes", "writes": ("out/*",)}),
        ("!cp a.csv b.csv", {"kind": "writes", "reads": ("a.csv",), "writes": ("b.csv", "b.csv/a.csv")}),
        ("!mv a b/", {"kind": "writes", "reads": ("a",), "writes": ("b/", "b/a", "a")}),
        ("!rm -rf out", {"kind": "writes", "reads": ("out",), "writes": ("out",)}),
        ("!cd data && ls", {"kind": "reads", "reads": ("*",)}),
        ("!sed -i s/a/b/ f", {"kind": "writes", "reads": ("f",), "writes": ("f",)}),
        ("!grep -r foo src", {"kind": "reads", "reads": ("src", "src/*")}),
        ("!test -f a && echo yes", {"kind": "reads", "reads": ("a",)}),
        ("!curl -s https://example.org", {"kind": "reads", "reads_outside": True}),
        ("!wget https://example.org/a", {"kind": "writes", "writes": ("*",), "reads_outside": True}),
        ("!python train.py", {"kind": "outside", "reads": ("*",), "writes": ("*",), "outside": True}),
        ("!make $(date)", {"kind": "outside", "reads": ("*",), "writes": ("*",), "outside": True}),
        ("!for i in 1 2; do echo $i; done", {"kind": "outside", "reads": ("*",), "writes": ("*",), "outside": True}),
        ("%%bash\n# list\nls a\necho b > c", {"kind": "writes", "reads": ("a", "a/*"), "writes": ("c",)}),
        ("%%python\nprint(1)", {"kind": "outside", "reads": ("*",), "writes": ("*",), "outside": True}),
        ("%ls data", {"kind": "reads", "reads": ("data", "data/*")}),
        ("%mkdir out", {"kind": "writes", "writes": ("out",)}),
        ("%%writefile out/a.py\nx = 1", {"kind": "writes", "writes": ("out/a.py",)}),
        ("%%writefile -a a.txt\nx", {"kind": "writes", "writes": ("a.txt",), "reads": ("a.txt",)}),
        ("%%writefile {path}\nx", {"kind": "writes", "writes": ("*",)}),
        ("%cd data", {"kind": "chdir", "path": "data"}),
        ("%cd {d}", {"kind": "chdir"}),
        ("%env A=b", {"kind": "environ", "values": {"A": "b"}}),
        ("%env A b", {"kind": "environ", "values": {"A": "b"}}),
        ("%set_env A=b=c", {"kind": "environ", "values": {"A": "b=c"}}),
        ("%env A", {"kind": "environ", "names": ("A",)}),
        ("%env", {"kind": "environ", "names": ("*",)}),
        ("%matplotlib inline", {"kind": "setter", "library": "matplotlib", "libraries": ("matplotlib",)}),
        ("%load_ext autoreload", {"kind": "setter", "library": "IPython", "libraries": ("IPython",)}),
        ("%precision 3", {"kind": "setter", "library": "IPython", "libraries": ("IPython", "numpy")}),
        (
            "%config InlineBackend.figure_format = 'svg'",
            {"kind": "setter", "library": "matplotlib", "libraries": ("matplotlib",)},
        ),
        ("%config InlineBackend", {"kind": "harmless"}),
        ("%lsmagic", {"kind": "harmless"}),
        ("%%html\n<b>x</b>", {"kind": "holds"}),
        ("%load a.py", {"kind": "reads", "reads": ("a.py",)}),
        ("%run a", {"kind": "run", "reads": ("a.py",), "path": "a.py"}),
        (
            "%run -i 'a b.py' 1 2",
            {"kind": "run", "reads": ("a b.py",), "path": "a b.py", "arguments": ("1", "2"), "options": ("-i",)},
        ),
        ("%run -m mod x", {"kind": "run", "path": "mod", "arguments": ("x",), "options": ("-m",), "module": True}),
        ("%run other.ipynb", {"kind": "subnotebook", "reads": ("other.ipynb",), "path": "other.ipynb"}),
    ],
)
def test_a_mark_says_what_its_magic_does(source: str, mark: dict[str, object]) -> None:
    """Effects of magics and shell lines are data."""
    assert mark == only_mark(source)


@pytest.mark.parametrize(
    ("source", "requirements"),
    [
        ("%pip install pandas", ("pandas",)),
        ("!pip install -q 'scikit-learn>=1' numpy==2.0  # needed", ("scikit-learn>=1", "numpy==2.0")),
        ("!python -m pip install --upgrade x", ("x",)),
        ("pip install foo", ("foo",)),
        ("%pip install -r requirements.txt", ("-r requirements.txt",)),
        ("!pip3 install --index-url https://example.org/simple a", ("a",)),
        ("%conda install -c conda-forge -y xgboost", ("xgboost",)),
        ("!pip list", ()),
    ],
)
def test_installed_packages_are_requirements(source: str, requirements: tuple[str, ...]) -> None:
    """What a cell installs is listed as it is written."""
    assert requirements == parse_cell(source).requirements


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("%who", ("KF251", "error", 1)),
        ("x = 1\n%store x", ("KF251", "error", 2)),
        ("%history -n 3", ("KF251", "error", 1)),
        ("%nosuch x", ("KF252", "error", 1)),
        ("\n%%sql\nselect 1", ("KF252", "error", 2)),
        ("# note\n%%time\nx = 1", ("KF252", "error", 2)),
        ("%reset -f", ("KF253", "error", 1)),
        ("%pylab inline", ("KF253", "error", 1)),
        ("%pip install x", ("KF255", "hint", 1)),
        ("!sleep 9 &", ("KF257", "warning", 1)),
        ("%%bash --bg\nsleep 9", ("KF257", "warning", 1)),
    ],
)
def test_what_cannot_be_followed_is_a_problem(source: str, problem: tuple[str, str, int]) -> None:
    """Magics that look beyond their step, are unknown or bind the unknowable are named with their line."""
    (found,) = parse_cell(source).problems
    assert problem == (found.code, found.severity, found.line)
    assert found.code in CODES


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("x = 1\ny = (", 2, 5),
        ("\n\n%%time\nx = 1\ny = = 2", 5, 5),
        ("%%capture out\n%%time\nx = )", 3, 5),
        ("%matplotlib inline\nx = )", 2, 5),
        ("return 5", 1, 1),
        ("def f(a):\n    global a", 2, 5),
        ("x = 5; %time y", 1, 8),
        ("%time x = )", 1, 5),
    ],
)
def test_a_syntax_error_has_its_line_in_the_cell(source: str, line: int, column: int) -> None:
    """Lines are counted through leading blank lines and cell magics."""
    parsed = parse_cell(source)
    assert parsed.error is not None
    assert ("KF250", line, column) == (parsed.error.code, parsed.error.line, parsed.error.column)
    assert [] == parsed.tree.body


@pytest.mark.parametrize("source", ["\x00", "x = '\ud800'", "(" * 5000, "-" * 100000 + "1"])
def test_what_the_parser_chokes_on_is_an_error_too(source: str) -> None:
    """Null bytes, lone surrogates and absurd nesting are named, not raised."""
    parsed = parse_cell(source)
    assert parsed.error is not None or parsed.tree.body


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("\n\n%matplotlib inline\nx = 1", [3, 4]),
        ("%%time\n\nx = 1", [3]),
        ("!echo a \\\n  b\ny = 1", [1, 3]),
        ("x = 1\ny?\nz = 1", [1, 2, 3]),
        ("x = [\n1]\n%time y = 2\nz = 3", [1, 3, 4]),
        ("%%capture o\n%%time\nx = 1", [3, 1]),
    ],
)
def test_statements_keep_their_lines(source: str, lines: list[int]) -> None:
    """Every statement has the line it has in the cell."""
    assert lines == [node.lineno for node in parse_cell(source).tree.body]


def test_future_imports_are_listed() -> None:
    """`from __future__` imports are named, behind a magic too."""
    assert ("annotations",) == parse_cell("from __future__ import annotations\nx = 1").future
    assert ("annotations",) == parse_cell("%%time\nfrom __future__ import annotations").future


def test_a_definition_with_a_magic_keeps_a_form_that_runs() -> None:
    """What a later step is given of such a definition is its source with IPython's calls."""
    parsed = parse_cell("\ndef f():\n    x = !echo 1\n    return x")
    assert {2: "def f():\n    x = get_ipython().getoutput('echo 1')\n    return x"} == parsed.runnable


@pytest.mark.parametrize(
    ("source", "automagic"),
    [
        ("pwd", "mark(0)"),
        ("ls -l", "mark(0)"),
        ("cd /tmp", "mark(0)"),
        ("time = 3", None),
        ("time.sleep(1)", None),
        ("x", None),
        ("pwd\nx", None),
    ],
)
def test_valid_python_may_be_a_magic_without_its_sign(source: str, automagic: str | None) -> None:
    """A single line that begins with the name of a magic has both readings."""
    parsed = parse_cell(source)
    assert parsed.plain
    assert automagic == (code(parsed.automagic) if parsed.automagic else None)


SIMPLE = [
    "%matplotlib inline\nx = 1",
    "x = %time f()\ny = !ls -l {x}\n!echo 'it''s' \\\n more\nfor a in b:\n    !ls\n    c = %env A\n",
    "!!ls\n!  ls  \n%  time x\n%cd   a b\nx, y = !ls\na['b'] = !ls",
    "s = '''\n!ls\n'''\n!ls",
    "def f():\n    !ls\n\n    return 1\n",
    "x=!ls\ny=%pwd",
    "%time x = '''a\nb'''",
    "%alias_magic t timeit -p '-n1'",
]


@pytest.mark.parametrize("source", SIMPLE)
def test_simple_forms_become_what_ipython_makes_of_them(source: str) -> None:
    """Where IPython is not asked, the calls are the ones it would make."""
    from kfnb.dataflow import magics

    lines = (source + "\n").splitlines(keepends=True)
    simple = magics._simple_forms(lines)
    expected = TransformerManager().transform_cell(source)
    try:
        tree = ast.dump(ast.parse(expected))
    except SyntaxError:
        assert simple is None
    else:
        assert simple is not None
        assert tree == ast.dump(ast.parse(simple))


def test_ipython_knows_no_magic_that_the_tables_lack() -> None:
    """Every magic that IPython ships has a rule."""
    shell = InteractiveShell.instance()
    shipped = shell.magics_manager.magics
    assert set() == set(shipped["line"]) - set(tables.LINE_MAGICS)
    assert set() == set(shipped["cell"]) - set(tables.CELL_MAGICS)


def test_magics_that_take_their_line_as_it_is_are_those_of_ipython() -> None:
    """Names are put into a magic's line unless IPython leaves that line alone."""
    shell = InteractiveShell.instance()
    raw = {
        name
        for name, function in shell.magics_manager.magics["line"].items()
        if getattr(function, "_ipython_magic_no_var_expand", False)
    }
    assert raw == tables.NOT_EXPANDED & set(shell.magics_manager.magics["line"])


def test_common_cells_are_read_without_loading_ipython() -> None:
    """Plain Python, line magics, shell lines and cell magics do not cost IPython's import."""
    program = (
        "import sys; from kfnb.dataflow.magics import parse_cell\n"
        "for s in ['x = 1', '%matplotlib inline', '!ls', '%%time\\nx = 1', 'y = !ls', 'pip install x']: parse_cell(s)\n"
        "print('IPython' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "False\n" == done.stdout


@pytest.mark.parametrize(
    "source",
    [
        "%time a = 1",
        "b = %time 1 + 1",
        "%%time\na = 1\nfor i in range(2):\n    b = i\n",
        "%timeit -n1 -r1 a = 1",
        "%%timeit -n1 -r1 a = 1\nb = a",
        "c = %timeit -n1 -r1 -o -q 1 + 1",
        "%%capture out\na = 1",
        "%%capture\na = 1",
        "%prun -q a = 1",
        "%%prun -q\na = 1\nb = 2",
        "c = !echo 1",
        "%%bash --out c\necho 1",
        "%%script sh --out c --err d\necho 1",
        "c = %env HOME",
        "a, b = !printf '1\\n2'",
        "%%time\n%time a = 1",
    ],
)
def test_cells_bind_what_ipython_binds(source: str) -> None:
    """The names that a cell binds are those bound after running it in IPython."""
    shell = InteractiveShell.instance()
    shell.reset(new_session=False)
    before = set(shell.user_ns)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # IPython leaves an event loop and pipes behind
        assert shell.run_cell(source).success
    bound = {name for name in set(shell.user_ns) - before if not name.startswith("_")}
    bound |= {"a", "b", "c", "d", "i", "out"} & set(shell.user_ns)
    namespace: dict[str, object] = {MARK: lambda *_: ("1", "2")}
    exec(compile(parse_cell(source).tree, "cell", "exec"), namespace)
    assert bound == set(namespace) - {MARK, "__builtins__"}


PIECES = st.sampled_from(
    [
        "%",
        "%%",
        "!",
        "?",
        " ",
        "\n",
        "x",
        "= ",
        "time",
        "timeit ",
        "capture o",
        "bash",
        "{",
        "}",
        "$x",
        "'",
        '"',
        "(",
        ")",
        "\\\n",
        ";",
        ",",
        "/",
        "#",
        "for i in x:\n    ",
        "ls",
        "pip install ",
        "In [1]: ",
        ">>> ",
        "1",
        "&",
        ">",
        "run ",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_any_text_is_read_or_named_as_an_error(source: str) -> None:
    """Whatever stands in a cell, the result is a tree that compiles or an error with a code."""
    parsed = parse_cell(source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(parsed.tree, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    assert parsed.error is None or (parsed.error.code, parsed.tree.body) == ("KF250", [])
    lines = len(source.splitlines()) + 1
    assert all(node.lineno <= lines for node in parsed.tree.body)
