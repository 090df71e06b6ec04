# A file in percent format: the same cells, in a Python file that people can read and compare.

# %% [markdown]
# # Counting words

# %%
import collections

text = "to be or not to be"

# %%
# test: words are counted
counts = collections.Counter(text.split())
assert counts["be"] == 2

# %% tags=["slow"]
# test: a long text takes a while
counts = collections.Counter((text + " ").split() * 200_000)
assert counts["to"] == 400_000
