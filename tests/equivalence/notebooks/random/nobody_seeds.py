# Nothing is seeded: what is shown does not depend on the numbers, only on their shapes and on being consistent.
# %% [markdown]
# # Estimating an area
# %% step:points
import random
import numpy as np

n = 500
points = [(random.random(), random.random()) for _ in range(n)]
len(points)
# %% step:inside
inside = [p for p in points if p[0] ** 2 + p[1] ** 2 < 1]
0.5 < len(inside) / n < 1
# %% step:shuffle
order = list(range(10))
random.shuffle(order)
sorted(order) == list(range(10))
# %% step:same
kept = list(order)
kept == order
# %% step:numpy
sample = np.random.rand(50)
ranked = np.sort(sample)
sample.shape, bool((np.diff(ranked) >= 0).all())
# %%
np.isin(ranked, sample).all()
# %% step:fresh
rng = np.random.default_rng()
drawn = rng.integers(0, 5, 1000)
np.unique(drawn)
# %% step:uuid
import uuid
names = {str(uuid.uuid4()) for _ in range(20)}
len(names), len(next(iter(names)))
# %% step:end
print(len(inside) <= n, order[0] in kept, (sample == sample).all())
# %%
all(p in set(points) for p in inside)
