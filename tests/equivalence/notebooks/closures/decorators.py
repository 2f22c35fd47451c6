# Decorators that register and count; functools.wraps; a registry that fills in several cells and is used at the end.
# %% [markdown]
# # A tiny command line
# %% step:registry
import functools

commands = {}
calls = []

def command(name=None, *, hidden=False):
    def register(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            calls.append(function.__name__)
            return function(*args, **kwargs)
        commands[name or function.__name__] = wrapper
        wrapper.hidden = hidden
        return wrapper
    return register
# %% step:commands
@command()
def add(a, b):
    """Adds."""
    return a + b

@command("mul", hidden=True)
def multiply(a, b):
    return a * b

sorted(commands)
# %% step:more commands
@command()
def power(a, b):
    result = 1
    for _ in range(b):
        result = multiply(result, a)
    return result
# %% step:use
add(2, 3), commands["mul"](4, 5)
# %%
power(2, 5)
# %% step:look
add.__doc__, add.__name__, multiply.hidden, power.__wrapped__(3, 2)
# %% step:help
for name, function in sorted(commands.items()):
    if not function.hidden:
        print(f"{name}: {function.__doc__ or 'no help'}")
# %% step:run
def run(line):
    name, *args = line.split()
    return commands[name](*map(int, args))

[run(line) for line in ("add 1 2", "power 2 3", "mul 6 7")]
# %%
try:
    run("div 1 2")
except KeyError as missing:
    print("unknown command", missing)
# %% step:end
from collections import Counter
Counter(calls)
# %%
len(calls), name, function is commands["power"], power is function
