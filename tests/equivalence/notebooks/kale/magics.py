# Kale: any magic or shell line in a step fails to compile.
# %% step:shell
greeting = "hello"
!echo {greeting} from the shell
# %% step:time
%%time
squares = [n * n for n in range(5)]
# %% step:capture
lines = !printf 'a\nb\n'
%env KALE_MODE=off
print(len(lines), squares[-1])
# %% step:end
import os
print(os.environ["KALE_MODE"], list(lines))
