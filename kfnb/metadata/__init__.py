"""The database of runs: what the events of all runs say, as rows that can be filtered, compared and paged.

It is a projection and never the truth: `projection.py` writes what a run's events say, and everything here can be lost
and made anew from them. The only room that knows SQL.
"""
