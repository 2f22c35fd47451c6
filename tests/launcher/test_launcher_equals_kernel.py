"""The same cells in a real ipykernel through nbclient and in a body: the same outputs."""

from __future__ import annotations

import os
import re
import textwrap
from typing import Any

import nbformat
import pytest
from launcher_place import Place, Server
from nbclient import NotebookClient

CELLS = {
    "result": "x = 41\nx + 1",
    "several streams": "import sys\nprint('a'); print('b', file=sys.stderr); print('c', end='')",
    "flushed in turn": "print('a', flush=True); print('b', file=sys.stderr, flush=True); print('c', flush=True)",
    "display between prints": "print(1); display({'a': 1}); print(2)",
    "display twice and update": "h = display('first', display_id=True)\nprint('x')\nh.update('second')",
    "same display id twice": "display('one', display_id='k'); display('two', display_id='k')",
    "clear at once": "from IPython.display import clear_output\nprint('gone'); clear_output(); print('kept')",
    "clear on next": "for i in range(3):\n    clear_output(wait=True)\n    print(i)",
    "html and markdown": "from IPython.display import HTML, Markdown\ndisplay(HTML('<b>x</b>'), Markdown('*y*'))",
    "repr html": "class R:\n    def _repr_html_(self): return '<i>r</i>'\n    def __repr__(self): return 'R'\nR()",
    "semicolon": "x;",
    "error": "def f(n):\n    return 1 / n\n\nf(0)",
    "syntax error": "x = = 1",
    "error in repr": "class Bad:\n    def __repr__(self): raise ValueError('no')\nBad()",
    "print then error": "print('before')\nraise KeyError('k')",
    "system exit": "import sys\nsys.exit(3)",
    "input": "input('name? ')",
    "getpass": "import getpass\ngetpass.getpass()",
    "shell line": "!echo hi; echo there",
    "shell capture": "out = !printf 'a\\nb\\n'\nout",
    "os.system": "import os\nprint('p'); os.system('echo sub'); print('q')",
    "subprocess": "import subprocess\nprint('p'); _r = subprocess.run(['echo', 'sub']); print('q')",
    "C level writes": "import time\nos.write(1, b'raw\\n'); time.sleep(0.1); print('cooked'); time.sleep(0.1)\n"
    "os.write(2, b'err\\n');",
    "bash cell": "%%bash\necho one\necho two >&2",
    "capture": "%%capture cap\nprint('inside'); display(3)",
    "captured": "cap.stdout",
    "time": "%time sum(range(10))",
    "timeit": "%timeit -n1 -r1 pass",
    "await": "import asyncio\nawait asyncio.sleep(0)\nawait asyncio.sleep(0, 'done')",
    "asyncio.run": "coro = asyncio.sleep(0)\nasyncio.run(coro)",
    "closed": "coro.close()",
    "async for": "async def g():\n    for i in range(2):\n        yield i\n[i async for i in g()]",
    "error after await": "await asyncio.sleep(0)\n1/0",
    "history names": "(_ , __, ___, In[1], Out[1])",
    "last result": "5",
    "underscore": "_",
    "main": "import pickle, __main__\nclass C: pass\n"
    "(C.__module__, __name__, pickle.loads(pickle.dumps(C)) is C, __main__.C is C)",
    "inspect": "import inspect\nprint(inspect.getsource(f))",
    "warning": "import warnings\nwarnings.warn('careful')",
    "logging": "import logging\nlogging.warning('logged')",
    "pinfo": "f?",
    "config": "('IPKernelApp' in get_ipython().config, type(get_ipython()).__name__, type(sys.stdout).__module__)",
    "decimal context": "import decimal\ndecimal.getcontext().prec = 5",
    "decimal kept": "decimal.Decimal(1) / 3",
    "numpy options": "import numpy as np\nnp.set_printoptions(precision=2)",
    "numpy options kept": "np.array([1 / 3, 2 / 3])",
    "frame": "import pandas as pd\npd.DataFrame({'a': [1, 2]})",
    "plot": "import matplotlib.pyplot as plt\nprint('drawing')\nplt.plot([1, 2])\nplt.title('t')\nprint('drawn')",
    "plot shown": "plt.plot([1]); plt.show(); print('after')",
    "magic inline": "%matplotlib inline\nfig, ax = plt.subplots()",
    "figure as result": "fig",
    "tqdm": "from tqdm import tqdm\nfor _i in tqdm(range(3), disable=None): pass\nprint('end')",
    "tqdm auto": "from tqdm.auto import tqdm as auto\nfor _i in auto(range(3)): pass",
    "widget": "import ipywidgets\nipywidgets.IntSlider(value=3)",
    "output widget": "w = ipywidgets.Output()\nwith w:\n    print('inside')\nprint('outside')",
    "thread prints": "import threading\n"
    "t = threading.Thread(target=lambda: print('from a thread'))\nt.start(); t.join()",
    "process prints": "import multiprocessing as mp\n"
    "q = mp.get_context('fork').Process(target=print, args=('child',))\nq.start(); q.join()",
    "env": "%env FORCE_COLOR",
    "folder": "%pwd",
    "future": "from __future__ import annotations\ndef later(a: undefined): pass",
    "future kept": "later.__annotations__, (lambda: 0).__code__.co_flags",
    "exception group": "raise ExceptionGroup('g', [ValueError(1), TypeError(2)])",
    "chained": "try:\n    1/0\nexcept ZeroDivisionError as e:\n    raise RuntimeError('outer') from e",
    "long output": "list(range(2000))",
    "surrogate": "print('\\udc80')",
    "stdout close": "print(sys.stdout.isatty(), sys.stdout.encoding, sys.stdin.read())",
    "keyboard interrupt": "raise KeyboardInterrupt",
    "nested magic": "get_ipython().run_line_magic('time', '1')",
    "loop task": "async def bg():\n    print('bg')\ntask = asyncio.ensure_future(bg())\nprint('fg')",
    "unraisable": "class D:\n    def __del__(self): raise ValueError('in del')\nD(); print('x')",
    "json": "from IPython.display import JSON\nJSON({'a': [1, None]})",
    "image": "from IPython.display import Image\nimport base64\nImage(data=base64.b64decode('iVBOR"
    "w0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='))",
}

MASKS = [
    (r"0x[0-9a-f]+", "0x"),
    (r"\b\d+(\.\d+)? ?(ns|[µμ]s|us|ms|s|min)\b", "T"),
    (r"(CPU times|Wall time).*", "T"),
    (r"'/\S+/work'", "the folder"),
    (r"ipykernel_\d+", "ipykernel"),
    (r"\d+(\.\d+)?it/s", "it/s"),
    (r"'id': '[0-9a-f]{32}'|\"[0-9a-f]{32}\"|'model_id': '[0-9a-f]{32}'", "ID"),
    (r"File .*(kfnb/launcher|ipykernel)/kernel.*", "kernel's own frame"),
]


def plain(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join neighbouring streams of one name and mask what differs from one run by hand to the next."""
    found: list[dict[str, Any]] = []
    for output in outputs:
        output = dict(output)
        if (
            found
            and output["output_type"] == "stream" == found[-1]["output_type"]
            and output["name"] == found[-1]["name"]
        ):
            found[-1]["text"] += output["text"]
            continue
        if output["output_type"] == "error" and output["ename"] == "StdinNotImplementedError":
            output["traceback"] = []  # frames within the kernel
        found.append(output)
    return [masked(output) for output in found]


def masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: masked(v) for k, v in value.items() if k != "application/vnd.jupyter.widget-view+json"}
    if isinstance(value, list):
        return [masked(v) for v in value]
    if isinstance(value, str):
        for pattern, by in MASKS:
            value = re.sub(pattern, by, value)
    return value


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> list[list[dict[str, Any]]]:
    cells = [nbformat.v4.new_code_cell(source, metadata={"tags": ["raises-exception"]}) for source in CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=cells)
    folder = tmp_path_factory.mktemp("by-hand") / "work"
    folder.mkdir()
    # ipykernel does not watch descriptors 1 and 2 when it thinks that it is tested.
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute(env=env)
    return [plain(cell.outputs) for cell in notebook.cells]


@pytest.fixture(scope="module")
def by_launcher(server: Server, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    place = Place(server, tmp_path_factory.mktemp("launched"))
    ran = place.run(*CELLS.values(), tags=("raises-exception",))
    assert ran.output.state == "SUCCEEDED"
    return ran.cells


UNORDERED = dict.fromkeys(("subprocess", "os.system"), "p\nsub\nq\n")
"""Where ipykernel, which hears a child process through a thread, shows what it may in any order, or too late for the
cell: what is shown here."""


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_shows_what_it_shows_in_ipykernel(
    name: str, by_hand: list[list[dict[str, Any]]], by_launcher: list[dict[str, Any]]
) -> None:
    """A cell's outputs are those that ipykernel gives through nbclient."""
    number = list(CELLS).index(name)
    shown, expected = plain(by_launcher[number]["outputs"]), by_hand[number]
    if name in UNORDERED:
        assert [UNORDERED[name]] == [output["text"] for output in shown]
        heard = "".join(output["text"] for output in expected).splitlines()
        assert ["p", "q"] == sorted({*heard} - {"sub"})
    else:
        assert expected == shown, textwrap.dedent(CELLS[name])


def test_execution_counts_are_those_of_the_linear_notebook(by_launcher: list[dict[str, Any]]) -> None:
    """Each cell's execution count is its ordinal."""
    assert list(range(1, len(CELLS) + 1)) == [cell["execution_count"] for cell in by_launcher]
