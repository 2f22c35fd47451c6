# Iterator protocol, operators, a metaclass, mixins, __slots__, descriptors; objects that refer to each other.
# %%
class Plural(type):
    def __new__(mcls, name, bases, body):
        cls = super().__new__(mcls, name, bases, body)
        cls.plural = name.lower() + "s"
        return cls

class Named(metaclass=Plural):
    def __str__(self):
        return f"<{self.name}>"
# %%
class Positive:
    def __set_name__(self, owner, name):
        self.slot = "_" + name

    def __get__(self, instance, owner=None):
        return self if instance is None else getattr(instance, self.slot)

    def __set__(self, instance, value):
        if value <= 0:
            raise ValueError("must be positive")
        setattr(instance, self.slot, value)
# %%
class Song(Named):
    length = Positive()

    def __init__(self, name, length):
        self.name, self.length, self.lists = name, length, []

class Playlist(Named):
    def __init__(self, name, songs=()):
        self.name, self.songs, self.at = name, [], 0
        for song in songs:
            self += song

    def __iadd__(self, song):
        self.songs.append(song)
        song.lists.append(self)
        return self

    def __len__(self):
        return sum(song.length for song in self.songs)

    def __iter__(self):
        return self

    def __next__(self):
        if self.at >= len(self.songs):
            raise StopIteration
        self.at += 1
        return self.songs[self.at - 1]
# %%
songs = [Song("Blue", 200), Song("Red", 180), Song("Green", 240)]
night = Playlist("night", songs[:2])
print(night, len(night), Song.plural, Playlist.plural)
# %%
first = next(night)
str(first), first.lists[0] is night
# %%
day = Playlist("day")
day += songs[2]
day += songs[0]
songs[0].length = 210
[len(p) for p in songs[0].lists]
# %%
[song.name for song in night], [song.name for song in night]
# %%
night.at = 0
try:
    songs[1].length = -1
except ValueError as problem:
    print("no:", problem)
[str(song) for song in night]
# %%
class Pair:
    __slots__ = ("left", "right")

    def __init__(self, left, right):
        self.left, self.right = left, right

    def __eq__(self, other):
        return (self.left, self.right) == (other.left, other.right)

pair = Pair(night, day)
pair.left.songs[0] is pair.right.songs[1], pair == Pair(night, day)
# %%
vars(songs[2])["_length"], sorted({song.name for p in (pair.left, pair.right) for song in p.songs})
