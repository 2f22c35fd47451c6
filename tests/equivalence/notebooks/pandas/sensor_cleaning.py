# inplace=True everywhere, an alias of the frame, columns deleted by del and pop.
# %% [markdown]
# # Cleaning the readings of a greenhouse
# %%
import pandas as pd
import numpy as np

readings = pd.DataFrame({
    "time": pd.date_range("2024-05-01", periods=48, freq="h"),
    "temp": [18 + 6 * np.sin(h / 24 * 2 * np.pi) for h in range(48)],
    "hum": [60.0 - h % 24 for h in range(48)],
    "battery": [4.2 - 0.01 * h for h in range(48)],
    "firmware": ["1.0"] * 48,
})
readings.loc[[5, 6, 17], "temp"] = None
readings.loc[30, "hum"] = 999
raw_rows = len(readings)
# %%
df = readings  # the same object, under the name everybody types
df.isna().sum()
# %%
df.set_index("time", inplace=True)
df.rename(columns={"temp": "temperature", "hum": "humidity"}, inplace=True)
readings.columns.tolist()
# %%
del df["firmware"]
battery = df.pop("battery")
print(battery.min(), readings.shape)
# %%
df.loc[df["humidity"] > 100, "humidity"] = np.nan
df.interpolate(inplace=True)
print(readings.isna().sum().sum(), "gaps left")
# %%
daily = df.resample("D").agg(["min", "max", "mean"]).round(2)
daily
# %%
readings["dew"] = readings["temperature"] - (100 - readings["humidity"]) / 5
df["dew"].describe().round(3)
# %%
warm = df["temperature"] > df["temperature"].median()
df = df[warm]
print(len(df), "warm hours of", len(readings))
# %%
df is readings, raw_rows, sorted(readings.columns)
