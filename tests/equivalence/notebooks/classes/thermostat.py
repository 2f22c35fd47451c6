# Observers that hold each other, a property with a setter that notifies, __call__, __contains__, a class-level default.
# %% [markdown]
# # A thermostat and its listeners
# %% step:classes
class Signal:
    def __init__(self):
        self.listeners = []

    def __call__(self, listener):
        self.listeners.append(listener)
        return listener

    def send(self, *values):
        for listener in self.listeners:
            listener(*values)

    def __contains__(self, listener):
        return listener in self.listeners

class Thermostat:
    step = 0.5

    def __init__(self, target=20.0):
        self._target, self.changed = target, Signal()

    @property
    def target(self):
        return self._target

    @target.setter
    def target(self, value):
        old, self._target = self._target, round(value / self.step) * self.step
        if old != self._target:
            self.changed.send(old, self._target)
# %% step:make
room = Thermostat()
changes = []

@room.changed
def note(old, new):
    changes.append((old, new))

note in room.changed, len(room.changed.listeners)
# %% step:first
room.target = 21.3
room.target, changes
# %% step:heater
class Heater:
    def __init__(self, thermostat):
        self.power = 0
        thermostat.changed(self.adjust)

    def adjust(self, old, new):
        self.power += (new - old) * 10

heater = Heater(room)
room.target = 23
heater.power
# %% step:finer
Thermostat.step = 0.1
room.target += 0.12
changes[-1], round(heater.power, 3)
# %% step:own
other = Thermostat(18)
other.step = 1
other.changed(note)
other.target = 19.4
changes
# %% step:quiet
room.changed.listeners.remove(note)
room.target = 5
len(changes), round(heater.power, 2)
# %% step:names
vars(room)["_target"], "step" in vars(room), "step" in vars(other), Thermostat.step
# %% step:end
print(note in other.changed, heater.adjust in room.changed, type(room).target.fget(room))
