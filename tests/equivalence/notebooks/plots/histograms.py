# pyplot's implicit state within cells, a semicolon, values that hist returns, an object-oriented plot in a function.
# %%
import matplotlib.pyplot as plt
import numpy as np
np.random.seed(11)
plt.style.use("default")
# %%
values = np.random.gamma(2, 3, 400)
counts, edges, patches = plt.hist(values, bins=12)
# %%
counts.astype(int), edges.round(1)[[0, -1]]
# %%
plt.figure(figsize=(4, 2))
plt.subplot(1, 2, 1)
plt.plot(np.sort(values))
plt.subplot(122)
plt.semilogy(counts)
plt.title("log");
# %%
def cumulative(values, ax=None):
    ax = ax or plt.gca()
    ax.step(np.sort(values), np.linspace(0, 1, len(values)))
    return ax

axis = cumulative(values)
axis.set_xlim(0, 20)
# %%
normal = np.random.normal(6, 4, 400)
fig, (left, right) = plt.subplots(1, 2, sharex=True)
cumulative(values, left)
cumulative(normal, right)
plt.show()
# %%
quantiles = np.quantile(values, [0.25, 0.5, 0.75])
plt.boxplot([values, normal])
plt.show()
print(quantiles.round(2))
# %%
len(plt.get_fignums()), left.get_xlim() == right.get_xlim(), len(patches)
# %%
plt.scatter(values, normal, s=4, c=values > quantiles[1])
f"{(values > normal).mean():.3f}"
