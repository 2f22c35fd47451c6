# A state machine, a context manager class, a class attribute as a counter, a method added to a class afterwards.
# %% [markdown]
# # A vending machine
# %% step:machine
class Machine:
    sold = 0
    log = []

    def __init__(self, **stock):
        self.stock, self.coins = stock, 0

    def insert(self, coin):
        self.coins += coin
        self.log.append(f"+{coin}")
        return self

    def buy(self, what):
        if self.coins < 2 or not self.stock.get(what):
            raise ValueError(f"cannot sell {what}")
        self.coins -= 2
        self.stock[what] -= 1
        type(self).sold += 1
        return what

machine = Machine(tea=2, soup=1)
# %%
class Service:
    """Opens a machine and puts its coins back on error."""

    def __init__(self, machine):
        self.machine = machine

    def __enter__(self):
        self.coins = self.machine.coins
        return self.machine

    def __exit__(self, kind, error, trace):
        if kind:
            self.machine.coins = self.coins
            print("restored after", kind.__name__)
        return kind is ValueError
# %% step:morning
machine.insert(1).insert(2)
machine.buy("tea"), machine.coins
# %% step:fault
with Service(machine) as open_machine:
    open_machine.insert(5)
    open_machine.buy("cake")
machine.coins, open_machine is machine
# %% step:second
other = Machine(tea=1)
other.insert(2).buy("tea")
Machine.sold, other.log is machine.log
# %% step:extend
def change(self):
    coins, self.coins = self.coins, 0
    return coins

Machine.change = change
# %%
machine.insert(4)
machine.change(), machine.change()
# %% step:special
class Special(Machine):
    sold = 100

    def buy(self, what):
        return super().buy(what).upper()

special = Special(soup=3)
special.insert(2).buy("soup"), Special.sold, Machine.sold
# %% step:end
print(Machine.log, machine.stock, special.change())
# %%
[m.__class__.__name__ for m in (machine, other, special)], isinstance(special, Machine)
