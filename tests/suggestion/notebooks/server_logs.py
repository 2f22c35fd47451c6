# run: yes
# Plain Python, files written and read, Markdown with rules and lists, a helper cell in the middle.
# %% [markdown]
# # What is our web server doing at night?
# ---
# 1. read the log
# 2. find the slow ones
# 3. report
# %%
import csv
import json
import re
from collections import defaultdict
from datetime import datetime
from pathlib import Path
# %%
LOG = Path("access.log")
PATTERN = re.compile(r'(\S+) \[(.+?)\] "(\w+) (\S+)" (\d{3}) (\d+)ms')
# %% [markdown]
# ## Getting a log
# %%
lines = []
for n in range(600):
    host = f"10.0.0.{n * 7 % 13}"
    when = f"2024-03-{1 + n % 28:02d}T{n * 5 % 24:02d}:{n % 60:02d}"
    path = ["/", "/login", "/report", "/static/app.js"][n % 4]
    status = 500 if n % 97 == 0 else 404 if n % 31 == 0 else 200
    lines.append(f'{host} [{when}] "GET {path}" {status} {20 + n * n % 730}ms')
LOG.write_text("\n".join(lines) + "\n")
# %% [markdown]
# ## Parse it
# %%
def parse(line):
    host, when, method, path, status, ms = PATTERN.match(line).groups()
    return {"host": host, "when": datetime.fromisoformat(when), "path": path, "status": int(status), "ms": int(ms)}

entries = [parse(line) for line in LOG.read_text().splitlines()]
print(len(entries), "requests")
# %%
entries[0]
# %% [markdown]
# ## Errors by path
# %%
errors = defaultdict(int)
for entry in entries:
    if entry["status"] >= 400:
        errors[entry["path"]] += 1
dict(errors)
# %% [markdown]
# ## Slow requests
# %%
def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p / 100))]
# %%
times = defaultdict(list)
for entry in entries:
    times[entry["path"]].append(entry["ms"])
slow = {path: percentile(values, 95) for path, values in times.items()}
for path, ms in sorted(slow.items(), key=lambda item: -item[1]):
    print(f"{path:20} {ms} ms")
# %% [markdown]
# ## By hour
# %%
hours = defaultdict(list)
for entry in entries:
    hours[entry["when"].hour].append(entry["ms"])
busiest = max(hours, key=lambda h: len(hours[h]))
print("busiest hour:", busiest)
# %% [markdown]
# ## Report
# %%
with open("report.csv", "w", newline="") as f:
    writer = csv.writer(f)
    writer.writerow(["path", "errors", "p95"])
    for path in sorted(slow):
        writer.writerow([path, errors.get(path, 0), slow[path]])
# %%
summary = {"requests": len(entries), "busiest": busiest, "worst": max(slow, key=slow.get)}
Path("summary.json").write_text(json.dumps(summary, indent=2))
print(Path("report.csv").read_text())
