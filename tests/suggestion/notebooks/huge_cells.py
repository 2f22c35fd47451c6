# Few but long cells: everything between two headings in one.
# %% [markdown]
# # Customer segmentation
# %%
import pandas as pd, numpy as np, matplotlib.pyplot as plt
from sklearn.preprocessing import StandardScaler, OneHotEncoder
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split, GridSearchCV
from sklearn.metrics import roc_auc_score, accuracy_score
pd.set_option('display.max_columns', 50)
np.random.seed(42)
# %% [markdown]
# ## Read and clean
# %%
df = pd.read_excel('customers.xlsx')
df.columns = df.columns.str.lower().str.replace(' ', '_')
df = df.drop_duplicates('customer_id')
df['signup'] = pd.to_datetime(df['signup'], errors='coerce')
df['tenure'] = (pd.Timestamp('2024-01-01') - df['signup']).dt.days
for col in ['income', 'age']:
    low, high = df[col].quantile([.01, .99])
    df[col] = df[col].clip(low, high)
    df[col] = df[col].fillna(df[col].median())
df['gender'] = df['gender'].str.lower().map({'m': 'male', 'f': 'female', 'male': 'male', 'female': 'female'})
df = df[df['tenure'] >= 0]
print(df.shape)
display(df.head())
fig, axes = plt.subplots(2, 2, figsize=(10, 8))
for ax, col in zip(axes.flat, ['income', 'age', 'tenure', 'spend']):
    df[col].hist(ax=ax, bins=30)
    ax.set_title(col)
plt.show()
# %% [markdown]
# ## Segments
# %%
numeric = ['income', 'age', 'tenure', 'spend']
scaler = StandardScaler()
Z = scaler.fit_transform(df[numeric])
inertia = []
for k in range(2, 12):
    inertia.append(KMeans(n_clusters=k, n_init=10).fit(Z).inertia_)
plt.plot(range(2, 12), inertia, marker='o')
plt.show()
km = KMeans(n_clusters=4, n_init=20)
df['segment'] = km.fit_predict(Z)
profile = df.groupby('segment')[numeric].mean()
display(profile)
names = {0: 'young', 1: 'loyal', 2: 'rich', 3: 'rest'}
df['segment_name'] = df['segment'].map(names)
# %% [markdown]
# ## Churn model
# %%
X = pd.get_dummies(df[numeric + ['gender', 'segment_name']])
y = df['churned']
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y)
lr = LogisticRegression(max_iter=2000).fit(X_train, y_train)
grid = GridSearchCV(RandomForestClassifier(), {'max_depth': [3, 5, 8], 'n_estimators': [200, 500]}, scoring='roc_auc', cv=5, n_jobs=-1)
grid.fit(X_train, y_train)
auc_lr = roc_auc_score(y_test, lr.predict_proba(X_test)[:, 1])
auc_rf = roc_auc_score(y_test, grid.predict_proba(X_test)[:, 1])
print('AUC LR', auc_lr)
print('AUC RF', auc_rf)
best = grid.best_estimator_ if auc_rf > auc_lr else lr
importance = pd.Series(grid.best_estimator_.feature_importances_, index=X.columns).sort_values()
importance.tail(15).plot.barh()
plt.show()
# %%
df['risk'] = best.predict_proba(X)[:, 1]
df.sort_values('risk', ascending=False)[['customer_id', 'segment_name', 'risk']].head(100).to_csv('call_list.csv', index=False)
