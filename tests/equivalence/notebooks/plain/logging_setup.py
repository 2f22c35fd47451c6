# Logging to stdout set up in the first cell and used in all; warnings recorded; a level changed halfway.
# %% [markdown]
# # What the importer says
# %% step:logging
import logging
import sys
import warnings

logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", force=True)
log = logging.getLogger("importer")
# %% step:read
records = ["1;ada", "2;bob", "x;cyn", "4"]
log.info("reading %d records", len(records))
log.debug("not shown")
# %%
parsed, broken = {}, []
for record in records:
    try:
        number, name = record.split(";")
        parsed[int(number)] = name
    except ValueError as error:
        log.warning("skipped %r: %s", record, error)
        broken.append(record)
# %% step:level
logging.getLogger("importer").setLevel(logging.DEBUG)
log.debug("shown now")
# %% step:warn
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    warnings.warn("old format", DeprecationWarning)
    warnings.warn("old format again", UserWarning)
[w.category.__name__ for w in caught]
# %% step:child
child = logging.getLogger("importer.child")
child.info("through the parent")
logging.getLogger("other").debug("not this")
# %% step:count
class Counting(logging.Handler):
    def __init__(self):
        super().__init__()
        self.levels = []

    def emit(self, record):
        self.levels.append(record.levelname)

counting = Counting()
log.addHandler(counting)
log.error("counted")
child.warning("counted too")
counting.levels
# %%
log.removeHandler(counting)
log.error("not counted")
len(counting.levels)
# %% step:end
print(parsed, broken, len(caught), log.getEffectiveLevel())
# %%
sorted(parsed), name, logging.getLogger("importer") is log
