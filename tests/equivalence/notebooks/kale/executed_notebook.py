# Kale: no executed notebook is kept.
# %% step:show
value = 6 * 7
value
# %%
print("kept")
# %% step:more
{"value": value}
