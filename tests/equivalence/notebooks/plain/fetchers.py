# async functions awaited at top level, async generators, gather; a queue that lives within one cell.
# %% [markdown]
# # Pretending to fetch
# %% step:define
import asyncio

PAGES = {"/": ["/a", "/b"], "/a": ["/c"], "/b": ["/c", "/d"], "/c": [], "/d": ["/"]}
fetched = []

async def fetch(path):
    await asyncio.sleep(0)
    fetched.append(path)
    return PAGES[path]
# %% step:one
links = await fetch("/")
links
# %% step:crawl
async def crawl(start):
    seen, todo = set(), [start]
    while todo:
        path = todo.pop(0)
        if path in seen:
            continue
        seen.add(path)
        todo += await fetch(path)
    return sorted(seen)

pages = await crawl("/")
pages
# %%
results = await asyncio.gather(*(fetch(page) for page in pages))
dict(zip(pages, map(len, results)))
# %% step:stream
async def ticks(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i * i

squares = [tick async for tick in ticks(5)]
squares
# %%
async for tick in ticks(3):
    print("tick", tick)
# %% step:limits
class Slot:
    used = 0

    async def __aenter__(self):
        Slot.used += 1
        return self

    async def __aexit__(self, *error):
        await asyncio.sleep(0)

async with Slot() as slot:
    inside = Slot.used
inside
# %%
try:
    await asyncio.wait_for(asyncio.sleep(5), timeout=0.01)
except asyncio.TimeoutError:
    print("too slow")
# %% step:end
print(len(fetched), "fetches;", fetched[:3], tick, Slot.used)
# %%
links is PAGES["/"], await fetch("/d")
