# A deep-learning notebook from a hosted service: magics, shell lines, installs, environment, a plain epoch loop.
# %% [markdown]
# [![Open In Colab](https://colab.example.org/badge.svg)](https://colab.example.org)
# # Fashion-MNIST with PyTorch
# %%
!nvidia-smi
# %%
%pip install torch torchvision tqdm
# %%
%load_ext autoreload
%autoreload 2
%matplotlib inline
%config InlineBackend.figure_format = 'retina'
# %%
import os
os.environ["CUDA_VISIBLE_DEVICES"] = "0"
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets
from torchvision.transforms import ToTensor
import matplotlib.pyplot as plt
from tqdm import tqdm
# %% [markdown]
# ## Configuration
# %%
BATCH_SIZE = 64  #@param {type:"integer"}
EPOCHS = 5  #@param {type:"integer"}
LR = 1e-3  #@param
device = "cuda" if torch.cuda.is_available() else "cpu"
print(f"Using {device} device")
# %% [markdown]
# ## Download the data
# %%
training_data = datasets.FashionMNIST(root="data", train=True, download=True, transform=ToTensor())
test_data = datasets.FashionMNIST(root="data", train=False, download=True, transform=ToTensor())
# %%
!ls -lh data
# %%
train_dataloader = DataLoader(training_data, batch_size=BATCH_SIZE, shuffle=True)
test_dataloader = DataLoader(test_data, batch_size=BATCH_SIZE)
for X, y in test_dataloader:
    print(f"Shape of X [N, C, H, W]: {X.shape}")
    break
# %%
figure = plt.figure(figsize=(8, 8))
for i in range(1, 10):
    img, label = training_data[i]
    figure.add_subplot(3, 3, i)
    plt.axis("off")
    plt.imshow(img.squeeze(), cmap="gray")
plt.show()
# %% [markdown]
# ## Build the network
# %%
class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(28 * 28, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)
        )

    def forward(self, x):
        return self.linear_relu_stack(self.flatten(x))
# %%
torch.manual_seed(0)
model = NeuralNetwork().to(device)
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=LR)
print(model)
# %% [markdown]
# ## Train
# %%
def train(dataloader, model, loss_fn, optimizer):
    model.train()
    for X, y in tqdm(dataloader):
        X, y = X.to(device), y.to(device)
        loss = loss_fn(model(X), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
# %%
def test(dataloader, model, loss_fn):
    model.eval()
    correct = 0
    with torch.no_grad():
        for X, y in dataloader:
            correct += (model(X.to(device)).argmax(1) == y.to(device)).type(torch.float).sum().item()
    return correct / len(dataloader.dataset)
# %%
for t in range(EPOCHS):
    print(f"Epoch {t + 1}\n-------------------------------")
    train(train_dataloader, model, loss_fn, optimizer)
    test_accuracy = test(test_dataloader, model, loss_fn)
    print(f"Accuracy: {test_accuracy:.1%}")
# %% [markdown]
# ## Save the model
# %%
torch.save(model.state_dict(), "model.pth")
print("Saved PyTorch Model State to model.pth")
# %% [markdown]
# ## Predict
# %%
classes = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
model.eval()
x, y = test_data[0][0], test_data[0][1]
with torch.no_grad():
    pred = model(x.to(device))
    predicted, actual = classes[pred[0].argmax(0)], classes[y]
print(f'Predicted: "{predicted}", Actual: "{actual}"')
