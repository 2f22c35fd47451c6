# One generator, drawn from in many cells; a spawned generator beside it.
# %%
import numpy as np

rng = np.random.default_rng(20240501)
# %% [markdown]
# ## Pi
# %%
points = rng.random((20_000, 2))
inside = (points ** 2).sum(axis=1) < 1
pi = 4 * inside.mean()
pi
# %%
def estimate(n, rng=rng):
    return 4 * (np.square(rng.random((n, 2))).sum(axis=1) < 1).mean()

[estimate(n) for n in (10, 100, 1000)]
# %%
dice = rng.integers(1, 7, size=(1000, 2))
totals = dice.sum(axis=1)
np.bincount(totals)[2:]
# %%
walks = np.where(rng.random((100, 50)) < 0.5, -1, 1).cumsum(axis=1)
walks[:, -1].mean(), walks.max(), walks.min()
# %%
child, other = rng.spawn(2)
child.normal(size=3).round(4), other.normal(size=2).round(4)
# %%
deck = np.arange(10)
rng.shuffle(deck)
print(deck, rng.permutation(4), rng.choice(["a", "b", "c"]))
# %%
state = rng.bit_generator.state["state"]["state"] % 1000
more = rng.normal(loc=pi, size=4)
state, more.round(3)
# %%
print(f"error of pi {abs(pi - np.pi):.4f}; last draw {rng.random():.6f}; child {child.random():.6f}")
