# Closures with state, nonlocal, late binding in loops, mutable defaults.
# %% [markdown]
# # Functions that remember
# %% step:make
def counter(start=0):
    value = start

    def tick(by=1):
        nonlocal value
        value += by
        return value

    def reset():
        nonlocal value
        value = start

    return tick, reset

tick, reset = counter(10)
# %% step:use
tick(), tick(5)
# %% step:more
print(tick.__name__, tick())
reset()
tick()
# %% step:defaults
def collect(item, into=[]):
    into.append(item)
    return into

first = collect("a")
collect("b")
# %%
second = collect("c", [])
first, second, collect("d") is first
# %% step:loops
late = [lambda x: x * factor for factor in (1, 2, 3)]
early = [lambda x, factor=factor: x * factor for factor in (1, 2, 3)]
[f(10) for f in late], [f(10) for f in early]
# %% step:names
scale = 2
grow = lambda x: x * scale
before = grow(10)
# %%
scale = 7
before, grow(10)
# %% step:pairs
makers = {}
for name in ("ada", "bob"):
    def greet(greeting="hello"):
        return f"{greeting}, {name}"
    makers[name] = greet
makers["ada"](), makers["bob"]("bye")
# %%
name = "eve"
makers["ada"](), greet is makers["bob"]
# %% step:end
print(tick(), collect("e"), len(late), greet("hi"))
