# exec and eval, globals changed in functions, os.environ, conditional imports, a name that only one branch binds.
# %%
import json
import os

try:
    import ujson_that_nobody_has as fast_json
except ImportError:
    fast_json = json
fast_json.__name__
# %%
config = json.loads('{"retries": 3, "rules": {"cheap": "price < limit", "heavy": "weight > 10"}, "debug": false}')
os.environ["SHOP_LIMIT"] = "25"
limit = int(os.environ["SHOP_LIMIT"])
# %%
exec("def label(item):\n    return item['name'].upper()")
exec("tax = 0.2")
tax
# %%
items = [{"name": "pen", "price": 2, "weight": 1}, {"name": "anvil", "price": 90, "weight": 50}]
matches = {rule: [label(item) for item in items if eval(text, {"limit": limit}, item)]
           for rule, text in config["rules"].items()}
matches
# %%
if config["debug"]:
    verbose = True
elif limit > 20:
    level = "high"
try:
    mode = verbose
except NameError:
    mode = level
# %%
def tune(**changes):
    global limit, extra
    config.update(changes)
    limit = changes.get("limit", limit)
    extra = sorted(changes)

tune(limit=1, colour="red")
limit, extra
# %%
print(mode, config["retries"], config.get("colour"), os.environ.get("SHOP_LIMIT"))
# %%
price = eval("sum(item['price'] for item in items) * (1 + tax)")
price
# %%
import subprocess, sys
child = subprocess.run([sys.executable, "-c", "import os; print(os.environ['SHOP_LIMIT'])"], capture_output=True, text=True)
child.stdout.strip(), limit
