# place: notebooks
# A module of the project lies in ../src and is found by sys.path.append; its settings file lies in .. too.
# %% [markdown]
# # Units
# %% step:path
import sys
sys.path.append("..")
sys.path.append("../src")
# %% step:import
import units
from units import convert

units.__name__, convert(1, "km")
# %%
import json
with open("../settings.json") as file:
    settings = json.load(file)
settings
# %% step:table
table = {name: convert(settings["distance"], name) for name in settings["units"]}
table
# %% step:cached
units.CALLS
# %% step:again
from units import *

round_trip = {name: value * FACTORS[name] for name, value in table.items()}
round_trip
# %% step:package
from src import units as same
same.convert(10, "mile")
# %% step:text
for name, value in table.items():
    print(f"{settings['distance']} m = {value:.3f} {name}")
# %% step:end
import os
print(os.path.basename(os.getcwd()), sorted(os.listdir("..")), name)
# %%
max(table, key=table.get), units.CALLS >= 0, sys.path[-1]
