# index and columns assigned, option_context, MultiIndex; a helper redefined between two uses.
# %% [markdown]
# # Moving averages of three made-up stocks
# %% step:prices
import numpy as np
import pandas as pd

days = pd.bdate_range("2024-01-01", periods=60)
walk = np.cumsum(np.sin(np.arange(180) * 1.7).reshape(60, 3), axis=0)
prices = pd.DataFrame(100 + walk, index=days, columns=["a", "b", "c"])
prices.tail(3)
# %%
prices.columns = ["ACME", "BOLT", "CRUX"]
prices.index.name = "day"
prices.iloc[0]
# %% step:smooth
def smooth(series, n=5):
    return series.rolling(n).mean()

fast = prices.apply(smooth)
fast.iloc[[0, 4, 20]]
# %% step:slow
def smooth(series, n=20):
    return series.rolling(n, min_periods=1).mean()

slow = prices.apply(smooth)
slow.iloc[[0, 4, 20]]
# %% step:signal
above = (fast > slow).fillna(False)
cross = above.ne(above.shift(fill_value=False))
cross.sum()
# %%
signals = cross.stack()
signals = signals[signals]
signals.head(6)
# %% step:returns
returns = prices.pct_change().dropna()
with pd.option_context("display.precision", 2):
    print(returns.describe())
# %%
returns.corr()
# %% step:best
total = (1 + returns).prod() - 1
best = total.idxmax()
print(best, round(total[best], 5), smooth(prices[best]).iloc[-1].round(4))
# %%
wide = pd.concat({"fast": fast, "slow": slow}, axis=1)
wide.swaplevel(axis=1).sort_index(axis=1)[best].tail(2)
