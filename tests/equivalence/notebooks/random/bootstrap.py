# A state that is kept and put back; bootstrap in a loop; RandomState and Random objects of their own beside the global ones.
# %%
import random
import numpy as np
from random import gauss

random.seed(3)
heights = [round(gauss(170, 8), 1) for _ in range(40)]
heights[:5]
# %%
state = random.getstate()
first = random.sample(heights, 3)
random.setstate(state)
second = random.sample(heights, 3)
first == second
# %%
means = []
for _ in range(200):
    means.append(sum(random.choices(heights, k=len(heights))) / len(heights))
low, high = sorted(means)[5], sorted(means)[-6]
round(low, 2), round(high, 2)
# %%
own = random.Random(99)
own.random(), random.random()
# %%
rs = np.random.RandomState(12)
rs.permutation(6), rs.normal()
# %%
np.random.seed(0)
saved = np.random.get_state()
x = np.random.standard_normal(2)
np.random.set_state(saved)
np.allclose(x, np.random.standard_normal(2))
# %%
more = own.sample(range(100), 5)
more, rs.randint(0, 10, 4)
# %%
resampled = np.array(heights)[np.random.randint(0, 40, (50, 40))]
np.percentile(resampled.mean(axis=1), [5, 95]).round(2)
# %%
print(own.random(), rs.rand(), random.random(), np.random.rand())
