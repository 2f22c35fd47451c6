# out= and in-place operators, structured arrays, np.save and np.load of a file written two cells above.
# %% [markdown]
# # A noisy tone
# %% step:make
import numpy as np

rate = 256
t = np.arange(rate) / rate
tone = np.sin(2 * np.pi * 12 * t)
noise = np.cos(np.arange(rate) ** 2 * 0.37) * 0.4
signal = tone + noise
signal[:4].round(4)
# %% step:spectrum
spectrum = np.abs(np.fft.rfft(signal))
peak = spectrum.argmax()
print("loudest at", peak, "Hz")
# %% step:window
window = np.hanning(rate)
np.multiply(signal, window, out=signal)
signal -= signal.mean()
print(abs(signal).max().round(4), abs(tone).max())
# %%
np.save("signal.npy", signal)
np.savez("both.npz", tone=tone, window=window)
# %% step:events
kind = np.dtype([("start", "i4"), ("level", "f8"), ("name", "U8")])
events = np.zeros(3, dtype=kind)
events["start"] = [10, 90, 200]
for row in events:
    row["level"] = abs(signal[row["start"]:row["start"] + 10]).max()
    row["name"] = f"e{row['start']}"
events["level"].round(3)
# %%
loud = np.sort(events, order="level")[::-1]
loud["name"].tolist()
# %% step:load
loaded = np.load("signal.npy")
with np.load("both.npz") as both:
    names = sorted(both.files)
    again = both["tone"] * both["window"]
np.array_equal(loaded, signal), names
# %%
mapped = np.load("signal.npy", mmap_mode="r")
type(mapped).__name__, float(mapped.max()) == float(signal.max())
# %% step:filter
clean = np.convolve(loaded, np.ones(5) / 5, mode="same")
clean_peak = np.abs(np.fft.rfft(clean)).argmax()
clean_peak, peak, clean.dtype
