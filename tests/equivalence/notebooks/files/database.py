# sqlite: a database file made in one cell and read in others, each with a connection of its own.
# %%
import sqlite3
import pandas as pd

DB = "shop.db"
# %%
with sqlite3.connect(DB) as connection:
    connection.execute("create table orders (id integer primary key, customer text, amount real)")
    connection.executemany("insert into orders (customer, amount) values (?, ?)",
                           [("ada", 10.5), ("bob", 3.25), ("ada", 7.0), ("cyn", 99.9)])
connection.close()
# %%
def query(sql, *args):
    connection = sqlite3.connect(DB)
    try:
        return connection.execute(sql, args).fetchall()
    finally:
        connection.close()

query("select count(*), sum(amount) from orders")
# %%
query("select customer, sum(amount) from orders group by customer order by 2 desc")
# %%
connection = sqlite3.connect(DB)
connection.execute("update orders set amount = amount * 2 where customer = ?", ("bob",))
connection.commit()
connection.close()
query("select amount from orders where customer = 'bob'")
# %%
connection = sqlite3.connect(DB)
frame = pd.read_sql("select * from orders", connection, index_col="id")
connection.close()
frame
# %%
frame["amount"] = frame["amount"].round()
frame.to_csv("orders.csv")
frame.to_json("orders.json", orient="records")
# %%
again = pd.read_csv("orders.csv", index_col="id")
again.equals(frame), pd.read_json("orders.json").shape
# %%
print(frame["amount"].sum(), query("select max(id) from orders")[0][0])
