# One dict of settings, passed to functions that change it; copy against deepcopy; update, setdefault, |=.
# %%
import copy

base = {"model": {"layers": [64, 32], "dropout": 0.1}, "train": {"epochs": 10, "lr": 0.01}, "tags": ["base"]}
shallow = copy.copy(base)
deep = copy.deepcopy(base)
# %%
def configure(config, **changes):
    for key, value in changes.items():
        section, _, name = key.partition("__")
        config.setdefault(section, {})[name] = value
    return config

tuned = configure(base, train__epochs=50, model__activation="relu")
tuned is base
# %%
shallow["train"]["epochs"], deep["train"]["epochs"]
# %%
layers = base["model"]["layers"]
layers[0] *= 2
layers.append(16)
shallow["model"]["layers"], deep["model"]["layers"]
# %%
shallow["train"] = {"epochs": 1}
base["train"]["epochs"], "activation" in shallow["model"]
# %%
deep |= {"tags": ["deep"], "extra": layers}
deep["extra"] += ["out"]
base["model"]["layers"]
# %%
experiments = [dict(base, name=f"run{i}") for i in range(3)]
experiments[1]["tags"].append("second")
experiments[2]["tags"] = ["third"]
[e["tags"] for e in experiments]
# %%
def scaled(config, factor):
    config = copy.deepcopy(config)
    config["train"]["lr"] *= factor
    return config

faster = scaled(base, 10)
base["train"]["lr"], faster["train"]["lr"], faster["tags"]
# %%
del base["model"]["dropout"]
popped = shallow["model"].pop("activation")
sorted(tuned["model"]), popped, sorted(deep["model"])
# %%
print(base["tags"] is experiments[0]["tags"], layers, len(faster["model"]["layers"]))
