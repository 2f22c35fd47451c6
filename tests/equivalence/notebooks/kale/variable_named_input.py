# Kale: a variable named `input` gives a wrong value silently.
# %% step:read
input = [1, 2, 3]
max = 10
# %% step:use
filter = [n for n in input if n < max]
# %% step:end
print(sum(input), filter, max)
