# A class that is used before and after a helper it calls is redefined; instances in a dict; class and static methods.
# %% [markdown]
# # Interest over the years
# %% step:classes
RATE = 0.03

def interest(amount, years=1):
    return amount * (1 + RATE) ** years - amount

class Account:
    accounts = {}

    def __init__(self, owner, amount=0):
        self.owner, self.amount = owner, amount

    @classmethod
    def open(cls, owner, amount=0):
        return cls.accounts.setdefault(owner, cls(owner, amount))

    @staticmethod
    def rounded(amount):
        return round(amount, 2)

    def year(self):
        self.amount = self.rounded(self.amount + interest(self.amount))
# %% step:open
ada = Account.open("ada", 100)
bob = Account.open("bob", 50)
again = Account.open("ada", 999)
again is ada, len(Account.accounts)
# %% step:years
for _ in range(3):
    for account in Account.accounts.values():
        account.year()
ada.amount, bob.amount
# %% step:raise
def interest(amount, years=1):
    return amount * 0.5

ada.year()
ada.amount
# %% step:save
class Savings(Account):
    def year(self):
        before = self.amount
        super().year()
        self.bonus = self.amount - before > 10

cyn = Savings.open("cyn", 30)
cyn.year()
vars(cyn)
# %% step:copy
import copy

shallow = copy.copy(ada)
ledger = {"all": [ada, bob, cyn], "rich": [a for a in (ada, bob, cyn) if a.amount > 50]}
deep = copy.deepcopy(ledger)
deep["all"][0].amount = 0
deep["all"][0] is deep["rich"][0], ada.amount
# %%
ledger["rich"][0].amount += 1
ada.amount, shallow.amount
# %% step:sort
ranked = sorted(Account.accounts.values(), key=lambda a: (-a.amount, a.owner))
[a.owner for a in ranked]
# %% step:total
total = Account.rounded(sum(a.amount for a in ranked))
print(total, RATE, account.owner, Savings.accounts is Account.accounts)
# %%
interest(10), cyn.bonus, type(deep["all"][2]).__name__
