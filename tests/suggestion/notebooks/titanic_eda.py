# As people publish it for a first Kaggle competition: numbered headings, a lot of looking, a few models.
# %% [markdown]
# # Titanic: Machine Learning from Disaster
# A beginner friendly walk through the classic competition. **Please upvote** if you liked it!
# %%
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt
import seaborn as sns
%matplotlib inline
import warnings
warnings.filterwarnings('ignore')
# %% [markdown]
# ## 1. Load the data
# %%
train = pd.read_csv('../input/titanic/train.csv')
test = pd.read_csv('../input/titanic/test.csv')
train.head()
# %%
train.info()
# %% [markdown]
# ## 2. Exploratory Data Analysis
# ### 2.1 Missing values
# %%
train.isnull().sum().sort_values(ascending=False)
# %%
sns.countplot(x='Survived', hue='Sex', data=train)
plt.show()
# %% [markdown]
# ### 2.2 Age distribution
# %%
fig, ax = plt.subplots(1, 2, figsize=(14, 5))
train[train.Survived == 0].Age.plot.hist(ax=ax[0], bins=20, color='red')
train[train.Survived == 1].Age.plot.hist(ax=ax[1], bins=20, color='green')
plt.show()
# %% [markdown]
# ## 3. Feature Engineering
# We combine the two data sets so that both are treated alike.
# %%
data = [train, test]
for df in data:
    df['Title'] = df.Name.str.extract(r' ([A-Za-z]+)\.', expand=False)
pd.crosstab(train['Title'], train['Sex'])
# %%
for df in data:
    df['Title'] = df['Title'].replace(['Lady', 'Countess', 'Capt', 'Col', 'Don', 'Dr', 'Major', 'Rev'], 'Rare')
    df['Title'] = df['Title'].replace({'Mlle': 'Miss', 'Ms': 'Miss', 'Mme': 'Mrs'})
    df['Age'] = df['Age'].fillna(df.groupby('Title')['Age'].transform('median'))
    df['Fare'] = df['Fare'].fillna(df['Fare'].median())
    df['Embarked'] = df['Embarked'].fillna('S')
    df['FamilySize'] = df['SibSp'] + df['Parch'] + 1
    df['IsAlone'] = (df['FamilySize'] == 1).astype(int)
# %%
train['Sex'] = train['Sex'].map({'male': 0, 'female': 1})
test['Sex'] = test['Sex'].map({'male': 0, 'female': 1})
train = pd.get_dummies(train, columns=['Title', 'Embarked'])
test = pd.get_dummies(test, columns=['Title', 'Embarked'])
train.head()
# %% [markdown]
# ## 4. Modelling
# %%
from sklearn.model_selection import train_test_split, cross_val_score, GridSearchCV
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
from sklearn.svm import SVC
from sklearn.metrics import accuracy_score

features = [c for c in train.columns if c not in ('PassengerId', 'Survived', 'Name', 'Ticket', 'Cabin')]
X = train[features]
y = train['Survived']
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.2, random_state=42)
# %% [markdown]
# ### Logistic regression
# %%
logreg = LogisticRegression(max_iter=1000)
logreg.fit(X_train, y_train)
acc_log = round(accuracy_score(y_val, logreg.predict(X_val)) * 100, 2)
print('Accuracy:', acc_log)
# %% [markdown]
# ### Support vector machine
# %%
svc = SVC()
svc.fit(X_train, y_train)
acc_svc = round(accuracy_score(y_val, svc.predict(X_val)) * 100, 2)
print('Accuracy:', acc_svc)
# %% [markdown]
# ### Random forest
# %%
params = {'n_estimators': [100, 300], 'max_depth': [4, 6, 8]}
grid = GridSearchCV(RandomForestClassifier(random_state=1), params, cv=5)
grid.fit(X_train, y_train)
grid.best_params_
# %%
acc_rf = round(accuracy_score(y_val, grid.predict(X_val)) * 100, 2)
print('Accuracy:', acc_rf)
# %% [markdown]
# ## 5. Compare the models
# %%
models = pd.DataFrame({
    'Model': ['Logistic Regression', 'SVM', 'Random Forest'],
    'Score': [acc_log, acc_svc, acc_rf],
})
models.sort_values(by='Score', ascending=False)
# %% [markdown]
# ## 6. Submission
# %%
predictions = grid.predict(test[features])
output = pd.DataFrame({'PassengerId': test.PassengerId, 'Survived': predictions})
output.to_csv('submission.csv', index=False)
print('Your submission was successfully saved!')
