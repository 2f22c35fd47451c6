# seaborn theme set once; figures from seaborn functions; a frame only read by all plots.
# %%
import numpy as np
import pandas as pd
import seaborn as sns
import matplotlib.pyplot as plt

sns.set_theme(style="whitegrid", palette="muted")
# %%
rng = np.random.default_rng(8)
birds = pd.DataFrame({
    "species": np.repeat(["Adelie", "Gentoo", "Chinstrap"], 20),
    "flipper": np.concatenate([rng.normal(m, 6, 20) for m in (190, 217, 196)]).round(),
    "mass": np.concatenate([rng.normal(m, 300, 20) for m in (3700, 5000, 3730)]).round(),
})
birds.groupby("species")["mass"].mean().round(1)
# %%
sns.histplot(data=birds, x="mass", hue="species");
# %%
ax = sns.scatterplot(data=birds, x="flipper", y="mass", hue="species")
ax.set(title="Birds")
plt.tight_layout()
# %%
len(ax.collections), ax.get_title()
# %%
grid = sns.FacetGrid(birds, col="species", height=2)
grid.map(plt.hist, "flipper", bins=5)
plt.show()
# %%
birds["ratio"] = birds["mass"] / birds["flipper"]
sns.boxplot(data=birds, x="species", y="ratio")
plt.show()
# %%
palette = sns.color_palette().as_hex()[:3]
palette, plt.rcParams["axes.facecolor"]
# %%
corr = birds[["flipper", "mass", "ratio"]].corr()
plt.figure(figsize=(3, 3))
sns.heatmap(corr, annot=True, cbar=False)
plt.show()
print(corr.round(3).loc["flipper"].to_dict())
