# Text classification; a model saved with joblib in one cell and loaded in another; warnings filtered for later cells.
# %%
import warnings
warnings.filterwarnings("ignore")
import joblib
from pathlib import Path
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB
# %%
spam = ["win money now", "cheap pills now", "win a free prize", "free money offer", "claim your prize now"]
ham = ["lunch at noon", "see you at the meeting", "the report is done", "can we move lunch", "notes of the meeting"]
texts = spam + ham
labels = ["spam"] * len(spam) + ["ham"] * len(ham)
# %%
vectorizer = TfidfVectorizer()
X = vectorizer.fit_transform(texts)
X.shape, X.nnz
# %%
model = MultinomialNB(alpha=0.3)
model.fit(X, labels)
# %%
OUT = Path("models")
OUT.mkdir(exist_ok=True)
path = OUT / "spam.joblib"
saved = joblib.dump((vectorizer, model), path)
saved
# %%
def classify(*messages):
    vectorizer, model = joblib.load(path)
    return dict(zip(messages, model.predict(vectorizer.transform(messages)).tolist()))

classify("free lunch", "the meeting is free", "win pills")
# %%
for name in sorted(p.name for p in OUT.iterdir()):
    print(name, (OUT / name).stat().st_size > 500)
# %%
texts.append("win a meeting")
labels.append("ham")
X = vectorizer.fit_transform(texts)
model.fit(X, labels)
classify("win a meeting"), model.predict(vectorizer.transform(["win a meeting"]))[0]
# %%
words = sorted(vectorizer.vocabulary_)
print(len(words), words[:6], path.exists())
