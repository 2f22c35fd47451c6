# Views into one picture that are written through; print options set at the top.
# %% [markdown]
# # Filters on a tiny picture
# %% step:picture
import numpy as np

np.set_printoptions(precision=2, suppress=True, linewidth=100)
# %%
y, x = np.mgrid[0:8, 0:10]
picture = np.exp(-((x - 5) ** 2 + (y - 4) ** 2) / 8)
picture
# %% step:views
top = picture[:4]
corner = picture[-2:, -2:]
sky = top[0]
np.shares_memory(picture, sky)
# %% step:paint
top *= 0.5
corner[...] = 1
sky.fill(0.25)
print(picture[0], picture[-1])
# %%
flat = picture.ravel()
flat[::11] = -1
picture.diagonal()
# %% step:blur
def blur(image):
    padded = np.pad(image, 1, mode="edge")
    return sum(padded[i:i + image.shape[0], j:j + image.shape[1]] for i in range(3) for j in range(3)) / 9

soft = blur(picture)
soft[2:5, 3:7]
# %% step:edges
gradient = np.hypot(*np.gradient(picture))
edges = np.argwhere(gradient > 0.5)
edges.tolist()
# %% step:histogram
counts, bounds = np.histogram(soft, bins=5)
for count, left in zip(counts, bounds):
    print(f"{left:6.2f} {'#' * count}")
# %%
transposed = picture.T
transposed[0] = 9
# %% step:end
print(picture[:, 0], sky[0], corner.sum(), soft.sum().round(6))
# %%
picture.base is None, top.base is picture, flat.base is picture
