# Context managers from generators, a function attribute as a counter, closures over a list that others append to.
# %% [markdown]
# # Recording what happened
# %% step:recorder
from contextlib import contextmanager, suppress, ExitStack
import io
import contextlib

events = []

@contextmanager
def phase(name):
    events.append(f"begin {name}")
    try:
        yield len(events)
    finally:
        events.append(f"end {name}")
# %% step:one
with phase("load") as position:
    data = list(range(5))
position, events
# %% step:two
with suppress(ZeroDivisionError), phase("divide"):
    1 / 0
events[-1]
# %% step:count
def square(x):
    square.calls += 1
    return x * x

square.calls = 0
squares = [square(x) for x in data]
# %%
square.calls, squares
# %% step:reader
def tail(n=2, source=events):
    return source[-n:]

history = lambda: " > ".join(events)
tail()
# %% step:three
with ExitStack() as stack:
    opened = [stack.enter_context(phase(f"p{i}")) for i in range(2)]
tail(4), opened
# %% step:captured
buffer = io.StringIO()
with contextlib.redirect_stdout(buffer):
    print("hidden", square(9))
buffer.getvalue()
# %% step:end
print(history().count(">"), square.calls)
# %%
tail(1), data is squares, position
