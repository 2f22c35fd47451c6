# Text classification, emoji and links in headings, shell lines, deep headings.
# %% [markdown]
# <h1 align="center">📩 SMS Spam Classification</h1>
#
# <a href="https://example.org">Dataset</a>
# %%
!pip install -q nltk wordcloud
# %%
import re
import string
import pandas as pd
import numpy as np
from collections import Counter
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.model_selection import train_test_split, cross_val_score
from sklearn.naive_bayes import MultinomialNB
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report, confusion_matrix, f1_score
# %% [markdown]
# ## 📂 [Loading](https://example.org) the data
# %%
sms = pd.read_csv('spam.csv', encoding='latin-1')
sms.dropna(how="any", inplace=True, axis=1)
sms.columns = ['label', 'message']
sms.head()
# %%
sms.groupby('label').describe()
# %%
sms['label_num'] = sms.label.map({'ham': 0, 'spam': 1})
sms['message_len'] = sms.message.apply(len)
# %% [markdown]
# ## 🔎 Exploring
# %%
import matplotlib.pyplot as plt
sms[sms.label == 'ham'].message_len.plot(bins=35, kind='hist', color='blue', alpha=0.6)
sms[sms.label == 'spam'].message_len.plot(kind='hist', color='red', alpha=0.6)
plt.legend(['ham', 'spam'])
# %%
sms[sms.message_len == 910].message.iloc[0]
# %% [markdown]
# ## 🧹 Text pre-processing
# %%
STOPWORDS = {'u', 'ü', 'ur', '4', '2', 'im', 'dont', 'doin', 'ure', 'the', 'a', 'to', 'and', 'i'}

def text_process(mess):
    """Remove punctuation and stop words."""
    nopunc = ''.join(char for char in mess if char not in string.punctuation)
    return ' '.join(word for word in nopunc.split() if word.lower() not in STOPWORDS)
# %%
sms['clean_msg'] = sms.message.apply(text_process)
# %%
words = sms[sms.label == 'spam'].clean_msg.apply(lambda x: [w.lower() for w in x.split()])
spam_words = Counter()
for msg in words:
    spam_words.update(msg)
print(spam_words.most_common(20))
# %% [markdown]
# ## Vectorization
# %%
X = sms.clean_msg
y = sms.label_num
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
# %%
vect = CountVectorizer()
X_train_dtm = vect.fit_transform(X_train)
X_test_dtm = vect.transform(X_test)
# %% [markdown]
# ## 🤖 Model building
# #### Naive Bayes
# %%
nb = MultinomialNB()
%time nb.fit(X_train_dtm, y_train)
y_pred = nb.predict(X_test_dtm)
print(classification_report(y_test, y_pred))
# %%
confusion_matrix(y_test, y_pred)
# %% [markdown]
# #### Logistic regression
# %%
logreg = LogisticRegression(solver='liblinear')
%time logreg.fit(X_train_dtm, y_train)
y_pred = logreg.predict(X_test_dtm)
f1 = f1_score(y_test, y_pred)
print("F1 score:", f1)
# %% [markdown]
# ## 💡 Try your own
# %%
def predict_message(text):
    return logreg.predict(vect.transform([text_process(text)]))[0]

predict_message("WINNER!! You have been selected to receive a £900 prize")
