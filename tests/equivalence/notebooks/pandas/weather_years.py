# place: notebooks
# The data lies beside the notebook's folder, one file a year; glob finds them.
# %% [markdown]
# # Thirty summers, well, three
# %% step:find
from glob import glob
import os
import pandas as pd

DATA = os.path.join("..", "data")
paths = sorted(glob(os.path.join(DATA, "weather_*.csv")))
[os.path.basename(path) for path in paths]
# %% step:read
frames = {}
for path in paths:
    year = int(os.path.basename(path)[8:12])
    frames[year] = pd.read_csv(path)
    print(year, len(frames[year]), "months")
# %%
for year, frame in frames.items():
    frame["year"] = year
weather = pd.concat(frames.values(), ignore_index=True)
weather.shape
# %% step:mean
mean = weather.groupby("month")[["high", "low"]].mean()
mean.loc[6:8]
# %% step:range
weather["range"] = weather["high"] - weather["low"]
widest = weather.loc[weather["range"].idxmax()]
widest
# %% step:trend
trend = weather.pivot(index="month", columns="year", values="high").diff(axis=1).dropna(axis=1)
trend.describe().round(2)
# %%
year
# %% step:check
import os
import pandas as pd

print(os.path.exists("../data/weather_2021.csv"), os.path.exists("../data/weather_1999.csv"))
print(sorted(frames), list(frames[2021].columns))
# %%
print(f"{len(weather)} months, mean high {weather['high'].mean():.2f}")
