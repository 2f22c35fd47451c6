# Frames, columns and arrays taken from each other and then changed: what is a copy and what is not.
# %% [markdown]
# # Copies and views
# %% step:frame
import numpy as np
import pandas as pd

values = np.arange(12.0).reshape(4, 3)
frame = pd.DataFrame(values, columns=["a", "b", "c"])
same = frame
column = frame["a"]
# %% step:write
frame.loc[0, "a"] = 100
column.iloc[0], same.loc[0, "a"], values[0, 0]
# %% step:array
values[1] = -1
frame.loc[1].tolist()
# %% step:slice
part = frame[frame["b"] > 3]
part.loc[part.index[0], "b"] = 0
part["new"] = 1
frame["b"].tolist(), "new" in frame
# %% step:dictionary
frames = {"all": frame, "part": part}
frames["all"]["d"] = frame["a"] * 2
same.columns.tolist()
# %% step:loop
for name, f in frames.items():
    f["origin"] = name
frame.head(2)
# %% step:drop
frame.drop(columns="c", inplace=True)
same = same.rename(columns={"a": "A"})
frame.columns.tolist(), same.columns.tolist()
# %% step:raw
raw = frame[["a", "b"]].to_numpy()
raw *= 0
frame["a"].sum()
# %% step:append
rows = frame.to_dict("records")
rows[0]["a"] = "changed"
rows.append({"a": 1})
pd.DataFrame(rows).shape, frame.loc[0, "a"]
# %% step:end
frame.at[3, "a"] = -5
frames["all"].iloc[-1].to_dict(), part.shape, values.sum()
# %%
frames["all"] is frame, name, f is part, column.sum()
