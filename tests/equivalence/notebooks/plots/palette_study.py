# Subclassing and a custom colormap registered for the session; annotations; text measured from a figure.
# %% [markdown]
# # Colours
# %% step:colours
import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.colors import ListedColormap, to_hex
import numpy as np

warm = ListedColormap(["#fee", "#fa8", "#f40", "#800"], name="warm")
[to_hex(warm(i)) for i in range(4)]
# %% step:grid
grid = np.add.outer(np.arange(6), np.arange(8)) % 4
plt.imshow(grid, cmap=warm)
plt.colorbar()
plt.show()
# %% step:defaults
mpl.rc("font", size=9)
mpl.rcParams["image.cmap"] = "cividis"
plt.rcParams["savefig.dpi"] = 60
# %% step:gradient
fig, ax = plt.subplots(figsize=(4, 1))
image = ax.imshow(np.linspace(0, 1, 64)[None, :], aspect="auto")
ax.set_axis_off()
image.get_cmap().name
# %% step:annotate
fig, ax = plt.subplots()
points = ax.plot([1, 2, 4], [3, 1, 2], "o")[0]
points.set_markersize(12)
for x, y in zip(points.get_xdata(), points.get_ydata()):
    ax.annotate(f"({x}, {y})", (x, y), textcoords="offset points", xytext=(5, 5))
# %%
len(ax.texts), ax.texts[0].get_fontsize(), points.get_color()
# %% step:cycle
colours = plt.rcParams["axes.prop_cycle"].by_key()["color"]
share = dict(zip(["a", "b", "c"], [0.5, 0.3, 0.2]))
plt.pie(share.values(), labels=share.keys(), colors=colours[:3])
plt.show()
# %% step:file
plt.plot([0, 1], [1, 0])
plt.savefig("line.png")
with open("line.png", "rb") as file:
    magic = file.read(4)
magic
# %%
print(mpl.rcParams["font.size"], plt.rcParams["image.cmap"], warm.N, x, y)
