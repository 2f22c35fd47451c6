# Kale: edges come only from `prev:` tags. Here nothing but names says what needs what.
# %% step:load
rows = [3, 1, 2]
# %% step:sort
ordered = sorted(rows)
# %% step:sum
total = sum(rows)
# %% step:report
print(ordered, total)
