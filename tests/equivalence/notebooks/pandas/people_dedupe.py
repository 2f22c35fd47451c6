# apply with a function that counts in a global; iterrows that writes back; a frame changed through a function's argument.
# %%
import pandas as pd
import re

people = pd.DataFrame({
    "name": ["Ana Lima", "ana lima ", "Bo  Chen", "Bo Chen", "Cy Diaz", "D. Evans", "d evans", "Eve Fox"],
    "phone": ["(11) 5555-1", "11 5555 1", "22-6666", "226666", "33/7777", "44 88", "4488", None],
    "visits": [1, 2, 3, 1, 1, 4, 2, 1],
})
people
# %%
calls = 0

def normal(name):
    global calls
    calls += 1
    name = re.sub(r"[.\s]+", " ", name.strip().lower())
    return name.title()
# %%
people["name"] = people["name"].apply(normal)
print(calls, "names normalised")
# %%
def digits(frame, column):
    frame[column] = frame[column].str.replace(r"\D", "", regex=True)

digits(people, "phone")
people["phone"].tolist()
# %%
for index, row in people.iterrows():
    if pd.isna(row["phone"]):
        people.loc[index, "phone"] = "none"
people
# %%
print(normal("  zed   zulu"), calls)
# %%
merged = people.groupby(["name", "phone"], as_index=False)["visits"].sum()
merged
# %%
duplicates = len(people) - len(merged)
people.drop_duplicates(["name", "phone"], keep="last", inplace=True)
people.reset_index(drop=True, inplace=True)
print(duplicates, "duplicates;", len(people), "people;", calls, "calls")
# %%
assert set(people["name"]) == set(merged["name"])
people.set_index("name")["visits"].add(merged.set_index("name")["visits"]).to_dict()
