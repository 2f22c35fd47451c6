# A module of our own whose settings the notebook changes, a function of the standard library replaced and put back.
# %% [markdown]
# # With other settings
# %% step:config
import config
import textwrap

config.describe()
# %%
config.LR = 0.5
config.TAGS.append("patched")
# %% step:use
config.describe()
# %% step:more
rate = config.LR
steps = [rate / (n + 1) for n in range(config.STEPS)]
steps
# %% step:from
from config import LR, describe
LR, describe()
# %% step:replace
original = textwrap.shorten

def shorten(text, width, **options):
    return original(text, width, placeholder="~")

textwrap.shorten = shorten
textwrap.shorten("one two three four", 10)
# %%
result = textwrap.shorten("five six seven eight", 12)
textwrap.shorten = original
result, textwrap.shorten("five six seven eight", 12)
# %% step:steps
config.STEPS = len(steps) + 2
config.describe()
# %% step:end
print(config.TAGS, config.STEPS, config.LR, LR is rate)
# %%
textwrap.shorten("nine ten eleven", 10), describe is config.describe
