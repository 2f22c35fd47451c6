# One basket under many names: in a dict, in an object, in a closure, as a default; who sees which change.
# %%
basket = ["bread"]
people = {"ada": {"basket": basket, "paid": 0}, "bob": {"basket": basket.copy(), "paid": 0}}
people["ada"]["basket"] is basket
# %%
class Till:
    def __init__(self, items, prices=None):
        self.items = items
        self.prices = prices if prices is not None else {}

    def scan(self, item, price):
        self.prices.setdefault(item, price)
        self.items.append(item)

till = Till(basket)
till.scan("milk", 2)
# %%
def total(items=basket, prices=till.prices):
    return sum(prices.get(item, 1) for item in items)

total(), total(people["bob"]["basket"])
# %%
people["ada"]["paid"] += total()
basket += ["tea", "tea"]
till.prices["tea"] = 5
total(), people["ada"]
# %%
basket = sorted(set(basket))
till.scan("salt", 3)
len(basket), len(till.items), total()
# %%
for name, person in people.items():
    person["basket"].append(name)
    person.update(visits=person.get("visits", 0) + 1)
till.items[-1], "ada" in basket
# %%
first, *others = till.items
others.clear()
del till.items[0]
len(till.items), first, people["ada"]["basket"][0]
# %%
copies = [dict(person) for person in people.values()]
copies[0]["paid"] = -1
copies[0]["basket"].pop()
people["ada"]["paid"], len(people["ada"]["basket"]), person is people["bob"]
# %%
print(total(), basket, name, sorted(till.prices), people["bob"]["visits"])
