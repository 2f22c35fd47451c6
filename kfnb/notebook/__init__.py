"""The notebook room: reading cells, tags and steps; writing components, outputs and tags back. Knows no other room."""
