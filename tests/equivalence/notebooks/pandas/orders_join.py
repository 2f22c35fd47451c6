# Data in a folder that Git ignores; a lambda over a name that changes; %%time on a cell that binds.
# %% [markdown]
# # Orders and their customers
# %% step:load
import pandas as pd

orders = pd.read_csv("data/orders.csv", parse_dates=["placed"])
customers = pd.read_csv("data/customers.csv")
print(orders.shape, customers.shape)
# %%
orders.dtypes
# %% [markdown]
# ## Join
# %% step:join
%%time
joined = orders.merge(customers, on="customer_id", how="left", validate="many_to_one")
joined["name"] = joined["name"].fillna("unknown")
# %%
joined.sample(5, random_state=1).sort_index()
# %% step:discount
discount = 0.05
final = lambda amount: round(amount * (1 - discount), 2)
joined["final"] = joined["amount"].map(final)
joined["final"].sum()
# %%
discount = 0.5
half = joined["amount"].map(final)
# %% step:compare
print("the lambda now takes", f"{discount:.0%}", "off:", half.sum())
print(final(200))
# %% step:top
top = (joined
       .groupby("name", as_index=False)
       .agg(orders=("order_id", "count"), amount=("amount", "sum"))
       .sort_values(["amount", "name"], ascending=[False, True])
       .head(5)
       .reset_index(drop=True))
top
# %%
joined["country"].value_counts(dropna=False)
# %% step:months
monthly = joined.set_index("placed").resample("MS")["amount"].agg(["count", "sum"])
monthly.index = monthly.index.strftime("%b %Y")
monthly
# %%
print(f"best customer {top.loc[0, 'name']} with {top.loc[0, 'orders']} orders; best month {monthly['sum'].idxmax()}")
