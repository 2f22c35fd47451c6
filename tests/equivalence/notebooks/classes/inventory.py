# Dataclasses, enums, total_ordering; instances changed by methods whose results are thrown away.
# %%
from dataclasses import dataclass, field, replace, asdict
from enum import Enum, IntFlag, auto
from functools import total_ordering

class Status(Enum):
    OK = "ok"
    LOW = "low"
    OUT = "out"

class Place(IntFlag):
    SHELF = auto()
    CELLAR = auto()
# %%
@dataclass
class Item:
    name: str
    stock: int = 0
    price: float = 1.0
    history: list = field(default_factory=list)
    place: Place = Place.SHELF

    @property
    def status(self):
        return Status.OUT if self.stock == 0 else Status.LOW if self.stock < 5 else Status.OK

    def move(self, amount):
        self.history.append(amount)
        self.stock += amount
# %%
items = {name: Item(name, stock) for name, stock in [("tea", 10), ("milk", 3), ("salt", 0)]}
items["tea"]
# %%
items["tea"].move(-7)
items["salt"].move(20)
{name: item.status for name, item in items.items()}
# %%
cheap = replace(items["milk"], price=0.5)
cheap.move(1)
cheap.history is items["milk"].history, items["milk"].stock, cheap.stock
# %%
@total_ordering
@dataclass(frozen=True, eq=False)
class Price:
    amount: float

    def __eq__(self, other):
        return self.amount == other.amount

    def __lt__(self, other):
        return self.amount < other.amount

    def __hash__(self):
        return hash(self.amount)

prices = sorted({Price(item.price * len(name)) for name, item in items.items()})
prices
# %%
items["tea"].place |= Place.CELLAR
items["tea"].place, Place.CELLAR in items["tea"].place, items["salt"].place
# %%
by_status = {}
for item in items.values():
    by_status.setdefault(item.status, []).append(item)
by_status[Status.LOW][0].move(100)
{status.value: [item.name for item in group] for status, group in by_status.items()}
# %%
asdict(items["tea"])
# %%
print(items["tea"].status is Status.OK, sum(sum(item.history) for item in items.values()), item.name)
