# Builtins shadowed by the notebook's own names (input, list, max, type), a del that brings one back.
# %% [markdown]
# # What happened on the server
# %% step:read
input = """2024-03-01 10:00:01 INFO  start pid=17
2024-03-01 10:00:09 WARN  slow query 1532ms
2024-03-01 10:01:12 ERROR disk full /dev/sda1
2024-03-01 10:02:44 INFO  query 12ms
2024-03-01 10:04:00 ERROR timeout after 30s
2024-03-01 10:05:31 INFO  stop
"""
len(input)
# %%
import re
from datetime import datetime

LINE = re.compile(r"(?P<when>\S+ \S+) (?P<level>\w+)\s+(?P<text>.*)")
list = [LINE.match(row).groupdict() for row in input.splitlines()]
list[2]
# %% step:times
for entry in list:
    entry["when"] = datetime.strptime(entry["when"], "%Y-%m-%d %H:%M:%S")
span = list[-1]["when"] - list[0]["when"]
str(span)
# %% step:levels
type = {}
for entry in list:
    type.setdefault(entry["level"], []).append(entry["text"])
{level: len(texts) for level, texts in type.items()}
# %% step:durations
max = 0
for entry in list:
    if found := re.search(r"(\d+)ms", entry["text"]):
        max = int(found[1]) if int(found[1]) > max else max
max
# %%
del max
max([3, 9, 4])
# %% step:errors
errors = [entry for entry in list if entry["level"] == "ERROR"]
for entry in errors:
    entry["seen"] = True
sum("seen" in entry for entry in list)
# %% step:end
del list
list("abc"), len(type["ERROR"])
# %%
print(f"{entry['when']:%H:%M} {found if found else 'nothing'} in the last; input has {input.count(chr(10))} lines")
