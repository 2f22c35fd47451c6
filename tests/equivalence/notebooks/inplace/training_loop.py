# A tiny network, its optimizer and scheduler made apart; checkpoints that must be copies; the loss history shared by both.
# %% [markdown]
# # Learning exclusive or
# %% step:data
import numpy as np

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
y = np.array([[0], [1], [1], [0]], dtype=float)
rng = np.random.default_rng(2)
# %% step:network
class Layer:
    def __init__(self, n, m, rng):
        self.weight = rng.normal(size=(n, m))
        self.bias = np.zeros(m)
        self.grad = {}

    def forward(self, x):
        self.x, self.out = x, np.tanh(x @ self.weight + self.bias)
        return self.out

    def backward(self, delta):
        delta = delta * (1 - self.out ** 2)
        self.grad["weight"] = self.x.T @ delta
        self.grad["bias"] = delta.sum(axis=0)
        return delta @ self.weight.T

layers = [Layer(2, 6, rng), Layer(6, 1, rng)]
# %%
def predict(x):
    for layer in layers:
        x = layer.forward(x)
    return x

predict(X).shape
# %% step:optimizer
class SGD:
    def __init__(self, layers, lr):
        self.layers, self.lr, self.steps = layers, lr, 0

    def step(self):
        for layer in self.layers:
            layer.weight -= self.lr * layer.grad["weight"]
            layer.bias -= self.lr * layer.grad["bias"]
        self.steps += 1

class Halving:
    def __init__(self, optimizer, every):
        self.optimizer, self.every = optimizer, every

    def step(self):
        if self.optimizer.steps % self.every == 0:
            self.optimizer.lr /= 2

optimizer = SGD(layers, 0.2)
schedule = Halving(optimizer, 150)
# %% step:train
history = []

def epoch():
    out = predict(X)
    delta = out - y
    for layer in reversed(layers):
        delta = layer.backward(delta)
    optimizer.step()
    schedule.step()
    history.append(float(((out - y) ** 2).mean()))

for _ in range(100):
    epoch()
round(history[0], 4), round(history[-1], 4)
# %% step:checkpoint
checkpoint = [layer.weight.copy() for layer in layers]
live = [layer.weight for layer in layers]
# %% step:longer
for _ in range(300):
    epoch()
print(optimizer.steps, optimizer.lr, round(history[-1], 5))
# %% step:compare
np.allclose(checkpoint[0], layers[0].weight), live[0] is layers[0].weight
# %% step:restore
for layer, weight in zip(layers, checkpoint):
    layer.weight[...] = weight
((predict(X) - y) ** 2).mean().round(4), live[1].sum() == checkpoint[1].sum()
# %% step:end
print(predict(X).round(1).ravel(), len(history), schedule.optimizer is optimizer, optimizer.layers is layers)
