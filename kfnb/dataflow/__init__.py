"""What flows between the steps of a notebook: pure analysis of code, no I/O.

`program` is what goes in, `graph.analyse` the way in, `graph.Dataflow` what comes out; the compiler calls it.
"""
