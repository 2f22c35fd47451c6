LR = 0.1
STEPS = 3
TAGS = ["base"]


def describe():
    return f"lr={LR} steps={STEPS} tags={','.join(TAGS)}"
