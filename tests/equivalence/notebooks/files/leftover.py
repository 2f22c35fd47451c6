# results.csv is still there from an earlier run by hand; this run must read the one that it writes itself.
# %% [markdown]
# # Results that were already there
# %% step:clean
import csv
import os

exists = os.path.exists("results.csv")
exists
# %% step:compute
rows = [{"n": n, "square": n * n} for n in range(6)]
len(rows)
# %% step:write
with open("results.csv", "w", newline="") as file:
    writer = csv.DictWriter(file, fieldnames=["n", "square"])
    writer.writeheader()
    writer.writerows(rows)
print(os.path.getsize("results.csv"), "bytes")
# %% step:read
with open("results.csv") as file:
    back = list(csv.DictReader(file))
back[-1]
# %% step:append
with open("results.csv", "a") as file:
    print("6,36", file=file)
    print("7,49", file=file)
# %% step:count
total = sum(int(row["square"]) for row in csv.DictReader(open("results.csv")))
total
# %% step:notes
notes = open("notes.txt").read()
with open("notes.txt", "a") as file:
    file.write("second run\n")
notes
# %% step:end
print(open("notes.txt").read())
# %%
sorted(name for name in os.listdir(".") if name.endswith((".csv", ".txt")))
# %%
os.remove("results.csv")
os.path.exists("results.csv"), total, len(back)
