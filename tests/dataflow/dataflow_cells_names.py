"""Cells about names: what is read before it is bound, what is bound, on which path, in which scope, and as setup."""

from __future__ import annotations

NAMES = r"""
## a name is read | exact
a = [1]
---
b = a[0] + 1
## a name is bound first and read after | exact
a = [1]
---
a = [2]
b = a
## a name is read and bound again | exact
a = [1]
---
a = a + [2]
## chained assignment | exact
a = [1]
---
b = c = list(a)
## tuple unpacking | exact
pair = [1, 2]
---
x, y = pair
## nested unpacking | exact
pair = [1, [2, 3]]
---
x, (y, z) = pair
## starred unpacking | exact
items = [1, 2, 3]
---
first, *rest = items
## swap | exact
a = [1]
b = [2]
---
a, b = b, a
## unpacking into subscripts
a = [0, 0]
n = [5, 6]
---
a[0], a[1] = n
## augmented assignment of a number | exact
n = 1
---
n += 1
## augmented assignment of a list | exact
a = [1]
---
a += [2]
## augmented assignment of a tuple
a = (1,)
a = a + (2,)
---
a += (3,)
## augmented assignment of an attribute
class Box: pass
b = Box()
b.n = 1
---
b.n += 1
## augmented assignment of a subscript | exact
d = {"n": [1]}
---
d["n"] += [2]
## walrus at top level | exact
a = [1, 2, 3]
---
if (n := len(a)) > 2:
    pass
m = n
## walrus in a comprehension binds outside
a = [1, 2]
---
b = [last := x for x in a]
## walrus in a condition that is not reached
a = [1]
m = [9]
---
ok = len(a) > 5 and (m := a)
## annotation without value binds nothing | exact
a = [1]
---
a: list
b = a
## annotation with value | exact
a = [1]
---
b: list = a
## annotation is read
kind = [list][0]
---
b: kind = [1]
## future annotations are not read
kind = [list][0]
---
from __future__ import annotations
def f(x: kind) -> kind:
    return x
## a comprehension variable stays inside | exact
x = [9]
a = [1, 2]
---
b = [x for x in a]
## the first iterable of a comprehension is read outside | exact
x = [[1], [2]]
---
b = [x for x in x]
## nested comprehension | exact
rows = [[1, 2], [3]]
x = [0]
---
flat = [x for row in rows for x in row]
## comprehension with condition | exact
a = [1, 2, 3]
limit = [2][0]
---
b = [x for x in a if x > limit]
## dict comprehension | exact
a = [1, 2]
k = [0]
---
d = {k: k * 2 for k in a}
## set comprehension | exact
a = [1, 2]
---
s = {x % 2 for x in a}
## generator expression used up at once | exact
a = [1, 2]
---
t = sum(x for x in a)
## a generator reads its names later
a = [1, 2]
factor = [2][0]
---
g = (x * factor for x in a)
t = list(g)
## lambda reads when it is called | exact
n = [1]
---
f = lambda x: x + n[0]
r = f(1)
## lambda parameter hides a name | exact
n = [1]
---
f = lambda n: n
r = f(5)
## lambda default is read at once | exact
n = [1]
---
f = lambda x=n: 1
## a function reads a global when called
n = [1]
def f():
    return n[0]
---
r = f()
## a function defined and not called
n = [1]
---
def f():
    return n[0]
## a local hides a global
n = [1]
def f():
    n = [2]
    return n
---
r = f()
## a parameter hides a global
n = [1]
m = [2]
def f(n):
    return len(n)
---
r = f(m)
## default argument is read at definition | exact
n = [1]
---
def f(x=n):
    return 1
## keyword-only default | exact
n = [1]
---
def f(*, x=n):
    return 1
## decorator is read at definition
def deco(f):
    return f
---
@deco
def g():
    return 1
r = g()
## decorator made by a call
def deco(n):
    def inner(f):
        return f
    return inner
size = [3]
---
@deco(size)
def g():
    return 1
## return annotation is read
kind = [int][0]
---
def f() -> kind:
    return 1
## global in a function binds where it is called
def f():
    global n
    n = [1]
---
f()
## global in a function that is not called | exact
n = [0]
---
def f():
    global n
    n = [1]
## global in a function read and written
n = 0
def up():
    global n
    n += 1
---
up()
r = n
## global through two calls
n = 0
def up():
    global n
    n += 1
def twice():
    up()
    up()
---
twice()
## global deleted in a function
n = [1]
m = [2]
def f():
    global n
    del n
---
f()
## nonlocal stays inside
def make():
    n = 0
    def up():
        nonlocal n
        n += 1
        return n
    return up
---
r = make()()
## closure made above and called
def make(n):
    def get():
        return n
    return get
get = make([1])
---
r = get()
## inner function reads a global
n = [1]
def outer():
    def inner():
        return n
    return inner()
---
r = outer()
## class body reads | exact
n = [1]
---
class A:
    m = len(n)
## class body binds inside | exact
n = [1]
---
class A:
    n = [2]
    k = n
## class body reads global then binds it
n = [1]
---
class A:
    n = list(n)
## class base is read
class A:
    pass
---
class B(A):
    pass
## class keyword is read
class Meta(type):
    pass
---
class B(metaclass=Meta):
    pass
## class decorator
def deco(c):
    c.extra = 1
    return c
---
@deco
class B:
    pass
## a method reads a global
n = [1]
class A:
    def get(self):
        return n
---
r = A().get()
## a method of an instance made above
n = [1]
class A:
    def get(self):
        return n
a = A()
---
r = a.get()
## names of a class are not seen in its methods
n = [1]
class A:
    n = [2]
    def get(self):
        return n
---
r = A().get()
## comprehension in a class body
n = [1, 2]
---
class A:
    m = [x for x in n]
## if binds on one path | exact
a = [1]
---
if len(a) == 1:
    b = a[0]
else:
    b = 2
## if without else
a = [1]
b = [0]
---
if len(a) == 1:
    b = [2]
## if not taken
a = [1]
b = [0]
---
if len(a) == 5:
    b = [2]
## if that binds a new name and is not taken
a = [1]
---
if len(a) == 5:
    b = [2]
c = 1
## elif chain that always binds | exact
a = [1]
---
if a == [0]:
    b = 0
elif a == [1]:
    b = 1
else:
    b = 2
## conditional expression
a = [1]
b = [2]
c = [True][0]
---
d = a if c else b
## short circuit
a = [0]
b = [2]
---
c = a[0] or b[0]
## while loop
n = 3
---
while n > 0:
    n -= 1
## while loop that never runs
n = 0
k = [1]
---
while n > 0:
    k = [2]
    n -= 1
## while else
n = 2
---
while n:
    n -= 1
else:
    done = [True]
## while true with break | exact
n = [1]
---
while True:
    m = n[0]
    break
## for binds its target
a = [1, 2]
---
for x in a:
    pass
## for over nothing keeps the old target
a = []
x = [0]
---
for x in a:
    pass
## for over a literal binds | exact
a = [1]
---
for x in [1, 2]:
    y = a[0] + x
## for else
a = [1, 2]
---
for x in a:
    if x == 5:
        break
else:
    missing = [True]
## for with continue
a = [1, 2, 3]
---
t = 0
for x in a:
    if x == 2:
        continue
    t += x
## for with a tuple target
pairs = [(1, "a"), (2, "b")]
---
for number, letter in pairs:
    pass
## for with a subscript target
d = {}
a = [1, 2]
---
for d["k"] in a:
    pass
## for with an attribute target
class Box: pass
b = Box()
---
for b.n in [1, 2]:
    pass
## break in a loop before a name is bound
a = [1]
b = [0]
---
for x in a:
    break
    b = [1]
## try binds | exact
a = [1]
---
try:
    b = a[0]
finally:
    c = 1
## try that fails
a = {}
b = [0]
---
try:
    b = a["k"]
except KeyError:
    c = [1]
## try that fails half way
a = {}
---
try:
    b = [1]
    c = a["k"]
    d = [2]
except KeyError:
    e = [3]
## try else
a = {"k": 1}
---
try:
    b = a["k"]
except KeyError:
    b = 0
else:
    c = [b]
## except as deletes its name
e = [1]
---
try:
    raise ValueError("x")
except ValueError as e:
    text = str(e)
## except as that is not reached
e = [1]
---
try:
    x = 1
except ValueError as e:
    text = str(e)
## except type is read
Err = [ValueError][0]
---
try:
    raise ValueError("x")
except Err:
    r = 1
## except star
a = [1]
---
try:
    raise ExceptionGroup("g", [ValueError("x"), TypeError("y")])
except* ValueError:
    b = a[0]
except* TypeError:
    c = a[0]
## finally binds
a = [1]
---
try:
    try:
        b = a[5]
    finally:
        c = [2]
except IndexError:
    pass
## nested try
a = {}
---
try:
    try:
        b = a["k"]
    except KeyError:
        raise ValueError from None
except ValueError:
    c = [1]
## a cell that may raise stops half way | raises
a = [1]
---
b = [1]
c = a[5]
d = [2]
## a cell that may raise and does not | raises
a = [1]
---
b = [a[0]]
## a cell that may raise binds a name again or not | raises
a = [1]
b = [0]
---
a[5]
b = [2]
## with binds its target | exact
import contextlib
a = [1]
---
with contextlib.nullcontext(a[0]) as b:
    c = b
## with suppress
import contextlib
a = {}
b = [0]
---
with contextlib.suppress(KeyError):
    b = a["k"]
## with suppress of a new name
import contextlib
a = {}
---
with contextlib.suppress(KeyError):
    b = [1]
    c = a["k"]
## a context manager of the notebook that suppresses
class Quiet:
    def __enter__(self):
        return self
    def __exit__(self, *error):
        return True
b = [0]
a = {}
---
with Quiet():
    b = a["k"]
## contextmanager function that suppresses
from contextlib import contextmanager
@contextmanager
def quiet():
    try:
        yield [1]
    except KeyError:
        pass
b = [0]
a = {}
---
with quiet() as q:
    b = a["k"]
## contextmanager function | exact
from contextlib import contextmanager
@contextmanager
def opened(n):
    yield n + 1
---
with opened(1) as b:
    c = b
## two context managers
import contextlib
a = [1]
---
with contextlib.nullcontext(a[0]) as b, contextlib.nullcontext(b) as c:
    d = c
## match a literal
a = 2
---
match a:
    case 1:
        b = [1]
    case 2:
        b = [2]
    case _:
        b = [3]
## match captures
point = [1, 2]
---
match point:
    case [x, y]:
        s = x + y
## match captures and fails the guard
point = [1, 2]
x = [0]
---
match point:
    case [x, y] if y > 5:
        s = 1
## match a mapping with rest
d = {"a": 1, "b": 2}
---
match d:
    case {"a": n, **rest}:
        pass
## match star
a = [1, 2, 3]
---
match a:
    case [first, *others]:
        pass
## match a class
class P:
    __match_args__ = ("x",)
    def __init__(self, x):
        self.x = x
p = P(3)
---
match p:
    case P(x=n):
        pass
## match as
a = [1]
---
match a:
    case [int()] as whole:
        pass
## match a dotted value
class K:
    ONE = 1
a = 1
---
match a:
    case K.ONE:
        b = [1]
## match or pattern
a = [1, 2]
---
match a:
    case [1, n] | [n, 1]:
        pass
## match nothing
a = 5
b = [0]
---
match a:
    case 1:
        b = [1]
## delete | exact
a = [1]
b = [2]
---
del a
## delete and bind again | exact
a = [1]
---
del a
a = [2]
## delete a new name | exact
a = [1]
---
b = a[0]
del b
## delete several | exact
a, b, c = [1], [2], [3]
---
del a, (b)
## delete in a branch not taken
a = [1]
---
if len(a) == 5:
    del a
## delete an item | exact
d = {"a": 1}
---
del d["a"]
## delete a slice | exact
a = [1, 2, 3]
---
del a[1:]
## delete an attribute
class Box: pass
b = Box()
b.n = 1
---
del b.n
## delete a shadowed builtin
sum = [1]
---
del sum
t = max([1, 2])
## import | exact
a = [1]
---
import math
b = math.sqrt(a[0])
## import as | exact
a = [4]
---
import math as m
b = m.sqrt(a[0])
## import of a submodule binds the root | exact
a = ["x"]
---
import os.path
b = os.path.join("a", a[0])
## import of a submodule with a name | exact
a = ["x"]
---
import os.path as p
b = p.join("a", a[0])
## from import | exact
a = [4]
---
from math import sqrt, floor as down
b = down(sqrt(a[0]))
## import in a function
a = [4]
def f():
    import math
    return math.sqrt(a[0])
---
b = f()
## import in a try
---
try:
    import json as j
except ImportError:
    j = None
r = j.dumps([1])
## import in a branch
a = [1]
---
if a:
    import math
## an import repeated | exact
import math
a = [4]
---
import math
b = math.sqrt(a[0])
## a name that is an import and a value
import math
---
math = [1]
## import shadows a value | exact
json = [1]
---
import json
r = json.dumps([1])
## f-string | exact
a = [1]
w = [5][0]
---
s = f"{a[0]:>{w}}"
## f-string with conversion and debug | exact
a = [1]
---
s = f"{a!r} {a=}"
## nested f-string | exact
a = ["x"]
b = ["y"]
---
s = f"{f'{a[0]}' + b[0]}"
## builtin shadowed in this cell | exact
a = [1, 2]
---
len = [5]
b = len
## builtin shadowed above
list = [1]
---
b = list
## builtin used though a later step shadows it
a = [1, 2]
---
b = len(a)
---
len = 5
## print shadowed
print = [lambda *a: None][0]
---
print("x")
## underscore names
_hidden = [1]
---
b = _hidden
## dunder name
a = [1]
---
b = __name__
## global statement at top level | exact
a = [1]
---
global a
a = [2]
## type alias | python 3.12
kind = [int][0]
---
type Pair = tuple[kind, kind]
## type parameters of a function | python 3.12
a = [1]
---
def first[T](xs: list[T]) -> T:
    return xs[0]
r = first(a)
## type parameters of a class | python 3.12
a = [1]
---
class Box[T]:
    def __init__(self, x: T):
        self.x = x
r = Box(a[0]).x
## exec of a literal
a = [1]
---
exec("b = a[0] + 1")
## eval of a literal | exact
a = [1]
---
b = eval("a[0] + 1")
## exec of unknown text | refused KF206
text = "b = 1"
---
exec(text)
## globals looked at for a name
a = [1]
---
b = globals()["a"]
## globals bound by name
a = [1]
---
globals()["b"] = a
c = b
## globals looked at for all names | refused KF205
a = [1]
---
b = sorted(globals())
## vars looked at for a name
a = [1]
---
b = vars()["a"]
## vars looked at for all names | refused KF205
a = [1]
---
b = len(vars())
## locals looked at for a name
a = [1]
---
b = locals()["a"]
## dir looked at for a name
a = [1]
---
b = "a" in dir()
## dir looked at for all names | refused KF205
a = [1]
---
b = len(dir())
## globals looked at in a function for a name
a = [1]
def f():
    return globals()["a"]
---
b = f()
## globals looked at in a function for all names | refused KF205
a = [1]
def f():
    return len(globals())
---
b = f()
## globals looked at in a function that nobody calls
a = [1]
---
def f():
    return len(globals())
## eval of unknown text in a function | refused KF206
a = [1]
def f(text):
    return eval(text)
---
b = f("a")
## locals in a function
def f(x):
    return sorted(locals())
---
b = f(1)
## top-level await
async def f(x):
    return x
a = [1]
---
b = await f(a)
## async function that reads a global
a = [1]
async def f():
    return a[0]
---
b = await f()
## async for
async def gen():
    yield 1
    yield 2
---
async for x in gen():
    y = x
## async with
class C:
    async def __aenter__(self):
        return [1]
    async def __aexit__(self, *e):
        return False
---
async with C() as c:
    d = c
## async comprehension
async def gen():
    yield 1
    yield 2
---
b = [x async for x in gen()]
## asyncio gather
import asyncio
a = [1]
async def f(n):
    return a[0] + n
---
b = await asyncio.gather(f(1), f(2))
## generator function reads when it is gone over
n = [2]
def gen():
    for i in range(n[0]):
        yield i
---
b = list(gen())
## yield from
n = [2]
def inner():
    yield n[0]
def outer():
    yield from inner()
---
b = list(outer())
## recursion
memo = {}
def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)
---
r = fib(5)
## mutual recursion
base = [0]
def even(n):
    return True if n == base[0] else odd(n - 1)
def odd(n):
    return False if n == base[0] else even(n - 1)
---
r = even(4)
## a function given to map
n = [2]
def f(x):
    return x * n[0]
---
b = list(map(f, [1, 2]))
## a function given to sorted as key
weight = {"a": 2, "b": 1}
def f(x):
    return weight[x]
---
b = sorted(["a", "b"], key=f)
## a lambda given to sorted as key
weight = {"a": 2, "b": 1}
---
b = sorted(["a", "b"], key=lambda x: weight[x])
## a function in a dict
n = [2]
def f(x):
    return x * n[0]
table = {"f": f}
---
b = table["f"](3)
## a function in a list gone over
n = [2]
def f(x):
    return x * n[0]
def g(x):
    return x + n[0]
steps = [f, g]
---
v = 1
for step in steps:
    v = step(v)
## a function under another name
n = [2]
def f(x):
    return x * n[0]
g = f
---
b = g(3)
## a bound method under a name
n = [2]
class A:
    def m(self):
        return n[0]
m = A().m
---
b = m()
## functools.partial of a function
from functools import partial
n = [2]
def f(x, y):
    return x * y * n[0]
g = partial(f, 2)
---
b = g(3)
## functools.reduce
from functools import reduce
n = [2]
def f(x, y):
    return x + y + n[0]
---
b = reduce(f, [1, 2, 3])
## lru_cache
from functools import lru_cache
n = [2]
@lru_cache
def f(x):
    return x * n[0]
---
b = f(3)
## singledispatch
from functools import singledispatch
@singledispatch
def f(x):
    return "any"
@f.register
def _(x: int):
    return "int"
---
b = f(1), f("x")
## singledispatch registered in the cell
from functools import singledispatch
@singledispatch
def f(x):
    return "any"
---
@f.register
def _(x: int):
    return "int"
---
r = f(1)
## property reads a global
n = [2]
class A:
    @property
    def p(self):
        return n[0]
a = A()
---
b = a.p
## cached_property
from functools import cached_property
n = [2]
class A:
    @cached_property
    def p(self):
        return n[0]
a = A()
---
b = a.p
## static method
n = [2]
class A:
    @staticmethod
    def s(x):
        return x * n[0]
---
b = A.s(2)
## class method
n = [2]
class A:
    @classmethod
    def c(cls, x):
        return x * n[0]
---
b = A.c(2)
## operator of a notebook class
n = [2]
class V:
    def __init__(self, x):
        self.x = x
    def __add__(self, other):
        return V(self.x + other.x + n[0])
v = V(1)
---
w = v + v
## str of a notebook class
n = ["x"]
class V:
    def __str__(self):
        return n[0]
v = V()
---
s = f"{v}"
## repr shown at the end
n = ["x"]
class V:
    def __repr__(self):
        return n[0]
v = V()
---
v
## len of a notebook class
n = [2]
class V:
    def __len__(self):
        return n[0]
v = V()
---
s = len(v)
## iteration over a notebook class
n = [2]
class V:
    def __iter__(self):
        return iter(range(n[0]))
v = V()
---
s = [x for x in v]
## subscript of a notebook class
n = {"a": 1}
class V:
    def __getitem__(self, k):
        return n[k]
v = V()
---
s = v["a"]
## getattr of a notebook class
n = {"a": 1}
class V:
    def __getattr__(self, k):
        if k.startswith("__"):
            raise AttributeError(k)
        return n[k]
v = V()
---
s = v.a
## contains of a notebook class
n = {"a": 1}
class V:
    def __contains__(self, k):
        return k in n
v = V()
---
s = "a" in v
## comparison of a notebook class
n = [2]
class V:
    def __init__(self, x): self.x = x
    def __lt__(self, o): return self.x * n[0] < o.x * n[0]
vs = [V(2), V(1)]
---
s = [v.x for v in sorted(vs)]
## hash and equality of a notebook class
n = [2]
class V:
    def __init__(self, x): self.x = x
    def __hash__(self): return self.x * n[0]
    def __eq__(self, o): return self.x == o.x
vs = [V(2), V(2)]
---
s = len(set(vs))
## bool of a notebook class
n = [0]
class V:
    def __bool__(self): return bool(n[0])
v = V()
---
if v:
    r = [1]
else:
    r = [2]
## call of a notebook instance
n = [2]
class V:
    def __call__(self, x): return x * n[0]
v = V()
---
s = v(3)
## inherited method
n = [2]
class A:
    def m(self): return n[0]
class B(A):
    pass
b = B()
---
s = b.m()
## super call
n = [2]
class A:
    def m(self): return n[0]
class B(A):
    def m(self): return super().m() + 1
b = B()
---
s = b.m()
## abstract base
from abc import ABC, abstractmethod
class A(ABC):
    @abstractmethod
    def m(self): ...
class B(A):
    def m(self): return 1
---
s = B().m()
## dataclass
from dataclasses import dataclass, field
@dataclass
class P:
    x: int
    tags: list = field(default_factory=list)
---
p = P(1)
## dataclass with post init that reads
from dataclasses import dataclass
n = [2]
@dataclass
class P:
    x: int
    def __post_init__(self):
        self.y = self.x * n[0]
---
p = P(3)
y = p.y
## named tuple class
from typing import NamedTuple
class P(NamedTuple):
    x: int
    y: int = 0
---
p = P(1)
## namedtuple call
from collections import namedtuple
P = namedtuple("P", "x y")
---
p = P(1, 2)
## enum
from enum import Enum
class Color(Enum):
    RED = 1
    BLUE = 2
---
c = Color.RED
d = Color(2)
## enum with auto
from enum import Enum, auto
class Color(Enum):
    RED = auto()
    BLUE = auto()
---
c = [x.name for x in Color]
## typed dict
from typing import TypedDict
class T(TypedDict):
    a: int
---
t = T(a=1)
## slots
class S:
    __slots__ = ("x",)
    def __init__(self, x): self.x = x
s = S([1])
---
r = s.x
## a setup literal | exact
N = 5
---
r = [0] * N
## a setup tuple of literals | exact
SIZES = (1, 2, (3, "x"))
---
r = list(SIZES)
## a literal bound twice is a value | exact
N = 5
---
N = 6
## a constant expression | exact
DAY = 24 * 60 * 60
---
r = DAY + 1
## a literal whose value is huge
BIG = 10 ** 20
---
r = BIG + 1
## a literal list is a value | exact
COLS = ["a", "b"]
---
r = COLS[0]
## a function with a default that is setup
N = 5
def f(x=N):
    return x
---
r = f()
## a function whose default is a list
def f(x, acc=[]):
    return acc + [x]
---
r = f(1)
## a function that needs a function
def g(x): return x + 1
def f(x): return g(x) * 2
---
r = f(1)
## a function defined twice
def f(): return 1
a = f()
---
def f(): return 2
b = f()
## a function defined in a branch
a = [1]
if a:
    def f(): return 1
else:
    def f(): return 2
---
r = f()
## a lambda with a name
f = lambda x: x + 1
---
r = f(1)
## a lambda over a name that changes
n = 1
f = lambda x: x + n
n = 2
---
r = f(1)
## functions made in a loop
fs = []
for i in [1, 2]:
    def f(x, i=i): return x + i
    fs.append(f)
---
r = [g(1) for g in fs]
## lambdas in a loop see the last value
fs = [lambda: i for i in range(3)]
---
r = [g() for g in fs]
## lambdas in a for loop see the global
fs = []
for i in range(3):
    fs.append(lambda: i)
---
i = 10
r = [g() for g in fs]
## a class defined in a function
def make():
    class A:
        x = 1
    return A
---
A = make()
## a class with a class attribute that is read
class A:
    names = ["a"]
---
r = A.names[0]
## a class with a computed attribute
n = [3]
class A:
    size = len(n)
---
r = A.size
## a class with an attribute set after
class A:
    pass
A.x = [1]
---
r = A.x
## a metaclass that registers
kinds = {}
class Meta(type):
    def __new__(mcs, name, bases, body):
        cls = super().__new__(mcs, name, bases, body)
        kinds[name] = cls
        return cls
class A(metaclass=Meta):
    pass
---
r = sorted(kinds)
## starred call arguments | exact
a = [1, 2]
d = {"sep": "-"}
---
print(*a, **d)
## assert reads | exact
a = [1]
---
assert a, "empty"
b = 1
## a chained comparison | exact
a = [1][0]
b = [2][0]
c = [3][0]
---
r = a < b < c
## slices | exact
a = [1, 2, 3]
i = [1][0]
---
b = a[i:len(a)]
## a name read only in a nested function of a lambda
n = [1]
---
f = lambda: (lambda: n)()
r = f()
## string methods on names | exact
s = ["x"][0]
---
t = s.upper().strip()
## a long chain | exact
a = {"k": [{"n": 1}]}
---
r = a["k"][0]["n"]
## raise inside try
a = [1]
---
try:
    raise KeyError(a[0])
except KeyError as error:
    b = error.args[0]
## a cell with only a comment
a = [1]
---
# nothing
## pass and ellipsis | exact
a = [1]
---
pass
...
## a display shown | exact
a = [1]
---
a
## semicolons | exact
a = [1]
---
b = a[0]; c = b + 1; del b
## conditional on __name__ | exact
a = [1]
---
if __name__ == "__main__":
    b = a[0]
## a name bound only in except | exact
---
try:
    import no_such_module_here
    have = True
except ImportError:
    have = False
## del in a loop
names = ["a", "b"]
---
for n in names:
    k = n
    del k
## attribute on a module read
import math
r = [2][0]
---
area = math.pi * r
## comprehension over a method's result
d = {"a": [1]}
---
r = {k: len(v) for k, v in d.items()}
## two comprehensions and a lambda in a function
n = [2]
def f(xs):
    return [y for y in (x * n[0] for x in xs)]
---
r = f([1, 2])
## a try in a function that catches a missing global
def f():
    try:
        return missing
    except NameError:
        return 0
---
r = f()
## a generator kept over the cell
def gen():
    yield 1
    yield 2
---
g = gen()
## vararg function
n = [1]
def f(*args, **kw):
    return len(args) + len(kw) + n[0]
---
r = f(1, 2, k=3)
## positional-only and keyword-only | exact
def f(a, /, b, *, c):
    return a + b + c
---
r = f(1, 2, c=3)
## an inner class reads a global
n = [1]
class A:
    class B:
        m = len(n)
---
r = A.B.m
## conditional import as fallback
try:
    import tomllib
except ImportError:
    tomllib = None
---
r = tomllib is not None
## a star target in a for
rows = [(1, 2, 3)]
---
for a, *b in rows:
    pass
## reading after a conditional delete
a = [1]
flag = [False][0]
---
if flag:
    del a
b = a
## an augmented walrus mixture
n = 1
---
n += (m := 2)
## ellipsis of names in a dict display | exact
a, b = [1], [2]
---
d = {"a": len(a), **{"b": len(b)}}
"""
