"""What the benchmarks share: costs of commands, tables that keep a CSV, photos, clients."""
