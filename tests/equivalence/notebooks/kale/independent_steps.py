# Kale: steps without inputs are chained, so that nothing runs side by side.
# %% step:one
import time
time.sleep(1.5)
one = 1
# %% step:two
import time
time.sleep(1.5)
two = 2
# %% step:both
print(one + two)
