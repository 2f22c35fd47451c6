# fit_transform keeps state in the estimator; predict must not look like a change; seaborn-free pictures of clusters.
# %%
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

digits = load_digits(n_class=5)
X, y = digits.data, digits.target
X.shape
# %%
pca = PCA(n_components=10, random_state=0)
Z = pca.fit_transform(X)
pca.explained_variance_ratio_.sum().round(3)
# %%
kmeans = KMeans(n_clusters=5, n_init=3, random_state=0)
labels = kmeans.fit_predict(Z)
np.bincount(labels)
# %%
adjusted_rand_score(y, labels)
# %%
names = {}
for cluster in range(5):
    members = y[labels == cluster]
    names[cluster] = int(np.bincount(members).argmax())
    print(cluster, "->", names[cluster], f"({(members == names[cluster]).mean():.0%})")
# %%
kmeans.set_params(n_clusters=6)
again = kmeans.fit(Z)
again is kmeans, kmeans.cluster_centers_.shape
# %%
new = pca.transform(X[:5])
kmeans.predict(new) == kmeans.labels_[:5]
# %%
rebuilt = pca.inverse_transform(Z)
error = ((X - rebuilt) ** 2).mean()
print(f"{error:.3f}", X.max(), cluster, len(members))
# %%
X /= 16
digits.data.max(), pca.mean_.max().round(2)
