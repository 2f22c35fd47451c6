# Kale: comprehension variables and deleted names become artifacts that do not exist.
# %% step:make
squares = [n * n for n in range(4)]
index = {key: value for key, value in enumerate(squares)}
temporary = squares * 100
small = temporary[:2]
del temporary
# %% step:use
n = "mine"
print(squares, index, small, [key for key in index if key])
# %% step:end
print(n, len(small))
