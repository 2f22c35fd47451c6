# Kale: local modules are installed by name from a public index in every step.
# %% step:load
from shapes_of_ours import area
import shapes_of_ours.round as round_ones

areas = [area(2, 3), round_ones.circle(1)]
# %% step:use
from shapes_of_ours import area
print([round(a, 3) for a in areas], area(1, 1))
# %% step:end
import helper_beside
print(helper_beside.NAME)
