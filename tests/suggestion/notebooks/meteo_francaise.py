# French headings with accents and apostrophes; numbering in Roman and letters.
# %% [markdown]
# # Projet : prévision des températures
# *Élève : J. Dupont*
# %% [markdown]
# ## I. Préparation de l'environnement
# %%
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import PolynomialFeatures
from sklearn.pipeline import make_pipeline
# %% [markdown]
# ## II. Chargement des données
# %%
annees = np.arange(1950, 2021)
bruit = np.random.default_rng(3).normal(0, 0.3, len(annees))
temperatures = 11 + 0.00035 * (annees - 1950) ** 2 + bruit
donnees = pd.DataFrame({"annee": annees, "temperature": temperatures})
donnees.head()
# %% [markdown]
# ## III. Nettoyage
# %%
donnees.loc[3, "temperature"] = np.nan
print("valeurs manquantes :", donnees["temperature"].isna().sum())
donnees["temperature"] = donnees["temperature"].interpolate()
# %% [markdown]
# ## IV. Apprentissage du modèle
# ### a) Régression linéaire
# %%
X = donnees[["annee"]] - 1950
y = donnees["temperature"]
lineaire = LinearRegression().fit(X, y)
print("R2 :", round(lineaire.score(X, y), 3))
# %% [markdown]
# ### b) Régression polynomiale
# %%
poly = make_pipeline(PolynomialFeatures(2), LinearRegression())
poly.fit(X, y)
print("R2 :", round(poly.score(X, y), 3))
# %% [markdown]
# ## V. Évaluation & résultats
# %%
residus = pd.DataFrame({"lineaire": y - lineaire.predict(X), "poly": y - poly.predict(X)})
residus.abs().mean().round(3)
# %% [markdown]
# ## VI. Prédiction pour l'année 2030
# %%
futur = pd.DataFrame({"annee": [80]})
print(round(float(poly.predict(futur)[0]), 2), "°C")
# %% [markdown]
# ## Conclusion
# Le modèle polynomial est meilleur.
