# Three models trained side by side on one split, then compared. No trap but the ordinary ones.
# %% [markdown]
# # Which wine is it?
# %% imports
import numpy as np
import pandas as pd
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
# %% parameters
test_size = 0.3
seed = 3
# %% step:load
wine = load_wine(as_frame=True)
frame = wine.frame
frame["target"].value_counts()
# %%
X_train, X_test, y_train, y_test = train_test_split(
    wine.data, wine.target, test_size=test_size, random_state=seed, stratify=wine.target)
X_train.shape, X_test.shape
# %% step:scale
scaler = StandardScaler().fit(X_train)
A_train, A_test = scaler.transform(X_train), scaler.transform(X_test)
A_train.mean(axis=0).round(8).max()
# %% step:neighbours
from sklearn.neighbors import KNeighborsClassifier

knn = KNeighborsClassifier(n_neighbors=5)
knn.fit(A_train, y_train)
# %% step:tree
from sklearn.tree import DecisionTreeClassifier, export_text

tree = DecisionTreeClassifier(max_depth=3, random_state=seed).fit(X_train, y_train)
print(export_text(tree, feature_names=list(X_train.columns))[:300])
# %% step:logistic
from sklearn.linear_model import LogisticRegression

logistic = LogisticRegression(C=0.5)
logistic.fit(A_train, y_train)
logistic.coef_.shape
# %% step:compare, metrics
models = {"knn": (knn, A_test), "tree": (tree, X_test), "logistic": (logistic, A_test)}
accuracy = {name: model.score(data, y_test) for name, (model, data) in models.items()}
pd.Series(accuracy).round(4)
# %%
best = max(accuracy, key=accuracy.get)
best_accuracy = float(accuracy[best])
print(f"best: {best} {best_accuracy:.3f}")
# %% step:report
if best_accuracy > 0.9:
    from sklearn.metrics import classification_report
    model, data = models[best]
    print(classification_report(y_test, model.predict(data), target_names=list(wine.target_names)))
# %% step:importance
importance = pd.Series(tree.feature_importances_, X_train.columns).nlargest(3)
importance.round(3)
