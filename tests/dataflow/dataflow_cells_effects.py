"""Cells about what is beyond the notebook's names: state of the session, settings of libraries, files."""

from __future__ import annotations

EFFECTS = r"""
## a draw from seeded random numbers
import random
random.seed(1)
---
x = random.random()
---
y = random.random()
## seeding
import random
---
random.seed(1)
---
y = random.random()
## a draw through a function
import random
random.seed(1)
def draw():
    return random.random()
---
x = draw()
---
y = random.random()
## a draw through a name from import
from random import choice, seed
import random
seed(1)
---
x = choice([1, 2, 3])
---
y = random.random()
## a draw in a comprehension
import random
random.seed(1)
---
x = [random.gauss(0, 1) for _ in range(3)]
---
y = random.random()
## a draw in a method
import random
random.seed(1)
class Dice:
    def roll(self): return random.randint(1, 6)
d = Dice()
---
x = d.roll()
---
y = random.random()
## a draw in a lambda in a table
import random
random.seed(1)
makers = {"u": lambda: random.random()}
---
x = makers["u"]()
---
y = random.random()
## numpy draw
import numpy as np
np.random.seed(1)
---
x = np.random.rand(2)
---
y = np.random.rand(2)
## numpy seed in a function
import numpy as np
def seed_everything(n):
    np.random.seed(n)
---
seed_everything(3)
---
y = np.random.rand(2)
## numpy draw by permutation
import numpy as np
np.random.seed(1)
---
x = np.random.permutation(5)
---
y = np.random.rand(2)
## pandas sample draws from numpy
import numpy as np, pandas as pd
np.random.seed(1)
df = pd.DataFrame({"a": range(10)})
---
s = df.sample(3)
---
y = np.random.rand(2)
## pandas sample with a state of its own
import numpy as np, pandas as pd
np.random.seed(1)
df = pd.DataFrame({"a": range(10)})
---
s = df.sample(3, random_state=1)
---
y = np.random.rand(2)
## sklearn split draws from numpy
import numpy as np
from sklearn.model_selection import train_test_split
np.random.seed(1)
---
a, b = train_test_split(list(range(10)))
---
y = np.random.rand(2)
## sklearn split with a state of its own
import numpy as np
from sklearn.model_selection import train_test_split
np.random.seed(1)
---
a, b = train_test_split(list(range(10)), random_state=0)
---
y = np.random.rand(2)
## a generator of its own draws nothing global
import numpy as np
np.random.seed(1)
rng = np.random.default_rng(0)
---
x = rng.normal()
---
y = np.random.rand(2)
## getstate reads the state
import random
random.seed(1)
---
s = random.getstate()
---
y = random.random()
## setstate sets it
import random
random.seed(1)
s = random.getstate()
---
random.setstate(s)
x = random.random()
---
y = random.random()
## working directory
import os
os.makedirs("sub", exist_ok=True)
---
os.chdir("sub")
---
here = os.getcwd()
## environment variable with a literal
import os
---
os.environ["KFNB_A"] = "1"
---
v = os.environ.get("KFNB_A")
## environment variable that is computed
import os
n = [3]
---
os.environ["KFNB_B"] = str(n[0])
---
v = os.environ.get("KFNB_B")
## environment variable deleted
import os
os.environ["KFNB_C"] = "1"
---
del os.environ["KFNB_C"]
---
v = os.environ.get("KFNB_C")
## environment variable through setdefault
import os
---
os.environ.setdefault("KFNB_D", "1")
---
v = os.environ.get("KFNB_D")
## environment through from import
from os import environ
---
environ["KFNB_E"] = "1"
---
v = environ.get("KFNB_E")
## environment in a function
import os
def set_it():
    os.environ["KFNB_F"] = "1"
---
set_it()
---
v = os.environ.get("KFNB_F")
## sys.path append
import sys
---
sys.path.append("lib")
---
v = sys.path[-1]
## sys.path insert of a computed folder
import sys
d = ["lib2"]
---
sys.path.insert(0, d[0])
---
v = sys.path[0]
## pandas options
import pandas as pd
---
pd.set_option("display.max_rows", 7)
---
v = pd.get_option("display.max_rows")
## pandas options by attribute
import pandas as pd
---
pd.options.display.precision = 3
---
v = pd.get_option("display.precision")
## numpy print options
import numpy as np
---
np.set_printoptions(precision=3)
---
v = np.get_printoptions()["precision"]
## numpy print options with a literal name
import numpy as np
P = 4
---
np.set_printoptions(precision=P)
---
v = np.get_printoptions()["precision"]
## decimal context by attribute
import decimal
---
decimal.getcontext().prec = 9
---
v = decimal.getcontext().prec
## decimal context in a name
from decimal import getcontext
---
ctx = getcontext()
ctx.prec = 9
---
v = getcontext().prec
## warnings filter
import warnings
---
warnings.filterwarnings("ignore", message="never")
---
v = len(warnings.filters)
## recursion limit
import sys
---
sys.setrecursionlimit(3000)
---
v = sys.getrecursionlimit()
## print leaves nothing | exact
a = [1]
---
print(a)
## time.sleep leaves nothing | exact
import time
a = [1]
---
time.sleep(0)
b = a[0]
## gc.collect leaves nothing | exact
import gc
a = [1]
---
gc.collect();
## a file written
a = ["x"]
---
with open("out.txt", "w") as f:
    f.write(a[0])
del f
---
t = open("out.txt").read()
## a file written in a function
def save(text, name):
    with open(name, "w") as f:
        f.write(text)
---
save("x", "out.txt")
---
t = open("out.txt").read()
## a file read
open("in.txt", "w").write("x")
---
t = open("in.txt").read()
## a file read with a name that is setup
NAME = "in.txt"
open(NAME, "w").write("x")
---
t = open(NAME).read()
## a file read with pathlib
from pathlib import Path
Path("in.txt").write_text("x")
---
t = Path("in.txt").read_text()
## a file written with pathlib
from pathlib import Path
FOLDER = Path("out")
---
FOLDER.mkdir(exist_ok=True)
(FOLDER / "a.txt").write_text("x")
---
t = (FOLDER / "a.txt").read_text()
## a file appended
open("log.txt", "w").write("x")
---
with open("log.txt", "a") as f:
    f.write("y")
del f
---
t = open("log.txt").read()
## files listed
import os
open("a.txt", "w").write("x")
---
names = os.listdir(".")
## files globbed
import glob
open("a.txt", "w").write("x")
---
names = glob.glob("*.txt")
## pandas to_csv and read_csv
import pandas as pd
df = pd.DataFrame({"a": [1]})
---
df.to_csv("a.csv", index=False)
---
t = pd.read_csv("a.csv")
## json dumped to a file
import json
a = {"x": [1]}
---
with open("a.json", "w") as f:
    json.dump(a, f)
del f
---
with open("a.json") as f:
    t = json.load(f)
## pickle dumped to a file
import pickle
a = {"x": [1]}
---
pickle.dump(a, open("a.pkl", "wb"))
---
t = pickle.load(open("a.pkl", "rb"))
## numpy save
import numpy as np
a = np.zeros(2)
---
np.save("a.npy", a)
---
t = np.load("a.npy")
## a file removed
import os
open("a.txt", "w").write("x")
---
os.remove("a.txt")
---
t = os.path.exists("a.txt")
## a file renamed
import os
open("a.txt", "w").write("x")
---
os.rename("a.txt", "b.txt")
---
t = os.path.exists("b.txt")
## a folder made with an f-string
import os
N = 3
---
os.makedirs(f"run{N}", exist_ok=True)
---
t = os.listdir(f"run{N}")
## a file name from a loop
names = ["a", "b"]
---
for n in names:
    open(f"{n}.txt", "w").write(n)
---
t = open("a.txt").read()
## a file copied
import shutil
open("a.txt", "w").write("x")
---
shutil.copy("a.txt", "b.txt")
---
t = open("b.txt").read()
## csv rows to a file
import csv
rows = [[1, 2]]
---
with open("a.csv", "w", newline="") as f:
    csv.writer(f).writerows(rows)
del f
---
t = open("a.csv").read()
## a sqlite file
import sqlite3
---
con = sqlite3.connect("a.db")
con.execute("create table t (x)")
con.commit()
con.close()
del con
---
t = sqlite3.connect("a.db").execute("select * from t").fetchall()
## a zip file
import zipfile
open("a.txt", "w").write("x")
---
with zipfile.ZipFile("a.zip", "w") as z:
    z.write("a.txt")
del z
---
t = zipfile.ZipFile("a.zip").namelist()
## a file opened by a helper with a folder
import os
FOLDER = "data"
os.makedirs(FOLDER, exist_ok=True)
def place(name):
    return os.path.join(FOLDER, name)
---
open(place("a.txt"), "w").write("x")
---
t = open(place("a.txt")).read()
## an open file is used up
open("a.txt", "w").write("a\nb\n")
f = open("a.txt")
---
line = f.readline()
## an open file gone over
open("a.txt", "w").write("a\nb\n")
f = open("a.txt")
---
lines = [l for l in f]
## a tempfile outside
import tempfile, os
---
with tempfile.TemporaryDirectory() as d:
    open(os.path.join(d, "a"), "w").write("x")
"""
