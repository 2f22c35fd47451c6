# Abstract base, properties, a registry filled by __init_subclass__ as classes are defined in later cells.
# %% [markdown]
# # Shapes that register themselves
# %% step:base
import math
from abc import ABC, abstractmethod

class Shape(ABC):
    kinds = {}
    made = 0

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        Shape.kinds[cls.__name__.lower()] = cls

    def __init__(self):
        Shape.made += 1

    @property
    @abstractmethod
    def area(self): ...

    def __repr__(self):
        return f"{type(self).__name__}({self.area:.2f})"
# %% step:round
class Circle(Shape):
    def __init__(self, r):
        super().__init__()
        self.r = r

    @property
    def area(self):
        return math.pi * self.r ** 2

circle = Circle(2)
circle, sorted(Shape.kinds)
# %% step:edged
class Rectangle(Shape):
    def __init__(self, a, b):
        super().__init__()
        self.a, self.b = a, b

    @property
    def area(self):
        return self.a * self.b

class Square(Rectangle):
    def __init__(self, a):
        super().__init__(a, a)
# %%
shapes = [circle, Rectangle(2, 3), Square(1.5)]
shapes, Shape.made
# %% step:sort
shapes.sort(key=lambda shape: shape.area)
smallest = shapes[0]
[type(shape).__name__ for shape in shapes]
# %% step:grow
for shape in shapes:
    if isinstance(shape, Circle):
        shape.r *= 2
circle
# %% step:factory
def make(kind, *sizes):
    return Shape.kinds[kind](*sizes)

shapes.append(make("square", 4))
shapes.append(make("circle", 1))
len(shapes), Shape.made
# %% step:abstract
try:
    Shape()
except TypeError as error:
    print(str(error)[:50])
# %% step:end
total = sum(shape.area for shape in shapes)
print(f"{total:.3f}", sorted(Shape.kinds), Square.__mro__[1] is Rectangle, smallest is shapes[0])
# %%
max(shapes, key=lambda shape: shape.area) is circle, type(circle) is Circle
