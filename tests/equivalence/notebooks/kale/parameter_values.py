# Kale: negative, list and None parameters fail, and every parameter goes into every step.
# %% parameters
offset = -3
sizes = [1, 2, -5]
label = None
options = {"deep": True, "rate": -0.5}
used_nowhere_but_at_the_end = "x"
# %% step:numbers
moved = [size + offset for size in sizes]
print(moved)
# %% step:names
print(label is None, options["rate"] < 0, options["deep"])
# %% step:end
print(used_nowhere_but_at_the_end, sum(moved))
