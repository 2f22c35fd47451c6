# A small game: players and rooms that refer to each other, commands dispatched by match, state moved by every cell.
# %% [markdown]
# # The cellar
# %%
from dataclasses import dataclass, field

@dataclass
class Room:
    name: str
    exits: dict = field(default_factory=dict, repr=False)
    things: list = field(default_factory=list)

@dataclass
class Player:
    where: Room
    bag: list = field(default_factory=list)
    moves: int = 0
# %%
hall, cellar, garden = Room("hall", things=["lamp"]), Room("cellar", things=["key", "rope"]), Room("garden")
hall.exits.update(down=cellar, out=garden)
cellar.exits["up"] = hall
garden.exits["in"] = hall
player = Player(hall)
player
# %%
def do(command):
    player.moves += 1
    match command.split():
        case ["go", way] if way in player.where.exits:
            player.where = player.where.exits[way]
            return f"You are in the {player.where.name}."
        case ["go", way]:
            return f"No way {way}."
        case ["take", *things] if things:
            taken = [t for t in things if t in player.where.things]
            for thing in taken:
                player.where.things.remove(thing)
            player.bag += taken
            return f"Taken: {', '.join(taken) or 'nothing'}."
        case ["drop", thing]:
            player.bag.remove(thing)
            player.where.things.append(thing)
            return "Dropped."
        case _:
            return "What?"
# %%
do("take lamp sword"), do("go north")
# %%
print(do("go down"))
print(do("take key rope"))
# %%
cellar.things, player.where is cellar, player.moves
# %%
for command in ["go up", "drop rope", "go out", "dance"]:
    print(">", command, "->", do(command))
# %%
hall
# %%
class Thief(Player):
    def steal(self, other):
        self.bag, other.bag = self.bag + other.bag, []
        return self

thief = Thief(hall, ["knife"]).steal(player)
thief.bag, player.bag, thief.where.exits["down"] is cellar
# %%
print(do("take key"), player.moves, command, isinstance(thief, Player), garden.exits["in"].things)
