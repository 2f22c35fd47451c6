# Kale: a `prev:` edge without data is dropped when the pipeline is compiled.
# %% step:first
import time
time.sleep(0.4)
# %% step:second, prev:first
print("after the first")
# %% step:third
print("any time")
