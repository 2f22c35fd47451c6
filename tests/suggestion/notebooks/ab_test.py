# run: yes
# An A/B test from an analyst: questions as headings, results printed.
# %% [markdown]
# # Does the new checkout page convert better?
# %%
import math
import random
from dataclasses import dataclass
# %% [markdown]
# ## Parameters of the experiment
# %%
n_users = 4000
base_rate = 0.11
lift = 0.015
alpha = 0.05
seed = 2024
# %% [markdown]
# ## Collect the data
# We simulate the log here, as the real one is confidential.
# %%
rng = random.Random(seed)
users = []
for user_id in range(n_users):
    group = rng.choice(["control", "treatment"])
    rate = base_rate + (lift if group == "treatment" else 0)
    users.append({"id": user_id, "group": group, "converted": rng.random() < rate, "country": rng.choice(["DE", "FR", "US"])})
users[:3]
# %%
len(users)
# %% [markdown]
# ## Sanity check: is the split fair?
# %%
counts = {"control": 0, "treatment": 0}
for user in users:
    counts[user["group"]] += 1
print(counts)
assert abs(counts["control"] - counts["treatment"]) < n_users * 0.1
# %% [markdown]
# ## Conversion rates
# %%
@dataclass
class Rate:
    successes: int
    total: int

    @property
    def value(self):
        return self.successes / self.total

def rate_of(rows):
    rows = list(rows)
    return Rate(sum(r["converted"] for r in rows), len(rows))
# %%
control = rate_of(u for u in users if u["group"] == "control")
treatment = rate_of(u for u in users if u["group"] == "treatment")
print(f"{control.value:.4f} -> {treatment.value:.4f}")
# %% [markdown]
# ## z-test
# %%
pooled = (control.successes + treatment.successes) / (control.total + treatment.total)
stderr = math.sqrt(pooled * (1 - pooled) * (1 / control.total + 1 / treatment.total))
z = (treatment.value - control.value) / stderr
p_value = math.erfc(abs(z) / math.sqrt(2))
print("z =", round(z, 3), "p =", round(p_value, 4))
# %% [markdown]
# ## Bootstrap
# Just to be sure.
# %%
boot = random.Random(seed + 1)
flags = {g: [u["converted"] for u in users if u["group"] == g] for g in counts}
diffs = []
for _ in range(200):
    a = sum(boot.choices(flags["control"], k=500)) / 500
    b = sum(boot.choices(flags["treatment"], k=500)) / 500
    diffs.append(b - a)
diffs.sort()
interval = diffs[5], diffs[-6]
print("95% interval:", tuple(round(d, 4) for d in interval))
# %% [markdown]
# ## By country
# %%
for country in sorted({u["country"] for u in users}):
    rows = [u for u in users if u["country"] == country]
    print(country, f"{rate_of(rows).value:.4f}")
# %% [markdown]
# ## Decision
# %%
decision = "ship it" if p_value < alpha and z > 0 else "keep the old page"
print(decision)
