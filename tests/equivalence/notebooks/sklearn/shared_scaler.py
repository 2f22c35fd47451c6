# The pipeline holds the very scaler that is fitted elsewhere: identity must survive the steps.
# %% [markdown]
# # One scaler, two owners
# %% step:data
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

X, y = load_diabetes(return_X_y=True)
X_train, X_test, y_train, y_test = X[:300], X[300:], y[:300], y[300:]
# %% step:pipeline
scaler = StandardScaler(with_std=False)
ridge = Ridge(alpha=0.1)
pipe = Pipeline([("scale", scaler), ("ridge", ridge)])
pipe.named_steps["ridge"] is ridge
# %% step:fit
pipe.fit(X_train, y_train)
pipe.score(X_test, y_test)
# %% step:look
scaler.mean_.round(4), hasattr(ridge, "coef_")
# %% step:tune
ridge.alpha = 1.0
pipe.fit(X_train, y_train)
print(pipe.get_params()["ridge__alpha"], round(pipe.score(X_test, y_test), 4))
# %% step:refit
scaler.set_params(with_std=True)
pipe.fit(X_train, y_train)
scaler.scale_.round(4)[:3]
# %% step:compare
from sklearn.base import clone

fresh = clone(pipe)
fresh.set_params(ridge__alpha=10).fit(X_train, y_train)
fresh.named_steps["ridge"] is ridge, ridge.alpha
# %% step:score
scores = {"pipe": pipe.score(X_test, y_test), "fresh": fresh.score(X_test, y_test)}
{name: round(score, 4) for name, score in scores.items()}
# %%
pipe.steps[0][1] is scaler, X.base is None, np.shares_memory(X, X_test)
