# run: yes
# Clustering without scatter of headings: few headings, many cells below each.
# %% [markdown]
# # Clustering the Iris flowers
# %%
import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.cluster import KMeans, AgglomerativeClustering
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score, adjusted_rand_score
from sklearn.preprocessing import StandardScaler
# %%
RANDOM_STATE = 7
max_k = 6
# %%
iris = datasets.load_iris(as_frame=True)
frame = iris.frame.rename(columns=lambda c: c.replace(" (cm)", "").replace(" ", "_"))
frame.sample(5, random_state=RANDOM_STATE)
# %%
frame.describe().round(2)
# %%
frame.groupby("target").mean()
# %% [markdown]
# ## Preprocessing
# %%
features = frame.drop(columns="target")
scaler = StandardScaler()
scaled = scaler.fit_transform(features)
scaled[:3]
# %%
pca = PCA(n_components=2, random_state=RANDOM_STATE)
points = pca.fit_transform(scaled)
print(pca.explained_variance_ratio_.round(3))
# %% [markdown]
# ## K-Means
# ### How many clusters?
# %%
inertias = {}
silhouettes = {}
for k in range(2, max_k + 1):
    km = KMeans(n_clusters=k, n_init=5, random_state=RANDOM_STATE).fit(scaled)
    inertias[k] = km.inertia_
    silhouettes[k] = silhouette_score(scaled, km.labels_)
pd.Series(silhouettes).round(3)
# %% [markdown]
# ### The final one
# %%
best_k = 3
kmeans = KMeans(n_clusters=best_k, n_init=5, random_state=RANDOM_STATE)
frame["kmeans"] = kmeans.fit_predict(scaled)
pd.crosstab(frame["target"], frame["kmeans"])
# %% [markdown]
# ## Hierarchical clustering
# %%
agg = AgglomerativeClustering(n_clusters=best_k)
frame["agg"] = agg.fit_predict(scaled)
pd.crosstab(frame["target"], frame["agg"])
# %% [markdown]
# ## Which one is better?
# %%
scores = {
    name: round(adjusted_rand_score(frame["target"], frame[name]), 3)
    for name in ("kmeans", "agg")
}
best = max(scores, key=scores.get)
print(scores, best)
# %%
centers = pd.DataFrame(scaler.inverse_transform(kmeans.cluster_centers_), columns=features.columns)
centers.round(1)
