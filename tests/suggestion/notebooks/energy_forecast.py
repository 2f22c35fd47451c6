# Time series; parameters in the middle of the imports cell, an H1 for every part.
# %% [markdown]
# # Forecasting energy demand
# Hourly load of one region, 2015 to 2018.
# %%
import pandas as pd
import numpy as np
import matplotlib.pyplot as plt
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_percentage_error, mean_squared_error

plt.style.use('ggplot')
plt.rcParams['figure.figsize'] = (12, 4)
# %% [markdown]
# # Settings
# %%
# what to forecast
HORIZON = 24 * 7
SPLIT_DATE = '2018-01-01'
LAGS = [24, 48, 168]
target = "load_mw"
# %% [markdown]
# # Load
# %%
raw = pd.read_csv("https://example.org/energy/hourly.csv", parse_dates=["timestamp"])
raw.columns = [c.lower().strip() for c in raw.columns]
# %%
series = raw.set_index("timestamp").sort_index()
series = series[~series.index.duplicated()]
series = series.asfreq("h").interpolate(limit=6)
series[target].plot(title="Load");
# %% [markdown]
# # Seasonality
# %%
series.groupby(series.index.hour)[target].mean().plot()
plt.title("By hour")
plt.show()
# %%
monthly = series[target].resample("MS").mean()
monthly.plot(marker="o")
# %% [markdown]
# # Features & split
# %%
def make_features(frame):
    out = frame.copy()
    out["hour"] = out.index.hour
    out["weekday"] = out.index.dayofweek
    out["month"] = out.index.month
    for lag in LAGS:
        out[f"lag_{lag}"] = out[target].shift(lag)
    return out.dropna()
# %%
table = make_features(series)
train = table.loc[table.index < SPLIT_DATE]
test = table.loc[table.index >= SPLIT_DATE].head(HORIZON)
X_cols = [c for c in table.columns if c != target]
# %% [markdown]
# # Baseline
# Same hour last week.
# %%
naive = test["lag_168"]
mape_naive = mean_absolute_percentage_error(test[target], naive)
print(f"Naive MAPE: {mape_naive:.2%}")
# %% [markdown]
# # Gradient boosting
# %%
%%time
model = HistGradientBoostingRegressor(max_iter=500, learning_rate=0.05)
model.fit(train[X_cols], train[target])
# %%
forecast = pd.Series(model.predict(test[X_cols]), index=test.index)
mape = mean_absolute_percentage_error(test[target], forecast)
rmse = np.sqrt(mean_squared_error(test[target], forecast))
print(f"MAPE: {mape:.2%}  RMSE: {rmse:.1f}")
# %% [markdown]
# # Plot the forecast
# %%
ax = test[target].plot(label="actual")
forecast.plot(ax=ax, label="forecast")
naive.plot(ax=ax, label="naive", alpha=0.5)
ax.legend()
plt.savefig("forecast.png", dpi=150)
# %% [markdown]
# # Conclusion
# The model beats the naive forecast. Next steps: weather, holidays.
