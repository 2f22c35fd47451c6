# A loop over axes, a function that returns a figure, values read back from artists, %matplotlib inline and %config.
# %% [markdown]
# # Many small pictures
# %% step:start
%matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
plt.rcParams["figure.dpi"] = 60
# %%
months = np.arange(1, 13)
cities = pd.DataFrame({c: a + b * np.cos((months - 7) / 6 * np.pi) for c, a, b in
                       [("Oslo", 6, 11), ("Rome", 16, 9), ("Lima", 19, -4)]}, index=months).round(1)
cities.loc[[1, 7]]
# %% step:small
fig, axs = plt.subplots(1, 3, figsize=(9, 2), sharey=True)
for ax, (city, temperatures) in zip(axs.ravel(), cities.items()):
    ax.bar(temperatures.index, temperatures)
    ax.set_title(city)
plt.tight_layout()
plt.show()
# %%
city, ax.get_title(), len(ax.patches), axs.shape
# %% step:function
def chart(column, kind="line"):
    fig, ax = plt.subplots(figsize=(3, 2))
    cities[column].plot(kind=kind, ax=ax, title=f"{column} ({kind})")
    plt.close(fig)
    return fig

chart("Rome")
# %% step:list
charts = [chart(city) for city in cities] + [chart("Lima", "area")]
[c.axes[0].get_title() for c in charts]
# %% step:scatter
points = plt.scatter(cities["Oslo"], cities["Rome"], c=months)
colours = points.get_array()
plt.colorbar(points)
plt.show()
colours.tolist()
# %% step:frame
axes = cities.plot(subplots=True, figsize=(4, 4))
[a.get_legend().get_texts()[0].get_text() for a in axes]
# %% step:later
cities["mean"] = cities.mean(axis=1)
chart("mean")
# %%
charts[1].axes[0].set_title("changed")
charts[1]
# %%
plt.rcParams["figure.dpi"], charts[0].get_size_inches().tolist(), city
