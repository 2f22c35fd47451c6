# Callbacks that stop a training loop, closures over a history, a config object passed around, tqdm that writes to stderr.
# %% [markdown]
# # A training loop with callbacks
# %% step:config
from dataclasses import dataclass, asdict
from types import SimpleNamespace
from tqdm import tqdm
import math

@dataclass
class Config:
    epochs: int = 20
    lr: float = 0.3
    patience: int = 3

config = Config()
# %% step:callbacks
callbacks = []

def callback(function=None, *, every=1):
    def register(f):
        def when_due(state):
            if state.epoch % every == 0:
                return f(state)
        callbacks.append(when_due)
        return f
    return register(function) if function else register
# %%
log = []

@callback(every=5)
def record(state):
    log.append((state.epoch, round(state.loss, 4)))

@callback
def stop_early(state):
    if state.loss > state.best:
        state.bad += 1
    else:
        state.best, state.bad = state.loss, 0
    state.stop = state.bad >= config.patience
# %% step:train
state = SimpleNamespace(x=4.0, epoch=0, loss=math.inf, best=math.inf, bad=0, stop=False)

def train(state, config):
    for state.epoch in tqdm(range(state.epoch, state.epoch + config.epochs)):
        gradient = 2 * state.x + 3 * math.sin(state.x)
        state.x -= config.lr * gradient
        state.loss = state.x ** 2 + 3 * (1 - math.cos(state.x))
        for f in callbacks:
            f(state)
        if state.stop:
            break

train(state, config)
state.epoch, round(state.loss, 5)
# %% step:slower
config.lr = 0.05
state.stop, state.bad = False, 0
train(state, config)
log
# %%
asdict(config), round(state.x, 6), len(callbacks)
# %% step:more
seen = []
callbacks.append(lambda state: seen.append(round(state.x, 3)))
train(state, Config(epochs=3, lr=0.01))
seen
# %% step:schedule
def decay(config, rate):
    start = config.lr
    def at(epoch):
        config.lr = start * rate ** epoch
        return config.lr
    return at

schedule = decay(config, 0.5)
[schedule(epoch) for epoch in (0, 1, 3)]
# %%
config.lr, state.epoch, log[-1]
# %% step:end
print(len(log), record.__name__, state.stop, config == Config(lr=config.lr))
