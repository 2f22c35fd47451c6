# Kale: np.float64 comes back as an array, arrays of objects fail to load.
# %% step:make
import numpy as np
import pandas as pd

scalar = np.float64(0.1)
zero_dim = np.array(3)
objects = np.array([{"a": 1}, None, "text"], dtype=object)
frame = pd.DataFrame({"c": pd.Categorical(["x", "y"])}, index=pd.Index([10, 20], name="key"))
pair = (1, [2])
# %% step:types
print(type(scalar).__name__, zero_dim.shape, objects[0], pair)
# %% step:frame
print(frame.dtypes.to_dict(), frame.index.name)
# %% step:end
objects[0]["a"] = 2
print(repr(scalar), objects.dtype, zero_dim + scalar)
