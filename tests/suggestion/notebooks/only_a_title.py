# One H1 and then code: a report that somebody runs every month.
# %% [markdown]
# # Monthly sales report
# Run all cells on the first of the month.
# %%
month = "2024-05"
region = "EMEA"
top_n = 10
# %%
import sqlite3
import pandas as pd
import matplotlib.pyplot as plt
# %%
connection = sqlite3.connect("sales.db")
orders = pd.read_sql("select * from orders", connection, parse_dates=["ordered_at"])
customers = pd.read_sql("select * from customers", connection)
connection.close()
# %%
orders = orders[orders["ordered_at"].dt.strftime("%Y-%m") == month]
merged = orders.merge(customers, on="customer_id", how="left")
merged = merged[merged["region"] == region]
merged["revenue"] = merged["price"] * merged["quantity"]
# %%
merged.head()
# %%
by_product = merged.groupby("product")["revenue"].sum().sort_values(ascending=False)
top = by_product.head(top_n)
top
# %%
top.plot.barh()
plt.gca().invert_yaxis()
plt.tight_layout()
plt.savefig(f"top_{month}.png")
# %%
by_customer = merged.groupby("customer_id").agg(revenue=("revenue", "sum"), orders=("order_id", "nunique"))
by_customer["average"] = by_customer["revenue"] / by_customer["orders"]
# %%
best = by_customer.nlargest(top_n, "revenue")
best.join(customers.set_index("customer_id")["name"])
# %%
total = merged["revenue"].sum()
print(f"Total revenue {month} {region}: {total:,.2f}")
# %%
with pd.ExcelWriter(f"report_{month}.xlsx") as writer:
    top.to_excel(writer, sheet_name="products")
    best.to_excel(writer, sheet_name="customers")
