# Nodes that refer to each other, changed while walked; a queue emptied across cells; sets and dicts updated in place.
# %%
from collections import defaultdict, deque

class Node:
    def __init__(self, name):
        self.name, self.links, self.seen = name, [], 0

    def __repr__(self):
        return f"{self.name}({self.seen})"

nodes = {name: Node(name) for name in "abcdef"}
# %%
for left, right in ["ab", "bc", "ca", "cd", "de", "ff"]:
    nodes[left].links.append(nodes[right])
start = nodes["a"]
start.links
# %%
todo = deque([start])
visited = []

def visit():
    node = todo.popleft()
    node.seen += 1
    if node.seen == 1:
        visited.append(node)
        todo.extend(node.links)
    return node
# %%
visit(), visit()
# %%
while todo:
    last = visit()
visited
# %%
reached = set(visited)
unreached = {node for node in nodes.values()} - reached
[node.name for node in unreached], last in reached
# %%
groups = defaultdict(set)
for node in visited:
    groups[len(node.links)].add(node.name)
groups[1].discard("a")
{size: sorted(names) for size, names in groups.items()}
# %%
nodes["d"].links.clear()
nodes["e"].links += [start, start]
path = [start]
while path[-1].links and len(path) < 6:
    path.append(path[-1].links[0])
"".join(node.name for node in path)
# %%
start.seen = 100
visited[0], nodes["e"].links[1], path[3] is path[0], last.name
