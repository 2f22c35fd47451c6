"""What kfnb costs beside papermill in one kernel: programs for `make bench`, never tests."""
