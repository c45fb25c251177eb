"""What a spreadsheet is: tables declared as classes, their cells, projections, unique keys."""
