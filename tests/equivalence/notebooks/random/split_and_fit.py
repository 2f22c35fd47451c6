# scikit-learn and pandas that draw from NumPy's global state because nobody gave them a random_state.
# %% [markdown]
# # Without random_state
# %% step:data
import numpy as np
import pandas as pd

np.random.seed(5)
frame = pd.DataFrame(np.random.normal(size=(120, 4)), columns=list("abcd"))
frame["target"] = (frame["a"] + frame["b"] ** 2 > 0.8).astype(int)
frame.mean().round(3)
# %% step:sample
sample = frame.sample(5)
sample.index.tolist()
# %% step:split
from sklearn.model_selection import train_test_split

train, test = train_test_split(frame, test_size=0.25)
test.index[:5].tolist()
# %% step:forest
from sklearn.ensemble import RandomForestClassifier

forest = RandomForestClassifier(n_estimators=15)
forest.fit(train[list("abcd")], train["target"])
forest.score(test[list("abcd")], test["target"])
# %% step:kmeans
from sklearn.cluster import KMeans

clusters = KMeans(n_clusters=3, n_init=1).fit_predict(frame[["a", "b"]])
np.bincount(clusters)
# %% step:cross
from sklearn.model_selection import KFold, cross_val_score

folds = KFold(4, shuffle=True)
cross_val_score(forest, frame[list("abcd")], frame["target"], cv=folds).round(3)
# %% step:shuffle
from sklearn.utils import shuffle

mixed = shuffle(frame)
mixed.index[:4].tolist()
# %% step:fixed
fixed = RandomForestClassifier(n_estimators=10, random_state=0).fit(train[list("abcd")], train["target"])
fixed.score(test[list("abcd")], test["target"])
# %% step:end
print(np.random.rand().__round__(8), frame.sample(frac=0.02).index.tolist())
# %%
frame.sample(3, random_state=2).index.tolist(), sample.shape
