# Two names for one list, lists in lists, slices that copy, a default that is shared.
# %% [markdown]
# # The guests and the tables
# %% step:guests
guests = ["ada", "bob", "cyn"]
invited = guests
waiting = guests[:]
invited is guests, waiting is guests
# %% step:more
invited.append("dan")
waiting += ["eve"]
len(guests)
# %% step:tables
tables = [[]] * 3
rooms = [[] for _ in range(3)]
tables[0].append("ada")
rooms[0].append("ada")
tables, rooms
# %% step:seats
seats = {"red": guests, "blue": list(guests)}
seats["red"].remove("bob")
guests, seats["blue"]
# %%
for name, row in seats.items():
    row.sort(reverse=True)
invited
# %% step:sizes
sizes = {name: len(row) for name, row in seats.items()}
sizes
# %% step:swap
guests, waiting = waiting, guests
guests is invited, waiting is invited
# %% step:late
guests.insert(0, "fay")
invited.extend(tables[1])
print(waiting, guests, sep="\n")
# %% step:clear
invited.clear()
seats["red"], waiting, sizes["red"]
# %% step:end
a = b = []
a.append(1)
b += [2]
a = a + [3]
print(a, b, tables[2] is tables[0], name)
# %%
waiting is seats["red"], row is seats["blue"]
