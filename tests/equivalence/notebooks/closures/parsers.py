# Parsers built from functions that return functions, recursion through a dict, errors as values.
# %%
import re
from functools import reduce

class Fail(Exception):
    pass

def token(pattern, convert=lambda text: text):
    compiled = re.compile(r"\s*(" + pattern + ")")
    def parse(text, at):
        found = compiled.match(text, at)
        if not found:
            raise Fail(f"no {pattern} at {at}")
        tried.append(pattern)
        return convert(found[1]), found.end()
    return parse

tried = []
number = token(r"\d+", int)
number(" 42 ", 0)
# %%
def sequence(*parsers):
    def parse(text, at):
        results = []
        for parser in parsers:
            result, at = parser(text, at)
            results.append(result)
        return results, at
    return parse

def choice(*parsers):
    def parse(text, at):
        for parser in parsers:
            try:
                return parser(text, at)
            except Fail as problem:
                last = problem
        raise last
    return parse
# %%
grammar = {}
expression = lambda text, at: grammar["sum"](text, at)
atom = choice(number, sequence(token(r"\("), expression, token(r"\)")))
atom("7", 0)
# %%
def many(parser):
    def parse(text, at):
        found = []
        while True:
            try:
                result, at = parser(text, at)
            except Fail:
                return found, at
            found.append(result)
    return parse

grammar["product"] = sequence(atom, many(sequence(token(r"\*"), atom)))
grammar["sum"] = sequence(grammar["product"], many(sequence(token(r"[+-]"), grammar["product"])))
tree, end = expression("2 * (3 + 4) - 5", 0)
end, len(tried)
# %%
def evaluate(node):
    match node:
        case int():
            return node
        case ["(", inner, ")"]:
            return evaluate(inner)
        case [first, [*rest]]:
            steps = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}
            return reduce(lambda total, pair: steps[pair[0]](total, evaluate(pair[1])), rest, evaluate(first))

evaluate(tree)
# %%
def calculate(text):
    tree, end = expression(text, 0)
    if end != len(text):
        raise Fail(f"rubbish at {end}")
    return evaluate(tree)

[calculate(text) for text in ("1", "1+2*3", "(1+2)*3", "10-2-3")]
# %%
try:
    calculate("1 + ")
except Fail as problem:
    message = str(problem)
message
# %%
number = token(r"-?\d+", int)
try:
    print(calculate("-5"))
except Fail:
    print("the atom keeps the old number;", number("-5", 0))
# %%
from collections import Counter
Counter(tried).most_common(3), len(grammar)
