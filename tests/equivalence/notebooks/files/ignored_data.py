# data/ is in .gitignore; the paths are put together from names; a glob finds what a step above wrote.
# %% [markdown]
# # Parts of a book
# %% step:paths
from pathlib import Path
import glob
import json

DATA = Path("data")
WORK = "work"
pattern = f"{WORK}/*.json"
# %%
chapters = sorted(DATA.glob("chapter_*.txt"))
[c.name for c in chapters]
# %% step:before
glob.glob(pattern)
# %% step:count
Path(WORK).mkdir(exist_ok=True)
for chapter in chapters:
    words = chapter.read_text().split()
    target = Path(WORK) / (chapter.stem + ".json")
    target.write_text(json.dumps({"words": len(words), "longest": max(words, key=len)}))
# %% step:collect
summaries = {Path(path).stem: json.load(open(path)) for path in sorted(glob.glob(pattern))}
summaries
# %% step:exists
missing = [n for n in range(1, 5) if not (DATA / f"chapter_{n}.txt").exists()]
missing
# %% step:add
if missing:
    (DATA / f"chapter_{missing[0]}.txt").write_text("an ending that was missing until now\n")
len(list(DATA.iterdir()))
# %% step:again
print(sum(len(path.read_text()) for path in DATA.glob("*.txt")))
# %% step:end
total = sum(s["words"] for s in summaries.values())
print(total, target, words[:2], chapter.suffix)
# %%
(DATA / "chapter_4.txt").exists(), sorted(p.name for p in Path(WORK).iterdir())
