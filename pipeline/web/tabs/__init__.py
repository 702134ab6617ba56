"""The tabs of the page: what Gradio lays out, and what each event does."""
