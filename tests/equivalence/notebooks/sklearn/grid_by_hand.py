# A search written as loops, `best` replaced under a condition; early break; a dict of fitted models reused.
# %% [markdown]
# # Looking for settings by hand
# %% step:data
import numpy as np
from sklearn.datasets import make_moons
from sklearn.model_selection import train_test_split

X, y = make_moons(400, noise=0.25, random_state=6)
X_train, X_val, y_train, y_val = train_test_split(X, y, random_state=6)
# %% step:grid
from itertools import product

grid = {"C": [0.1, 1, 10], "gamma": [0.1, 1.0]}
settings = [dict(zip(grid, values)) for values in product(*grid.values())]
len(settings), settings[0]
# %% step:search
from sklearn.svm import SVC

best, best_score, models = None, 0, {}
for params in settings:
    model = SVC(**params).fit(X_train, y_train)
    score = model.score(X_val, y_val)
    models[tuple(params.values())] = model
    if score > best_score:
        best, best_score, best_params = model, score, params
print(best_params, round(best_score, 3))
# %%
best in models.values(), params, model is models[(10, 1.0)]
# %% step:refit
best.set_params(C=best.C * 2)
best.fit(np.vstack([X_train, X_val]), np.hstack([y_train, y_val]))
best.C, models[tuple(best_params.values())].C
# %% step:neighbours
from sklearn.neighbors import KNeighborsClassifier

history = []
for k in range(1, 40, 4):
    history.append((k, KNeighborsClassifier(k).fit(X_train, y_train).score(X_val, y_val)))
    if len(history) > 2 and history[-1][1] < history[-2][1] < history[-3][1]:
        break
else:
    k = None
k, len(history)
# %% step:vote
votes = sum(m.predict(X_val) for m in models.values()) / len(models)
(np.round(votes) == y_val).mean().round(3)
# %% step:table
rows = sorted(((round(m.score(X_val, y_val), 3), key) for key, m in models.items()), reverse=True)
for score, (C, gamma) in rows[:3]:
    print(f"{score} C={C} gamma={gamma}")
# %% step:end
settings.remove(best_params)
len(settings), C, gamma, score
# %%
best is models[tuple(best_params.values())], max(history, key=lambda h: h[1])[0]
