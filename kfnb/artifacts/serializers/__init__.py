"""How values of particular libraries are pickled where their own way loses something: one file a family.

`registry.py` finds the reducer of a type, a user's own first. A reducer is called as `reducer(pickler, value)` and
returns what `object.__reduce_ex__` may return, or NotImplemented for the library's own way. Modules of a family
import the library at their top: they are imported only once a value of that library is met.
"""
