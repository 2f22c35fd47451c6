# A permutation test and a power study with the global generator; functions drawing inside apply and comprehensions.
# %%
import numpy as np
import pandas as pd
from scipy import stats

np.random.seed(2)
visits = pd.DataFrame({"group": np.random.choice(["a", "b"], 300), "minutes": np.random.exponential(4, 300)})
visits.loc[visits["group"] == "b", "minutes"] *= 1.2
visits.groupby("group")["minutes"].agg(["size", "mean"]).round(3)
# %%
a = visits.loc[visits["group"] == "a", "minutes"]
b = visits.loc[visits["group"] == "b", "minutes"]
observed = b.mean() - a.mean()
t, p = stats.ttest_ind(a, b)
round(observed, 4), round(p, 4)
# %%
def permuted():
    shuffled = np.random.permutation(visits["minutes"].values)
    mask = (visits["group"] == "b").values
    return shuffled[mask].mean() - shuffled[~mask].mean()

null = np.array([permuted() for _ in range(300)])
(np.abs(null) >= abs(observed)).mean()
# %%
def power(n, effect, repeat=40):
    hits = 0
    for _ in range(repeat):
        x = np.random.normal(0, 1, n)
        z = np.random.normal(effect, 1, n)
        hits += stats.ttest_ind(x, z).pvalue < 0.05
    return hits / repeat

sizes = pd.Series([10, 40, 160])
sizes.apply(power, effect=0.4).tolist()
# %%
stats.norm.rvs(size=3).round(4), stats.norm.rvs(size=3, random_state=5).round(4)
# %%
visits["noise"] = visits["minutes"].map(lambda m: m + np.random.uniform(-0.1, 0.1))
(visits["noise"] - visits["minutes"]).abs().max() < 0.1, visits["noise"].iloc[0]
# %%
boot = [a.sample(frac=1, replace=True).mean() for _ in range(50)]
np.quantile(boot, [0.05, 0.95]).round(3)
# %%
kde = stats.gaussian_kde(a)
kde.resample(3).round(2), np.random.get_state()[2]
# %%
print(f"{observed:.3f} {len(null)} {np.random.rand():.6f}")
