# seterr for the whole session, errstate for a block, object arrays, numpy scalars, a name bound only in a branch.
# %%
import numpy as np
from numpy import linalg as LA
from numpy.linalg import norm

old = np.seterr(divide="ignore", invalid="ignore")
sorted(old)
# %%
A = np.array([[4.0, 1, 0], [1, 3, 1], [0, 1, 2]])
values, vectors = LA.eigh(A)
values.round(6)
# %%
if values.min() > 0:
    L = LA.cholesky(A)
    kind = "positive definite"
else:
    failed = True
kind
# %%
b = np.array([1, 0, 2])
x = LA.solve(A, b)
print(norm(A @ x - b) < 1e-12, np.allclose(L @ L.T, A))
# %%
ratio = np.array([1.0, 0.0, -1.0]) / np.array([0.0, 0.0, 0.0])
print(ratio)
with np.errstate(divide="raise"):
    try:
        np.array([1.0]) / 0
    except FloatingPointError as error:
        print("caught:", error)
# %%
mean = A.mean()
type(mean).__name__, mean, np.float32(0.1), np.int8(100) + np.int8(27)
# %%
ragged = np.empty(3, dtype=object)
ragged[:] = [[1, 2], "two", {"three": 3}]
ragged[0].append(99)
ragged
# %%
m = np.ma.masked_invalid(ratio)
int(m.count()), m
# %%
np.geterr()["divide"], mean + 1, ragged[2]["three"]
