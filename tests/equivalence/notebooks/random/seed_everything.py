# A notebook function that seeds, called from two cells; functions that draw without saying so.
# %%
import os
import random
import numpy as np

def seed_everything(seed=0):
    random.seed(seed)
    np.random.seed(seed)
    os.environ["DATA_SEED"] = str(seed)
    return seed
# %%
seed_everything(7)
# %%
def noisy(values, scale=0.1):
    return np.asarray(values) + np.random.normal(scale=scale, size=len(values))

def coin():
    return "heads" if random.random() < 0.5 else "tails"
# %%
signal = noisy([1, 2, 3])
signal.round(4)
# %%
flips = [coin() for _ in range(8)]
flips.count("heads"), os.environ["DATA_SEED"]
# %%
again = noisy(signal)
again.round(4)
# %%
seed_everything(int(os.environ["DATA_SEED"]))
np.array_equal(noisy([1, 2, 3]), signal), [coin() for _ in range(8)] == flips
# %%
class Dealer:
    def __init__(self, cards):
        self.cards = list(cards)
        random.shuffle(self.cards)

    def deal(self):
        return self.cards.pop()

dealer = Dealer("A23456789")
dealer.deal(), dealer.deal()
# %%
hand = [dealer.deal() for _ in range(3)]
hand, coin()
# %%
print(len(dealer.cards), np.random.uniform().__round__(6), random.getrandbits(16))
