# Kale: limits of memory, cpu and TPU are dropped silently, MIG is rejected.
# %% step:small, limit:memory:1Gi, limit:cpu:500m
a = 1
# %% step:mig, limit:nvidia.com/mig-1g.5gb:1
b = a + 1
# %% step:tpu, limit:google.com/tpu:4, request:cpu:2
c = a + b
