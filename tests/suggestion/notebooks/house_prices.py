# Regression on a table, bold text instead of some headings, a helper class, pickled model.
# %% [markdown]
# House Prices - Advanced Regression Techniques
# =============================================
# %%
import os
import joblib
import numpy as np
import pandas as pd
import seaborn as sns
import matplotlib.pyplot as plt
from scipy import stats
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge, Lasso
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

DATA_DIR = 'data'
SEED = 42
N_FOLDS = 5
# %% [markdown]
# Getting the data
# ----------------
# %%
df_train = pd.read_csv(os.path.join(DATA_DIR, 'train.csv'))
df_test = pd.read_csv(os.path.join(DATA_DIR, 'test.csv'))
print(df_train.shape, df_test.shape)
# %%
df_train.describe()
# %% [markdown]
# **The target**
#
# SalePrice is skewed.
# %%
sns.histplot(df_train['SalePrice'], kde=True)
plt.figure()
res = stats.probplot(df_train['SalePrice'], plot=plt)
# %%
corr = df_train.select_dtypes('number').corr()
plt.figure(figsize=(12, 9))
sns.heatmap(corr, vmax=.8, square=True);
# %% [markdown]
# Data cleaning
# -------------
# %%
df_train = df_train.drop(df_train[(df_train['GrLivArea'] > 4000) & (df_train['SalePrice'] < 300000)].index)
y = np.log1p(df_train.pop('SalePrice'))
train_id = df_train.pop('Id')
test_id = df_test.pop('Id')
# %%
missing = df_train.isna().mean()
too_empty = missing[missing > 0.5].index
df_train = df_train.drop(columns=too_empty)
df_test = df_test.drop(columns=too_empty)
# %% [markdown]
# Features
# --------
# %%
class AreaFeatures(BaseEstimator, TransformerMixin):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        X = X.copy()
        X['TotalSF'] = X['TotalBsmtSF'].fillna(0) + X['1stFlrSF'] + X['2ndFlrSF']
        X['Age'] = X['YrSold'] - X['YearBuilt']
        return X
# %%
numeric = df_train.select_dtypes('number').columns.tolist() + ['TotalSF', 'Age']
categorical = df_train.select_dtypes('object').columns.tolist()
prepare = Pipeline([
    ('area', AreaFeatures()),
    ('columns', ColumnTransformer([
        ('num', make_pipeline(SimpleImputer(strategy='median'), StandardScaler()), numeric),
        ('cat', make_pipeline(SimpleImputer(strategy='most_frequent'), OneHotEncoder(handle_unknown='ignore')), categorical),
    ])),
])
# %% [markdown]
# Models
# ------
# %%
def rmse_cv(model):
    kf = KFold(N_FOLDS, shuffle=True, random_state=SEED)
    pipe = Pipeline([('prepare', prepare), ('model', model)])
    return np.sqrt(-cross_val_score(pipe, df_train, y, scoring='neg_mean_squared_error', cv=kf))
# %%
score = rmse_cv(Ridge(alpha=10))
print("Ridge score: {:.4f} ({:.4f})".format(score.mean(), score.std()))
# %%
score = rmse_cv(Lasso(alpha=0.0005))
print("Lasso score: {:.4f} ({:.4f})".format(score.mean(), score.std()))
# %%
score = rmse_cv(GradientBoostingRegressor(n_estimators=300, random_state=SEED))
print("Gradient boosting score: {:.4f} ({:.4f})".format(score.mean(), score.std()))
# %% [markdown]
# Final model and submission
# --------------------------
# %%
final = Pipeline([('prepare', prepare), ('model', GradientBoostingRegressor(n_estimators=1000, random_state=SEED))])
final.fit(df_train, y)
joblib.dump(final, 'model.joblib')
# %%
sub = pd.DataFrame({'Id': test_id, 'SalePrice': np.expm1(final.predict(df_test))})
sub.to_csv('submission.csv', index=False)
sub.head()
