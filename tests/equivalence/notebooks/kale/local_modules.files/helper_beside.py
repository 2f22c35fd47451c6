NAME = "beside the notebook"
