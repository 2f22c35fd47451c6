# Every cell imports what it uses, as notebooks put together from others do; one import under two names; one that is a name of ours later.
# %%
import pandas as pd
import numpy as np

trips = pd.DataFrame({"from": list("ABCABCAB"), "km": [12, 5, 33, 8, 21, 2, 40, 9], "fare": [20, 9, 51, 14, 36, 5, 60, 15]})
# %%
import pandas as pd
trips["per_km"] = trips["fare"] / trips["km"]
trips.sort_values("per_km").head(3)
# %%
import numpy as np
import pandas
q = np.quantile(trips["per_km"], [0.1, 0.9])
outliers = trips[~trips["per_km"].between(*q)]
pandas.DataFrame is pd.DataFrame, len(outliers)
# %%
from collections import Counter
from math import sqrt
starts = Counter(trips["from"])
starts.most_common()
# %%
import math
from math import sqrt, floor
distance = [floor(sqrt(km) * 10) for km in trips["km"]]
distance
# %%
from statistics import mean
average = mean(distance)
mean([1, 2, 3, 4])
# %%
import numpy as np
mean = np.mean(distance)
type(mean).__name__, round(float(mean), 3) == round(average, 3)
# %%
import pandas as pd
from collections import Counter
pd.crosstab(trips["from"], trips["km"] > 10)
# %%
import os, sys
import os.path as osp
osp.join("a", "b"), os.sep, len(sys.argv) > 0, float(mean) > 0
