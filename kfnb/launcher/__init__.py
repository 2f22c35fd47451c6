"""Runs one task: the program around the user's code, in the container or on this machine.

Three processes: the forkserver (`forkserver.py`, has the libraries loaded), one supervisor a task (`supervise.py`,
keeps what the body says and writes the task's documents whatever happens), and the body (`body.py`, runs the cells).
"""
