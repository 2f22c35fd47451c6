# Kale: names bound only under a condition are missed.
# %% parameters
fast = True
# %% step:choose
if fast:
    def work(n):
        return n + 1
    mode = "fast"
else:
    def work(n):
        return n - 1
try:
    limit
except NameError:
    limit = 5
# %% step:use
print(mode, work(limit))
# %% step:loop
for last in range(limit):
    if last == 3:
        found = last
        break
# %% step:end
print(last, found)
