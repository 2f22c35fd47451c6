# Loops over a list of frames that add columns to both; functions that change their argument and return it.
# %% [markdown]
# # Who survived
# %%
import numpy as np
import pandas as pd

rng = np.random.default_rng(1912)

def passengers(n):
    return pd.DataFrame({
        "pclass": rng.choice([1, 2, 3], n, p=[0.25, 0.25, 0.5]),
        "sex": rng.choice(["male", "female"], n),
        "age": np.where(rng.random(n) < 0.2, np.nan, rng.normal(30, 12, n).round()),
        "sibsp": rng.integers(0, 4, n),
        "parch": rng.integers(0, 3, n),
        "name": [f"{rng.choice(['Mr', 'Mrs', 'Miss', 'Dr'])}. P{i}" for i in range(n)],
    })

train, test = passengers(200), passengers(80)
train["survived"] = ((train["sex"] == "female") | (train["pclass"] == 1)).astype(int)
full = [train, test]
# %%
for data in full:
    data["title"] = data["name"].str.extract(r"(\w+)\.", expand=False)
    data["family"] = data["sibsp"] + data["parch"] + 1
train["title"].value_counts().sort_index()
# %%
def fill_age(df, by="pclass"):
    df["age"] = df.groupby(by)["age"].transform(lambda s: s.fillna(s.median()))
    return df

train = fill_age(train)
test = fill_age(test)
train["age"].isna().sum() + test["age"].isna().sum()
# %%
full[0] is train, full[1]["age"].equals(test["age"])
# %%
bands = [0, 16, 32, 48, 100]
for dataset in full:
    dataset["band"] = pd.cut(dataset["age"], bands, labels=False)
    dataset.loc[dataset["age"] <= 0, "age"] = 1
pd.crosstab(train["band"], train["survived"])
# %%
sex_codes = {"male": 0, "female": 1}
for df in (train, test):
    df["sex"] = df["sex"].map(sex_codes)
train.groupby("sex")["survived"].mean()
# %%
drop = ["name", "sibsp", "parch"]
train, test = train.drop(drop, axis=1), test.drop(drop, axis=1)
full = [train, test]
[list(d.columns) for d in full]
# %%
features = pd.get_dummies(train.drop(columns="survived"), columns=["title"])
features.dtypes.value_counts()
# %%
from sklearn.tree import DecisionTreeClassifier

X, y = features, train["survived"]
tree = DecisionTreeClassifier(max_depth=4, random_state=0).fit(X, y)
round(tree.score(X, y), 3), df is test, dataset is df
# %%
aligned = pd.get_dummies(test, columns=["title"]).reindex(columns=X.columns, fill_value=0)
answer = pd.DataFrame({"id": aligned.index, "survived": tree.predict(aligned)})
answer["survived"].mean()
