"""Makes programs at random: small cells of every sort, each run while it is made, so that a program never fails.

A `Maker` holds the living namespace of the program so far; a cell uses names that are really bound to what it needs.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import io
import random
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_NOTHING = "__nothing__"
_SEEDED = "import random\nrandom.seed({0})"


@dataclass
class Maker:
    """Makes one program. `chance` decides everything; `names` is the namespace after the cells made so far."""

    chance: random.Random
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})
    cells: list[str] = field(default_factory=list)
    _number: int = 0

    def program(self, length: int) -> list[str]:
        """Return the cells of a program."""
        for cell in self._opening():
            self.add(cell)
        while len(self.cells) < length:
            self.add(self.statement())
        return self.cells

    def add(self, source: str) -> None:
        """Run a cell and keep it; one that fails is kept with its exception caught."""
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(source, "<cell>", "exec", dont_inherit=True), self.names)
        except Exception:
            lines = "\n".join("    " + line for line in source.splitlines())
            source = f"try:\n{lines}\nexcept Exception as error:\n    print(type(error).__name__)"
            self.names.pop("error", None)
        self.cells.append(source)

    def _opening(self) -> list[str]:
        cells = [f"n0 = {self.small()}", f"xs0 = [{self.small()}, {self.small()}]", f"d0 = {{'a': [{self.small()}]}}"]
        self.chance.shuffle(cells)
        return cells

    # -------------------------------------------------------------------------------------------- names and values

    def small(self) -> int:
        """A small number."""
        return self.chance.randrange(10)

    def new(self, kind: str) -> str:
        """A name to bind: a new one, or one that is bound already."""
        used = [n for n in self.names if n.startswith(kind) and n[len(kind) :].isdigit()]
        if used and self.chance.random() < 0.35:
            return self.chance.choice(used)
        self._number += 1
        return f"{kind}{self._number}"

    def pick(self, *kinds: type) -> str:
        """A name that is bound to a value of one of `kinds`."""
        found = [n for n, v in self.names.items() if not n.startswith("_") and type(v) in kinds]
        return self.chance.choice(found) if found else _NOTHING

    def instance(self) -> str:
        """A name bound to an instance of a class of the program."""
        found = [n for n, v in self.names.items() if not n.startswith("_") and type(v).__module__ == "__main__"]
        found = [n for n in found if not isinstance(self.names[n], type)]
        return self.chance.choice(found) if found else _NOTHING

    def cls(self) -> str:
        """A name bound to a class of the program."""
        found = [n for n, v in self.names.items() if isinstance(v, type) and v.__module__ == "__main__"]
        return self.chance.choice(found) if found else _NOTHING

    def mutable(self) -> str:
        """A name bound to something that can change."""
        found = [self.pick(list, dict, collections.deque), self.instance(), self.array()]
        found = [name for name in found if name is not _NOTHING]
        return self.chance.choice(found) if found else _NOTHING

    def number(self) -> str:
        """An expression that gives a number."""
        name = self.pick(int)
        return self.chance.choice([str(self.small()), name, f"({name} + {self.small()}) % 50"])

    def any_name(self) -> str:
        """A name bound to some value."""
        kinds = (list, dict, set, int, tuple, collections.deque)
        return self.pick(*kinds)

    # -------------------------------------------------------------------------------------------- cells

    def statement(self) -> str:
        """A cell."""
        weights = {self.bind: 9, self.change: 10, self.show: 5, self.define: 4, self.call: 7, self.control: 4}
        weights |= {self.make_class: 2, self.use_object: 5, self.forget: 1, self.draw: 1, self.together: 3, self.odd: 6}
        makers: list[Callable[[], str | None]] = list(weights)
        while True:
            made = self.chance.choices(makers, list(weights.values()))[0]()
            if made is not None:
                return made

    def together(self) -> str:
        """Several statements in one cell."""
        return "\n".join(self._simple() for _ in range(self.chance.randrange(2, 4)))

    def _simple(self) -> str:
        while True:
            made = self.chance.choice([self.bind, self.change, self.show, self.use_object])()
            if made is not None:
                return made

    def choose(self, options: list[str | None]) -> str | None:
        """One of `options` whose names are all there, or None."""
        there = [option for option in options if option is not None and _NOTHING not in option]
        return self.chance.choice(there) if there else None

    def bind(self) -> str | None:
        """Bind a name."""
        xs, d, other = self.pick(list), self.pick(dict), self.pick(list)
        m, n = self.mutable(), self.number()
        x = self.new("xs")
        return self.choose(
            [
                f"{self.new('n')} = {n}",
                f"{self.new('n')} = {n} + {n}",
                f"{x} = [{n}, {n}]",
                f"{x} = [{m}]",
                f"{x} = {xs}",
                f"{x} = list({xs})",
                f"{x} = {xs}[:]",
                f"{x} = {xs} + {other}",
                f"{x} = [*{xs}, {n}]",
                f"{x} = [v for v in {xs}]",
                f"{x} = {xs} or {other}",
                f"{x} = {xs} if {n} > 3 else {other}",
                f"{x} = sorted({xs}, key=lambda v: type(v).__name__)",
                f"{self.new('d')} = {{'a': {m}, 'b': {n}}}",
                f"{self.new('d')} = dict({d})",
                f"{self.new('d')} = {{**{d}, 'c': {n}}}",
                f"{self.new('m')} = {d}.get('a')",
                f"{self.new('m')} = {xs}[0]",
                f"{self.new('m')} = {d}['a']",
                f"{self.new('t')} = ({m}, {n})",
                f"{self.new('m')}, *{self.new('xs')} = {xs}",
                f"{xs}, {other} = {other}, {xs}" if xs != other else None,
                f"{self.new('m')} = {m}",
                f"{self.new('s')} = {{{n}, {n}}}",
                f"import collections\n{self.new('q')} = collections.deque({xs})",
                f"import copy\n{self.new('m')} = copy.copy({m})",
                f"import copy\n{self.new('m')} = copy.deepcopy({m})",
                f"{self.new('n')} = len({xs})",
                f"({self.new('n')} := {n})",
                f"{self.new('n')} = sum(v for v in {xs} if isinstance(v, int))",
                f"import numpy as np\n{self.new('v')} = np.arange({self.small() + 2})",
            ]
        )

    def change(self) -> str | None:
        """Change something in place."""
        xs, d, n, m = self.pick(list), self.pick(dict), self.number(), self.mutable()
        s, q, v, t = self.pick(set), self.pick(collections.deque), self.array(), self.pick(tuple)
        return self.choose(
            [
                f"{xs}.append({n})",
                f"{xs}.append({m})" if m != xs else None,
                f"{xs}[0] = {n}",
                f"{xs} += [{n}]",
                f"{xs}.extend([{n}])",
                f"del {xs}[0]",
                f"{xs}.insert(0, {n})",
                f"{xs}[:] = {xs}[:3]",
                f"{xs}.reverse()",
                f"{self.new('n')} = {xs}.pop()",
                f"{xs}[0].append({n})",
                f"for item in {xs}:\n    if isinstance(item, list):\n        item.append({n})",
                f"{d}['a'] = {m}" if d != m else None,
                f"{d}['k{self.small()}'] = {n}",
                f"{d}.setdefault('z', []).append({n})",
                f"{d}.update(w={n})",
                f"{d}['a'].append({n})",
                f"{d}.pop('a', None)",
                f"for key, item in {d}.items():\n    if isinstance(item, list):\n        item.append(0)",
                f"{s}.add({n})",
                f"{s} |= {{{n}}}",
                f"{q}.append({n})",
                f"{self.new('n')} = {q}.popleft()",
                f"{v}[0] = {n}",
                f"{v} += 1",
                f"{self.new('v')} = {v}[1:]",
                f"{self.new('v')} = {v} * 2",
                f"{t}[0].append({n})",
                f"{self.pick(int)} += 1",
            ]
        )

    def odd(self) -> str | None:
        """Something that is seldom done."""
        xs, other, d, n = self.pick(list), self.pick(list), self.pick(dict), self.number()
        m, f, o, c = self.mutable(), self.pick(types.FunctionType), self.instance(), self.cls()
        p = self.pick(functools.partial, types.MethodType, types.BuiltinMethodType)
        return self.choose(
            [
                f"import collections\n{self.new('e')} = collections.defaultdict(list, {{1: {m}}})",
                f"for held in {self.defaults()}.values():\n    held.append({n})",
                f"{self.defaults()}[{n}].append({n})",
                f"print({self.defaults()}[{n}])",
                f"import functools\n{self.new('p')} = functools.partial({f}, {m})",
                f"{self.new('p')} = {xs}.append",
                f"{self.new('p')} = {o}.add",
                f"{p}({n})",
                f"{p}()",
                f"print({p}({m}))",
                f"{c}.limit = {n}",
                f"{c}.kept = {m}",
                f"{c}.kept.append({n})",
                f"print({c}.limit, {o}.limit)",
                f"type({o}).limit = {n}",
                f"{f}.note = {m}",
                f"{f}.note.append({n})",
                f"print({f}.note)",
                f"{o}.callback = {f}",
                f"{o}.callback({m})",
                f"for a, b in zip({xs}, {other}):\n    if isinstance(a, list):\n        a.append({n})",
                f"for i, a in enumerate({xs}):\n    {other}.append(i)\n    break",
                f"{xs}[1:] = {other}",
                f"del {d}['a']",
                f"for {d}['i'] in range(2):\n    pass",
                f"{self.new('xs')} = [last := v for v in {xs}]",
                f"*{self.new('xs')}, {self.new('m')} = {xs}",
                f"{self.new('d')} = {{k: v for k, v in {d}.items()}}",
                f"{self.new('d')} = dict(a={xs}, b={other})",
                f"{self.new('d')} = dict.fromkeys('ab', {xs})",
                f"{self.new('d')} = {d} | {{'q': {m}}}",
                f"{d} |= {{'q': {m}}}",
                f"{self.new('xs')} = list({d}.values())",
                f"{self.new('m')} = next(iter({xs}))",
                f"{self.new('m')} = max({xs}, key=lambda v: type(v).__name__)",
                f"{self.new('m')} = ({xs}, {other})[{n} % 2]",
                f"{self.new('m')} = [{xs}, {other}][{n} % 2]",
                f"{self.new('xs')} = {xs} * 2",
                f"{self.new('xs')} = list(reversed({xs}))",
                f"{self.new('xs')} = list(filter(None, {xs}))",
                f"{self.new('xs')} = [(v, {m}) for v in {xs}]",
                f"try:\n    raise ValueError({m})\nexcept ValueError as error:\n    error.args[0].append({n})",
                f"try:\n    raise ValueError({m})\nexcept ValueError as error:\n    {self.new('m')} = error.args[0]",
                f"exec('{self.new('xs')} = {xs}')",
                f"{self.new('m')} = eval('{xs}')",
                f"globals()['{self.new('xs')}'] = {xs}",
                f"setattr({o}, 'extra', {m})",
                f"vars({o})['extra'] = {m}",
                f"print(getattr({o}, 'extra', 0))",
                f"import operator\noperator.iadd({xs}, [{n}])",
                f"list.append({xs}, {n})",
                f"import heapq\nheapq.heappush({xs}, {n})",
                f"import itertools\nfor v in itertools.chain({xs}, {other}):\n"
                f"    if isinstance(v, list):\n        v.append({n})",
                f"it = iter({xs})\nprint(next(it), next(it))",
                f"{self.new('xs')} = [lambda: {xs}, lambda: {n}]",
                f"{self.new('xs')} = [lambda v=v: v for v in {xs}]",
                f"print({xs}[0]())",
                f"{self.new('s')} = frozenset({{{n}}})",
                f"{self.new('t')} = (*{xs}, {m})",
                f"{self.new('o')} = type('Plain', (), {{'x': {m}}})()",
                f"{xs}.append({xs})",
                f"{self.new('m')} = {xs}.copy()",
                f"{self.new('m')} = {xs} and {other}",
                f"{self.new('v')} = {self.array()}.reshape(-1, 1)",
                f"{self.new('v')} = {self.array()}[::-1]",
                f"import numpy as np\nnp.add({self.array()}, 1, out={self.array()})",
                f"{self.new('xs')} = [{self.array()}]",
                f"print({self.array()}.sum())",
            ]
        )

    def defaults(self) -> str:
        """A name bound to a defaultdict."""
        return self.pick(collections.defaultdict)

    def array(self) -> str:
        """A name bound to an array."""
        found = [n for n, v in self.names.items() if type(v).__name__ == "ndarray"]
        return self.chance.choice(found) if found else _NOTHING

    def show(self) -> str | None:
        """Print or show something."""
        a, b = self.any_name(), self.any_name()
        return self.choose(
            [
                f"print({a}, {b})",
                f"print({a} is {b}, {a} == {b})",
                f"{a}",
                f"print([{a}, {b}])",
                f"print(f'{{{a}}}')",
                f"print({self.mutable()} is {self.mutable()})",
                f"print({self.array()}.tolist())",
            ]
        )

    def define(self) -> str | None:
        """Define a function."""
        f, n, m = self.new("f"), self.pick(int), self.mutable()
        g, xs = self.pick(types.FunctionType), self.pick(list)
        return self.choose(
            [
                f"def {f}(x):\n    return x",
                f"def {f}(x):\n    return [x, {n}]",
                f"def {f}(x):\n    {xs}.append(1)\n    return len({xs})",
                f"def {f}(x):\n    x.append({n})",
                f"def {f}(x):\n    y = x\n    y.append(0)\n    return y",
                f"def {f}(x):\n    global {n}\n    {n} = {n} + 1\n    return {n}",
                f"def {f}(x=None):\n    return {m}",
                f"def {f}(x, seen=[]):\n    seen.append(1)\n    return len(seen)",
                f"def {f}(x, kept={m}):\n    return kept",
                f"def {f}(x):\n    for y in x:\n        if isinstance(y, list):\n            y.append(7)",
                f"def {f}(x):\n    return {g}(x)" if g != f else None,
                f"def make{f}(start):\n    def inner(x=0):\n        start.append(1)\n        return len(start)\n"
                f"    return inner\n{f} = make{f}({xs})",
                f"def make{f}():\n    total = 0\n    def inner(x=0):\n        nonlocal total\n        total += 1\n"
                f"        return total\n    return inner\n{f} = make{f}()",
                f"{f} = lambda x: [x, {n}]",
                f"{f} = lambda x: {xs}",
                f"{f} = lambda x: {xs}.append(3)",
                f"{f} = {g}",
                f"def {f}(x):\n    yield from x",
                f"def {f}(x):\n    if isinstance(x, dict):\n        x['f'] = 1\n    return x",
                f"import functools\n@functools.wraps({g})\ndef {f}(*args):\n    {xs}.append(9)\n    return {g}(*args)",
                f"class Hold{f}:\n    @staticmethod\n    def call(x):\n        {xs}.append(1)\n        return {g}(x)\n"
                f"{f} = Hold{f}.call",
                f"def deco{f}(g):\n    def inner(*args):\n        inner.calls += 1\n        return g(*args)\n"
                f"    inner.calls = 0\n    return inner\n@deco{f}\ndef {f}(x):\n    return [x, {n}]",
                f"def deco{f}(g):\n    {xs}.append('deco')\n    return g\n@deco{f}\ndef {f}(x):\n    return {n}",
                f"def pair{f}(kept):\n    def put(x):\n        kept.append(x)\n    def get(x=0):\n        return kept\n"
                f"    return put, get\n{f}, {self.new('f')} = pair{f}({xs})",
                f"def {f}(*args, **kw):\n    for a in args:\n        if isinstance(a, list):\n            a.append(1)",
                f"def {f}(x, d={{}}):\n    d[len(d)] = x\n    return d",
                f"def {f}(x):\n    try:\n        return x[0]\n    finally:\n        {xs}.append(2)",
                f"def {f}(x):\n    class Inner:\n        kept = x\n        more = {m}\n    return Inner",
                f"def {f}(x):\n    def inner():\n        return {n}\n    return [inner(), {m}]",
                f"async def {f}(x):\n    return x",
                f"def {f}(x):\n    return sorted({xs}, key=lambda v: type(v).__name__ + str({n}))",
                f"def {f}(x):\n    global {self.new('n')}\n    {self.new('n')} = 3",
                f"hooks = [{g}]",
                f"{self.new('d')} = {{'f': {g}}}",
            ]
        )

    def call(self) -> str | None:
        """Call a function."""
        f = self.pick(types.FunctionType)
        m, xs = self.mutable(), self.pick(list)
        return self.choose(
            [
                f"{f}({m})",
                f"{self.new('m')} = {f}({xs})",
                f"print({f}({m}))",
                f"{self.new('xs')} = [{f}(v) for v in ({m}, {xs})]",
                f"{self.new('xs')} = list(map({f}, [{xs}]))",
                f"for hook in [{f}]:\n    hook({xs})",
                f"{self.new('n')} = len(list({f}({xs}) or []))",
                f"if {f}({xs}):\n    {xs}.append(4)",
                f"hooks[0]({xs})" if "hooks" in self.names else None,
                f"{xs}.append({f}({self.number()}))",
            ]
        )

    def make_class(self) -> str | None:
        """Define a class, with a way to be shown that has no address."""
        c, base, xs, n = self.new("C"), self.cls(), self.pick(list), self.pick(int)
        shown = "    def __repr__(self):\n        return f'<{type(self).__name__} {self.items!r}>'\n"
        init = "    def __init__(self, items):\n        self.items = items\n"
        add = "    def add(self, x):\n        self.items.append(x)\n        return len(self.items)\n"
        extra = self.chance.choice(
            [
                "    made = 0\n    def note(self):\n        type(self).made += 1\n        return type(self).made\n",
                "    all = []\n    def note(self):\n        self.all.append(1)\n        return len(self.all)\n",
                f"    def note(self):\n        {xs}.append(5)\n        return {n}\n",
                "    @property\n    def size(self):\n        return len(self.items)\n",
                "    def __len__(self):\n        return len(self.items)\n",
                "    def __iter__(self):\n        return iter(self.items)\n",
                "    def __iadd__(self, x):\n        self.items.append(x)\n        return self\n",
                "    def __add__(self, x):\n        return type(self)(self.items + [x])\n",
                "    def __getitem__(self, k):\n        return self.items[k]\n",
                "    def __eq__(self, o):\n        return self.items == getattr(o, 'items', 0)\n    __hash__ = None\n",
                "    def note(self):\n        return self\n",
                "    def __call__(self, x):\n        self.items.append(2)\n        return self.items\n",
                f"    def __enter__(self):\n        {xs}.append(6)\n        return self.items\n"
                "    def __exit__(self, *error):\n        self.items.append(8)\n        return False\n",
            ]
        )
        return self.choose(
            [
                f"class {c}:\n{init}{shown}{add}{extra}",
                f"class {c}({base}):\n{extra}" if base != c else None,
                f"class {c}({base}):\n    def add(self, x):\n        super().add(x)\n        return self\n",
            ]
        )

    def use_object(self) -> str | None:
        """Make an instance, or do something with one."""
        c, o, p = self.cls(), self.instance(), self.instance()
        m, xs, n = self.mutable(), self.pick(list), self.number()
        made = [f"{self.new('o')} = {c}({xs})", f"{self.new('o')} = {c}([{n}])"]
        used = [
            f"{o}.add({n})",
            f"{self.new('n')} = {o}.add({n})",
            f"print({o}.note())",
            f"{o}.note()",
            f"{o}.items = {xs}",
            f"{o}.items.append({n})",
            f"{self.new('xs')} = {o}.items",
            f"{self.new('o')} = {o}",
            f"print({o}, {o} is {p})",
            f"{o} += {n}",
            f"{self.new('o')} = {o} + {n}",
            f"for item in {o}:\n    print(item)",
            f"{o}({n})",
            f"{self.new('m')} = {o}.note()",
            f"with {o} as held:\n    held.append({n})",
            f"print({o}.size)",
            f"{o}.other = {m}" if m != o else None,
            f"{o}.other.append({n})",
            f"setattr({o}, 'items', {xs})",
            f"{xs}.append({o})" if xs != o else None,
            f"{o}.__dict__['items'] = [{n}]",
            f"{self.new('m')} = getattr({o}, 'items')",
            f"{self.new('f')} = {o}.add",
        ]
        return self.choose(made if self.chance.random() < 0.3 or o == _NOTHING else used)

    def control(self) -> str | None:
        """Put statements under an `if`, into a loop, a `try`, a `match`."""
        inner, other = self._indented(), self._indented()
        n, xs = self.number(), self.pick(list)
        return self.choose(
            [
                f"if {n} > {self.small()}:\n{inner}",
                f"if {n} > {self.small()}:\n{inner}\nelse:\n{other}",
                f"for i in range({self.chance.randrange(3)}):\n{inner}",
                f"for i in [1, 2]:\n{inner}\nelse:\n{other}",
                f"try:\n{inner}\n    {{}}['missing']\nexcept KeyError:\n{other}",
                f"try:\n{inner}\nexcept Exception as error:\n    print(type(error).__name__)\nelse:\n{other}",
                f"try:\n{inner}\nfinally:\n    print('end')",
                f"match {xs}:\n    case [first, *_]:\n{self._deeper(inner)}\n    case _:\n{self._deeper(other)}",
                f"i = 0\nwhile i < {self.chance.randrange(3)}:\n{inner}\n    i += 1",
                f"import contextlib\nwith contextlib.suppress(Exception):\n{inner}",
            ]
        )

    def _indented(self) -> str:
        return "\n".join("    " + line for line in self._simple().splitlines())

    @staticmethod
    def _deeper(text: str) -> str:
        return "\n".join("    " + line for line in text.splitlines())

    def forget(self) -> str | None:
        """Delete a name."""
        return self.choose([f"del {self.any_name()}"])

    def draw(self) -> str | None:
        """Seed or draw random numbers."""
        if "random" not in self.names:
            return _SEEDED.format(self.small())
        xs = self.pick(list)
        return self.choose(
            [
                f"{self.new('n')} = random.randrange(50)",
                f"random.shuffle({xs})",
                "print(random.random() < 0.5)",
                f"random.seed({self.small()})",
                f"{self.new('m')} = random.choice({xs})",
            ]
        )


def split(chance: random.Random, cells: list[str]) -> list[list[str]]:
    """Split cells into steps at random places."""
    steps: list[list[str]] = []
    share = chance.choice([0.2, 0.5, 1.0])
    for cell in cells:
        if not steps or chance.random() < share:
            steps.append([])
        steps[-1].append(cell)
    return steps


def make(seed: int) -> list[list[str]]:
    """Return the steps of program number `seed`."""
    chance = random.Random(seed)
    return split(chance, Maker(chance).program(chance.randrange(6, 22)))
