# Small cells as students write them: each name reused, results overwritten, loops at top level, prints everywhere.
# %%
import numpy as np
scores = np.array([[70, 85, 90], [55, 60, 58], [88, 92, 79], [40, 35, 50]])
students = ["Ann", "Ben", "Cat", "Dov"]
# %%
x = scores.mean(axis=1)
print(x)
# %%
x = np.where(x >= 50, "pass", "fail")
for i in range(len(students)):
    print(students[i], x[i])
# %%
result = {}
for i, s in enumerate(students):
    if x[i] == "pass":
        result[s] = scores[i].max()
result
# %%
i = 0
while i < len(students):
    if students[i] not in result:
        result[students[i]] = 0
    i += 1
print(i, result)
# %%
scores = scores + 5
scores[scores > 95] = 95
best = scores.argmax(axis=0)
[students[b] for b in best]
# %%
x = x.tolist()
x.sort()
x
# %%
def letter(s):
    for limit, l in [(85, "A"), (70, "B"), (50, "C")]:
        if s >= limit:
            return l
    return "F"

letters = np.vectorize(letter)(scores)
letters
# %%
for s, row in zip(students, letters):
    students[students.index(s)] = s.upper()
    print(s, *row)
# %%
s, i, students, len(result), x[0]
