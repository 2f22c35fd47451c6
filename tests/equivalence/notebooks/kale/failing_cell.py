# Kale: cells after a failing cell still run.
# %% step:work
from pathlib import Path
Path("before.txt").write_text("x")
print("before")
# %%
1 / 0
# %%
Path("after.txt").write_text("x")
print("after")
# %% step:next
print("next", Path("before.txt").exists())
# %% step:needs, prev:work
print("needs work")
