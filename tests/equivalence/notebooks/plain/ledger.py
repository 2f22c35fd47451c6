# Decimal contexts set for the whole session, dates, a dict of lists, exceptions that are shown.
# %%
from decimal import Decimal, getcontext, localcontext, ROUND_HALF_UP, InvalidOperation
from datetime import date, timedelta

getcontext().prec = 12
getcontext().rounding = ROUND_HALF_UP
# %%
accounts = {"ada": [], "bob": []}
opening = date(2024, 2, 27)

def book(account, amount, days=0):
    entry = (opening + timedelta(days=days), Decimal(amount))
    accounts[account].append(entry)
    return entry
# %%
book("ada", "100.00")
book("ada", "-12.345", 2)
book("bob", "7.10", 3)
# %%
def balance(account):
    return sum((amount for _, amount in accounts[account]), Decimal(0))

{name: balance(name) for name in accounts}
# %%
third = Decimal(1) / 3
with localcontext() as context:
    context.prec = 4
    short = Decimal(1) / 3
third, short, Decimal("2.345").quantize(Decimal("0.01"))
# %% raises-exception
book("eve", "1.00")
# %%
try:
    book("bob", "a lot")
except InvalidOperation as error:
    print("not a number:", type(error).__name__)
print(len(accounts["bob"]), "entries")
# %%
statement = accounts["ada"]
statement.append((date(2024, 3, 1), balance("bob")))
accounts["bob"], statement[-1]
# %%
print(f"{balance('ada'):.2f} on {max(day for day, _ in statement):%d %b %Y}, in {(date(2024, 12, 31) - opening).days} days the year ends")
