# lru_cache whose statistics are shown, partial, operator, a memo dict beside a cache, a function redefined.
# %%
from functools import lru_cache, partial, reduce, cache
import operator

@lru_cache(maxsize=None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
# %%
fib(20)
# %%
fib.cache_info()
# %%
fib(25), fib.cache_info().misses
# %%
memo = {}
def ways(coins, amount):
    key = coins, amount
    if key not in memo:
        memo[key] = 1 if amount == 0 else 0 if amount < 0 or not coins else ways(coins, amount - coins[0]) + ways(coins[1:], amount)
    return memo[key]

ways((50, 20, 10, 5), 100), len(memo)
# %%
euro = partial(ways, (200, 100, 50, 20, 10, 5, 2, 1))
euro(20), len(memo) > 100
# %%
compose = lambda *fs: reduce(lambda f, g: lambda x: g(f(x)), fs)
clean = compose(str.strip, str.title, partial(str.replace, __old="", __new="") if False else str)
clean("  ada lovelace ")
# %%
fib.cache_clear()
fib(5), fib.cache_info().currsize
# %%
@cache
def slow(x):
    print("computing", x)
    return x ** 2

slow(3) + slow(3), slow(4)
# %%
slow(3), reduce(operator.mul, range(1, 6)), list(memo)[0]
