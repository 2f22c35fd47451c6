# A clustering written out: centres moved in place, labels rebuilt, a history that must hold copies.
# %% [markdown]
# # k-means, written out
# %% step:points
import numpy as np

rng = np.random.default_rng(12)
blobs = [rng.normal(loc, 0.4, (40, 2)) for loc in ((0, 0), (3, 1), (1, 4))]
points = np.vstack(blobs)
points.shape
# %% step:start
centres = points[[0, 1, 2]].copy()
first = centres
history = [centres.copy()]
# %% step:functions
def assign(points, centres):
    distance = ((points[:, None] - centres[None]) ** 2).sum(axis=2)
    return distance.argmin(axis=1)

def move(points, labels, centres):
    for k in range(len(centres)):
        mine = points[labels == k]
        if len(mine):
            centres[k] = mine.mean(axis=0)
# %% step:iterate
for iteration in range(20):
    labels = assign(points, centres)
    move(points, labels, centres)
    history.append(centres.copy())
    if np.allclose(history[-1], history[-2]):
        break
iteration, np.bincount(labels)
# %% step:look
first is centres, np.abs(first - history[0]).max() > 1
# %% step:inertia
inertia = sum(((points[labels == k] - c) ** 2).sum() for k, c in enumerate(centres))
round(float(inertia), 4)
# %% step:disturb
blobs[0][:] = 99
points[:40] += 1
labels = assign(points, centres)
np.bincount(labels), points.max() < 50
# %% step:order
order = np.argsort(centres[:, 0])
centres[:] = centres[order]
first[0].round(3), order.tolist()
# %% step:end
path = np.array(history)
print(path.shape, np.linalg.norm(np.diff(path, axis=0), axis=2).sum(axis=0).round(3))
