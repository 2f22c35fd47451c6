# rcParams set once and used by every later figure; a figure made in one cell, finished and saved in others.
# %% [markdown]
# # Growth of three plants
# %% step:style
import matplotlib.pyplot as plt
import numpy as np

plt.rcParams["figure.figsize"] = (5, 3)
plt.rcParams.update({"axes.grid": True, "lines.linewidth": 2})
# %% step:data
weeks = np.arange(1, 11)
heights = {"basil": 3 * np.sqrt(weeks), "mint": 1.2 * weeks, "dill": 12 / (1 + np.exp(5 - weeks))}
{name: h.max().round(2) for name, h in heights.items()}
# %% step:figure
fig, ax = plt.subplots()
for name, values in heights.items():
    ax.plot(weeks, values, label=name)
ax.set_title("Growth")
# %% step:labels
ax.legend()
ax.set_xlabel("week")
print(len(ax.lines), "lines;", fig.axes[0] is ax)
# %% step:save
fig.savefig("growth.png", dpi=50)
# %%
import os
os.path.getsize("growth.png") > 2000, fig.get_size_inches().tolist()
# %% step:bars
plt.bar(list(heights), [h[-1] for h in heights.values()])
plt.ylabel("height")
plt.show()
# %% step:again
fig
# %% step:check
print(plt.rcParams["axes.grid"], plt.rcParams["figure.figsize"], ax.get_xlabel(), ax.get_legend() is not None)
# %%
[text.get_text() for text in ax.get_legend().get_texts()], name
