# Kale: prints never reach the log of the step.
# %% step:talk
import sys
for n in range(3):
    print("line", n)
print("to stderr", file=sys.stderr)
# %%
print("no newline", end="")
# %% step:quiet
x = 1
