# Figures kept in a dict and written to a folder by a later loop; %%capture; a style context; display called by hand.
# %%
from pathlib import Path
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display, Markdown

figures = {}
out = Path("figures")
# %%
x = np.linspace(0, 6, 50)
for power in (1, 2, 3):
    fig, ax = plt.subplots(figsize=(3, 2))
    ax.plot(x, x ** power)
    figures[f"power{power}"] = fig
    plt.close(fig)
sorted(figures)
# %%
%%capture captured
print("this is kept for later")
plt.plot(x, np.sin(x))
plt.show()
# %%
print(captured.stdout.upper(), len(captured.outputs))
# %%
with plt.style.context("ggplot"):
    fig, ax = plt.subplots(figsize=(3, 2))
    ax.fill_between(x, np.cos(x))
    figures["cosine"] = fig
plt.show()
# %%
out.mkdir(exist_ok=True)
for name, figure in figures.items():
    figure.savefig(out / f"{name}.png", dpi=40)
sorted(p.name for p in out.glob("*.png"))
# %%
display(Markdown("**done**"))
display({"figures": len(figures)}, figures["cosine"])
# %%
figures["power2"].axes[0].set_title("square")
figures["power2"]
# %%
total = sum(p.stat().st_size for p in out.iterdir())
total > 3000, name, power, fig is figures["cosine"]
