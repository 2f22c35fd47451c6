# A random walk simulated in steps, a seed from a parameter, a conditional draw that shifts everything after it.
# %% [markdown]
# # The shop on a Saturday
# %% parameters
seed = 10
customers = 30
# %% step:prepare
import random
from collections import Counter

random.seed(seed)
GOODS = ["bread", "milk", "eggs", "tea"]
shop = Counter({goods: 12 for goods in GOODS})
# %% step:morning
sold = Counter()
for customer in range(customers // 2):
    goods = random.choice(GOODS)
    if shop[goods]:
        shop[goods] -= 1
        sold[goods] += 1
sold
# %% step:surprise
rain = random.random() < 0.5
if rain:
    lost = [random.choice(GOODS) for _ in range(2)]
    for goods in lost:
        shop[goods] -= 1
rain
# %% step:noon
prices = {goods: 1 + i for i, goods in enumerate(GOODS)}
revenue = sum(prices[goods] * n for goods, n in sold.items())
revenue
# %% step:afternoon
while sum(sold.values()) < customers and sum(shop.values()) > 0:
    goods = random.choices(GOODS, weights=[shop[g] + 0.1 for g in GOODS])[0]
    if shop[goods] > 0:
        shop[goods] -= 1
        sold[goods] += 1
sold.most_common(2)
# %% step:close
left = {goods: n for goods, n in shop.items() if n}
left
# %%
revenue = sum(prices[goods] * n for goods, n in sold.items())
f"{revenue} earned, {goods} was last, {customer + 1} in the morning"
# %% step:theft
thief = random.sample(sorted(left), k=1)
shop.subtract(thief)
thief
# %% step:end
print(dict(shop), round(random.gauss(0, 1), 5))
