"""Makes the customer table of the churn example: seeded, so that everybody gets the same customers.

The notebook churn.ipynb imports it, as one imports a module of one's own that lies beside a notebook.
By hand: `python churn_data.py customers.csv`.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

CONTRACTS = ["month-to-month", "one year", "two years"]
INTERNET = ["fiber", "dsl", "none"]
PAYMENTS = ["card", "bank transfer", "electronic check", "mailed check"]


def make_churn(customers: int = 3000, seed: int = 7) -> pd.DataFrame:
    """Return a table of telephone and internet customers, some of whom left.

    A few total charges are missing, as in every table that came from a billing system.
    """
    rng = np.random.default_rng(seed)
    contract = rng.choice(CONTRACTS, customers, p=[0.55, 0.25, 0.20])
    internet = rng.choice(INTERNET, customers, p=[0.45, 0.35, 0.20])
    tenure = np.minimum(rng.gamma(1.6, 17, customers).astype(int), 72)
    calls = rng.poisson(1.3, customers)
    monthly = 20 + 30 * (internet == "dsl") + 50 * (internet == "fiber") + rng.normal(0, 8, customers)
    senior = rng.random(customers) < 0.16
    partner = rng.random(customers) < 0.48
    score = (
        -2.3
        + 2.2 * (contract == "month-to-month")
        - 1.0 * (contract == "two years")
        + 1.3 * ((internet == "fiber") & (calls >= 2))
        + 1.8 * ((tenure < 12) & (contract == "month-to-month"))
        - 0.03 * tenure
        + 0.35 * calls
        + 0.02 * (monthly - 55)
        + 0.4 * senior
        - 0.3 * partner
    )
    churned = rng.random(customers) < 1 / (1 + np.exp(-1.4 * score))
    total = np.round(tenure * monthly * rng.uniform(0.95, 1.05, customers), 2)
    return pd.DataFrame(
        {
            "customer": [f"C{number:05d}" for number in range(customers)],
            "senior": senior,
            "partner": partner,
            "tenure_months": tenure,
            "contract": contract,
            "internet": internet,
            "payment": rng.choice(PAYMENTS, customers),
            "support_calls": calls,
            "monthly_charges": np.round(monthly, 2),
            "total_charges": np.where(rng.random(customers) < 0.01, np.nan, total),
            "churned": churned,
        }
    )


if __name__ == "__main__":
    make_churn().to_csv(sys.argv[1], index=False)
