# A deck shuffled by a seeded generator that objects share; hands dealt in several steps; a second table with its own.
# %% [markdown]
# # Two card tables
# %% step:deck
import random
from dataclasses import dataclass, field

SUITS, RANKS = "♠♥♦♣", "789TJQKA"
dice = random.Random(4)

@dataclass
class Table:
    rng: random.Random
    deck: list = field(default_factory=lambda: [r + s for s in SUITS for r in RANKS])
    hands: dict = field(default_factory=dict)

    def shuffle(self):
        self.rng.shuffle(self.deck)
        return self

    def deal(self, player, n=3):
        self.hands.setdefault(player, []).extend(self.deck.pop() for _ in range(n))
        return self.hands[player]

left = Table(dice).shuffle()
left.deck[:4]
# %% step:deal
left.deal("ada"), left.deal("bob")
# %% step:right
right = Table(random.Random(9)).shuffle()
right.deal("cyn", 2)
# %% step:coin
dice.random() < 0.5, dice.choice(SUITS)
# %% step:more
hand = left.deal("ada", 2)
hand is left.hands["ada"], len(left.deck)
# %% step:value
def value(hand):
    return sum(RANKS.index(card[0]) + 7 for card in hand)

{player: value(cards) for table in (left, right) for player, cards in table.hands.items()}
# %% step:swap
left.hands["bob"], hand[:1] = hand[:1], left.hands["bob"]
hand, left.hands["bob"]
# %% step:reshuffle
left.deck += [left.hands.pop("bob").pop()]
left.shuffle()
left.deck[-3:], sorted(left.hands)
# %% step:end
print(dice.randint(1, 6), right.rng.randint(1, 6), left.rng is dice, value(hand))
# %%
right.deal("cyn", 1), len(set(left.deck) & set(hand))
