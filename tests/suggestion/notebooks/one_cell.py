# run: yes
# A script pasted into one cell.
# %%
import random
import statistics

random.seed(5)


def walk(steps):
    x = 0
    for _ in range(steps):
        x += random.choice((-1, 1))
    return x


ends = [walk(200) for _ in range(300)]
print("mean", statistics.mean(ends))
print("deviation", round(statistics.pstdev(ends), 2))
histogram = {}
for end in ends:
    histogram[end // 10] = histogram.get(end // 10, 0) + 1
for bucket in sorted(histogram):
    print(f"{bucket * 10:5} {'#' * histogram[bucket]}")
