# Files written by helper functions, folders by date, an index file that every step extends; all through pathlib.
# %% [markdown]
# # From raw to report
# %% step:paths
from datetime import date
from pathlib import Path
import json
import pandas as pd

ROOT = Path("lake")
RAW, CLEAN = ROOT / "raw", ROOT / "clean"
DAY = date(2024, 3, 9)

def save(frame, name, folder=CLEAN):
    target = folder / f"{DAY:%Y-%m-%d}" / f"{name}.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(target, index=False)
    register(name, target)
    return target

def register(name, path):
    index = ROOT / "index.json"
    known = json.loads(index.read_text()) if index.exists() else {}
    known[name] = str(path)
    index.write_text(json.dumps(known, indent=1))

def load(name):
    return pd.read_csv(json.loads((ROOT / "index.json").read_text())[name])
# %% step:raw
shops = pd.DataFrame({"shop": [1, 2, 3], "city": [" Rome", "Oslo ", "Bern"]})
sales = pd.DataFrame({"shop": [1, 1, 2, 3, 3, 9], "amount": [5.0, 7.5, 1.0, -3.0, 4.0, 8.0]})
save(shops, "shops", RAW), save(sales, "sales", RAW)
# %% step:shops
cities = load("shops")
cities["city"] = cities["city"].str.strip()
save(cities, "cities")
# %% step:sales
good = load("sales").query("amount > 0")
path = save(good, "good")
path.stat().st_size > 20
# %% step:join
joined = load("good").merge(load("cities"), how="left")
joined
# %%
lost = joined[joined["city"].isna()]
print(len(lost), "without a city")
# %% step:report
report = joined.dropna().groupby("city")["amount"].sum()
report_path = save(report.reset_index(), "report")
print(report_path.read_text())
# %% step:index
known = json.loads((ROOT / "index.json").read_text())
list(known)
# %% step:tree
for path in sorted(ROOT.rglob("*.csv")):
    print(path.relative_to(ROOT), len(path.read_text().splitlines()))
# %%
sorted(p.name for p in RAW.iterdir()), path.name, len(known)
