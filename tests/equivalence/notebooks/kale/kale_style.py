# A notebook with Kale's own tags, as its users have them.
# %% imports
import math
import json
# %% functions
def area(radius):
    return math.pi * radius ** 2
# %% pipeline-parameters
radius = 2
# %% skip
print("only by hand")
# %% step:compute
circle = area(radius)
# %% step:ring, prev:compute, limit:cpu:1
ring = area(radius + 1) - circle
ring
# %%
text = json.dumps({"ring": round(ring, 2)})
# %% step:report, prev:ring, prev:compute
print(text, round(circle, 2))
# %% pipeline-metrics
ring_area = float(ring)
