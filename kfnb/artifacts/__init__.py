"""Values ⇄ bytes ⇄ store: what a step's names hold, kept exactly, and shown without ever being loaded again.

- `store.py`: blobs under their digest and documents under their key; `files.py`: how a folder holds them.
- `values.py`: names saved and loaded, in groups that keep identity; `pickler.py` and its neighbours do the pickling.
- `equality.py`: typed deep equality; `preview.py`: safe JSON about a value; `session.py`: state of the session.
"""
