# A board that cells keep changing; a loop that prints; two names for one board.
# %%
import numpy as np

GLIDER = [(0, 1), (1, 2), (2, 0), (2, 1), (2, 2)]
board = np.zeros((8, 8), dtype=bool)
for row, column in GLIDER:
    board[row, column] = True
# %%
def show(board):
    print("\n".join("".join("#" if cell else "." for cell in row) for row in board))

show(board)
# %%
def neighbours(board):
    return sum(np.roll(board, (i, j), axis=(0, 1)).astype(int)
               for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0))

def step(board):
    around = neighbours(board)
    board[:] = (around == 3) | (board & (around == 2))
    return board
# %%
history = [board]
for _ in range(4):
    history.append(step(board))
len({id(b) for b in history})
# %%
show(board)
# %%
snapshots = [board.copy()]
for generation in range(4):
    snapshots.append(step(board).copy())
[int(s.sum()) for s in snapshots]
# %%
board[0, :3] = 1
window = board[:3, :3]
window |= True
show(history[0])
# %%
np.array_equal(history[0], history[-1]), np.array_equal(snapshots[0], snapshots[-1])
# %%
generation, row, int(board.sum()), board is history[2]
