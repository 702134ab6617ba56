"""Where photos come from and go to: files, folders, pages, pipes."""
