import math


def circle(r):
    return math.pi * r * r
