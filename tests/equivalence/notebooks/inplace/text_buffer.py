# bytearray, memoryview (within one cell), array, heap and list operations in place; tuples that hold lists; sorting by a key that changes.
# %%
from array import array
import bisect
import io

buffer = bytearray(b"hello world")
half = buffer[:5]
buffer
# %%
buffer[0:1] = b"J"
with memoryview(buffer) as view:
    view[1] = ord("u")
    print(bytes(view[:5]), half)
del view
# %%
buffer += b"!!"
buffer.upper(), len(buffer)
# %%
numbers = array("i", [5, 3, 8])
numbers.extend([1, 9])
numbers[0] += 10
numbers
# %%
scores = sorted(numbers)
bisect.insort(scores, 6)
scores.reverse()
scores
# %%
record = ("ada", [1, 2], {"k": []})
record[1].append(3)
record[2]["k"] += ["x"]
try:
    record[1] += [4]
except TypeError:
    print("tuples do not change, but", record)
# %%
out = io.StringIO()
print("first", file=out)
print(*scores, file=out)
out.getvalue()
# %%
out.write("last")
text = out.getvalue().splitlines()
text[-1], out.tell()
# %%
weights = {"x": 3, "y": 1, "z": 2}
order = list(weights)
order.sort(key=weights.get)
weights["x"] = 0
again = sorted(order, key=weights.get)
order, again
# %%
buffer[:] = buffer[::-1]
print(buffer.decode(), numbers[-1], record[1], again.pop(), len(again))
