# A grid of axes filled by different steps, twin axes, a helper that draws on the axes it is given.
# %% [markdown]
# # One dashboard, four panels
# %% step:data
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt

hours = pd.date_range("2024-06-01", periods=72, freq="h")
load = pd.Series(50 + 20 * np.sin(np.arange(72) / 24 * 2 * np.pi) + np.arange(72) % 5, index=hours, name="load")
load.resample("D").max()
# %% step:panel
%matplotlib inline
fig, axes = plt.subplots(2, 2, figsize=(7, 5))
plt.close(fig)
axes.shape
# %%
def frame(ax, title):
    ax.set_title(title)
    ax.tick_params(labelsize=7)
    return ax
# %% step:left
frame(axes[0, 0], "load").plot(load.index, load)
frame(axes[1, 0], "hist").hist(load, bins=8)
len(axes[0, 0].lines)
# %% step:right
ax = frame(axes[0, 1], "day")
twin = ax.twinx()
by_hour = load.groupby(load.index.hour).mean()
ax.plot(by_hour)
twin.plot(by_hour.cumsum(), "r:")
twin.get_title(), ax.get_title()
# %% step:table
cells = [[f"{v:.0f}" for v in row] for row in load.values[:6].reshape(2, 3)]
frame(axes[1, 1], "table").axis("off")
axes[1, 1].table(cells, loc="center")
cells
# %% step:show
fig.suptitle("Power")
fig
# %%
[a.get_title() for a in axes.flat], len(fig.axes), fig._suptitle.get_text()
# %% step:quick
load.plot(title="again")
plt.axhline(load.mean(), color="k")
# %%
plt.get_fignums(), ax is axes[0, 1]
