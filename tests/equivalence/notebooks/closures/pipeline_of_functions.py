# Functions kept in data structures, generators as coroutines, callbacks; a helper defined after what calls it.
# %%
steps = []

def step(function):
    steps.append(function)
    return function

@step
def strip(text):
    return text.strip()

@step
def shorten(text, limit=12):
    return text if len(text) <= limit else text[:limit - 1] + mark
# %%
mark = "~"

def process(text):
    for function in steps:
        text = function(text)
    return text

process("  a rather long line ")
# %%
@step
def shout(text):
    return text.upper() + mark

process("hi"), len(steps)
# %%
mark = "!"
process("another rather long line")
# %%
def averager():
    total, count, average = 0, 0, None
    while True:
        value = yield average
        total, count = total + value, count + 1
        average = total / count

average = averager()
next(average)
values = [average.send(v) for v in (10, 20, 60)]
average.close()
values
# %%
handlers = {}

def on(event, handler):
    handlers.setdefault(event, []).append(handler)

def fire(event, *args):
    return [handler(*args) for handler in handlers.get(event, ())]

seen = []
on("line", seen.append)
on("line", lambda line: len(line))
# %%
fire("line", "one"), fire("line", "three"), fire("nothing")
# %%
steps.remove(shout)
steps.insert(0, str.title)
process("  mixed Case  "), seen
# %%
print([function.__name__ for function in steps], mark, sorted(handlers))
