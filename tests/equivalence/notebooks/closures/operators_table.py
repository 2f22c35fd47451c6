# A calculator built from lambdas in dicts; a class with __call__; currying; sorting by closures over changing weights.
# %%
import operator as op

OPS = {"+": op.add, "-": op.sub, "*": op.mul, "/": lambda a, b: a / b}
precision = 2
# %%
def evaluate(tokens):
    stack = []
    for token in tokens.split():
        if token in OPS:
            b, a = stack.pop(), stack.pop()
            stack.append(OPS[token](a, b))
        else:
            stack.append(float(token))
    return round(stack.pop(), precision)

evaluate("1 2 + 3 /")
# %%
precision = 4
evaluate("2 3 /")
# %%
OPS["^"] = lambda a, b: a ** b
evaluate("2 10 ^"), sorted(OPS)
# %%
class Adder:
    def __init__(self, n):
        self.n, self.used = n, 0

    def __call__(self, x):
        self.used += 1
        return x + self.n

add5 = Adder(5)
list(map(add5, range(3))), add5.used
# %%
weights = {"speed": 1, "price": 1}

def score(car):
    return sum(weights[key] * car[key] for key in weights)

cars = [{"name": "a", "speed": 3, "price": 9}, {"name": "b", "speed": 8, "price": 2}, {"name": "c", "speed": 5, "price": 5}]
[car["name"] for car in sorted(cars, key=score)]
# %%
weights["speed"] = 10
cars.sort(key=score, reverse=True)
[(car["name"], score(car)) for car in cars]
# %%
curry = lambda f: lambda a: lambda b: f(a, b)
minus = curry(OPS["-"])
from_ten = minus(10)
from_ten(3), [minus(a)(a) for a in (1, 2)]
# %%
del OPS["/"]
try:
    evaluate("4 2 /")
except ValueError as problem:
    print(type(problem).__name__, len(OPS), precision)
# %%
(add5(0), add5.used), cars[0]["name"]
