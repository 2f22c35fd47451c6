# Counters, sets of strings that are printed, star import, comprehension variables that exist outside too.
# %% [markdown]
# # The words of a poem
# %% step:text
poem = """Two roads diverged in a yellow wood,
And sorry I could not travel both
And be one traveler, long I stood
And looked down one as far as I could
To where it bent in the undergrowth;
"""
print(poem)
# %% step:words
from collections import *
import re

word = "placeholder"
words = [word.lower() for word in re.findall(r"[a-z]+", poem, re.I)]
word, len(words)
# %%
counts = Counter(words)
counts.most_common(4)
# %% step:letters
by_letter = defaultdict(list)
for word in sorted(set(words)):
    by_letter[word[0]].append(word)
dict(by_letter)
# %% step:sets
vowels = set("aeiou")
starts = {w[0] for w in words} - vowels
print(starts)
print({w for w in words if len(w) > 6})
# %% step:lines
lines = poem.splitlines()
for number, line in enumerate(lines, 1):
    print(number, line.count(" ") + 1, end="; ")
# %%
longest = max(lines, key=len)
index = lines.index(longest)
index, longest
# %% step:order
Order = namedtuple("Order", "word first times")
order = OrderedDict((w, Order(w, words.index(w), counts[w])) for w in words if counts[w] > 1)
list(order.values())[:3]
# %% step:end
print(word, number, line[:3], sorted(by_letter)[:3])
# %%
ring = deque(words, maxlen=4)
ring.rotate(1)
ring
