# A transformer class defined in the notebook, inside a fitted pipeline that other steps use without naming the class.
# %% [markdown]
# # House prices with a transformer of our own
# %% step:data
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

rng = np.random.default_rng(9)
houses = pd.DataFrame({"area": rng.uniform(30, 200, 150).round(1), "rooms": rng.integers(1, 7, 150),
                       "place": rng.choice(["centre", "suburb", "village"], 150)})
houses["price"] = (houses["area"] * 3 + houses["rooms"] * 10
                   + houses["place"].map({"centre": 150, "suburb": 60, "village": 0}) + rng.normal(0, 15, 150)).round(1)
houses.head(3)
# %% step:model
CLIP = 2.0

class Clipper(BaseEstimator, TransformerMixin):
    """Cuts values that are far from the mean."""

    def __init__(self, width=CLIP):
        self.width = width

    def fit(self, X, y=None):
        self.mean_, self.std_ = np.mean(X, axis=0), np.std(X, axis=0)
        return self

    def transform(self, X):
        return bounded(X, self.mean_ - self.width * self.std_, self.mean_ + self.width * self.std_)
# %%
def bounded(X, low, high):
    return np.clip(np.asarray(X, dtype=float), np.asarray(low), np.asarray(high))
# %% step:pipeline
columns = ColumnTransformer([("numbers", Clipper(), ["area", "rooms"]), ("place", OneHotEncoder(), ["place"])])
pipe = make_pipeline(columns, LinearRegression())
pipe
# %% step:fit
features = houses.drop(columns="price")
pipe.fit(features, houses["price"])
print(f"R2 {pipe.score(features, houses['price']):.3f}")
# %% step:predict
offers = pd.DataFrame({"area": [55.0, 400.0], "rooms": [2, 9], "place": ["centre", "village"]})
pipe.predict(offers).round(1)
# %% step:search
from sklearn.model_selection import GridSearchCV

search = GridSearchCV(pipe, {"columntransformer__numbers__width": [1.0, 2.0, 3.0]}, cv=3)
search.fit(features, houses["price"])
search.best_params_
# %% step:type
inner = pipe[0].transformers_[0][1]
type(inner) is Clipper, type(inner).__name__, type(inner).__module__
# %%
residual = houses["price"] - search.predict(features)
residual.abs().describe().round(2)
# %%
isinstance(search.best_estimator_[0].transformers_[0][1], Clipper), inner.width == CLIP
