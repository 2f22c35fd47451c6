# query with @names, eval, categoricals, melt; a name in a query string is the only reader of `threshold`.
# %%
import io
import pandas as pd

text = """id,age,city,q1,q2,q3
1,34,Lyon,4,5,3
2,27,Nice,2,2,4
3,51,Lyon,5,4,4
4,19,Lille,1,3,2
5,45,Nice,3,3,3
6,62,Lyon,4,4,5
7,38,Lille,5,5,5
8,29,Lille,2,1,3
"""
survey = pd.read_csv(io.StringIO(text), index_col="id")
survey
# %%
threshold = 40
low, high = 2, 4
# %%
older = survey.query("age > @threshold")
older[["age", "city"]]
# %%
threshold = 25
younger = survey.query("age <= @threshold or (q1 >= @low and q1 < @high)")
younger.index.tolist()
# %%
long = survey.reset_index().melt(id_vars=["id", "city"], value_vars=["q1", "q2", "q3"], var_name="question")
long["answer"] = pd.Categorical(long["value"].map({1: "bad", 2: "poor", 3: "ok", 4: "good", 5: "great"}),
                                categories=["bad", "poor", "ok", "good", "great"], ordered=True)
long["answer"].value_counts(sort=False)
# %%
survey.eval("total = q1 + q2 + q3", inplace=True)
survey["total"].agg(["min", "max", "mean"])
# %%
long.groupby(["city", "question"])["value"].mean().unstack().round(2)
# %%
city_of = survey["city"].to_dict()
score = {city: survey.loc[survey["city"] == city, "total"].sum() for city in sorted(set(city_of.values()))}
score
# %%
at_least_ok = long[long["answer"] >= "ok"]
f"{len(at_least_ok)} of {len(long)} answers are ok or better; {len(older)} people are over 40"
