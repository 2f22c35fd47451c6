# run: yes
# A simulation with global random state and classes, comments as headings, no Markdown heading below the title.
# %% [markdown]
# # SIR model on a grid
# An agent based toy model of an epidemic.
# %%
# ## Imports
import random
import statistics
from collections import Counter
# %%
# ## Parameters
SIZE = 18
INFECTION = 0.3
RECOVERY = 0.12
DAYS = 40
REPEATS = 4
# %%
# ## Model
class Cell:
    __slots__ = ("state",)

    def __init__(self, state="S"):
        self.state = state


class World:
    def __init__(self, size):
        self.size = size
        self.cells = {(x, y): Cell() for x in range(size) for y in range(size)}
        self.cells[size // 2, size // 2].state = "I"

    def neighbours(self, x, y):
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            yield self.cells[(x + dx) % self.size, (y + dy) % self.size]

    def step(self):
        new = {}
        for (x, y), cell in self.cells.items():
            if cell.state == "S" and any(n.state == "I" for n in self.neighbours(x, y)):
                new[x, y] = "I" if random.random() < INFECTION else "S"
            elif cell.state == "I":
                new[x, y] = "R" if random.random() < RECOVERY else "I"
            else:
                new[x, y] = cell.state
        for place, state in new.items():
            self.cells[place].state = state

    def counts(self):
        found = Counter(c.state for c in self.cells.values())
        return {s: found[s] for s in "SIR"}
# %%
# ## A single run
random.seed(11)
world = World(SIZE)
curve = [world.counts()]
for day in range(DAYS):
    world.step()
    curve.append(world.counts())
curve[-1]
# %%
for day in range(0, DAYS + 1, 10):
    print(day, curve[day])
# %%
# ## Many runs
# takes a while
peaks = []
finals = []
for run in range(REPEATS):
    w = World(SIZE)
    peak = 0
    for day in range(DAYS):
        w.step()
        peak = max(peak, w.counts()["I"])
    peaks.append(peak)
    finals.append(w.counts()["R"])
# %%
print("peak", statistics.mean(peaks), "+-", round(statistics.pstdev(peaks), 2))
print("recovered", statistics.mean(finals))
# %%
# ## What if people stay at home?
results = {}
for p in (0.1, 0.2, 0.3):
    INFECTION = p
    w = World(SIZE)
    for day in range(DAYS):
        w.step()
    results[p] = w.counts()["S"]
results
# %%
# ## Summary
for p, spared in results.items():
    print(f"{p:.1f}: {spared / SIZE ** 2:.0%} were never ill")
