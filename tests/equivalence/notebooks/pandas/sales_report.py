# Options set once at the top, a frame extended in several steps, a slice that must not write through.
# %% [markdown]
# # Quarterly sales report
# %% step:setup
import numpy as np
import pandas as pd

pd.set_option("display.max_columns", 20)
pd.set_option("display.float_format", "{:.1f}".format)
pd.options.display.width = 120
# %% step:load
regions = ["north", "south", "east", "west"]
days = pd.date_range("2024-01-01", periods=120, freq="D")
sales = pd.DataFrame({
    "day": np.repeat(days, len(regions)),
    "region": regions * len(days),
})
sales["units"] = (sales.index * 7 % 23) + (sales["region"] == "north") * 5
sales["price"] = 3.5 + (sales.index % 11) / 4
sales.head()
# %%
sales["revenue"] = sales["units"] * sales["price"]
sales.describe()
# %% [markdown]
# ## The north alone
# %% step:north
north = sales[sales["region"] == "north"].copy()
north["units"] = 0
print("units in the north after zeroing:", north["units"].sum())
print("units in all of it:", sales["units"].sum())
# %% step:months
sales["month"] = sales["day"].dt.month_name()
by_month = sales.groupby("month", sort=False)["revenue"].sum()
by_month
# %%
best = by_month.idxmax()
share = by_month.max() / by_month.sum()
print(f"{best} is best with {share:.1%} of the revenue")
# %% step:regions
table = sales.pivot_table(index="region", columns="month", values="revenue", aggfunc="mean")
table
# %%
ranking = table[best].sort_values(ascending=False)
ranking
# %% step:summary
summary = pd.DataFrame({
    "units": sales.groupby("region")["units"].sum(),
    "revenue": sales.groupby("region")["revenue"].sum(),
})
summary["per_unit"] = summary["revenue"] / summary["units"]
summary.loc[ranking.index]
# %%
list(sales.columns), "month" in north.columns
