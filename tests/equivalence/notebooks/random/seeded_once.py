# Global seeds in the first cell; draws from random and from NumPy in all the others, in order.
# %% [markdown]
# # A little lottery
# %% step:seed
import random
import numpy as np

random.seed(42)
np.random.seed(42)
# %% step:tickets
tickets = [random.randint(1, 49) for _ in range(6)]
tickets
# %% step:players
names = ["ada", "bob", "cyn", "dan", "eve"]
random.shuffle(names)
names
# %% step:noise
noise = np.random.normal(size=4)
noise.round(3)
# %% step:constant
capital = [name.upper() for name in names]
capital[0]
# %% step:draw
winner = random.choice(names)
second = random.sample(capital, 2)
winner, second
# %% step:matrix
M = np.random.rand(3, 3)
np.linalg.det(M).round(4)
# %%
np.random.shuffle(M)
M[0].round(3)
# %% step:reseed
np.random.seed(1)
a = np.random.randint(0, 100, 3)
np.random.seed(1)
b = np.random.randint(0, 100, 3)
(a == b).all(), a
# %% step:end
print(random.random(), np.random.random(), noise[0] > 0, winner)
