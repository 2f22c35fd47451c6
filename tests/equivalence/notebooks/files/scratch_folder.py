# os.chdir for all later cells, %cd, relative paths that mean something else afterwards, ../data from there.
# %% [markdown]
# # Working in a folder
# %% step:start
import os
from pathlib import Path

home = Path.cwd()
os.makedirs("analysis/out", exist_ok=True)
# %% step:change
os.chdir("analysis")
Path("made_here.txt").write_text("made in analysis")
os.path.relpath(os.getcwd(), home)
# %% step:data
lines = open("../data/numbers.txt").read().split()
numbers = [int(line) for line in lines]
numbers
# %%
with open("out/sum.txt", "w") as file:
    file.write(str(sum(numbers)))
# %% step:deeper
%cd -q out
os.listdir(".")
# %% step:back
os.chdir("..")
int(Path("out/sum.txt").read_text()), Path("made_here.txt").exists()
# %% step:home
os.chdir(home)
import helper_module
print(helper_module.double(21))
sorted(p.as_posix() for p in Path("analysis").rglob("*.txt"))
# %% step:move
import shutil
shutil.move("analysis/out/sum.txt", "total.txt")
shutil.copy("data/numbers.txt", "analysis/out")
os.path.exists("analysis/out/sum.txt"), open("total.txt").read()
# %% step:end
print(len(numbers), sorted(os.listdir("analysis")), os.listdir("analysis/out"))
# %%
os.path.relpath(os.getcwd(), home), helper_module.double(numbers[0])
