# Folders made, renamed and removed; a manifest; a cache file that a later step finds; walk, stat and shutil.
# %% [markdown]
# # Sorting an album
# %% step:import
import os
import shutil
import json

os.makedirs("album/new")
for number, place in enumerate(["sea", "hill", "sea", "town"], start=1):
    with open(f"album/new/{number:03}_{place}.txt", "w") as picture:
        picture.write(place * number)
sorted(os.listdir("album/new"))
# %% step:sort
moved = {}
for name in sorted(os.listdir("album/new")):
    place = name.split("_")[1].removesuffix(".txt")
    os.makedirs(os.path.join("album", place), exist_ok=True)
    moved[name] = shutil.move(os.path.join("album/new", name), os.path.join("album", place, name))
os.rmdir("album/new")
moved["001_sea.txt"]
# %% step:walk
for folder, folders, files in os.walk("album"):
    folders.sort()
    print(folder, sorted(files))
# %% step:manifest
sizes = {path: os.stat(path).st_size for path in moved.values()}
with open("album/manifest.json", "w") as out:
    json.dump(sizes, out, indent=1)
sum(sizes.values())
# %% step:cached
def thumbnails(cache="thumbs.json"):
    if os.path.isfile(cache):
        return "cached", json.load(open(cache))
    made = {os.path.basename(path): size // 2 for path, size in sizes.items()}
    json.dump(made, open(cache, "w"))
    return "made", made

thumbnails()[0]
# %% step:again
state, thumbs = thumbnails()
state, len(thumbs)
# %% step:rename
os.rename("album/sea", "album/beach")
os.path.isdir("album/sea"), sorted(os.listdir("album"))
# %% step:remove
os.remove("album/beach/001_sea.txt")
shutil.rmtree("album/town")
left = [f for _, _, files in os.walk("album") for f in files]
sorted(left)
# %% step:check
known = json.load(open("album/manifest.json"))
[path for path in known if not os.path.exists(path)]
# %% step:end
shutil.copytree("album", "copy")
print(sorted(os.listdir("copy")), open("copy/beach/003_sea.txt").read(), name, place, os.path.exists("thumbs.json"))
