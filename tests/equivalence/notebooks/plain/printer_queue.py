# A heap that several cells push to and pop from, a clock that a function moves, match on the shape of jobs.
# %% [markdown]
# # Who prints when
# %% step:queue
import heapq
from itertools import count

queue = []
ticket = count(1)
clock = 0
# %%
def submit(owner, pages, urgent=False):
    heapq.heappush(queue, (0 if urgent else 1, next(ticket), owner, pages))
# %% step:morning
for owner, pages in [("ada", 3), ("bob", 10), ("cyn", 1)]:
    submit(owner, pages)
submit("dan", 2, urgent=True)
len(queue), queue[0]
# %% step:first
def work():
    global clock
    priority, number, owner, pages = heapq.heappop(queue)
    clock += pages * 2
    print(f"t={clock:3d} #{number} {owner}: {pages} pages")
    return owner

done = [work(), work()]
# %% step:noon
submit("eve", 4)
submit("ada", 1, urgent=True)
queue[0][2]
# %%
while queue:
    done.append(work())
# %% step:report
def describe(job):
    match job:
        case ("ada" | "bob") as name:
            return f"{name} (staff)"
        case str() as name if name.startswith("e"):
            return f"{name} (guest)"
        case [first, *rest]:
            return f"{first} and {len(rest)} more"
        case _:
            return "unknown"

[describe(name) for name in done] + [describe(done), describe(None)]
# %%
{name: done.count(name) for name in dict.fromkeys(done)}
# %% step:evening
print("the day ends at", clock, "with ticket", next(ticket), "and", len(queue), "jobs")
# %%
owner, pages, clock
