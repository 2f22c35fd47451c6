"""Cells about objects: what changes in place, through which name, and which names share what."""

from __future__ import annotations

CHANGES = r"""
## append | exact
a = [1]
---
a.append(2)
## item assignment | exact
a = [1]
---
a[0] = 2
## slice assignment | exact
a = [1, 2]
---
a[:] = [3]
## nested item assignment | exact
d = {"a": {"b": 1}}
---
d["a"]["b"] = 2
## attribute assignment
class Box: pass
b = Box()
---
b.n = [1]
## a method in the middle of a chain | exact
d = {}
---
d.setdefault("a", []).append(1)
## pop whose result is used | exact
a = [1, 2]
---
x = a.pop()
## popitem | exact
d = {"a": 1}
---
k, v = d.popitem()
## update | exact
d = {}
e = {"a": 1}
---
d.update(e)
## dict union in place | exact
d = {}
---
d |= {"a": 1}
## set methods | exact
s = {1}
---
s.add(2)
s.discard(1)
## sort and reverse | exact
a = [3, 1, 2]
---
a.sort()
a.reverse()
## sorted makes a new list | exact
a = [2, 1]
---
b = sorted(a)
## clear | exact
a = [1]
---
a.clear()
## extend with another list | exact
a = [1]
b = [2]
---
a.extend(b)
## insert an object that is shared
a = []
b = [2]
---
a.append(b)
## list times number | exact
a = [1]
---
a *= 2
## del of an item | exact
a = [1, 2]
---
del a[0]
## an alias
a = [1]
b = a
---
b.append(2)
## an alias made in the cell
a = [1]
---
b = a
b.append(2)
## an element is changed
rows = [{"a": 1}, {"a": 2}]
---
rows[0]["a"] = 5
## an element under a name
rows = [{"a": 1}]
---
first = rows[0]
first["a"] = 5
## an element changed through a loop target
rows = [{"a": 1}, {"a": 2}]
---
for row in rows:
    row["b"] = row["a"] * 2
## through enumerate
rows = [{"a": 1}]
---
for i, row in enumerate(rows):
    row["i"] = i
## through zip
rows = [{"a": 1}]
ids = [7]
---
for row, i in zip(rows, ids):
    row["i"] = i
## through dict values
d = {"x": [1]}
---
for v in d.values():
    v.append(2)
## through dict items
d = {"x": [1]}
---
for k, v in d.items():
    v.append(2)
## through unpacking
pair = ([1], [2])
---
x, y = pair
x.append(5)
## through a starred name
items = [[1], [2], [3]]
---
first, *rest = items
rest[0].append(5)
## through a comprehension
rows = [[1], [2]]
---
lens = [row.append(0) for row in rows]
## through a slice
rows = [[1], [2]]
---
part = rows[:1]
part[0].append(5)
## through a shallow copy
rows = [[1], [2]]
---
copy = list(rows)
copy[0].append(5)
## through a dict copy
d = {"a": [1]}
---
e = d.copy()
e["a"].append(2)
## a deep copy is apart | exact
import copy
d = {"a": [1]}
---
e = copy.deepcopy(d)
e["a"].append(2)
## copy.copy shares elements
import copy
d = {"a": [1]}
---
e = copy.copy(d)
e["a"].append(2)
## a conditional alias
a = [1]
b = [2]
flag = [True][0]
---
c = a if flag else b
c.append(5)
## an alias through or
a = []
b = [1]
---
c = a or b
c.append(5)
## a container holds it
a = [1]
---
box = [a]
box[0].append(2)
## a dict holds it
a = [1]
---
d = {"a": a}
d["a"].append(2)
## a tuple holds it
a = [1]
---
t = (a, 1)
t[0].append(2)
## a holder made above
a = [1]
box = [a]
---
box[0].append(2)
## a holder made above, changed through the part
a = [1]
box = [a]
---
a.append(2)
## getattr
class Box: pass
b = Box()
b.items = [1]
---
getattr(b, "items").append(2)
## setattr
class Box: pass
b = Box()
---
setattr(b, "n", [1])
## delattr
class Box: pass
b = Box()
b.n = 1
---
delattr(b, "n")
## through __dict__
class Box: pass
b = Box()
---
b.__dict__["n"] = 1
## through vars
class Box: pass
b = Box()
---
vars(b)["n"] = 1
## vars under a name
class Box: pass
b = Box()
---
v = vars(b)
v.update(n=1)
## operator.setitem
import operator
a = [1]
---
operator.setitem(a, 0, 5)
## operator.iadd
import operator
a = [1]
---
b = operator.iadd(a, [2])
## unbound method
a = [1]
---
list.append(a, 2)
## unbound dict method
d = {}
---
dict.update(d, a=1)
## bound method under a name
a = [1]
---
push = a.append
push(2)
## bound method made above
a = [1]
push = a.append
---
push(2)
## bound method given to map
a = []
---
done = list(map(a.append, [1, 2]))
## heapq
import heapq
h = [3, 1]
---
heapq.heapify(h)
heapq.heappush(h, 0)
## heappop whose result is used
import heapq
h = [1, 3]
---
x = heapq.heappop(h)
## bisect
import bisect
a = [1, 3]
---
bisect.insort(a, 2)
## random.shuffle
import random
random.seed(1)
a = [1, 2, 3]
---
random.shuffle(a)
---
y = random.random()
## a deque
from collections import deque
q = deque([1, 2])
---
q.append(3)
x = q.popleft()
## deque rotate
from collections import deque
q = deque([1, 2])
---
q.rotate(1)
## a Counter
from collections import Counter
c = Counter()
---
c["a"] += 1
c.update("b")
## a defaultdict changed by reading
from collections import defaultdict
d = defaultdict(list)
---
x = d["a"]
## a defaultdict read in an expression
from collections import defaultdict
d = defaultdict(int)
---
total = d["a"] + d["b"]
## OrderedDict move_to_end
from collections import OrderedDict
d = OrderedDict(a=1, b=2)
---
d.move_to_end("a")
## ChainMap writes into the first
from collections import ChainMap
a = {}
b = {"x": 1}
c = ChainMap(a, b)
---
c["y"] = 2
## bytearray
b = bytearray(b"ab")
---
b[0] = 120
b.extend(b"c")
## memoryview
b = bytearray(b"ab")
---
m = memoryview(b)
m[0] = 120
del m
## array
from array import array
a = array("i", [1, 2])
---
a[0] = 5
a.append(3)
## StringIO
import io
s = io.StringIO()
---
s.write("x")
## StringIO read
import io
s = io.StringIO("a\nb\n")
---
line = s.readline()
## print into a file object
import io
s = io.StringIO()
---
print("x", file=s)
## csv writer
import csv, io
s = io.StringIO()
w = csv.writer(s)
---
w.writerow([1, 2])
## json.dump into a buffer
import io, json
s = io.StringIO()
---
json.dump([1], s)
## iterator with next
it = iter([1, 2, 3])
---
x = next(it)
## iterator gone over
it = iter([1, 2, 3])
---
for x in it:
    pass
## iterator in a comprehension
it = iter([1, 2, 3])
---
xs = [x for x in it]
## iterator in list
it = iter([1, 2, 3])
---
xs = list(it)
## iterator unpacked
it = iter([1, 2])
---
a, b = it
## iterator starred
it = iter([1, 2])
---
print(*it)
## iterator in a membership test
it = iter([1, 2])
---
r = 1 in it
## iterator given to zip
it = iter([1, 2, 3, 4])
---
pairs = list(zip(it, it))
## map object
m = map(str, [1, 2])
---
x = next(m)
## generator
def gen():
    yield 1
    yield 2
g = gen()
---
x = next(g)
## generator send
def gen():
    n = 0
    while True:
        got = yield n
        n += got or 1
g = gen()
next(g)
---
x = g.send(5)
## itertools.count
import itertools
c = itertools.count()
---
x = next(c)
## itertools.tee
import itertools
a, b = itertools.tee([1, 2, 3])
---
x = next(a)
## islice of an iterator
import itertools
it = iter(range(5))
---
xs = list(itertools.islice(it, 2))
## enumerate kept
e = enumerate(["a", "b"])
---
i, x = next(e)
## an iterator over a list that is an element
its = [iter([1, 2])]
---
x = next(its[0])
## a function changes its parameter
def f(xs):
    xs.append(1)
a = []
---
f(a)
## a function changes its parameter and gives it back
def f(xs):
    xs.append(1)
    return xs
a = []
---
b = f(a)
## a function changes an element of its parameter
def f(rows):
    for row in rows:
        row["x"] = 1
a = [{}]
---
f(a)
## a function changes a parameter given by keyword
def f(n, xs):
    xs.append(n)
a = []
---
f(xs=a, n=1)
## a function changes what star arguments hold
def f(*lists):
    for xs in lists:
        xs.append(1)
a, b = [], []
---
f(a, b)
## a function changes what keywords hold
def f(**lists):
    lists["xs"].append(1)
a = []
---
f(xs=a)
## a function changes through another function
def g(xs): xs.append(1)
def f(xs): g(xs)
a = []
---
f(a)
## a function changes a local alias of its parameter
def f(xs):
    ys = xs
    ys.append(1)
a = []
---
f(a)
## a function changes an attribute of its parameter
class Box: pass
def f(b): b.n = 1
b = Box()
---
f(b)
## a function only reads its parameter
def f(xs):
    return len(xs)
a = [1]
---
n = f(a)
## a function changes a copy
def f(xs):
    xs = list(xs)
    xs.append(1)
    return xs
a = [1]
---
b = f(a)
## a function gives its parameter back
def f(xs):
    return xs
a = [1]
---
b = f(a)
b.append(2)
## a function puts its parameter into a container
def f(xs):
    return {"xs": xs}
a = [1]
---
d = f(a)
d["xs"].append(2)
## a function changes a global
log = []
def f(x):
    log.append(x)
---
f(1)
## a function changes a global and its result is used
log = []
def f(x):
    log.append(x)
    return x
---
y = f(1)
## a function keeps its argument in a global
seen = []
def f(xs):
    seen.append(xs)
a = [1]
---
f(a)
a.append(2)
## a function gives a global back
data = [1]
def f():
    return data
---
d = f()
d.append(2)
## a lambda changes a global
log = []
f = lambda x: log.append(x)
---
f(1)
## a lambda given away changes a global
log = []
---
xs = sorted([2, 1], key=lambda x: log.append(x) or x)
## a function in a table changes a global
log = []
def f(x): log.append(x)
table = {"f": f}
---
table["f"](1)
## a callback changes a global
log = []
def callback(x): log.append(x)
def run(cb): cb(1)
---
run(callback)
## a stored callback changes a global
log = []
callbacks = []
def register(f):
    callbacks.append(f)
    return f
@register
def note(x): log.append(x)
---
for cb in callbacks:
    cb(1)
## a decorator that counts calls
calls = {"n": 0}
def counted(f):
    def inner(*args):
        calls["n"] += 1
        return f(*args)
    return inner
@counted
def g(x): return x
---
r = g(1)
## a decorator that counts on the function
def counted(f):
    def inner(*args):
        inner.calls += 1
        return f(*args)
    inner.calls = 0
    return inner
@counted
def g(x): return x
---
r = g(1)
## an attribute of a function
def f(x):
    f.calls += 1
    return x
f.calls = 0
---
r = f(1)
## an attribute of a function set outside
def f(x): return x
---
f.note = [1]
## a mutable default
def f(x, seen=[]):
    seen.append(x)
    return len(seen)
---
r = f(1)
## a mutable default called above
def f(x, seen=[]):
    seen.append(x)
    return len(seen)
f(0)
---
r = f(1)
## a closure with nonlocal
def counter():
    n = 0
    def up():
        nonlocal n
        n += 1
        return n
    return up
c = counter()
---
r = c()
## two closures share a cell
def pair():
    n = 0
    def up():
        nonlocal n
        n += 1
    def get():
        return n
    return up, get
up, get = pair()
---
up()
## a closure over a list
def make():
    xs = []
    def add(x):
        xs.append(x)
        return xs
    return add
add = make()
---
r = add(1)
## a closure over an argument
def make(xs):
    def add(x):
        xs.append(x)
    return add
a = []
add = make(a)
---
add(1)
## a generator with state over a global
log = []
def gen():
    for i in range(2):
        log.append(i)
        yield i
---
xs = list(gen())
## a generator kept and gone over later
log = []
def gen():
    for i in range(2):
        log.append(i)
        yield i
g = gen()
---
xs = list(g)
## a method changes the instance
class A:
    def __init__(self): self.n = 0
    def up(self): self.n += 1
a = A()
---
a.up()
## a method changes the instance and gives a result
class A:
    def __init__(self): self.n = 0
    def up(self):
        self.n += 1
        return self.n
a = A()
---
r = a.up()
## a method only reads
class A:
    def __init__(self): self.n = 0
    def get(self): return self.n
a = A()
---
r = a.get()
## a method that gives self back
class A:
    def __init__(self): self.xs = []
    def add(self, x):
        self.xs.append(x)
        return self
a = A()
---
b = a.add(1).add(2)
## a method keeps its argument
class A:
    def __init__(self): self.xs = []
    def add(self, x): self.xs.append(x)
a = A()
b = [1]
---
a.add(b)
b.append(2)
## a constructor keeps its argument
class A:
    def __init__(self, xs): self.xs = xs
    def add(self, x): self.xs.append(x)
b = [1]
---
a = A(b)
a.add(2)
## a constructor changes its argument
class A:
    def __init__(self, xs): xs.append(1)
b = []
---
a = A(b)
## a method through another method
class A:
    def __init__(self): self.n = 0
    def _up(self): self.n += 1
    def go(self): return self._up()
a = A()
---
r = a.go()
## an inherited method changes the instance
class A:
    def __init__(self): self.n = 0
    def up(self):
        self.n += 1
        return self.n
class B(A): pass
b = B()
---
r = b.up()
## super changes the instance
class A:
    def __init__(self): self.n = 0
    def up(self): self.n += 1
class B(A):
    def up(self):
        super().up()
        return 1
b = B()
---
r = b.up()
## a class attribute as a counter
class A:
    made = 0
    def __init__(self):
        A.made += 1
---
a = A()
## a class attribute as a counter through type(self)
class A:
    made = 0
    def __init__(self):
        type(self).made += 1
---
a = A()
## a class attribute as a counter through __class__
class A:
    made = 0
    def __init__(self):
        self.__class__.made += 1
---
a = A()
## a class attribute as a counter through cls
class A:
    made = 0
    @classmethod
    def new(cls):
        cls.made += 1
        return cls()
---
a = A.new()
## a class registry through self
class A:
    all = []
    def __init__(self):
        self.all.append(self)
---
a = A()
## a class attribute set outside
class A:
    n = 0
---
A.n = 5
## a class list changed outside
class A:
    xs = []
---
A.xs.append(1)
## a class attribute set through an instance's class
class A:
    n = 0
a = A()
---
type(a).n = 5
## init_subclass registers
class Base:
    kinds = {}
    def __init_subclass__(cls, **kw):
        super().__init_subclass__(**kw)
        Base.kinds[cls.__name__] = cls
---
class A(Base):
    pass
## set_name
names = []
class Field:
    def __set_name__(self, owner, name):
        names.append(name)
---
class A:
    f = Field()
## a method added to a class
class A: pass
a = A()
---
def hello(self): return 1
A.hello = hello
r = a.hello()
## an __add__ that changes self
class A:
    def __init__(self): self.n = 0
    def __add__(self, o):
        self.n += o
        return self
a = A()
---
b = a + 1
## an __iadd__
class A:
    def __init__(self): self.xs = []
    def __iadd__(self, o):
        self.xs.append(o)
        return self
a = A()
---
a += 1
## a __setitem__ of a notebook class
class A:
    def __init__(self): self.d = {}
    def __setitem__(self, k, v): self.d[k] = v
a = A()
---
a["k"] = 1
## a __getitem__ that changes
class A:
    def __init__(self): self.hits = 0
    def __getitem__(self, k):
        self.hits += 1
        return k
a = A()
---
r = a["k"]
## a __len__ that changes
class A:
    def __init__(self): self.hits = 0
    def __len__(self):
        self.hits += 1
        return 3
a = A()
---
r = len(a)
## a __call__ that changes
class A:
    def __init__(self): self.hits = 0
    def __call__(self):
        self.hits += 1
        return 3
a = A()
---
r = a()
## a __next__ that changes
class A:
    def __init__(self): self.n = 0
    def __iter__(self): return self
    def __next__(self):
        self.n += 1
        if self.n > 3: raise StopIteration
        return self.n
a = A()
---
r = [x for x in a]
## an iterator class in a for
class A:
    def __init__(self): self.n = 0
    def __iter__(self): return self
    def __next__(self):
        self.n += 1
        if self.n > 3: raise StopIteration
        return self.n
a = A()
---
for x in a:
    break
## a context manager that changes itself
class A:
    def __init__(self): self.log = []
    def __enter__(self):
        self.log.append("in")
        return self
    def __exit__(self, *e):
        self.log.append("out")
a = A()
---
with a:
    r = 1
## a context manager function that changes a global
from contextlib import contextmanager
log = []
@contextmanager
def noted(name):
    log.append(name)
    yield
    log.append("end")
---
with noted("x"):
    r = 1
## a __str__ that changes
class A:
    def __init__(self): self.n = 0
    def __str__(self):
        self.n += 1
        return "A"
a = A()
---
r = f"{a}"
## a __repr__ that changes when shown
class A:
    def __init__(self): self.n = 0
    def __repr__(self):
        self.n += 1
        return "A"
a = A()
---
a
## an __eq__ that changes
class A:
    def __init__(self): self.n = 0
    def __eq__(self, o):
        self.n += 1
        return True
a = A()
---
r = a == 1
## a __contains__ that changes
class A:
    def __init__(self): self.n = 0
    def __contains__(self, o):
        self.n += 1
        return True
a = A()
---
r = 1 in a
## a property that changes
class A:
    def __init__(self): self.n = 0
    @property
    def p(self):
        self.n += 1
        return self.n
a = A()
---
r = a.p
## a property setter
class A:
    def __init__(self): self._n = 0
    @property
    def n(self): return self._n
    @n.setter
    def n(self, v): self._n = v
a = A()
---
a.n = 5
## a setter that changes a global
log = []
class A:
    @property
    def n(self): return 1
    @n.setter
    def n(self, v): log.append(v)
a = A()
---
a.n = 5
## a __getattr__ that changes a global
log = []
class A:
    def __getattr__(self, k):
        if k.startswith("__"):
            raise AttributeError(k)
        log.append(k)
        return 1
a = A()
---
r = a.some
## a __setattr__ that changes a global
log = []
class A:
    def __setattr__(self, k, v):
        log.append(k)
        object.__setattr__(self, k, v)
a = A()
---
a.x = 1
## a descriptor of the notebook
class D:
    def __get__(self, o, t=None): return o.__dict__.get("d")
    def __set__(self, o, v): o.__dict__["d"] = v
class A:
    d = D()
a = A()
---
a.d = 5
## cached_property changes the instance
from functools import cached_property
class A:
    @cached_property
    def p(self): return [1]
a = A()
---
r = a.p
## a dataclass field changed
from dataclasses import dataclass, field
@dataclass
class P:
    xs: list = field(default_factory=list)
p = P()
---
p.xs.append(1)
## dataclasses.replace shares the fields
from dataclasses import dataclass, field, replace
@dataclass
class P:
    n: int
    xs: list = field(default_factory=list)
p = P(1)
---
q = replace(p, n=2)
q.xs.append(1)
## partial over a list
from functools import partial
def f(xs, x): xs.append(x)
a = []
g = partial(f, a)
---
g(1)
## partial made in the cell
from functools import partial
def f(xs, x): xs.append(x)
a = []
---
g = partial(f, a)
g(1)
## an attribute stored to a method by another name
class C:
    @staticmethod
    def call(x):
        return x
f = C.call
---
f.note = [1]
## a class attribute changed by another name
class C:
    limits = ([1], 2)
xs = C.limits
---
xs[0].append(2)
## a method given to a call by another name
xs, ys = [], [[1]]
class C:
    @staticmethod
    def call(x):
        xs.append(1)
        return x
f = C.call
---
r = list(map(f, ys))
## a bound method given to a call by another name
class C:
    def __init__(self):
        self.items = []
    def add(self, x):
        self.items.append(x)
o = C()
f = o.add
---
r = list(map(f, [1, 2]))
## a method called with its instance by another name
class C:
    def __init__(self):
        self.items = []
    def add(self, x):
        self.items.append(x)
o = C()
f = C.add
---
f(o, 1)
## lru_cache that logs | refused KF213
from functools import lru_cache
log = []
@lru_cache
def f(x):
    log.append(x)
    return x
---
r = f(1)
## lru_cache gives the same object | refused KF213
from functools import lru_cache
@lru_cache
def f(x):
    return [x]
a = f(1)
---
f(1).append(2)
## lru_cache gives the same object, changed by another name | refused KF213
from functools import lru_cache
@lru_cache
def f(x):
    return {"kept": [x]}
def add(xs):
    xs.append(2)
a = f(1)
---
b = f(1)["kept"]
add(b)
## lru_cache gives an object that is only read | exact
from functools import lru_cache
@lru_cache
def f(x):
    return [x]
a = f(1)
---
b = f(1)[0] + 1
## lru_cache gives the same object, asked by a function that two steps call | refused KF213
from functools import lru_cache
@lru_cache
def f(x):
    return [x]
def g():
    return f(1)
---
g().append(2)
---
r = list(g())
## lru_cache gives the same object, changed within another | refused KF213
from functools import lru_cache
@lru_cache
def f(x):
    return [x]
---
d = {"a": f(1)}
d["a"].append(2)
---
r = list(f(1))
## lru_cache gives the same object, changed in a step of its own | refused KF213
from functools import lru_cache
@lru_cache
def f(x):
    return [x]
a = f(1)
---
a.append(2)
---
r = list(f(1))
## singledispatch that logs
from functools import singledispatch
log = []
@singledispatch
def f(x): log.append("any")
@f.register
def _(x: int): log.append("int")
---
f(1)
## an enum used as a key | exact
from enum import Enum
class C(Enum):
    A = 1
d = {}
---
d[C.A] = 1
## types.SimpleNamespace
from types import SimpleNamespace
n = SimpleNamespace(x=1)
---
n.x = 2
## weakref to an object
import weakref
class A: pass
a = A()
w = weakref.ref(a)
---
w().x = 1
## a queue
from collections import deque
import queue
q = deque()
---
q.extend([1, 2])
## a list in a function's result changed
def get(d): return d["xs"]
d = {"xs": [1]}
---
get(d).append(2)
## max gives an element
rows = [[1], [2]]
---
best = max(rows)
best.append(5)
## next gives an element
rows = [[1], [2]]
---
found = next(r for r in rows if r[0] == 2)
found.append(5)
## filter gives elements
rows = [[1], [2]]
---
found = list(filter(lambda r: r[0] == 2, rows))
found[0].append(5)
## sorted gives elements
rows = [[2], [1]]
---
ordered = sorted(rows)
ordered[0].append(5)
## reversed gives elements
rows = [[1], [2]]
---
for r in reversed(rows):
    r.append(0)
## dict get gives a value
d = {"a": [1]}
---
x = d.get("a")
x.append(2)
## dict pop gives a value
d = {"a": [1]}
e = d["a"]
---
x = d.pop("a")
x.append(2)
## dict from pairs shares values
a = [1]
---
d = dict(a=a)
d["a"].append(2)
## dict fromkeys shares one value
a = [1]
---
d = dict.fromkeys(["x", "y"], a)
d["x"].append(2)
## list concatenation shares elements
rows = [[1]]
---
more = rows + [[2]]
more[0].append(5)
## list repetition shares elements
rows = [[1]]
---
more = rows * 2
more[0].append(5)
## star display shares elements
rows = [[1]]
---
more = [*rows, [2]]
more[0].append(5)
## dict display shares values
d = {"a": [1]}
---
e = {**d, "b": 2}
e["a"].append(5)
## groupby elements
import itertools
rows = [["a", 1], ["a", 2]]
---
for key, group in itertools.groupby(rows, key=lambda r: r[0]):
    for r in group:
        r.append(0)
## itertools.chain elements
import itertools
a = [[1]]
b = [[2]]
---
for r in itertools.chain(a, b):
    r.append(0)
## a while loop over a stack
stack = [1, 2]
---
while stack:
    x = stack.pop()
## a walk over a graph
graph = {"a": {"next": ["b"]}, "b": {"next": []}}
---
seen = []
todo = ["a"]
while todo:
    name = todo.pop()
    node = graph[name]
    node["seen"] = True
    seen.append(name)
    todo.extend(node["next"])
## a linked list
class Node:
    def __init__(self, value, next=None):
        self.value, self.next = value, next
head = Node(1, Node(2))
---
node = head
while node:
    node.value *= 10
    node = node.next
## a tree changed by recursion
tree = {"n": 1, "kids": [{"n": 2, "kids": []}]}
def double(t):
    t["n"] *= 2
    for kid in t["kids"]:
        double(kid)
---
double(tree)
## a parent link
class Node:
    def __init__(self, parent=None):
        self.parent, self.kids = parent, []
        if parent is not None:
            parent.kids.append(self)
root = Node()
---
kid = Node(root)
## a cycle
a = []
a.append(a)
---
a.append(1)
## an exception holds an object
a = [1]
---
try:
    raise ValueError(a)
except ValueError as e:
    e.args[0].append(2)
## match captures an element
pair = [[1], [2]]
---
match pair:
    case [x, _]:
        x.append(5)
## a name in a with target
import contextlib
a = [1]
---
with contextlib.closing(__import__("io").StringIO()) as s, contextlib.nullcontext(a) as b:
    b.append(2)
## swap then change
a = [1]
b = [2]
---
a, b = b, a
a.append(5)
## rebinding ends the alias | exact
a = [1]
b = a
---
b = [2]
b.append(3)
## a conditional change
a = [1]
flag = [False][0]
---
if flag:
    a.append(2)
## a change in a loop that never runs
a = [1]
n = [0][0]
---
for i in range(n):
    a.append(i)
## a change in except
a = [1]
---
try:
    a[5]
except IndexError:
    a.append(0)
## a change in finally | exact
a = [1]
---
try:
    b = 1
finally:
    a.append(0)
## numpy item assignment
import numpy as np
x = np.zeros(3)
---
x[0] = 1
## numpy augmented assignment
import numpy as np
x = np.zeros(3)
---
x += 1
## numpy view
import numpy as np
x = np.zeros(4)
---
v = x[:2]
v[0] = 5
## numpy view made above
import numpy as np
x = np.zeros(4)
v = x[:2]
---
v[0] = 5
## numpy reshape is a view
import numpy as np
x = np.zeros(4)
---
m = x.reshape(2, 2)
m[0, 0] = 5
## numpy transpose is a view
import numpy as np
x = np.zeros((2, 2))
---
t = x.T
t[0, 1] = 5
## numpy ravel may be a view
import numpy as np
x = np.zeros((2, 2))
---
r = x.ravel()
r[0] = 5
## numpy asarray is no copy
import numpy as np
x = np.zeros(2)
---
y = np.asarray(x)
y[0] = 5
## numpy array is a copy | exact
import numpy as np
x = np.zeros(2)
---
y = np.array(x)
y[0] = 5
## numpy arithmetic makes a new array | exact
import numpy as np
x = np.zeros(2)
---
y = x * 2 + 1
y[0] = 5
## numpy out
import numpy as np
x = np.zeros(2)
---
np.add(x, 1, out=x)
## numpy out whose result is used
import numpy as np
x = np.zeros(2)
---
y = np.add(x, 1, out=x)
## numpy fill and sort
import numpy as np
x = np.array([2, 1])
---
x.sort()
x.fill(0)
## numpy copyto
import numpy as np
x = np.zeros(2)
y = np.ones(2)
---
np.copyto(x, y)
## numpy put and place
import numpy as np
x = np.zeros(3)
---
np.put(x, [0], [1])
np.place(x, x == 0, [9])
## numpy fill_diagonal
import numpy as np
x = np.zeros((2, 2))
---
np.fill_diagonal(x, 1)
## numpy ufunc at
import numpy as np
x = np.zeros(2)
---
np.add.at(x, [0, 0], 1)
## numpy random shuffle of a generator
import numpy as np
rng = np.random.default_rng(1)
x = np.arange(5)
---
rng.shuffle(x)
## numpy generator drawn from
import numpy as np
rng = np.random.default_rng(1)
---
y = rng.normal(size=2)
## numpy nditer
import numpy as np
x = np.zeros(2)
---
for cell in np.nditer(x, op_flags=["readwrite"]):
    cell[...] = 5
## numpy rows in a loop
import numpy as np
x = np.zeros((2, 2))
---
for row in x:
    row[0] = 5
## numpy flat
import numpy as np
x = np.zeros(2)
---
x.flat[0] = 5
## numpy setflags
import numpy as np
x = np.zeros(2)
---
x.setflags(write=False)
r = 1
## numpy attribute shape
import numpy as np
x = np.zeros(4)
---
x.shape = (2, 2)
## numpy split gives views
import numpy as np
x = np.zeros(4)
---
a, b = np.split(x, 2)
a[0] = 5
## numpy broadcast_to | exact
import numpy as np
x = np.zeros(2)
---
y = np.broadcast_to(x, (2, 2)).sum()
## a pandas column
import pandas as pd
df = pd.DataFrame({"a": [1, 2]})
---
df["b"] = df["a"] * 2
## pandas loc
import pandas as pd
df = pd.DataFrame({"a": [1, 2]})
---
df.loc[0, "a"] = 5
## pandas iloc and at
import pandas as pd
df = pd.DataFrame({"a": [1, 2]})
---
df.iloc[0, 0] = 5
df.at[1, "a"] = 6
## pandas columns renamed in place
import pandas as pd
df = pd.DataFrame({"a": [1, 2]})
---
df.columns = ["z"]
## pandas inplace
import pandas as pd
df = pd.DataFrame({"a": [2, 1]})
---
df.sort_values("a", inplace=True)
df.rename(columns={"a": "z"}, inplace=True)
## pandas without inplace
import pandas as pd
df = pd.DataFrame({"a": [2, 1]})
---
other = df.sort_values("a").reset_index(drop=True)
## pandas insert and pop
import pandas as pd
df = pd.DataFrame({"a": [2, 1]})
---
df.insert(0, "n", [1, 2])
s = df.pop("a")
## pandas drop in place
import pandas as pd
df = pd.DataFrame({"a": [2, 1], "b": [1, 2]})
---
df.drop(columns="b", inplace=True)
## pandas del column
import pandas as pd
df = pd.DataFrame({"a": [2, 1], "b": [1, 2]})
---
del df["b"]
## pandas alias
import pandas as pd
df = pd.DataFrame({"a": [2, 1]})
view = df
---
view["c"] = 1
## pandas copy is apart
import pandas as pd
df = pd.DataFrame({"a": [2, 1]})
---
other = df.copy()
other["c"] = 1
## pandas in a loop over a dict of frames
import pandas as pd
frames = {"x": pd.DataFrame({"a": [1]}), "y": pd.DataFrame({"a": [2]})}
---
for name, frame in frames.items():
    frame["b"] = name
## pandas frame changed by a function
import pandas as pd
def add(df):
    df["b"] = 1
    return df
frame = pd.DataFrame({"a": [1]})
---
out = add(frame)
## pandas frame changed through pipe
import pandas as pd
def add(df):
    df["b"] = 1
    return df
frame = pd.DataFrame({"a": [1]})
---
out = frame.pipe(add)
## pandas series update
import pandas as pd
s = pd.Series([1, 2])
---
s.update(pd.Series([5], index=[0]))
## pandas series item
import pandas as pd
s = pd.Series([1, 2])
---
s[0] = 5
## pandas attrs
import pandas as pd
df = pd.DataFrame({"a": [1]})
---
df.attrs["note"] = "x"
r = len(df)
## pandas query with a variable
import pandas as pd
df = pd.DataFrame({"a": [1, 2]})
limit = [1][0]
---
r = df.query("a > @limit").to_dict()
## pandas apply with a function that logs
import pandas as pd
log = []
def f(x):
    log.append(x)
    return x
df = pd.DataFrame({"a": [1]})
---
r = df["a"].apply(f)
## pandas groupby
import pandas as pd
df = pd.DataFrame({"k": [1, 1, 2], "v": [1, 2, 3]})
---
g = df.groupby("k")["v"].sum()
## sklearn fit
from sklearn.linear_model import LinearRegression
model = LinearRegression()
---
model.fit([[1], [2]], [1, 2])
## sklearn fit whose result is used
from sklearn.linear_model import LinearRegression
model = LinearRegression()
---
fitted = model.fit([[1], [2]], [1, 2])
## sklearn fit_transform
from sklearn.preprocessing import StandardScaler
scaler = StandardScaler()
---
z = scaler.fit_transform([[1.0], [2.0]])
## sklearn predict
from sklearn.linear_model import LinearRegression
model = LinearRegression().fit([[1], [2]], [1, 2])
---
p = model.predict([[3]])
## sklearn set_params
from sklearn.linear_model import Ridge
model = Ridge()
---
model.set_params(alpha=2.0)
## sklearn pipeline shares its parts
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
scaler = StandardScaler()
---
pipe = Pipeline([("s", scaler)])
pipe.fit([[1.0], [2.0]])
## random.Random
import random
r = random.Random(1)
---
x = r.random()
## logging handlers list
import logging
handlers = []
class H(logging.Handler):
    def emit(self, record): handlers.append(record.getMessage())
h = H()
---
h.handle(logging.makeLogRecord({"msg": "x"}))
## re.sub with a function that logs
import re
found = []
def note(m):
    found.append(m.group())
    return "x"
---
s = re.sub("a", note, "banana")
## a thread pool that appends
from concurrent.futures import ThreadPoolExecutor
log = []
def work(x):
    log.append(x)
    return x
---
with ThreadPoolExecutor(1) as pool:
    r = list(pool.map(work, [1, 2]))
## an async function that changes
import asyncio
log = []
async def f(x):
    log.append(x)
---
await asyncio.gather(f(1), f(2))
## a json round trip is apart | exact
import json
d = {"a": [1]}
---
e = json.loads(json.dumps(d))
e["a"].append(2)
## dict views see the dict
d = {"a": 1}
k = d.keys()
---
d["b"] = 2
## a slice object and a range | exact
a = [1, 2, 3]
r = [range(2)][0]
---
b = [a[i] for i in r]
## str methods change nothing | exact
a = ["x"]
s = ["abc"][0]
---
t = s.replace("a", a[0])
## tuple of lists rebuilt
t = ([1], [2])
---
u = t + ([3],)
u[0].append(5)
## an object in two containers
x = [1]
a = {"x": x}
b = {"x": x}
del x
---
a["x"].append(2)
## an element moved between containers
a = [[1]]
b = []
---
b.append(a.pop())
## a function stored in an object
log = []
def f(x): log.append(x)
class A:
    def __init__(self, f): self.f = f
a = A(f)
---
a.f(1)
## observer pattern
log = []
class Subject:
    def __init__(self): self.observers = []
    def add(self, o): self.observers.append(o)
    def fire(self, x):
        for o in self.observers: o(x)
s = Subject()
s.add(lambda x: log.append(x))
---
s.fire(1)
## a command table of bound methods
class A:
    def __init__(self): self.n = 0
    def up(self): self.n += 1
a = A()
commands = {"up": a.up}
---
commands["up"]()
## getattr by a computed name
class A:
    def __init__(self): self.n = 0
    def up(self):
        self.n += 1
        return self.n
a = A()
which = ["up"][0]
---
r = getattr(a, which)()
## operator.methodcaller | guarded a
import operator
a = [1]
---
operator.methodcaller("append", 2)(a)
## functools.reduce that changes its accumulator
from functools import reduce
acc = []
---
r = reduce(lambda xs, x: xs.append(x) or xs, [1, 2], acc)
## an any with a side effect
log = []
def f(x):
    log.append(x)
    return x > 1
---
r = any(f(x) for x in [1, 2, 3])
## a conditional expression with a side effect
log = []
flag = [True][0]
---
r = log.append(1) if flag else None
## a walrus with a pop
a = [1, 2]
---
while (x := a.pop()) > 1:
    pass
## a default factory of the notebook
from collections import defaultdict
log = []
def make():
    log.append("made")
    return []
d = defaultdict(make)
---
d["x"].append(1)
## a decorator class
class Count:
    def __init__(self, f):
        self.f, self.n = f, 0
    def __call__(self, *a):
        self.n += 1
        return self.f(*a)
@Count
def g(x): return x
---
r = g(1)
## a memo dict in a closure
def memo(f):
    cache = {}
    def inner(x):
        if x not in cache:
            cache[x] = f(x)
        return cache[x]
    return inner
@memo
def g(x): return [x]
---
r = g(1)
## a registry decorator
registry = {}
def register(f):
    registry[f.__name__] = f
    return f
---
@register
def g(x): return x
## a registry decorator with arguments
registry = {}
def register(name):
    def inner(f):
        registry[name] = f
        return f
    return inner
---
@register("g")
def g(x): return x
## a registry read
registry = {}
def register(f):
    registry[f.__name__] = f
    return f
n = [2]
@register
def g(x): return x * n[0]
---
r = registry["g"](3)
## a chain of calls deeper than a dozen
log = []
def f0(x): return f1(x)
def f1(x): return f2(x)
def f2(x): return f3(x)
def f3(x): return f4(x)
def f4(x): return f5(x)
def f5(x): return f6(x)
def f6(x): return f7(x)
def f7(x): return f8(x)
def f8(x): return f9(x)
def f9(x): return f10(x)
def f10(x): return f11(x)
def f11(x): return f12(x)
def f12(x): return f13(x)
def f13(x): return f14(x)
def f14(x): log.append(x)
---
f0(1)
## a closure that counts is given to map
def make():
    total = 0
    def inner(x):
        nonlocal total
        total += 1
        return total
    return inner
f = make()
---
r = list(map(f, [1, 2]))
## a function given to map gives a global back
d = {"a": [1]}
def f(x):
    return d
---
r = list(map(f, [1]))
r[0]["a"].append(2)
## a function given to map changes what it is given
xs = [[1], [2]]
def f(x):
    x.append(3)
---
r = list(map(f, xs))
## a default that is a name is given back
xs = [1, 2]
def f(x, kept=xs):
    return kept
---
m = f(1)
m.append(3)
## a default that is a name is changed
xs = [1, 2]
def f(x, kept=xs):
    kept.append(x)
---
f(5)
## a class made in a function holds its argument
xs = [1]
def f(x):
    class Inner:
        kept = x
    return Inner
---
c = f(xs)
c.kept.append(2)
## a class body holds an object
xs = [1]
class A:
    kept = xs
---
A.kept.append(2)
## a mutable default keeps what it was given
def f(x, kept={}):
    kept[len(kept)] = x
a = [1]
f(a)
---
a.append(2)
## a function with a memory is called out of a list
def f(x, kept=[]):
    kept.append(x)
hooks = [f]
a = [1]
---
for hook in hooks:
    hook(a)
## an exception hands an object over
a = [1]
---
try:
    raise ValueError(a)
except ValueError as e:
    b = e.args[0]
b.append(2)
## a bound method stored under a name of another object
class A:
    def __init__(self): self.items = []
    def add(self, x): self.items.append(x)
class B: pass
a, b = A(), B()
b.put = a.add
---
b.put(1)
## a class made by type holds its members
a = [1]
---
c = type("Plain", (), {"x": a})
o = c()
o.x.append(2)
## two unknown lists are added
def make():
    return [[1]]
a, b = make(), make()
---
c = a + b
c[0].append(2)
"""
