"""Pictures of records: Plotly to explore, Matplotlib to print. Drawing returns a figure."""
