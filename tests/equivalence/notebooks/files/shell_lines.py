# Shell lines that read and write files and names, %%writefile and %run of what it wrote, %env, %%bash, %%time.
# %%
words = ["delta", "alpha", "charlie", "bravo"]
with open("words.txt", "w") as file:
    file.write("\n".join(words) + "\n")
!wc -l < words.txt
# %%
ordered = !sort words.txt
ordered[0], len(ordered)
# %%
prefix = "found"
!echo {prefix}: $prefix and {len(words)} words
# %%
%%writefile tool.py
import sys

LIMIT = 5
answer = [word for word in open("words.txt").read().split() if len(word) <= LIMIT]
print("tool ran with", len(answer), "words")
# %%
%run tool.py
answer, LIMIT
# %%
%env TOOL_MODE=fast
import os
mode = os.environ["TOOL_MODE"]
!echo "mode is $TOOL_MODE"
# %%
%%time
total = sum(len(word) for word in words)
# %%
%%bash
sort -r words.txt > reversed.txt
head -1 reversed.txt
# %%
last = open("reversed.txt").read().split()[-1]
files = !ls *.txt
print(last, total, mode, list(files))
# %%
from tool import answer as imported
imported == answer
