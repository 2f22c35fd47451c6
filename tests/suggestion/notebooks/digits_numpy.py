# run: yes
# A neural network by hand, as teaching notebooks have it.
# %% [markdown]
# # Recognising handwritten digits with nothing but NumPy
#
# We train a small neural network on scikit-learn's 8x8 digits.
# %%
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

np.random.seed(0)
# %%
hidden = 32
learning_rate = 0.5
epochs = 60
# %% [markdown]
# ## Data
# %%
digits = load_digits()
print(digits.images.shape)
X = digits.data / 16.0
y = digits.target
# %%
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0)
X_train.shape, X_test.shape
# %% [markdown]
# One-hot encode the labels.
# %%
def one_hot(labels, classes=10):
    out = np.zeros((len(labels), classes))
    out[np.arange(len(labels)), labels] = 1
    return out

Y_train = one_hot(y_train)
# %% [markdown]
# ## The network
# %%
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def forward(params, X):
    h = np.tanh(X @ params['W1'] + params['b1'])
    return h, softmax(h @ params['W2'] + params['b2'])

def loss(p, Y):
    return -np.mean(np.sum(Y * np.log(p + 1e-12), axis=1))
# %%
params = {
    'W1': np.random.randn(64, hidden) * 0.1,
    'b1': np.zeros(hidden),
    'W2': np.random.randn(hidden, 10) * 0.1,
    'b2': np.zeros(10),
}
# %% [markdown]
# ## Training
# Plain batch gradient descent.
# %%
history = []
for epoch in range(epochs):
    h, p = forward(params, X_train)
    d2 = (p - Y_train) / len(X_train)
    d1 = (d2 @ params['W2'].T) * (1 - h ** 2)
    params['W2'] -= learning_rate * h.T @ d2
    params['b2'] -= learning_rate * d2.sum(axis=0)
    params['W1'] -= learning_rate * X_train.T @ d1
    params['b1'] -= learning_rate * d1.sum(axis=0)
    history.append(loss(p, Y_train))
    if epoch % 20 == 0:
        print(epoch, round(history[-1], 4))
# %% [markdown]
# ## Evaluation
# %%
_h, probabilities = forward(params, X_test)
predicted = probabilities.argmax(axis=1)
accuracy = (predicted == y_test).mean()
print(f"accuracy: {accuracy:.3f}")
# %% [markdown]
# ### Where is it wrong?
# %%
confusion = np.zeros((10, 10), dtype=int)
for t, p_ in zip(y_test, predicted):
    confusion[t, p_] += 1
print(confusion)
# %%
wrong = np.flatnonzero(predicted != y_test)[:5]
[(int(y_test[i]), int(predicted[i])) for i in wrong]
