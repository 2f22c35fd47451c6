# pickle, json, zip, gzip, configparser, temporary folders; a class of the notebook pickled into a file.
# %% [markdown]
# # Everything into files and back
# %% step:data
import pickle, json, zipfile, gzip, configparser, tempfile
from pathlib import Path
from dataclasses import dataclass

@dataclass
class Point:
    x: float
    y: float = 0.0

points = [Point(i, i / 2) for i in range(4)]
# %% step:pickle
shared = {"first": points[0], "all": points}
with open("points.pkl", "wb") as file:
    pickle.dump(shared, file)
# %% step:unpickle
with open("points.pkl", "rb") as file:
    loaded = pickle.load(file)
loaded["first"] is loaded["all"][0], loaded["all"] == points, type(loaded["first"]) is Point
# %% step:json
record = {"name": "ada", "tags": ("x", "y"), "n": {1: "one"}}
Path("record.json").write_text(json.dumps(record, sort_keys=True))
json.loads(Path("record.json").read_text())
# %% step:zip
with zipfile.ZipFile("all.zip", "w") as archive:
    archive.write("points.pkl")
    archive.write("record.json", "inner/record.json")
    archive.writestr("note.txt", "hello")
# %% step:unzip
with zipfile.ZipFile("all.zip") as archive:
    names = archive.namelist()
    archive.extract("inner/record.json", "unpacked")
names, Path("unpacked/inner/record.json").exists()
# %% step:gzip
with gzip.open("lines.gz", "wt") as out:
    for number in range(100):
        print("line", number, file=out)
sum(1 for _ in gzip.open("lines.gz", "rt")), number
# %% step:config
config = configparser.ConfigParser()
config.read("settings.ini")
config["run"]["seed"] = "5"
with open("settings.ini", "w") as out:
    config.write(out)
dict(config["run"])
# %% step:temporary
with tempfile.TemporaryDirectory() as folder:
    inside = Path(folder) / "x.txt"
    inside.write_text("gone soon")
    size = inside.stat().st_size
inside.exists(), size
# %% step:end
again = configparser.ConfigParser()
again.read("settings.ini")
print(again["run"]["seed"], loaded["first"], sorted(p.suffix for p in Path(".").glob("*.*") if p.suffix in {".pkl", ".gz", ".zip"}))
