# Model and optimizer are made in one cell, trained in the next: the optimizer holds the model's own arrays.
# %% [markdown]
# # Linear regression, written out
# %% step:data
import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 3))
true_w = np.array([1.5, -2.0, 0.5])
y = X @ true_w + 0.7 + rng.normal(scale=0.1, size=200)
X.shape, y.mean().round(3)
# %% step:model
class Linear:
    def __init__(self, inputs):
        self.w = np.zeros(inputs)
        self.b = np.zeros(1)
        self.grads = [np.zeros(inputs), np.zeros(1)]

    def parameters(self):
        return [self.w, self.b]

    def __call__(self, X):
        return X @ self.w + self.b

    def backward(self, X, error):
        self.grads[0][:] = 2 * X.T @ error / len(X)
        self.grads[1][:] = 2 * error.mean()

model = Linear(3)
# %%
class Momentum:
    def __init__(self, parameters, grads, lr=0.1, beta=0.8):
        self.parameters, self.grads, self.lr, self.beta = parameters, grads, lr, beta
        self.velocity = [np.zeros_like(p) for p in parameters]

    def step(self):
        for p, g, v in zip(self.parameters, self.grads, self.velocity):
            v *= self.beta
            v -= self.lr * g
            p += v
# %% step:optimizer
optimizer = Momentum(model.parameters(), model.grads)
optimizer.parameters[0] is model.w
# %% step:first epoch
losses = []
for _ in range(5):
    error = model(X) - y
    losses.append(float((error ** 2).mean()))
    model.backward(X, error)
    optimizer.step()
print([round(loss, 4) for loss in losses])
# %% step:rest
for epoch in range(60):
    error = model(X) - y
    model.backward(X, error)
    optimizer.step()
    if epoch % 20 == 0:
        losses.append(float((error ** 2).mean()))
        print(epoch, round(losses[-1], 5))
# %% step:fine
optimizer.lr /= 10
before = model.w.copy()
optimizer.step()
np.abs(model.w - before).max() < 0.01
# %% step:result
print("w", model.w.round(2), "b", model.b.round(2), "true", true_w)
# %%
residual = y - model(X)
residual.std().round(4), len(losses)
# %%
optimizer.parameters[1] is model.b, optimizer.velocity[0].shape
