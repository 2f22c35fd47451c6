# Kale: two siblings change one object, then a join: success with a wrong value, the join starting too early.
# %% step:make
basket = {"apples": 1}
# %% step:left, prev:make
basket["pears"] = 2
# %% step:right, prev:make
basket["plums"] = len(basket) + 10
# %% step:join, prev:left, prev:right
print(sorted(basket.items()))
assert len(basket) == 3
