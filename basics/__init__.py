"""What every package stands on: errors, commands, files, names. Imports nothing of ours."""
