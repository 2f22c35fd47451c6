# Generators and iterators that are used up across cells, recursion, itertools, next with a default.
# %%
from itertools import islice, takewhile, accumulate, groupby, chain, cycle
import math

def primes():
    found = []
    candidate = 2
    while True:
        if all(candidate % p for p in found if p * p <= candidate):
            found.append(candidate)
            yield candidate
        candidate += 1
# %%
stream = primes()
first = list(islice(stream, 10))
first
# %%
second = list(islice(stream, 5))
print(second, next(stream))
# %%
pairs = zip(first, first[1:])
gaps = [b - a for a, b in pairs]
list(pairs), gaps
# %%
sums = accumulate(gaps)
small = list(takewhile(lambda total: total < 10, sums))
small, list(sums)
# %%
def factors(n, p=2):
    if n == 1:
        return []
    if p * p > n:
        return [n]
    return [p] + factors(n // p, p) if n % p == 0 else factors(n, p + 1)

{n: factors(n) for n in (12, 97, 360)}
# %%
colours = cycle("rgb")
tags = [next(colours) for _ in range(4)]
more = [next(colours) for _ in range(2)]
tags, more, next(iter([]), "nothing")
# %%
grouped = {key: list(values) for key, values in groupby(sorted(first, key=lambda p: p % 4), key=lambda p: p % 4)}
grouped
# %%
total = 0
while (prime := next(stream)) < 100:
    total += prime
total, prime
# %%
print(math.prod(first[:4]), list(chain(tags, map(str, second)))[-3:], next(stream))
