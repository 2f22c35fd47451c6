# partial_fit in a loop, in several cells; warm_start; a generator of batches that is used up across cells.
# %%
import numpy as np
from sklearn.datasets import make_classification
from sklearn.linear_model import SGDClassifier

X, y = make_classification(n_samples=600, n_features=8, n_informative=5, random_state=4)
hold_X, hold_y = X[500:], y[500:]
# %%
model = SGDClassifier(random_state=0, learning_rate="constant", eta0=0.01)
curve = []
# %%
def batches(X, y, size=50):
    for start in range(0, len(X), size):
        yield X[start:start + size], y[start:start + size]
# %%
for Xb, yb in list(batches(X[:250], y[:250])):
    model.partial_fit(Xb, yb, classes=[0, 1])
    curve.append(model.score(hold_X, hold_y))
print(np.round(curve, 3))
# %%
halfway = model.coef_.copy()
model.t_
# %%
for Xb, yb in batches(X[250:500], y[250:500]):
    model.partial_fit(Xb, yb)
    curve.append(model.score(hold_X, hold_y))
len(curve), Xb.shape
# %%
np.abs(model.coef_ - halfway).max().round(4)
# %%
from sklearn.ensemble import RandomForestClassifier

forest = RandomForestClassifier(n_estimators=5, warm_start=True, random_state=1)
forest.fit(X[:500], y[:500])
first = forest.score(hold_X, hold_y)
# %%
forest.n_estimators += 10
forest.fit(X[:500], y[:500])
len(forest.estimators_), first, forest.score(hold_X, hold_y)
# %%
print("best so far:", max(curve), "at", int(np.argmax(curve)), "| n_iter", model.n_iter_)
